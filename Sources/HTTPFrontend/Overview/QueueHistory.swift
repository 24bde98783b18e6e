package import RoostModel

/// What surveys have seen of queues over time. In memory: a start begins anew.
package struct QueueHistory: Sendable {
    fileprivate struct Seen {
        var received: UInt64
        /// Since when nothing more was received.
        var idleSince: BrokerTime
        var movedIn: UInt64
        /// Messages that were moved in, the oldest first, those of a few minutes together.
        var arrivals: [(at: BrokerTime, count: UInt64)] = []
    }

    fileprivate static let arrivalsKept = Milliseconds.seconds(3600)
    fileprivate static let arrivalStep = Milliseconds.seconds(300)

    private var queues: [QueueName: Seen] = [:]
    /// What was there before the first survey is no news.
    private var hasBegun = false

    package init() {}

    package mutating func note(_ list: [QueueInfo], at now: BrokerTime) {
        var next: [QueueName: Seen] = [:]
        next.reserveCapacity(list.count)
        for queue in list { next[queue.name] = seen(queue, queues[queue.name], at: now) }
        queues = next
        hasBegun = true
    }

    private func seen(_ queue: QueueInfo, _ before: Seen?, at now: BrokerTime) -> Seen {
        let isSame = before?.received == queue.totals.received
        var seen = Seen(
            received: queue.totals.received, idleSince: isSame ? before?.idleSince ?? now : now,
            movedIn: queue.totals.movedIn, arrivals: before?.arrivals ?? [])
        let known = before?.movedIn ?? (hasBegun ? 0 : seen.movedIn)
        seen.noteArrivals(seen.movedIn > known ? seen.movedIn - known : 0, at: now)
        return seen
    }

    func idleSince(_ name: QueueName) -> BrokerTime? { queues[name]?.idleSince }

    /// Messages that were moved to the queue in the last hour, as far as surveys saw it.
    package func movedIn(to name: QueueName) -> UInt64 { queues[name]?.arrivals.reduce(0) { $0 + $1.count } ?? 0 }
}

extension QueueHistory.Seen {
    fileprivate mutating func noteArrivals(_ count: UInt64, at now: BrokerTime) {
        arrivals.removeAll { now - $0.at >= QueueHistory.arrivalsKept }
        guard count > 0 else { return }
        if let last = arrivals.last, now - last.at < QueueHistory.arrivalStep {
            arrivals[arrivals.count - 1].count += count
        } else {
            arrivals.append((now, count))
        }
    }
}
