import RoostModel

/// What receives with a name were given, so that one whose reply was lost can be made again. Kept in memory only: after
/// a restart a repeated receive is a new one.
struct ReceiveAttempts {
    private struct Key: Hashable {
        var queue: UInt32
        var name: String
    }

    private struct Attempt {
        var at: BrokerTime
        var handles: [ReceiptHandle]
    }

    /// Above it the oldest are forgotten: about 10 MB.
    private static let countMax = 10_000

    private var attempts: [Key: Attempt] = [:]
    /// In the order of time. A name that was used again stands here twice.
    private var order: [(at: BrokerTime, key: Key)] = []
    private var forgotten = 0

    mutating func note(_ name: String, of queue: UInt32, _ handles: [ReceiptHandle], at now: BrokerTime) {
        let key = Key(queue: queue, name: name)
        attempts[key] = Attempt(at: now, handles: handles)
        order.append((now, key))
        forget(before: now)
    }

    func handles(_ name: String, of queue: UInt32, at now: BrokerTime) -> [ReceiptHandle]? {
        guard let attempt = attempts[Key(queue: queue, name: name)], now - attempt.at < Limits.deduplicationWindow
        else { return nil }
        return attempt.handles
    }

    private mutating func forget(before now: BrokerTime) {
        while forgotten < order.count {
            let (at, key) = order[forgotten]
            guard order.count - forgotten > Self.countMax || now - at >= Limits.deduplicationWindow else { break }
            if attempts[key]?.at == at { attempts[key] = nil }
            forgotten += 1
        }
        guard forgotten > order.count / 2 else { return }
        order.removeFirst(forgotten)
        forgotten = 0
    }
}
