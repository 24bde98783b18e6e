import Foundation
import NIOHTTP1
import RoostCommand
import Testing

@Suite struct TopTests {
    private static func node(_ sent: Int, queues: Int = 3) throws -> NodeDescription {
        let json = """
            {"version":"1.2.3","fsync":"always","state":"ready","recovery":null,"queues":\(queues),"waiters":4,\
            "counts":{"ready":1234567,"in_flight":1,"delayed":2,"damaged":0},\
            "totals":{"sent":\(sent),"received":0},"log":{"segments":5},\
            "memory":{"index_bytes":1024,"body_cache_bytes":1024,"deduplication_bytes":0,"keys_bytes":0,\
            "waiters_bytes":0,"connections_bytes":0,"limit_bytes":1048576,"is_full":false},\
            "disk":{"bytes":2048,"live_bytes":1,"reserve_bytes":1,"is_full":true,"snapshots":1,\
            "snapshot_bytes":1,"segments_removed":1,"messages_moved":1,"bodies_read":1,"reads":1},\
            "connections":{"sqs":19,"http":1}}
            """
        return try API.decode(NodeDescription.self, Data(json.utf8))
    }

    private static func queue(
        _ name: String, ready: Int, inFlight: Int = 0, age: Double? = nil, sent: Int = 0, received: Int = 0
    ) throws -> QueueDescription {
        let json = """
            {"name":"\(name)","created_at_ms":1,"settings":{"visibility_timeout_seconds":30,"delay_seconds":0,\
            "retention_seconds":null,"maximum_message_bytes":1,"receive_wait_seconds":0,"redelivery":"front"},\
            "counts":{"ready":\(ready),"in_flight":\(inFlight),"delayed":0},\
            "totals":{"sent":\(sent),"received":\(received),"deleted":0,"returned":0,"expired":0},\
            "oldest_message_age_seconds":\(age.map { "\($0)" } ?? "null"),"pause":null,"waiters":0}
            """
        return try API.decode(QueueDescription.self, Data(json.utf8))
    }

    private static let start = Date(timeIntervalSince1970: 1_800_000_000)

    private func screen() throws -> TopScreen {
        let before = TopSnapshot(
            time: Self.start, node: try Self.node(100),
            queues: [try Self.queue("a", ready: 1, sent: 10), try Self.queue("b", ready: 5, sent: 10, received: 10)])
        let now = TopSnapshot(
            time: Self.start.addingTimeInterval(2), node: try Self.node(140),
            queues: [
                try Self.queue("a", ready: 1, inFlight: 9, age: 100, sent: 30),
                try Self.queue("b", ready: 5, age: 7, sent: 10, received: 50), try Self.queue("c\\u001B[2J", ready: 3),
            ])
        return TopScreen(snapshot: now, rates: TopRates(from: before, to: now), address: "http://h:1")
    }

    private func names(_ screen: TopScreen) -> [Substring] {
        screen.lines(width: 200, height: nil).drop { !$0.hasPrefix("QUEUE") }.dropFirst()
            .compactMap { $0.split(separator: " ").first }
    }

    @Test(arguments: [
        (TopOrder.ready, "bca"), (.inFlight, "abc"), (.oldest, "abc"), (.incoming, "abc"), (.outgoing, "bac"),
        (.name, "abc"),
    ])
    func queuesAreSorted(order: TopOrder, expected: String) throws {
        var screen = try screen()
        screen.order = order
        #expect(names(screen).map { $0.prefix(1) }.joined() == expected)
    }

    @Test func ratesAreThoseBetweenTwoLooks() throws {
        let lines = try screen().lines(width: 200, height: nil)
        #expect(lines[0] == "roost 1.2.3  http://h:1  ready")
        #expect(lines[1].hasSuffix("in 20/s   out 0.0/s"))
        #expect(lines.contains { $0.contains(#/^a +1 +9 +1m 40s +10 +0.0 /#) })
        #expect(lines.contains { $0.contains(#/^b +5 +0 +7s +0.0 +20 /#) })
        // It was not there before.
        #expect(lines.contains { $0.contains(#/^c.* +3 +0 +- +- +- /#) })
    }

    /// Long names give way, so that the figures are seen.
    @Test func aNarrowTerminalShowsWhatThereIs() throws {
        var queue = try Self.queue(String(repeating: "n", count: 79), ready: 7)
        queue.pause = try API.decode(QueueDescription.Pause.self, Data(#"{"reason":"x","since_ms":1}"#.utf8))
        let snapshot = TopSnapshot(time: Self.start, node: try Self.node(1), queues: [queue])
        let screen = TopScreen(snapshot: snapshot, rates: TopRates(from: nil, to: snapshot), address: "http://h:1")
        let line = try #require(screen.lines(width: 80, height: 20).first { $0.hasPrefix("nnn") })
        #expect(line.contains("…  paused      7"))
        #expect(line.hasSuffix("0"))
    }

    @Test func whatIsWrongIsTold() throws {
        let lines = try screen().lines(width: 200, height: nil)
        #expect(lines.contains("warning    the disk is full: new messages are refused"))
        #expect(!lines.contains { $0.contains("memory limit is reached") })
    }

    @Test(arguments: [(20, 5), (80, 8), (10, 1), (1, 40), (200, 9)])
    func itFitsTheTerminal(width: Int, height: Int) throws {
        let lines = try screen().lines(width: width, height: height)
        #expect(lines.count <= height)
        #expect(lines.allSatisfy { $0.count <= width && !$0.contains("\u{1B}") })
    }

    @Test func aRestartGivesNoRates() throws {
        let before = TopSnapshot(
            time: Self.start, node: try Self.node(100), queues: [try Self.queue("a", ready: 1, sent: 9)])
        let now = TopSnapshot(
            time: Self.start.addingTimeInterval(1), node: try Self.node(5), queues: [try Self.queue("a", ready: 1)])
        let rates = TopRates(from: before, to: now)
        #expect(rates.all == nil && rates["a"] == nil)
    }

    /// The server sorts, because it has more queues than fit. One that cannot is asked for the first by name.
    @Test(arguments: [true, false])
    func theServerIsAskedToSort(sorts: Bool) async throws {
        let seen = OutputBox()
        let queues = #"{"queues":[],"more":false,"next_after":null}"#
        let stats = try String(decoding: JSONEncoder().encode(Self.statsJSON()), as: UTF8.self)
        try await withFakeServer { request in
            seen.add(Array((request.uri + "\n").utf8))
            if request.uri == "/api/v1/stats" { return .json(stats) }
            return sorts || !request.uri.contains("sort") ? .json(queues) : .problem(.badRequest, "unknown_field")
        } _: { url in
            let outcome = try await roost(["top", "--once", "--sort", "in_flight", "--interval", "100ms"], url: url)
            #expect(outcome.failure == nil && outcome.out.contains("roost 1.2.3"))
        }
        #expect(seen.text.contains("/api/v1/queues?limit=200&order=desc&sort=in_flight\n"))
        #expect(seen.text.contains("/api/v1/queues?limit=200\n") == !sorts)
    }

    private static func statsJSON() throws -> JSONValue {
        try JSONValue(
            Data(
                """
                {"version":"1.2.3","state":"ready","recovery":null,"queues":0,"waiters":0,\
                "counts":{"ready":0,"in_flight":0,"delayed":0},"totals":{"sent":0,"received":0},"log":{"segments":1},\
                "memory":{"index_bytes":0,"body_cache_bytes":0,"deduplication_bytes":0,"keys_bytes":0,\
                "waiters_bytes":0,"connections_bytes":0,"limit_bytes":null,"is_full":false},\
                "disk":{"bytes":0,"live_bytes":0,"reserve_bytes":0,"is_full":false,"snapshots":0,"snapshot_bytes":0,\
                "segments_removed":0,"messages_moved":0,"bodies_read":0,"reads":0},"connections":{}}
                """.utf8))
    }
}
