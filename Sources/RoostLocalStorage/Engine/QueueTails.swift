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

    private static let window = Milliseconds.seconds(1)

    private var queues: [QueueName: Window] = [:]
    private(set) var receiver = 0
    /// When what was left out of a second is to be told, if no other message does it before. May be early, never late.
    private(set) var nextDue: BrokerTime?

    var isEmpty: Bool { queues.isEmpty }

    /// One receiver at a time: the last one that asked.
    mutating func follow(_ names: [QueueName], for receiver: Int) {
        self.receiver = receiver
        queues = Dictionary(names.map { ($0, queues[$0] ?? Window()) }) { first, _ in first }
        nextDue = firstEnd
    }

    /// How many were left out before this one; nil: it is not to be shown.
    mutating func take(_ queue: QueueName, at now: BrokerTime) -> Int? {
        guard var window = queues[queue] else { return nil }
        defer { queues[queue] = window }
        if now - window.start >= Self.window {
            window.start = now
            window.shown = 0
        }
        guard window.shown < Self.shownPerSecondMax else {
            window.leftOut += 1
            nextDue = nextDue.orEarlier(window.start + Self.window)
            return nil
        }
        window.shown += 1
        defer { window.leftOut = 0 }
        return window.leftOut
    }

    /// How many messages were left out of seconds that are over, and not told of since.
    mutating func takeRests(at now: BrokerTime) -> [(queue: QueueName, leftOut: Int)] {
        guard let due = nextDue, due <= now else { return [] }
        var rests: [(queue: QueueName, leftOut: Int)] = []
        for (name, window) in queues where window.leftOut > 0 && window.start + Self.window <= now {
            rests.append((name, window.leftOut))
            queues[name]?.leftOut = 0
        }
        nextDue = firstEnd
        return rests.sorted { $0.queue < $1.queue }
    }

    private var firstEnd: BrokerTime? {
        queues.values.lazy.filter { $0.leftOut > 0 }.map { $0.start + Self.window }.min()
    }
}

extension Engine {
    mutating func tail(_ queues: [QueueName], for receiver: Int) -> Outcome {
        tails.follow(queues, for: receiver)
        return .reply(.done)
    }

    /// The end of a burst: no message comes that could tell how many were left out.
    mutating func tellTailRests() {
        for (queue, leftOut) in tails.takeRests(at: now) {
            answer(tails.receiver, 0, .success(.tailRest(queue, leftOut: leftOut)))
        }
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
