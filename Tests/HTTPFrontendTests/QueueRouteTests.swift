import HTTPTypes
import HummingbirdTesting
import RoostModel
import RoostStorage
import Testing

@Suite struct QueueRouteTests {
    @Test func aNewQueueIsToldInFull() async throws {
        try await TestServer().test { client in
            let response = try await client.call(.put, "/api/v1/queues/jobs")
            #expect(response.status == .ok)
            #expect(response.headers[.contentType] == "application/json; charset=utf-8")
            #expect(response.headers[.xContentTypeOptions] == "nosniff")
            #expect(
                response.text == #"{"name":"jobs","created_at_ms":1700000000000,"modified_at_ms":1700000000000,"#
                    + #""settings":{"visibility_timeout_seconds":30,"delay_seconds":0,"retention_seconds":345600,"#
                    + #""maximum_message_bytes":1048576,"receive_wait_seconds":0,"redelivery":"front","#
                    + #""contents":"text","fifo":false,"content_based_deduplication":false,"#
                    + #""deduplication_scope":"queue","#
                    + #""dead_letters":null,"dead_letter_sources":"all","safe_pop":false,"properties":{}},"#
                    + #""counts":{"ready":0,"in_flight":0,"delayed":0,"damaged":0,"buried":0},"#
                    + #""totals":{"sent":0,"received":0,"deleted":0,"returned":0,"expired":0,"#
                    + #""moved_out":0,"moved_in":0},"#
                    + #""oldest_message_age_seconds":null,"pause":null,"waiters":0}"#
            )
        }
    }

    @Test func everySettingIsTaken() async throws {
        let server = try TestServer()
        try await server.test { client in
            let body = #"""
                {"visibility_timeout_seconds": 1.5, "delay_seconds": 0.001, "retention_seconds": 60,
                 "maximum_message_bytes": 2048, "receive_wait_seconds": 20, "redelivery": "back",
                 "contents": "bytes"}
                """#
            let response = try await client.call(.put, "/api/v1/queues/jobs", body)
            #expect(
                response.text.contains(
                    #""settings":{"visibility_timeout_seconds":1.5,"delay_seconds":0.001,"retention_seconds":60,"#
                        + #""maximum_message_bytes":2048,"receive_wait_seconds":20,"redelivery":"back","#
                        + #""contents":"bytes","#
                )
            )
        }
    }

    @Test(arguments: ["null", #""unlimited""#])
    func retentionWithoutEnd(value: String) async throws {
        let server = try TestServer()
        try await server.test { client in
            let body = #"{"retention_seconds": \#(value)}"#
            let response = try await client.call(.put, "/api/v1/queues/jobs", body)
            #expect(response.text.contains(#""retention_seconds":null"#))
        }
        let name = try QueueName("jobs")
        #expect(server.storage.read { $0.queues[name]?.settings.retention } == .unlimited)
    }

    @Test func puttingAgainFindsTheQueueAndADifferenceIsAConflict() async throws {
        try await TestServer().test { client in
            let body = #"{"visibility_timeout_seconds": 5}"#
            for body in [body, body, nil, "{}"] {
                let response = try await client.call(.put, "/api/v1/queues/jobs", body)
                #expect(response.status == .ok)
            }
            let response = try await client.call(.put, "/api/v1/queues/jobs", #"{"visibility_timeout_seconds": 6}"#)
            #expect(response.status == .conflict)
            let problem = try response.problem()
            #expect(problem.code == "queue_exists")
            #expect(problem.detail.contains("visibility_timeout_seconds"))
        }
    }

    @Test func aListIsAdopted() async throws {
        let server = try TestServer()
        try await server.test { client in
            let plain = try await client.call(.post, "/api/v1/queues/a/adopt")
            #expect(plain.status == .ok && plain.text.hasPrefix(#"{"name":"a","#))
            let body = #"{"first": "tail", "settings": {"contents": "bytes", "delay_seconds": 2}}"#
            let whole = try await client.call(.post, "/api/v1/queues/b/adopt", body)
            #expect(whole.text.contains(#""contents":"bytes""#))
            let change = QueueSettingsChange(delay: .seconds(2), contents: .bytes)
            #expect(server.storage.read { $0.adoptions } == [Adoption(), Adoption(settings: change, first: .right)])
            for (body, detail) in [
                (#"{"first": "left"}"#, #"first must be "head" or "tail"."#),
                (#"{"contents": "bytes"}"#, #""contents" is not known here. Known: settings, first."#),
                (#"{"settings": {"fifo": true}}"#, "fifo is true, but"),
            ] {
                let refused = try await client.call(.post, "/api/v1/queues/c/adopt", body)
                #expect(try refused.problem().detail.hasPrefix(detail))
            }
            #expect(server.storage.read { $0.adoptions.count } == 2)
        }
    }

    @Test func patchChangesWhatItNames() async throws {
        let server = try TestServer()
        try server.addQueue("jobs", QueueSettings(delay: .seconds(7)))
        try await server.test { client in
            let response = try await client.call(.patch, "/api/v1/queues/jobs", #"{"visibility_timeout_seconds": 9}"#)
            #expect(response.status == .ok)
            #expect(response.text.contains(#""visibility_timeout_seconds":9,"delay_seconds":7"#))
            let missing = try await client.call(.patch, "/api/v1/queues/none", "{}")
            #expect(try missing.problem().code == "queue_does_not_exist")
        }
    }

    @Test func queuesAreListedInPages() async throws {
        struct Page: Decodable {
            struct Queue: Decodable { var name: String }
            var queues: [Queue]
            var more: Bool
            var next_after: String?
        }
        let server = try TestServer()
        for name in ["job-b", "job-a", "job-c", "other"] { try server.addQueue(name) }
        try await server.test { client in
            let first: Page = try await client.call(.get, "/api/v1/queues?prefix=job&limit=2").decoded()
            #expect(first.queues.map(\.name) == ["job-a", "job-b"])
            #expect(first.more && first.next_after == "job-b")
            let second: Page = try await client.call(.get, "/api/v1/queues?prefix=job&limit=2&after=job-b").decoded()
            #expect(second.queues.map(\.name) == ["job-c"])
            #expect(!second.more && second.next_after == nil)
            let all: Page = try await client.call(.get, "/api/v1/queues").decoded()
            #expect(all.queues.map(\.name) == ["aweq", "job-a", "job-b", "job-c", "other"])
        }
    }

    @Test(arguments: ["limit=0", "limit=1001", "limit=x", "limit=+1", "limit=", "limit=1&limit=2"])
    func limitsOutOfRangeAreRefused(query: String) async throws {
        try await TestServer().test { client in
            let response = try await client.call(.get, "/api/v1/queues?\(query)")
            #expect(response.status == .badRequest)
            #expect(try response.problem().code == "invalid_field")
        }
    }

    @Test func unknownParametersAreRefusedByName() async throws {
        try await TestServer().test { client in
            let problem = try await client.call(.get, "/api/v1/queues?perfix=a").problem()
            #expect(problem.code == "unknown_field")
            #expect(
                problem.detail
                    == #""perfix" is not known here. Known: prefix, after, limit, sort, order, contains, offset."#)
        }
    }

    @Test func queuesAreDescribedPurgedAndDeleted() async throws {
        let server = try TestServer()
        try server.addQueue("jobs")
        try await server.test { client in
            _ = try await client.call(.post, "/api/v1/queues/jobs/messages", #"{"body":"a"}"#)
            server.storage.advance(seconds: 3)
            let before = try await client.call(.get, "/api/v1/queues/jobs")
            #expect(before.text.contains(#""ready":1"#))
            #expect(before.text.contains(#""oldest_message_age_seconds":3,"#))
            let purged = try await client.call(.post, "/api/v1/queues/jobs/purge")
            #expect(purged.status == .ok && purged.text == "{}")
            let after = try await client.call(.get, "/api/v1/queues/jobs")
            #expect(after.text.contains(#""ready":0"#))
            let deleted = try await client.call(.delete, "/api/v1/queues/jobs")
            #expect(deleted.status == .ok && deleted.text == "{}")
            let gone = try await client.call(.get, "/api/v1/queues/jobs")
            #expect(gone.status == .notFound)
            #expect(try gone.problem().code == "queue_does_not_exist")
        }
    }

    @Test func aPauseHasAReasonAndASince() async throws {
        let server = try TestServer()
        try server.addQueue("jobs")
        try await server.test { client in
            let paused = try await client.call(.post, "/api/v1/queues/jobs/pause", #"{"reason":"database down"}"#)
            #expect(paused.text.contains(#""pause":{"reason":"database down","since_ms":1700000000000}"#))
            let resumed = try await client.call(.post, "/api/v1/queues/jobs/resume")
            #expect(resumed.text.contains(#""pause":null"#))
            let silent = try await client.call(.post, "/api/v1/queues/jobs/pause")
            #expect(silent.text.contains(#""pause":{"reason":"","since_ms":1700000000000}"#))
        }
    }

    @Test(arguments: ["a%20b", "a.b", "%61", String(repeating: "x", count: 81), ".fifo", "é"])
    func otherNamesAreRefused(name: String) async throws {
        try await TestServer().test { client in
            let response = try await client.call(.put, "/api/v1/queues/\(name)")
            #expect(response.status == .badRequest)
            #expect(try response.problem().code == "invalid_queue_name")
        }
    }

    @Test(arguments: [
        (#"{"visibility_timeout": 5}"#, "unknown_field", "visibility_timeout_seconds, delay_seconds"),
        (#"{"delay_seconds": "5"}"#, "invalid_field", "delay_seconds must be a number of seconds."),
        (#"{"delay_seconds": 1e300}"#, "invalid_field", "delay_seconds is too large"),
        (#"{"delay_seconds": -1e300}"#, "invalid_field", "delay_seconds is too large"),
        (#"{"maximum_message_bytes": 1.5}"#, "invalid_field", "maximum_message_bytes must be a whole number."),
        (#"{"maximum_message_bytes": null}"#, "invalid_field", "maximum_message_bytes must be a whole number."),
        (#"{"contents": "any"}"#, "invalid_field", #"contents must be "text" or "bytes"."#),
        (#"{"redelivery": "side"}"#, "invalid_field", #"redelivery must be "front" or "back"."#),
        (#"{"retention_seconds": "long"}"#, "invalid_field", "retention_seconds must be a number of seconds, null or"),
        (#"{"retention_seconds": true}"#, "invalid_field", "retention_seconds must be a number of seconds."),
        ("[]", "invalid_json", "The body must be a JSON object."), ("{", "invalid_json", "not JSON"),
        ("7", "invalid_json", "The body must be a JSON object."), ("{} {}", "invalid_json", "not JSON"),
    ])
    func settingsThatCannotBeReadAreRefused(body: String, code: String, detail: String) async throws {
        let server = try TestServer()
        try await server.test { client in
            let response = try await client.call(.put, "/api/v1/queues/jobs", body)
            #expect(response.status == .badRequest)
            let problem = try response.problem()
            #expect(problem.code == code)
            #expect(problem.detail.contains(detail), "\(problem.detail)")
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }
}
