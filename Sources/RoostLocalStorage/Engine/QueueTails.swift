import RoostCore
import RoostModel
import RoostStorage

/// Who follows what is sent to queues, and how much of it was shown.
struct QueueTails {
    /// Messages of one queue that are shown within a second.
    static let shownPerSecondMax = 20

    private struct Window {
        var start = BrokerTime(milliseconds: 0)
        var shown = 0
        var leftOut = 0
    }

    private var queues: [QueueName: Window] = [:]
    private(set) var receiver = 0

    var isEmpty: Bool { queues.isEmpty }

    /// One receiver at a time: the last one that asked.
    mutating func follow(_ names: [QueueName], for receiver: Int) {
        self.receiver = receiver
        queues = Dictionary(names.map { ($0, queues[$0] ?? Window()) }) { first, _ in first }
    }

    /// How many were left out before this one; nil: it is not to be shown.
    mutating func take(_ queue: QueueName, at now: BrokerTime) -> Int? {
        guard var window = queues[queue] else { return nil }
        defer { queues[queue] = window }
        if now - window.start >= .seconds(1) {
            window.start = now
            window.shown = 0
        }
        guard window.shown < Self.shownPerSecondMax else {
            window.leftOut += 1
            return nil
        }
        window.shown += 1
        defer { window.leftOut = 0 }
        return window.leftOut
    }
}

extension Engine {
    mutating func tail(_ queues: [QueueName], for receiver: Int) -> Outcome {
        tails.follow(queues, for: receiver)
        return .reply(.done)
    }

    /// Leaves as a result does, when the message is on disk.
    mutating func tellTail(_ entry: SendEntry, _ message: borrowing NewMessage) {
        guard let queue = core.queueName(entry.queue), let leftOut = tails.take(queue, at: now) else { return }
        let tailed = TailedMessage(
            queue: queue, id: core.messageID(slot: entry.slot, number: entry.number), sentAt: entry.sentAt,
            sequence: entry.number, body: Array(message.body.prefix(Limits.tailedBytesMax)),
            bodyBytes: message.body.count, attributes: message.attributes, group: message.group, leftOut: leftOut)
        answer(tails.receiver, 0, .success(.tailed(tailed)))
    }
}
