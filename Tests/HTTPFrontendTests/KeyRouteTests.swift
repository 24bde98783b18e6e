import HTTPFrontend
import HTTPTypes
import HummingbirdTesting
import RoostModel
import RoostStorage
import Testing

@Suite("Keys of the Redis port in the JSON API")
struct KeyRouteTests {
    /// Three keys, of which `gone` goes while it is looked at; the page of `a` and `b` is followed by an empty one.
    private static func answer(_ command: KeyCommand, _ database: UInt8) -> KeyReply {
        switch command {
        case .key(.scan(let options, _)):
            switch options.cursor {
            case 0: .page(next: 7, [Bytes("a".utf8), Bytes("b".utf8)])
            case 7: .page(next: 9, [])
            default: .page(next: 0, [Bytes("gone".utf8), [0xff]])
            }
        case .key(.type(let key)): .word(type(of: key))
        case .key(.expiry(let key, _)): .integer(key == Bytes("b".utf8) ? 5000 : -1)
        case .string(.length): .integer(3)
        case .string(.range): .bytes(Bytes("abc".utf8))
        case .list(.length): .integer(5)
        case .list(.range(_, let start, let end)):
            .array((start...max(min(end, 4), start)).filter { $0 < 5 }.map { .bytes(Bytes("\($0)".utf8)) })
        case .key(.delete(let keys)): keys == [Bytes("b".utf8)] ? .failure(.wrongType) : .integer(1)
        default: .null
        }
    }

    private static func type(of key: Bytes) -> KeyReply.StaticWord {
        switch String(decoding: key, as: UTF8.self) {
        case "a": .string
        case "b": .list
        case "jobs": .queue
        default: key == [0xff] ? .string : .none
        }
    }

    private func server(_ console: ConsoleMode = .on) throws -> TestServer {
        let server = try TestServer { $0.access = AccessConfiguration(console: console) }
        server.storage.edit { $0.keys = Self.answer }
        return server
    }

    @Test("A page ends when it has as many keys as were asked for, and goes on where it ended")
    func pages() async throws {
        let (a, b) = (
            #"{"key":"a","type":"string","ttl_ms":null,"length":3}"#,
            #"{"key":"b","type":"list","ttl_ms":5000,"length":5}"#
        )
        let binary = #"{"key_base64":"/w==","type":"string","ttl_ms":null,"length":3}"#
        try await server().test { client in
            let first = try await client.call(.get, "/api/v1/keys?count=2").text
            #expect(first == #"{"keys":[\#(a),\#(b)],"cursor":"7"}"#)
            let second = try await client.call(.get, "/api/v1/keys?count=2&cursor=7").text
            #expect(second == #"{"keys":[\#(binary)],"cursor":null}"#)
            let all = try await client.call(.get, "/api/v1/keys?database=15&match=*&type=list").text
            #expect(all == #"{"keys":[\#(a),\#(b),\#(binary)],"cursor":null}"#)
        }
    }

    @Test("What was asked for reaches the storage")
    func wish() async throws {
        let server = try server()
        try await server.test { client in
            _ = try await client.call(.get, "/api/v1/keys?database=3&match=a*&type=zset&count=5")
        }
        let options = ScanOptions(countMin: 5, pattern: GlobPattern(Bytes("a*".utf8)))
        guard case .key(let command, let database) = server.storage.read({ $0.seen.first }) else {
            Issue.record("no keys were asked for")
            return
        }
        #expect(command == .key(.scan(options, type: .zset)) && database == 3)
    }

    @Test("The elements of a key come page by page")
    func elements() async throws {
        try await server().test { client in
            let page = try await client.call(.get, "/api/v1/keys/0/b?limit=2").text
            #expect(page.hasSuffix(#""length":5,"elements":[{"value":"0"},{"value":"1"}],"next_offset":"2"}"#))
            let last = try await client.call(.get, "/api/v1/keys/0/b?offset=4&limit=2").text
            #expect(last.hasSuffix(#""elements":[{"value":"4"}],"next_offset":null}"#))
            let text = try await client.call(.get, "/api/v1/keys/0/%61").text
            #expect(text.hasSuffix(#""length":3,"elements":[{"value":"abc"}],"next_offset":null}"#))
            let binary = try await client.call(.get, "/api/v1/keys/0/_w?encoding=base64").text
            #expect(binary.hasPrefix(#"{"key_base64":"/w==","#))
        }
    }

    @Test("A key is deleted, or says why not")
    func delete() async throws {
        try await server().test { client in
            let deleted = try await client.call(.delete, "/api/v1/keys/0/a")
            #expect(deleted.text == #"{"deleted":true}"#)
            #expect(try await client.call(.delete, "/api/v1/keys/0/b").problem().code == "key_refused")
        }
    }

    @Test(
        "What cannot be is refused, and nothing is asked for",
        arguments: [
            ("?database=16", "invalid_field"), ("?database=-1", "invalid_field"), ("?cursor=x", "invalid_field"),
            ("?cursor=18446744073709551616", "invalid_field"), ("?count=0", "invalid_field"),
            ("?count=1001", "invalid_field"), ("?type=stream", "invalid_field"), ("?keys=a", "unknown_field"),
            ("?count=1&count=2", "invalid_field"), ("/16/a", "invalid_field"), ("/x/a", "invalid_field"),
            ("/0/%zz", "invalid_field"), ("/0/a?encoding=hex", "invalid_field"),
            ("/0/a.b?encoding=base64", "invalid_field"), ("/0/a?limit=0", "invalid_field"),
            ("/0/a?offset=-1", "invalid_field"), ("/0/a?count=1", "unknown_field"),
        ])
    func refusals(path: String, code: String) async throws {
        let server = try server()
        try await server.test { client in
            let problem = try await client.call(.get, "/api/v1/keys\(path)").problem()
            #expect(problem.code == code && problem.status == 400, "\(problem.detail)")
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test("A key that is not there, a queue, and a storage that does not answer are told apart")
    func missing() async throws {
        let server = try server()
        try await server.test { client in
            let missing = try await client.call(.get, "/api/v1/keys/0/none")
            #expect(try missing.problem().code == "key_does_not_exist")
            for method in [HTTPRequest.Method.get, .delete] {
                let problem = try await client.call(method, "/api/v1/keys/0/jobs").problem()
                #expect(problem.code == "key_refused" && problem.status == 409)
                #expect(problem.detail.contains("/api/v1/queues/jobs"))
            }
            let deletes = server.storage.read { state in
                state.seen.contains { if case .key(.key(.delete), _) = $0 { true } else { false } }
            }
            #expect(!deletes, "a queue goes with its messages")
            server.storage.edit { $0.keys = nil }
            #expect(try await client.call(.get, "/api/v1/keys").problem().code == "busy")
        }
    }

    @Test("Where nothing may be changed keys can be looked at")
    func readOnly() async throws {
        let server = try server(.readOnly)
        try await server.test { client in
            let deletion = try await client.call(.delete, "/api/v1/keys/0/a")
            #expect(try deletion.problem().code == "read_only")
            #expect(server.storage.read { $0.seen.isEmpty })
            #expect(try await client.call(.get, "/api/v1/keys/0/a").status == .ok)
        }
    }
}
