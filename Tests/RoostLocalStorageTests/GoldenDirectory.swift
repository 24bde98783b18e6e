import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

/// How a golden directory is opened, and what a client can see of it.
enum GoldenDirectory {
    static func open(_ disk: MemoryDisk, logBegun: Bool = false, _ clock: ManualClock) throws -> Harness {
        try Harness(on: disk, logBegun: logBegun, clock: clock) {
            $0.log.segmentBytes = 8192
            $0.messageBytesMax = 4000
            $0.snapshotGrowthBytesMin = 3000
        }
    }

    /// What a client can see, in the order of names, states and messages.
    static func describe(_ harness: Harness) throws -> String {
        guard case .queues(let queues, _) = try harness.ask(.listQueues(prefix: "", after: nil, limit: 100)) else {
            throw Unexpected()
        }
        var lines: [String] = []
        for queue in queues {
            let settings = queue.settings
            lines.append(
                "\(queue.name) visibility \(settings.visibilityTimeout.count) delay \(settings.delay.count)"
                    + " retention \(settings.retention.count) bytes \(settings.maximumMessageBytes)"
                    + " wait \(settings.receiveWait.count) redelivery \(settings.redelivery)"
                    + " created \(queue.createdAt.milliseconds) pause \(queue.pause?.reason ?? "none")"
                    + " sent \(queue.totals.sent) received \(queue.totals.received) deleted \(queue.totals.deleted)"
                    + sinceStep3(settings))
            for state in [MessageState.ready, .inFlight, .delayed, .damaged, .buried] {
                guard case .peeked(let messages) = try harness.ask(.peek(queue.name, .init(state: state, count: 1000)))
                else { throw Unexpected() }
                lines += messages.map { "  \(state) \(describe($0))" }
            }
            guard case .moveTasks(let moves) = try harness.ask(.listMoves(queue.name, limit: 10)) else {
                throw Unexpected()
            }
            lines += moves.map { "  move \(describe($0))" }
        }
        lines += try GoldenKeys.describe(harness)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func describe(_ message: PeekedMessage) -> String {
        let attributes = message.attributes.map { "\($0.name):\($0.type):\($0.value)" }.joined(separator: ",")
        return "\(message.id) \(String(decoding: message.body, as: UTF8.self)) sent \(message.sentAt.milliseconds)"
            + " receives \(message.receiveCount) due \(message.due.map { "\($0.milliseconds)" } ?? "-") [\(attributes)]"
            + sinceStep3(message)
    }

    private static func describe(_ move: MoveTask) -> String {
        "\(move.id) to \(move.to.map { "\($0)" } ?? "its source") rate \(move.rate.map { "\($0)" } ?? "-")"
            + " \(move.status) \(move.moved) of \(move.toMove) since \(move.startedAt.milliseconds)"
    }

    /// Nothing for queues of earlier steps, whose lines stay as they are.
    private static func sinceStep3(_ settings: QueueSettings) -> String {
        var text = settings.isFIFO ? " fifo \(settings.deduplicatesContent) \(settings.deduplicationScope)" : ""
        if let policy = settings.deadLetters { text += " dead \(policy.target) after \(policy.receivesMax)" }
        if settings.deadLetterSources != .all { text += " from \(settings.deadLetterSources)" }
        for (name, value) in settings.properties.sorted(by: { $0.key < $1.key }) { text += " \(name)=\(value)" }
        return text
    }

    private static func sinceStep3(_ message: PeekedMessage) -> String {
        var text = message.group.map { " group \($0)" } ?? ""
        if let source = message.deadLetterSource { text += " dead letter of \(source)" }
        if let burial = message.burial { text += " buried \(burial.reason)/\(burial.error)/\(burial.by)" }
        return text
    }
}
