import RoostModel

/// The numbers of the overview, and the queues that changed since the last event.
struct StatsEvents: Sendable {
    /// More of them are not told: the page has to ask for those that it shows.
    private static let queuesMax = 200

    private let node: NodeDescription
    private let survey: QueueSurvey
    private var last: QueuePicture?

    init(node: NodeDescription, survey: QueueSurvey) {
        self.node = node
        self.survey = survey
    }

    var nextDue: ContinuousClock.Instant {
        get async { await survey.nextDue }
    }

    /// Nil: the storage does not answer.
    mutating func next() async -> Event? {
        guard let picture = try? await survey.picture() else { return nil }
        defer { last = picture }
        let changed = changes(picture)
        let attention = Attention.all(picture, node.metrics)
        return Event(
            .stats, .stats,
            data: [
                "as_of_ms": .time(picture.takenAt), "overview": .object(node.stats),
                "attention": .array(attention.map(\.json)),
                "queues": .array(changed.queues.prefix(Self.queuesMax).map { JSON($0, picture.rates[$0.name]) }),
                "gone": .array(changed.gone.prefix(Self.queuesMax).map { .string($0.text) }),
                "more_changed": .count(max(changed.queues.count - Self.queuesMax, 0)),
            ])
    }

    /// Of the first picture none: the page has just asked for its list.
    private func changes(_ picture: QueuePicture) -> (queues: [QueueInfo], gone: [QueueName]) {
        guard let last else { return ([], []) }
        let old = Dictionary(last.queues.map { ($0.name, $0) }) { first, _ in first }
        let changed = picture.queues.filter { queue in
            guard let before = old[queue.name] else { return true }
            return before.counts != queue.counts || before.totals != queue.totals || before.pause != queue.pause
                || before.waiters != queue.waiters || before.modifiedAt != queue.modifiedAt
                || last.rates[queue.name] != picture.rates[queue.name]
        }
        guard old.count + changed.count > picture.queues.count || old.count > picture.queues.count else {
            return (changed, [])
        }
        let names = Set(picture.queues.map(\.name))
        return (changed, last.queues.map(\.name).filter { !names.contains($0) })
    }
}
