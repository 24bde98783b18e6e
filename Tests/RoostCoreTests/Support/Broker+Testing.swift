import RoostCore
import RoostModel
import Testing

/// Short forms of what directed tests do all the time: prepare, apply, and hand back what counts.
extension Broker {
    static let testTime = BrokerTime(milliseconds: 1_700_000_000_000)

    static func forTests() -> Broker {
        Broker(configuration: BrokerConfiguration(sealingKey: SealingKey(words: (1, 2, 3, 4))))
    }

    @discardableResult
    mutating func createQueue(
        _ name: String, _ change: QueueSettingsChange = QueueSettingsChange(), now: BrokerTime = testTime
    ) throws -> UInt32 {
        guard case .entry(let entry) = try prepareCreateQueue(QueueName(name), change, now: now) else {
            throw Discrepancy("\(name) exists")
        }
        try carryOut(.createQueue(entry))
        return entry.queue
    }

    @discardableResult
    mutating func send(
        to queue: UInt32, in group: String? = nil, delay: Milliseconds? = nil, number: UInt32 = 0,
        now: BrokerTime = testTime
    ) throws -> SendEntry {
        let entry = try prepareSend(to: queue, NewMessage(body: [1], delay: delay, group: group), now: now)
        try carryOut(.send(entry), at: BodyLocation(segment: 1, offset: number << 3, length: 1))
        return entry
    }

    @discardableResult
    mutating func lease(
        _ maximum: Int, from queue: UInt32, _ timeout: Milliseconds? = nil, now: BrokerTime = testTime
    ) throws -> [Leased] {
        let entry = try prepareLease(from: queue, maximum: maximum, visibilityTimeout: timeout, now: now)
        guard let entry else { return [] }
        try carryOut(.lease(entry))
        return entry.slots.map { leased($0, by: entry) }
    }

    /// One slice of what is due, and what it released.
    @discardableResult
    mutating func tick(now: BrokerTime) throws -> (entry: TickEntry, effects: Effects)? {
        guard let entry = prepareTick(now: now) else { return nil }
        return (entry, try carryOut(.tick(entry)))
    }

    /// All that is due.
    mutating func catchUp(now: BrokerTime) throws {
        while try tick(now: now) != nil || nextTick(now: now).map({ $0 <= now }) ?? false {}
    }

    @discardableResult
    mutating func carryOut(_ entry: Entry, at location: BodyLocation = .none) throws -> Effects {
        var effects = Effects()
        try apply(entry, at: location, effects: &effects)
        return effects
    }
}
