package import Foundation
import NIOHTTP1

/// What `top` knows at one moment.
package struct TopSnapshot: Sendable {
    package var time: Date
    package var node: NodeDescription
    package var queues: [QueueDescription]

    package init(time: Date, node: NodeDescription, queues: [QueueDescription]) {
        self.time = time
        self.node = node
        self.queues = queues
    }

    /// How many queues the server is asked for.
    package static let queuesMax = 200

    package static func take(_ client: APIClient, _ order: TopOrder) async throws -> TopSnapshot {
        let node = try API.decode(NodeDescription.self, try await client.call(.GET, ["stats"]))
        // While the log is read there is no list of queues.
        guard node.state == "ready" else { return TopSnapshot(time: Date(), node: node, queues: []) }
        return TopSnapshot(time: Date(), node: node, queues: try await queues(client, order))
    }

    /// An earlier version of the server does not sort: then these are the first by name.
    static func page(_ client: APIClient, _ order: TopOrder) async throws -> Data {
        let sorted = ["sort": order.rawValue, "order": order.isDescending ? "desc" : "asc", "limit": "\(queuesMax)"]
        do {
            return try await list(client, sorted)
        } catch let error as CommandError where error.status == .refused {
            return try await list(client, ["limit": "\(queuesMax)"])
        }
    }

    private static func list(_ client: APIClient, _ query: [String: String]) async throws -> Data {
        try await client.call(.GET, ["queues"], query: query)
    }

    private static func queues(_ client: APIClient, _ order: TopOrder) async throws -> [QueueDescription] {
        let data = try await page(client, order)
        return try API.decode(Page.self, data).queues
    }

    private struct Page: Decodable {
        var queues: [QueueDescription]
    }
}

/// What happened between two snapshots, for each second.
package struct TopRates: Sendable {
    package struct Rate: Sendable, Equatable {
        package var incoming: Double
        package var outgoing: Double
    }

    private var byQueue: [String: Rate] = [:]
    package private(set) var all: Rate?

    package init(from before: TopSnapshot?, to now: TopSnapshot) {
        guard let before, now.time > before.time else { return }
        let seconds = now.time.timeIntervalSince(before.time)
        let earlier = Dictionary(before.queues.map { ($0.name, $0) }) { $1 }
        for queue in now.queues {
            guard let old = earlier[queue.name], old.createdAtMs == queue.createdAtMs else { continue }
            byQueue[queue.name] = Self.rate(
                sent: queue.totals.sent - old.totals.sent, received: queue.totals.received - old.totals.received,
                seconds)
        }
        if let sent = now.node.totals?.sent, let sentBefore = before.node.totals?.sent,
            let received = now.node.totals?.received, let receivedBefore = before.node.totals?.received
        {
            all = Self.rate(sent: sent - sentBefore, received: received - receivedBefore, seconds)
        }
    }

    package subscript(queue: String) -> Rate? { byQueue[queue] }

    /// Counters begin anew with the server.
    private static func rate(sent: Int, received: Int, _ seconds: Double) -> Rate? {
        guard sent >= 0, received >= 0 else { return nil }
        return Rate(incoming: Double(sent) / seconds, outgoing: Double(received) / seconds)
    }
}
