import HTTPFrontend
import HTTPTypes
import HummingbirdTesting
import RoostModel
import Testing

@Suite("Nothing is ignored silently")
struct OperationRulesTests {
    private static let values = ["name": "aweq", "id": "1", "key": "k", "channel": "c", "database": "0"]

    private static func operations() throws -> [Operation] {
        OpenAPIRoute.strictOperations(of: try TestServer().configuration)
    }

    private static func path(_ operation: Operation) -> String {
        operation.path.split(separator: "/").map { part in
            "/" + (part.hasPrefix("{") ? values[String(part.dropFirst().dropLast())] ?? "1" : String(part))
        }.joined()
    }

    @Test("Every operation refuses a query parameter that it does not know")
    func parameters() async throws {
        let server = try TestServer()
        let operations = try Self.operations()
        try await server.test { client in
            for operation in operations where operation.method != .head {
                let uri = Self.path(operation) + "?no_such_thing=1"
                let response = try await client.call(operation.method, uri)
                #expect(response.status == .badRequest, "\(operation.method) \(uri)")
                let problem = try response.problem()
                #expect(problem.code == "unknown_field" && problem.detail.contains("no_such_thing"))
            }
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test("Every operation that reads no body refuses one")
    func bodies() async throws {
        let server = try TestServer()
        let operations = try Self.operations().filter { !$0.takesBody && $0.method != .head }
        try await server.test { client in
            for operation in operations {
                let uri = Self.path(operation)
                let problem = try await client.call(operation.method, uri, #"{"force":true}"#).problem()
                #expect(problem.code == "unknown_field" && problem.detail.contains("\"force\""), "\(uri)")
                #expect(try await client.call(operation.method, uri, "force").problem().code == "invalid_json")
            }
            let long = #"{"a":"\#(String(repeating: "a", count: 20_000))"}"#
            #expect(try await client.call(.post, "/api/v1/queues/aweq/purge", long).problem().code == "body_too_large")
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test("An empty object says nothing, and is let through")
    func emptyObject() async throws {
        try await TestServer().test { client in
            for body in [nil, "", "{}", " { } "] {
                let response = try await client.call(.post, "/api/v1/queues/aweq/purge", body)
                #expect(response.status == .ok)
            }
        }
    }

    @Test("AweQ let pass what it did not know, and so do its paths")
    func aweq() async throws {
        try await TestServer().test { client in
            let sent = try await client.call(.post, "/send-message?x=1", #"{"message":"a","more":1}"#)
            #expect(sent.status == .ok)
            #expect(try await client.call(.get, "/receive-message?x=1").status == .ok)
            #expect(try await client.call(.get, "/get-stats?x=1").status == .ok)
        }
    }

    @Test(
        "A name that stands twice in an object is refused",
        arguments: [
            (#"{"body":"a","body":"b"}"#, "body"), (#"{"body":"a","b\u006fdy":"b"}"#, "body"),
            (#"{"messages":[{"body":"a"},{"body":"b","delay_seconds":1,"delay_seconds":2}]}"#, "delay_seconds"),
            (#"{"attributes":{"x":{"value":"1"},"x":{"value":"2"}},"body":"a"}"#, "x"),
            (#"{"body":"a\\","attributes":{},"attributes":{}}"#, "attributes"),
        ])
    func repeatedNames(body: String, name: String) async throws {
        let server = try TestServer()
        try await server.test { client in
            let problem = try await client.call(.post, "/api/v1/queues/aweq/messages", body).problem()
            #expect(problem.code == "invalid_field")
            #expect(problem.detail == "\"\(name)\" may stand there once.")
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test(
        "Names of different objects, and names in texts, are none that stand twice",
        arguments: [
            #"{"messages":[{"body":"a"},{"body":"a"}]}"#, #"{"body":"{\"a\":1,\"a\":2}"}"#,
            #"{"body":"body","attributes":{"body":{"value":"attributes"}}}"#, #"{"body":"\\\",\"body\":\""}"#,
            #"{ "attributes" : { } , "body" : "a" }"#,
        ])
    func differentNames(body: String) async throws {
        try await TestServer().test { client in
            let response = try await client.call(.post, "/api/v1/queues/aweq/messages", body)
            #expect(response.status == .ok, "\(response.text)")
        }
    }

    @Test("In a query a plus is a space, an escape a byte, and what is neither is refused")
    func queries() async throws {
        try await TestServer().test { client in
            for body in ["big world", "1+1", "größe"] {
                _ = try await client.call(.post, "/api/v1/queues/aweq/messages", #"{"body":"\#(body)"}"#)
            }
            for (text, body) in [
                ("big+world", "big world"), ("big%20world", "big world"), ("1%2B1", "1+1"),
                ("gr%C3%B6%C3%9Fe", "größe"),
            ] {
                let found = try await client.call(.get, "/api/v1/queues/aweq/search?text=\(text)")
                #expect(found.text.hasPrefix(#"{"messages":[{"#) && found.text.contains("\"body\":\"\(body)\""))
            }
            #expect(try await client.call(.get, "/api/v1/queues/aweq/search?text=1+1").text.contains("\"messages\":[]"))
            for text in ["%", "%zz", "%ff"] {
                let problem = try await client.call(.get, "/api/v1/queues/aweq/search?text=\(text)").problem()
                #expect(problem.code == "invalid_field" && problem.detail.contains("\"\(text)\""))
            }
            let twice = try await client.call(.get, "/api/v1/queues?limit=1&limit=2").problem()
            #expect(twice.code == "invalid_field")
        }
    }
}
