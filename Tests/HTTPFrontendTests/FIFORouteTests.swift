import HTTPFrontend
import HTTPTypes
import HummingbirdTesting
import RoostModel
import RoostStorage
import Testing

/// FIFO queues, dead letters and labels in the JSON API.
@Suite struct FIFORouteTests {
    private static let fifo = #""fifo":true,"content_based_deduplication":"#

    @Test func theNameMakesAQueueFIFO() async throws {
        try await TestServer().test { client in
            let made = try await client.call(.put, "/api/v1/queues/jobs.fifo")
            #expect(made.text.contains(Self.fifo + #"false,"deduplication_scope":"queue""#))
            let body = #"{"fifo": true, "content_based_deduplication": true, "deduplication_scope": "group"}"#
            let other = try await client.call(.put, "/api/v1/queues/other.fifo", body)
            #expect(other.text.contains(Self.fifo + #"true,"deduplication_scope":"group""#))
        }
    }

    @Test(arguments: [("jobs", "true"), ("jobs.fifo", "false")])
    func theNameAndTheTypeHaveToAgree(name: String, value: String) async throws {
        let server = try TestServer()
        try await server.test { client in
            for method in [HTTPRequest.Method.put, .patch] {
                let problem = try await client.call(method, "/api/v1/queues/\(name)", #"{"fifo": \#(value)}"#).problem()
                #expect(problem.code == "invalid_field" && problem.detail.contains(".fifo"))
            }
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test func deadLettersAreSetAndTakenAway() async throws {
        let server = try TestServer()
        try server.addQueue("dead")
        try await server.test { client in
            let policy = #""dead_letters":{"queue":"dead","max_receives":3}"#
            let body = #"{\#(policy),"dead_letter_sources":["a","b"]}"#
            let made = try await client.call(.put, "/api/v1/queues/jobs", body)
            #expect(made.text.contains(policy + #","dead_letter_sources":["a","b"]"#))
            let kept = try await client.call(.patch, "/api/v1/queues/jobs", #"{"dead_letter_sources":"none"}"#)
            #expect(kept.text.contains(policy + #","dead_letter_sources":"none""#))
            let sources = try await client.call(.get, "/api/v1/queues/dead/dead-letter-sources")
            #expect(sources.text.hasPrefix(#"{"queues":[{"name":"jobs","#))
            #expect(sources.text.hasSuffix(#","more":false,"next_after":null}"#))
            let cleared = try await client.call(
                .patch, "/api/v1/queues/jobs", #"{"dead_letters":null,"dead_letter_sources":"all"}"#)
            #expect(cleared.text.contains(#""dead_letters":null,"dead_letter_sources":"all""#))
        }
    }

    @Test(arguments: [
        (#"{"dead_letters": "dead"}"#, "invalid_json"), (#"{"dead_letters": {}}"#, "missing_field"),
        (#"{"dead_letters": {"queue": "dead"}}"#, "missing_field"),
        (#"{"dead_letters": {"queue": "a b", "max_receives": 1}}"#, "invalid_queue_name"),
        (#"{"dead_letters": {"queue": "dead", "max_receives": 1.5}}"#, "invalid_field"),
        (#"{"dead_letters": {"queue": "dead", "max": 1}}"#, "unknown_field"),
        (#"{"dead_letter_sources": "some"}"#, "invalid_field"), (#"{"dead_letter_sources": 1}"#, "invalid_field"),
        (#"{"dead_letter_sources": ["a b"]}"#, "invalid_queue_name"), (#"{"fifo": 1}"#, "invalid_field"),
        (#"{"deduplication_scope": "all"}"#, "invalid_field"), (#"{"properties": {}}"#, "unknown_field"),
    ])
    func settingsThatCannotBeReadAreRefused(body: String, code: String) async throws {
        let server = try TestServer()
        try await server.test { client in
            let problem = try await client.call(.put, "/api/v1/queues/jobs", body).problem()
            #expect(problem.code == code, "\(problem.detail)")
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test func propertiesAreShownInTheOrderOfNames() async throws {
        let server = try TestServer()
        try server.addQueue("jobs", QueueSettings(properties: ["sqs.tag.b": "2", "sqs.Policy": "{\"x\"}"]))
        try await server.test { client in
            let queue = try await client.call(.get, "/api/v1/queues/jobs")
            #expect(queue.text.contains(#""properties":{"sqs.Policy":"{\"x\"}","sqs.tag.b":"2"}"#))
        }
    }

    @Test func aMessageCarriesGroupDuplicateAndTrace() async throws {
        let server = try TestServer()
        try server.addQueue("jobs.fifo", QueueSettings(isFIFO: true))
        try await server.test { client in
            let body = #"{"body": "x", "group": "g", "deduplication_id": "d", "trace": "t"}"#
            _ = try await client.call(.post, "/api/v1/queues/jobs.fifo/messages", body)
            let peeked = try await client.call(.get, "/api/v1/queues/jobs.fifo/messages")
            #expect(peeked.text.contains(#""due_ms":null,"sequence":1,"group":"g"}"#))
            let received = try await client.call(.post, "/api/v1/queues/jobs.fifo/receive")
            #expect(
                received.text.contains(
                    #""receive_count":1,"sequence":1,"group":"g","deduplication_id":"d","trace":"t"}]}"#))
        }
    }

    /// SHA-256 of the body, as in the SQS API; messages of other queues have none.
    @Test func withoutAnIdAFIFOMessageIsToldByItsBody() async throws {
        let server = try TestServer()
        for name in ["jobs", "jobs.fifo"] { try server.addQueue(name) }
        try await server.test { client in
            for name in ["jobs", "jobs.fifo"] {
                _ = try await client.call(.post, "/api/v1/queues/\(name)/messages", #"{"body":"abc","group":"g"}"#)
                _ = try await client.call(
                    .post, "/api/v1/queues/\(name)/messages", #"{"messages":[{"body":"abc","group":"g"}]}"#)
            }
        }
        let digest = Deduplication(
            id: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", isOfContent: true)
        var found: [Deduplication?] = []
        for case .send(_, let message) in server.storage.read({ $0.seen }) { found.append(message.deduplication) }
        #expect(found == [nil, nil, digest, digest])
    }

    @Test func aDeadLetterTellsWhereItCameFrom() async throws {
        let server = try TestServer()
        let source = try QueueName("jobs")
        let name = try QueueName("aweq")
        try await server.test { client in
            _ = try await client.call(.post, "/api/v1/queues/aweq/messages", #"{"body":"x"}"#)
            server.storage.edit { $0.queues[name]?.ready[0].source = source }
            let peeked = try await client.call(.get, "/api/v1/queues/aweq/messages")
            #expect(peeked.text.contains(#""dead_letter_source":"jobs""#))
            let received = try await client.call(.post, "/api/v1/queues/aweq/receive")
            #expect(received.text.contains(#""dead_letter_source":"jobs""#))
        }
    }
}
