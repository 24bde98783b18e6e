import NIOHTTP1
import RoostCommand
import Testing

@Suite struct StatsTests {
    private func stats(_ replacements: [(String, String)] = [], _ arguments: [String] = []) async throws -> Outcome {
        var json = """
            {"version":"1.2.3","fsync":"always","state":"ready","recovery":null,"queues":3,"waiters":4,\
            "counts":{"ready":1234567,"in_flight":1,"delayed":2,"damaged":0},"totals":{},\
            "log":{"bytes":1,"segments":5,"unsynced_bytes":0},\
            "memory":{"index_bytes":1536,"body_cache_bytes":268435456,"deduplication_bytes":7,"keys_bytes":21,\
            "waiters_bytes":8,\
            "connections_bytes":9,"limit_bytes":null,"is_full":false},\
            "disk":{"bytes":5368709120,"live_bytes":11,"reserve_bytes":12,"is_full":false,"snapshots":13,\
            "snapshot_bytes":14,"segments_removed":15,"messages_moved":16,"bodies_read":17,"reads":18},\
            "connections":{"sqs":19,"http":1},"later_field":true}
            """
        for (old, new) in replacements { json.replace(old, with: new) }
        return try await withFakeServer { [json] request in
            request.uri == "/api/v1/stats" ? .json(json) : .problem(.notFound, "not_found")
        } _: {
            try await roost(["stats"] + arguments, url: $0)
        }
    }

    @Test func memoryAndDiskAreShownByCategory() async throws {
        let outcome = try await stats()
        #expect(outcome.failure == nil && outcome.error.isEmpty)
        for line in [
            #/state +ready\n/#, #/ready +1,234,567\n/#, #/connections +20\n/#, #/memory limit +none\n/#,
            #/memory: index +1.5 KiB\n/#, #/memory: bodies +256 MiB\n/#, #/memory: deduplication +7 B\n/#,
            #/memory: keys +21 B\n/#, #/memory: waiters +8 B\n/#,
            #/memory: connections +9 B\n/#, #/disk +5.0 GiB in 5 segments/#,
            #/disk: live messages +11 B\n/#, #/disk: reserve +12 B\n/#, #/disk: newest snapshot +14 B\n/#,
            #/snapshots +13\n/#, #/segments removed +15\n/#, #/messages moved +16\n/#, #/bodies read +17, 18 of/#,
        ] {
            #expect(outcome.out.contains(line))
        }
    }

    @Test func recoveryIsShown() async throws {
        let outcome = try await stats([
            (
                #""state":"ready","recovery":null"#,
                #""state":"recovering","recovery":{"percent":42,"reading":"the log"}"#
            )
        ])
        #expect(outcome.out.contains(#/state +recovering: 42 % of the log is read\n/#))
    }

    @Test func whatIsWrongIsAWarning() async throws {
        let outcome = try await stats([
            (#""is_full":false"#, #""is_full":true"#), (#""damaged":0"#, #""damaged":6"#),
            (#""limit_bytes":null"#, #""limit_bytes":1073741824"#),
        ])
        for words in ["the disk is full", "memory limit is reached", "damaged messages: 6"] {
            #expect(outcome.error.contains("warning: \(words)") || outcome.error.contains(words))
        }
        #expect(outcome.out.contains(#/memory limit +1.0 GiB\n/#))
    }

    @Test func everythingPassesThroughJSON() async throws {
        #expect(try await stats([], ["--json"]).out.contains(#""later_field" : true"#))
    }

    @Test(arguments: [(0, "0 B"), (1023, "1,023 B"), (1024, "1.0 KiB"), (1 << 30, "1.0 GiB"), (340 << 20, "340 MiB")])
    func amounts(_ bytes: Int, _ text: String) {
        #expect(Text.bytes(bytes) == text)
    }
}
