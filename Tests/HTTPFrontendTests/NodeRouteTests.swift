import HTTPFrontend
import HTTPTypes
import HummingbirdTesting
import RoostModel
import RoostStorage
import Testing

@Suite struct NodeRouteTests {
    @Test(arguments: [Readiness.ready, .recovering(fraction: 0.5), .shuttingDown, .failed("x")])
    func theProcessLivesWhateverTheStorageDoes(readiness: Readiness) async throws {
        let server = try TestServer()
        server.storage.edit {
            $0.readiness = readiness
            $0.held = []
        }
        try await server.test { client in
            let response = try await client.call(.get, "/livez")
            #expect(response.status == .ok && response.text == "ok\n")
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test(arguments: ["/livez", "/readyz", "/healthz", "/version", "/metrics"])
    func monitorsMayAskWithHead(path: String) async throws {
        let server = try TestServer()
        try await server.test { client in
            let response = try await client.call(.head, path)
            #expect(response.status == .ok && response.text.isEmpty)
            #expect(try await client.call(.get, path).headers[.contentType] == response.headers[.contentType])
            let refused = try await client.call(.head, path + "?x=1")
            #expect(refused.status == .badRequest && refused.text.isEmpty)
            server.storage.edit { $0.readiness = .failed("EIO") }
            let failed = try await client.call(.head, path)
            #expect(failed.status == (["/readyz", "/healthz"].contains(path) ? .serviceUnavailable : .ok))
        }
    }

    @Test(arguments: [
        (Readiness.ready, 200, "ready\n"), (.recovering(fraction: 0.428), 503, "recovering: 42 % of the log is read\n"),
        (.recovering(fraction: .infinity), 503, "recovering: 100 % of the log is read\n"),
        (.recovering(fraction: .nan), 503, "recovering: 0 % of the log is read\n"),
        (.shuttingDown, 503, "shutting down\n"), (.failed("fdatasync: EIO"), 503, "failed: fdatasync: EIO\n"),
    ])
    func readinessIsThatOfTheStorage(readiness: Readiness, status: Int, text: String) async throws {
        let server = try TestServer()
        server.storage.edit { $0.readiness = readiness }
        try await server.test { client in
            for path in ["/readyz", "/healthz"] {
                let response = try await client.call(.get, path)
                #expect(response.status.code == status)
                #expect(response.text == text)
                #expect((response.headers[.retryAfter] != nil) == text.hasPrefix("recovering"))
            }
        }
    }

    @Test(arguments: [
        (Readiness.ready, #""state":"ready","recovery":null,"reason":null"#),
        (
            .recovering(fraction: 0.42819),
            #""state":"recovering","recovery":{"fraction":0.4281,"percent":42,"reading":"the log"},"reason":null"#
        ),
        (.failed("EIO"), #""state":"failed","recovery":null,"reason":"EIO""#),
    ])
    func readinessAsJSON(readiness: Readiness, members: String) async throws {
        let server = try TestServer()
        server.storage.edit { $0.readiness = readiness }
        try await server.test { client in
            let response = try await client.call(.get, "/readyz", headers: [.accept: "application/json"])
            #expect(response.status == (readiness == .ready ? .ok : .serviceUnavailable))
            #expect(response.text == "{\(members),\"fsync\":\"always\"}")
        }
    }

    @Test func aWeakerFsyncPolicyIsTold() async throws {
        try await TestServer(fsyncPolicy: "interval").test { client in
            let response = try await client.call(.get, "/readyz")
            #expect(response.status == .ok)
            #expect(response.text.contains("fsync interval: an accepted message may be lost"))
        }
        try await TestServer(fsyncPolicy: "always").test { client in
            let response = try await client.call(.get, "/readyz")
            #expect(!response.text.contains("fsync"))
            let verbose = try await client.call(.get, "/readyz?verbose")
            #expect(verbose.text.contains("fsync policy always"))
            #expect(verbose.text.contains("version 1.2.3"))
        }
    }

    /// Receiving goes on, so the node stays ready.
    @Test func aFullDiskIsTold() async throws {
        let server = try TestServer()
        let line = "disk full: new messages are refused\n"
        try await server.test { client in
            let before = try await client.call(.get, "/readyz?verbose")
            #expect(!before.text.contains("disk full"))
            server.storage.edit {
                $0.metrics.isDiskFull = true
                $0.metrics.logBytes = 4096
                $0.metrics.logSegments = 2
            }
            let full = try await client.call(.get, "/readyz?verbose")
            #expect(full.status == .ok)
            #expect(full.text.hasSuffix(line))
            #expect(full.text.contains("log 2 segments, 4096 bytes appended since the start, 0 not synced\n"))
            #expect(try await client.call(.get, "/readyz").text == "ready\n")
        }
    }

    @Test func fullMemoryAndDamageAreTold() async throws {
        let server = try TestServer()
        try await server.test { client in
            server.storage.edit {
                $0.metrics.memoryBytesMax = 100
                $0.metrics.memory.index = 99
            }
            let before = try await client.call(.get, "/readyz?verbose")
            #expect(!before.text.contains("memory") && !before.text.contains("damaged"))
            server.storage.edit {
                $0.metrics.memory.bodies = 1
                $0.metrics.counts.damaged = 3
            }
            let full = try await client.call(.get, "/readyz?verbose")
            #expect(full.text.contains("memory limit reached: new messages are refused\n"))
            #expect(full.text.contains("damaged messages 3\n"))
        }
    }

    @Test func theVersionIsTold() async throws {
        try await TestServer().test { client in
            let response = try await client.call(.get, "/version")
            #expect(response.text == #"{"name":"roost","version":"1.2.3"}"#)
        }
    }

    @Test func statisticsOfTheNode() async throws {
        let server = try TestServer { configuration in
            configuration.otherLoads = {
                [
                    ConnectionLoad(
                        door: "sqs", connections: 2, bodyBytes: 200, unsentBytes: 100, bytesPerConnection: 1000)
                ]
            }
        }
        server.storage.edit { state in
            state.metrics.queues = 3
            state.metrics.counts = MessageCounts(ready: 1, inFlight: 2, delayed: 3)
            state.metrics.totals.sent = .max
            state.metrics.commits = 25
            state.metrics.syncNanoseconds = 1_500_000_000
            state.metrics.logBytes = 4096
            state.metrics.memory.deduplication = 5
            state.metrics.memory.waiters = 6
            state.metrics.memory.keys = 16
            state.metrics.diskBytes = 7
            state.metrics.reserveBytes = 8
            state.metrics.liveBytes = 9
            state.metrics.snapshots = 10
            state.metrics.snapshotBytes = 11
            state.metrics.segmentsRemoved = 12
            state.metrics.messagesMoved = 13
            state.metrics.bodiesRead = 14
            state.metrics.diskReads = 15
        }
        try await server.test { client in
            let response = try await client.call(.get, "/api/v1/stats")
            #expect(
                response.text == #"{"version":"1.2.3","fsync":"always","state":"ready","recovery":null,"#
                    + #""queues":3,"waiters":0,"#
                    + #""counts":{"ready":1,"in_flight":2,"delayed":3,"damaged":0,"buried":0},"#
                    + #""totals":{"sent":18446744073709551615,"received":0,"deleted":0,"returned":0,"expired":0,"#
                    + #""moved_out":0,"moved_in":0},"#
                    + #""log":{"bytes":4096,"segments":0,"unsynced_bytes":0},"#
                    + #""commits":{"count":25,"sync_seconds_total":1.5,"sync_seconds_max":0.0},"#
                    + #""memory":{"index_bytes":0,"body_cache_bytes":0,"deduplication_bytes":5,"#
                    + #""keys_bytes":16,"waiters_bytes":6,"#
                    + #""connections_bytes":2300,"limit_bytes":null,"is_full":false},"#
                    + #""disk":{"bytes":7,"live_bytes":9,"reserve_bytes":8,"is_full":false,"snapshots":10,"#
                    + #""snapshot_bytes":11,"segments_removed":12,"messages_moved":13,"bodies_read":14,"reads":15},"#
                    + #""connections":{"sqs":2,"http":0},"turn_seconds_max":0.0}"#
            )
        }
    }
}

@Suite struct MetricsTests {
    /// Every sample stands under its own HELP and TYPE, and every family stands once.
    private func families(_ text: String) -> [String: [String]] {
        var families: [String: [String]] = [:]
        var current = ""
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# HELP ") {
                current = String(words[2])
                #expect(families.updateValue([], forKey: current) == nil, "\(current) stands twice")
            } else if line.hasPrefix("# TYPE ") {
                #expect(words[2] == current)
                #expect(["counter", "gauge", "histogram"].contains(words[3]))
            } else {
                #expect(line.hasPrefix(current), "\(line) stands under \(current)")
                #expect(words.last.flatMap { Double($0) } != nil, "\(line) has no number")
                families[current]?.append(String(line))
            }
        }
        return families
    }

    @Test func nodeAndQueuesAreTold() async throws {
        let server = try TestServer()
        try server.addQueue("jobs")
        server.storage.edit { state in
            state.metrics.queues = 2
            state.metrics.counts = MessageCounts(ready: 5, inFlight: 6, delayed: 7)
            state.metrics.totals.sent = 18
            state.metrics.commits = 5
            state.metrics.syncs = 4
            state.metrics.syncTime.add(nanoseconds: 250_000_000)
            state.metrics.logBytes = 4096
            state.metrics.isDiskFull = true
        }
        try await server.test { client in
            _ = try await client.call(.post, "/api/v1/queues/jobs/messages", #"{"body":"a"}"#)
            _ = try await client.call(.post, "/api/v1/queues/jobs/pause")
            server.storage.advance(seconds: 2)
            let response = try await client.call(.get, "/metrics")
            #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            let families = families(response.text)
            #expect(families["roost_build_info"] == [#"roost_build_info{version="1.2.3",fsync="always"} 1"#])
            #expect(families["roost_ready"] == ["roost_ready 1"])
            #expect(families["roost_queues"] == ["roost_queues 2"])
            #expect(
                families["roost_messages"] == [
                    #"roost_messages{state="ready"} 5"#, #"roost_messages{state="inflight"} 6"#,
                    #"roost_messages{state="delayed"} 7"#, #"roost_messages{state="damaged"} 0"#,
                    #"roost_messages{state="buried"} 0"#,
                ])
            #expect(families["roost_messages_sent_total"] == ["roost_messages_sent_total 18"])
            #expect(
                families["roost_wal_fsync_duration_seconds"]?.suffix(3) == [
                    #"roost_wal_fsync_duration_seconds_bucket{le="+Inf"} 1"#,
                    "roost_wal_fsync_duration_seconds_sum 0.25", "roost_wal_fsync_duration_seconds_count 1",
                ])
            #expect(families["roost_wal_appended_bytes_total"] == ["roost_wal_appended_bytes_total 4096"])
            #expect(response.text.contains("# TYPE roost_wal_appended_bytes_total counter\n"))
            #expect(families["roost_disk_full"] == ["roost_disk_full 1"])
            let messages = families["roost_queue_messages"] ?? []
            #expect(messages.contains(#"roost_queue_messages{queue="jobs",state="ready"} 1"#))
            #expect(messages.count == 10)
            #expect(
                families["roost_queue_oldest_message_age_seconds"] == [
                    #"roost_queue_oldest_message_age_seconds{queue="jobs"} 2"#
                ])
            #expect(families["roost_queue_paused"]?.contains(#"roost_queue_paused{queue="jobs"} 1"#) == true)
            let sent = families["roost_queue_messages_sent_total"]
            #expect(sent?.contains(#"roost_queue_messages_sent_total{queue="jobs"} 1"#) == true)
            #expect(families["roost_queue_series_left_out"] == ["roost_queue_series_left_out 0"])
        }
    }

    @Test func memoryAndDiskAreTold() async throws {
        let server = try TestServer { configuration in
            configuration.otherLoads = {
                [
                    ConnectionLoad(
                        door: "sqs", connections: 2, bodyBytes: 200, unsentBytes: 100, bytesPerConnection: 1000)
                ]
            }
        }
        server.storage.edit { state in
            state.metrics.memory.index = 1
            state.metrics.memory.bodies = 2
            state.metrics.memory.deduplication = 3
            state.metrics.memory.waiters = 4
            state.metrics.memoryBytesMax = 10
            state.metrics.diskBytes = 5
            state.metrics.liveBytes = 6
            state.metrics.reserveBytes = 7
            state.metrics.memory.keys = 14
            state.metrics.snapshots = 8
            state.metrics.snapshotBytes = 9
            state.metrics.segmentsRemoved = 10
            state.metrics.messagesMoved = 11
            state.metrics.bodiesRead = 12
            state.metrics.diskReads = 13
        }
        try await server.test { client in
            let text = try await client.call(.get, "/metrics").text
            let families = families(text)
            #expect(
                families["roost_memory_bytes"] == [
                    #"roost_memory_bytes{category="index"} 1"#, #"roost_memory_bytes{category="bodies"} 2"#,
                    #"roost_memory_bytes{category="deduplication"} 3"#, #"roost_memory_bytes{category="keys"} 14"#,
                    #"roost_memory_bytes{category="waiters"} 4"#,
                    #"roost_memory_bytes{category="connections"} 2300"#,
                ])
            for (name, value) in [
                ("roost_memory_limit_bytes", 10), ("roost_memory_full", 1), ("roost_disk_bytes", 5),
                ("roost_disk_live_bytes", 6), ("roost_disk_reserve_bytes", 7), ("roost_snapshots_total", 8),
                ("roost_snapshot_bytes", 9), ("roost_wal_segments_removed_total", 10),
                ("roost_cleaning_moved_messages_total", 11), ("roost_bodies_read_total", 12),
                ("roost_disk_reads_total", 13),
            ] {
                #expect(families[name] == ["\(name) \(value)"])
                #expect(text.contains("# TYPE \(name) \(name.hasSuffix("_total") ? "counter" : "gauge")\n"))
            }
            #expect(families["roost_connections"]?.first == #"roost_connections{door="sqs"} 2"#)
            #expect(families["roost_recovery_progress"] == ["roost_recovery_progress 1.0"])
        }
    }

    /// An engine that is busy for long must not make the node look dead.
    @Test(.timeLimit(.minutes(1))) func aBusyStorageDoesNotHoldTheMetricsUp() async throws {
        let server = try TestServer { $0.queueSeriesPatience = .milliseconds(1) }
        server.storage.edit {
            $0.metrics.queues = 1
            $0.held = []
        }
        try await server.test { client in
            for _ in 0..<3 {
                let families = families(try await client.call(.get, "/metrics").text)
                #expect(families["roost_ready"] == ["roost_ready 1"])
                #expect(families["roost_queue_paused"] == [])
                #expect(families["roost_queue_series_left_out"] == ["roost_queue_series_left_out 1"])
            }
            // The first question stands; others would only wait behind it.
            let asked = server.storage.read { storage in
                // A survey for the overview asks for more at once.
                storage.seen.count { if case .listQueues(_, _, limit: 500) = $0 { true } else { false } }
            }
            #expect(asked == 1)
            server.storage.release()
            while true {
                let families = families(try await client.call(.get, "/metrics").text)
                if families["roost_queue_paused"] != [] { break }
            }
        }
    }

    @Test func seriesOfQueuesAreCapped() async throws {
        let server = try TestServer()
        for number in 0..<600 { try server.addQueue("q\(number)") }
        server.storage.edit { $0.metrics.queues = 601 }
        try await server.test { client in
            let families = families(try await client.call(.get, "/metrics").text)
            #expect(families["roost_queue_paused"]?.count == 500)
            #expect(families["roost_queue_series_left_out"] == ["roost_queue_series_left_out 101"])
        }
    }

    /// A log that does not answer must not hide the metrics that say so.
    @Test func withoutAReadyStorageTheNodeIsStillTold() async throws {
        let server = try TestServer()
        server.storage.edit {
            $0.readiness = .failed("x")
            $0.held = []
        }
        try await server.test { client in
            let families = families(try await client.call(.get, "/metrics").text)
            #expect(families["roost_ready"] == ["roost_ready 0"])
            #expect(families["roost_disk_full"] == ["roost_disk_full 0"])
            #expect(families["roost_queue_paused"] == [])
        }
    }
}
