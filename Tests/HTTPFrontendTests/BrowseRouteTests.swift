import HTTPFrontend
import HTTPTypes
import HummingbirdTesting
import RoostModel
import RoostStorage
import Testing

@Suite("Looking at messages page by page, searching, sorted lists")
struct BrowseRouteTests {
    private struct Page: Decodable {
        struct Message: Decodable {
            var id: String
            var state: String
            var body: String?
            var body_bytes: Int?
        }
        var messages: [Message]
        var next_after: String?
        var searched: Int?
        var of: Int?
    }

    private struct Queues: Decodable {
        struct Queue: Decodable { var name: String }
        var queues: [Queue]
        var more: Bool
        var total: Int
    }

    private let path = "/api/v1/queues/jobs"

    private func server() throws -> TestServer {
        let server = try TestServer()
        try server.addQueue("jobs")
        return server
    }

    private func send(_ bodies: [String], _ client: any TestClientProtocol) async throws {
        for body in bodies { _ = try await client.call(.post, "\(path)/messages", #"{"body":"\#(body)"}"#) }
    }

    @Test("Pages follow each other until there are no more")
    func pages() async throws {
        try await server().test { client in
            try await send(["a", "bb", "c"], client)
            let first: Page = try await client.call(.get, "\(path)/messages?limit=2").decoded()
            #expect(first.messages.map(\.body) == ["a", "bb"] && first.messages.map(\.body_bytes) == [1, 2])
            let after = try #require(first.next_after)
            let second: Page = try await client.call(.get, "\(path)/messages?limit=2&after=\(after)").decoded()
            #expect(second.messages.map(\.body) == ["c"] && second.next_after == nil)
            for query in ["after=x", "after=\(after)&from=tail", "after=\(after)&state=delayed"] {
                #expect(try await client.call(.get, "\(path)/messages?\(query)").problem().code == "invalid_field")
            }
        }
    }

    @Test("One message is shown in whatever state, or refused")
    func look() async throws {
        try await server().test { client in
            try await send(["a"], client)
            let page: Page = try await client.call(.get, "\(path)/messages").decoded()
            let id = try #require(page.messages.first).id
            _ = try await client.call(.post, "\(path)/receive")
            let message: Page.Message = try await client.call(.get, "\(path)/messages/\(id)").decoded()
            #expect(message.state == "in_flight" && message.body == "a")
            #expect(try await client.call(.get, "\(path)/messages/no").problem().code == "invalid_field")
            _ = try await client.call(.post, "\(path)/purge")
            #expect(try await client.call(.get, "\(path)/messages/\(id)").problem().code == "message_not_available")
        }
    }

    @Test("A search tells how much of the queue it has searched, and goes on")
    func search() async throws {
        try await server().test { client in
            try await send(["needle 1", "hay", "needle 2", "hay", "needle 3"], client)
            let first: Page = try await client.call(.get, "\(path)/search?text=needle&limit=2").decoded()
            #expect(first.messages.map(\.body) == ["needle 1", "needle 2"])
            #expect(first.searched == 3 && first.of == 5)
            let after = try #require(first.next_after)
            let second: Page = try await client.call(.get, "\(path)/search?text=needle&limit=2&after=\(after)")
                .decoded()
            #expect(second.messages.map(\.body) == ["needle 3"] && second.searched == 5 && second.next_after == nil)
            let none: Page = try await client.call(.get, "\(path)/search?text=straw").decoded()
            #expect(none.messages.isEmpty && none.searched == 5 && none.of == 5)
            for query in ["", "?text=", "?text=a&limit=0", "?text=a&after=x"] {
                #expect(try await client.call(.get, "\(path)/search\(query)").status == .badRequest)
            }
        }
    }

    @Test("Queues are sorted, filtered and paged")
    func sorted() async throws {
        let server = try server()
        try server.addQueue("more")
        try await server.test { client in
            try await send(["a", "b"], client)
            let list: Queues = try await client.call(.get, "/api/v1/queues?sort=ready&order=desc&limit=1").decoded()
            #expect(list.queues.map(\.name) == ["jobs"] && list.more && list.total == 3)
            let rest: Queues = try await client.call(.get, "/api/v1/queues?sort=name&offset=1").decoded()
            #expect(rest.queues.map(\.name) == ["jobs", "more"] && !rest.more)
            let found: Queues = try await client.call(.get, "/api/v1/queues?contains=or").decoded()
            #expect(found.queues.map(\.name) == ["more"])
            for query in ["sort=size", "order=up", "sort=name&after=jobs", "offset=-1"] {
                #expect(try await client.call(.get, "/api/v1/queues?\(query)").problem().code == "invalid_field")
            }
        }
    }

    @Test("The overview says what needs attention")
    func overview() async throws {
        try await server().test { client in
            _ = try await client.call(.post, "\(path)/pause", #"{"reason":"lunch"}"#)
            let overview = try await client.call(.get, "/api/v1/overview")
            #expect(overview.status == .ok)
            #expect(overview.text.contains(#"{"queue":"jobs","kind":"paused","text":"Paused: lunch","since_ms":17"#))
            #expect(overview.text.contains(#""rates":{"step_seconds":10,"#))
        }
    }

    @Test("A message that is received again and again is told, however many others were done")
    func poison() async throws {
        let server = try server()
        let often = #"{"queue":"jobs","kind":"received_often","text":"1 message received 5 times or more, and not"#
        try await server.test { client in
            try await send(["poison"], client)
            server.storage.edit { state in
                for name in state.queues.keys { state.queues[name]?.totals.deleted = 1000 }
            }
            for count in 1...5 {
                #expect(try await client.call(.get, "/api/v1/overview").text.contains(often) == false)
                _ = try await client.call(.post, "\(path)/receive")
                if count < 5 { server.storage.advance(seconds: 100) }
            }
        }
        // A survey is good for a second: a server that has just begun asks anew.
        try await server.test { client in
            let overview = try await client.call(.get, "/api/v1/overview")
            #expect(overview.text.contains(often))
            let metrics = try await client.call(.get, "/metrics?family=roost_queue_messages_received_often")
            #expect(metrics.text.contains("roost_queue_messages_received_often{queue=\"jobs\"} 1"))
        }
    }

    @Test("A key gets the same answer once more, and another body is refused")
    func idempotency() async throws {
        let server = try server()
        try await server.test { client in
            let name = try #require(HTTPField.Name("Idempotency-Key"))
            let call = { (key: String, body: String) in
                try await client.call(.post, "\(path)/messages", body, headers: [name: key])
            }
            let first = try await call("k1", #"{"body":"a"}"#)
            #expect(first.status == .ok)
            #expect(try await call("k1", #"{"body":"a"}"#).text == first.text)
            #expect(try await call("k1", #"{"body":"b"}"#).problem().code == "idempotency_key_reused")
            #expect(try await call("k2", #"{"body":"a"}"#).text != first.text)
            // What was refused stored nothing, and uses up no key.
            #expect(try await call("k3", #"{"body":""}"#).status == .badRequest)
            #expect(try await call("k3", #"{"body":"a"}"#).status == .ok)
            #expect(server.storage.read { $0.queues.values.reduce(0) { $0 + $1.ready.count } } == 3)
            #expect(try await call("", #"{"body":"a"}"#).status == .badRequest)
        }
    }

    @Test("A dry run without a target counts what says where it came from, page by page")
    func dryRunBack() async throws {
        let server = try server()
        let (name, source) = (try QueueName("jobs"), try QueueName("aweq"))
        try await server.test { client in
            try await send(["a", "b", "c"], client)
            let none = try await client.call(.post, "\(path)/moves", #"{"dry_run":true}"#)
            #expect(none.text == #"{"would_move":0,"searched":3,"of":3,"next_after":null}"#)
            server.storage.edit { state in
                for place in [0, 2] { state.queues[name]?.ready[place].source = source }
            }
            let some = try await client.call(.post, "\(path)/moves", #"{"to":null,"dry_run":true}"#)
            #expect(some.text == #"{"would_move":2,"searched":3,"of":3,"next_after":null}"#)
            let filtered = try await client.call(.post, "\(path)/moves", #"{"dry_run":true,"filter":{"text":"b"}}"#)
            #expect(filtered.text == #"{"would_move":0,"searched":3,"of":3,"next_after":null}"#)
            let rest = try await client.call(.post, "\(path)/moves", #"{"dry_run":true,"after":"ready.3"}"#)
            #expect(rest.text.hasPrefix(#"{"would_move":2,"searched":6,"#))
            let odd = try await client.call(.post, "\(path)/moves", #"{"dry_run":true,"to":"aweq","after":"ready.3"}"#)
            #expect(try odd.problem().code == "invalid_field")
        }
    }

    @Test("A dry run moves nothing; a filter moves what it finds")
    func moves() async throws {
        let server = try server()
        try server.addQueue("target")
        try await server.test { client in
            try await send(["red", "blue", "red"], client)
            let plain = try await client.call(.post, "\(path)/moves", #"{"to":"target","dry_run":true}"#)
            #expect(plain.text.contains(#""would_move":3"#))
            let filter = #""to":"target","filter":{"text":"red"}"#
            let dry = try await client.call(.post, "\(path)/moves", "{\(filter),\"dry_run\":true}")
            #expect(dry.text == #"{"would_move":2,"searched":3,"of":3,"next_after":null}"#)
            let done = try await client.call(.post, "\(path)/moves", "{\(filter)}")
            #expect(done.text.hasPrefix(#"{"moved":2,"searched":3"#))
            #expect(try await client.call(.post, "\(path)/moves", #"{"after":"x"}"#).problem().code == "invalid_field")
        }
    }
}
