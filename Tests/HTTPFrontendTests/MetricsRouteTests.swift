import HTTPFrontend
import HTTPTypes
import HummingbirdTesting
import RoostModel
import RoostStorage
import Testing

@Suite struct MetricsRouteTests {
    @Test func aHistogramCountsUpToEachBound() async throws {
        let server = try TestServer()
        server.storage.edit { state in
            for milliseconds: UInt64 in [1, 2, 1_000_000] {
                state.metrics.dwell.add(nanoseconds: milliseconds * 1_000_000)
            }
        }
        try await server.test { client in
            let lines = try await client.call(.get, "/metrics?family=roost_message_dwell_seconds").text
                .split(separator: "\n")
            #expect(lines.count == 2 + 17 + 2)
            #expect(lines[1] == "# TYPE roost_message_dwell_seconds histogram")
            #expect(lines[2] == #"roost_message_dwell_seconds_bucket{le="0.001"} 1"#)
            #expect(lines[3] == #"roost_message_dwell_seconds_bucket{le="0.005"} 2"#)
            #expect(lines[14] == #"roost_message_dwell_seconds_bucket{le="300.0"} 2"#)
            #expect(lines[15] == #"roost_message_dwell_seconds_bucket{le="1800.0"} 3"#)
            #expect(lines[18] == #"roost_message_dwell_seconds_bucket{le="+Inf"} 3"#)
            #expect(lines[19] == "roost_message_dwell_seconds_sum 1000.003")
            #expect(lines[20] == "roost_message_dwell_seconds_count 3")
        }
    }

    /// A scraper may ask for part of it, and then the queues are not asked for in vain.
    @Test func familiesCanBeChosen() async throws {
        let server = try TestServer()
        try await server.test { client in
            let some = try await client.call(.get, "/metrics?family=roost_ready,roost_queues").text
            #expect(some.split(separator: "\n").filter { !$0.hasPrefix("#") } == ["roost_ready 1", "roost_queues 0"])
            #expect(server.storage.read { $0.seen.isEmpty })
            let queues = try await client.call(.get, "/metrics?family=roost_queue_paused").text
            #expect(queues.contains(#"roost_queue_paused{queue="aweq"} 0"#))
            #expect(!queues.contains("roost_queue_messages"))
            let unknown = try await client.call(.get, "/metrics?family=roost_redy")
            #expect(unknown.status == .badRequest)
            #expect(unknown.text.contains("There is no metric named roost_redy."))
        }
    }

    @Test func requestsAreTimedByWhatTheyDo() async throws {
        let server = try TestServer()
        try await server.test { client in
            for body in ["a", "b"] {
                _ = try await client.call(.post, "/api/v1/queues/aweq/messages", "{\"body\":\"\(body)\"}")
            }
            _ = try await client.call(.get, "/get-stats")
            _ = try await client.call(.get, "/no-such-path")
            let text = try await client.call(.get, "/metrics?family=roost_request_duration_seconds").text
            #expect(text.contains(#"roost_request_duration_seconds_count{door="http",op="send"} 2"#))
            #expect(text.contains(#"roost_request_duration_seconds_count{door="http",op="node"} 2"#))
            #expect(text.contains(#"_bucket{door="http",op="send",le="+Inf"} 2"#))
            #expect(!text.contains(#"op="receive""#))
        }
    }

    @Test(arguments: [
        (HTTPRequest.Method.post, "/api/v1/queues/{name}/messages", RequestGroup.send),
        (.get, "/api/v1/queues/{name}/messages", .peek), (.get, "/receive-message", .receive),
        (.delete, "/delete-message/{key}", .delete), (.post, "/api/v1/queues/{name}/visibility", .visibility),
        (.put, "/api/v1/queues/{name}", .queues), (.get, "/api/v1/keys/{database}/{key}", .keys),
        (.post, "/api/v1/moves/{id}/cancel", .move), (.get, "/livez", .node), (.get, "", .node),
    ])
    func aRouteBelongsToOneGroup(method: HTTPRequest.Method, route: String, group: RequestGroup) {
        #expect(RequestGroup(method, route) == group)
    }

    @Test func whatADoorDidIsTold() async throws {
        let server = try TestServer()
        server.storage.edit { state in
            state.metrics.doors[.sqs].sent = 3
            state.metrics.doors[.redis].emptyReceives = 4
            state.metrics.redelivered = 5
            state.metrics.deadLettered = 6
        }
        try await server.test { client in
            let text = try await client.call(.get, "/metrics").text
            #expect(text.contains(#"roost_door_messages_sent_total{door="sqs"} 3"#))
            #expect(text.contains(#"roost_door_messages_sent_total{door="http"} 0"#))
            #expect(text.contains(#"roost_door_empty_receives_total{door="redis"} 4"#))
            #expect(text.contains("roost_messages_redelivered_total 5\n"))
            #expect(text.contains("roost_messages_dead_lettered_total 6\n"))
        }
    }
}
