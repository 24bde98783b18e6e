import RoostModel
import RoostStorage

/// Something that somebody should look at.
struct Attention: Equatable {
    enum Kind: String, CaseIterable {
        case disk
        case memory
        case damaged
        case noConsumer = "no_consumer"
        case oldMessages = "old_messages"
        case deadLettersGrowing = "dead_letters_growing"
        case receivedOften = "received_often"
        case paused
    }

    /// So many are told; the worst kinds come first.
    static let countMax = 100
    private static let waitedLong = Milliseconds.seconds(60)
    private static let waitedTooLong = Milliseconds.seconds(600)

    var queue: QueueName?
    var kind: Kind
    var text: String
    var since: BrokerTime?

    var json: JSON {
        [
            "queue": queue.map { .string($0.text) } ?? nil, "kind": .string(kind.rawValue), "text": .string(text),
            "since_ms": since.map(JSON.time) ?? nil,
        ]
    }

    static func all(_ picture: QueuePicture, _ metrics: StorageMetrics) -> [Attention] {
        let targets = Set(picture.queues.compactMap { $0.settings.deadLetters?.target })
        let found =
            ofNode(metrics) + picture.queues.flatMap { ofQueue($0, picture, isTarget: targets.contains($0.name)) }
        let sorted = Kind.allCases.flatMap { kind in found.filter { $0.kind == kind } }
        return Array(sorted.prefix(countMax))
    }

    private static func ofNode(_ metrics: StorageMetrics) -> [Attention] {
        var found: [Attention] = []
        if metrics.isDiskFull {
            found.append(Attention(kind: .disk, text: "The disk is full: new messages are refused."))
        }
        let (used, max) = (metrics.memory.total, metrics.memoryBytesMax)
        if metrics.isMemoryFull {
            found.append(Attention(kind: .memory, text: "The memory limit is reached: new messages are refused."))
        } else if max > 0, used / 9 >= max / 10 {
            found.append(Attention(kind: .memory, text: "More than nine tenths of the memory limit are used."))
        }
        return found
    }

    private static func ofQueue(_ queue: QueueInfo, _ picture: QueuePicture, isTarget: Bool) -> [Attention] {
        let name = queue.name
        var found: [Attention] = []
        if queue.counts.damaged > 0 {
            let text = "\(count(queue.counts.damaged, "message")) cannot be read from the disk."
            found.append(Attention(queue: name, kind: .damaged, text: text))
        }
        if let pause = queue.pause {
            let text = pause.reason.isEmpty ? "Paused." : "Paused: \(pause.reason)"
            found.append(Attention(queue: name, kind: .paused, text: text, since: pause.since))
        } else if let old = ofAge(queue, picture, isTarget: isTarget) {
            found.append(old)
        }
        let arrived = picture.history.movedIn(to: name)
        if isTarget, queue.counts.ready > 0, arrived > 0 {
            let text = "\(count(queue.counts.ready, "dead letter")), \(arrived) moved in during the last hour."
            found.append(Attention(queue: name, kind: .deadLettersGrowing, text: text))
        }
        // Dead letters were received often: that is why they are there.
        if queue.oftenReceived > 0, !isTarget {
            let often = count(queue.oftenReceived, "message")
            let text = "\(often) received \(Limits.oftenReceivedMin) times or more, and not deleted."
            found.append(Attention(queue: name, kind: .receivedOften, text: text))
        }
        return found
    }

    /// Dead letters wait for people, however long.
    private static func ofAge(_ queue: QueueInfo, _ picture: QueuePicture, isTarget: Bool) -> Attention? {
        guard let age = queue.oldestMessageAge, age >= waitedLong, queue.counts.ready > 0, !isTarget else { return nil }
        let now = picture.takenAt
        let since = now + Milliseconds(-age.count)
        let idle = picture.history.idleSince(queue.name).map { now - $0 } ?? .zero
        if queue.waiters == 0, queue.totals.received == 0 || idle >= waitedLong {
            let text = "Oldest message \(words(age)) and no consumer."
            return Attention(queue: queue.name, kind: .noConsumer, text: text, since: since)
        }
        guard age >= waitedTooLong else { return nil }
        return Attention(queue: queue.name, kind: .oldMessages, text: "Oldest message \(words(age)).", since: since)
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
    }

    private static func words(_ span: Milliseconds) -> String {
        let seconds = span.count / 1000
        return switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }
}
