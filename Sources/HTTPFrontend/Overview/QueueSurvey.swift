package import RoostModel
import RoostStorage

/// All queues at one moment, for pages that sort them or tell what needs attention.
package struct QueuePicture: Sendable {
    package var queues: [QueueInfo]
    /// There are more queues than a survey looks at.
    package var leftOut: Int
    package var takenAt: BrokerTime
    /// Of queues that were there in an earlier survey too.
    package var rates: [QueueName: QueueRates]
    package var history: QueueHistory
}

/// Messages a second, between two surveys.
package struct QueueRates: Sendable, Equatable {
    package var sent: Double
    package var received: Double
    package var deleted: Double
}

/// Looks at all queues for whoever asks, and not more often than it should: a second old is new enough, and the looks
/// together take four thousandths of the time. What pages are told of each costs as much again: together it stays below
/// a hundredth. Nobody asks, nothing is looked at.
package actor QueueSurvey {
    /// Above it, a survey is no use to anybody and costs too much.
    package static let queuesMax = 50_000
    private static let pageQueues = 1000
    private static let patience = Duration.seconds(1)
    /// The longest that a survey is used: on a machine busy with other work that of few queues takes long, too.
    private static let patiencePerQueue = Duration.milliseconds(1)
    /// So many times as long as it took, a survey is used.
    private static let ease = 250

    private let calls: StorageCalls
    private let clock: @Sendable () -> BrokerTime
    private var last: (picture: QueuePicture, freshUntil: ContinuousClock.Instant)?
    private var running: Task<QueuePicture, any Error>?

    package init(_ calls: StorageCalls, clock: @escaping @Sendable () -> BrokerTime) {
        self.calls = calls
        self.clock = clock
    }

    /// When the next survey is worth asking for.
    package var nextDue: ContinuousClock.Instant { last?.freshUntil ?? .now }

    package func picture() async throws -> QueuePicture {
        if let last, last.freshUntil > .now { return last.picture }
        if let running { return try await running.value }
        let task = Task { try await look() }
        running = task
        defer { running = nil }
        return try await task.value
    }

    private func look() async throws -> QueuePicture {
        let begin = ContinuousClock.now
        let (queues, leftOut) = try await allQueues()
        let now = clock()
        var history = last?.picture.history ?? QueueHistory()
        history.note(queues, at: now)
        let picture = QueuePicture(
            queues: queues, leftOut: leftOut, takenAt: now, rates: rates(of: queues, at: now), history: history)
        let cost = ContinuousClock.now - begin
        let longest = Self.patiencePerQueue * queues.count
        last = (picture, .now + max(Self.patience, min(cost * Self.ease, longest)))
        return picture
    }

    private func allQueues() async throws -> (queues: [QueueInfo], leftOut: Int) {
        var (queues, more): ([QueueInfo], Bool) = ([], true)
        while more, queues.count < Self.queuesMax {
            let page = try await calls.queues(prefix: "", after: queues.last?.name, limit: Self.pageQueues)
            queues += page.list
            more = page.more
        }
        let count = calls.storage.metrics.queues
        return (queues, more ? max(count - queues.count, 1) : 0)
    }

    private func rates(of queues: [QueueInfo], at now: BrokerTime) -> [QueueName: QueueRates] {
        guard let before = last?.picture else { return [:] }
        let seconds = Double((now - before.takenAt).count) / 1000
        guard (0.5...120).contains(seconds) else { return before.rates }
        let totals = Dictionary(before.queues.map { ($0.name, $0.totals) }) { first, _ in first }
        var rates: [QueueName: QueueRates] = [:]
        for queue in queues {
            guard let old = totals[queue.name], old != queue.totals else { continue }
            rates[queue.name] = QueueRates(from: old, to: queue.totals, seconds: seconds)
        }
        return rates
    }
}

extension QueueRates {
    init(from old: MessageTotals, to new: MessageTotals, seconds: Double) {
        // A queue of the same name may have begun anew.
        let rate = { (old: UInt64, new: UInt64) in
            new < old ? 0 : ((Double(new - old) / seconds) * 100).rounded() / 100
        }
        self.init(
            sent: rate(old.sent, new.sent), received: rate(old.received, new.received),
            deleted: rate(old.deleted, new.deleted))
    }
}
