import RoostCore
import RoostModel
import Testing

/// Counters of 48 bits at their end: nobody lives to see it, but a damaged image may say so.
@Suite("Numbers that are used up")
struct UsedUpNumbersTests {
    private static let end: UInt64 = 1 << 48
    private let now = Broker.testTime

    /// A queue with a message that is ready, one in flight and one delayed, in an image with other counters.
    private func image(nextNumber: UInt64? = nil, nextOrder: UInt64? = nil) throws -> BrokerImage {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q", QueueSettingsChange(redelivery: .back))
        for _ in 0..<2 { try broker.send(to: queue) }
        try broker.send(to: queue, delay: .seconds(1))
        let lease = try broker.prepareLease(from: queue, maximum: 1, visibilityTimeout: .seconds(1), now: now)
        try broker.carryOut(.lease(try #require(lease)))
        var image = BrokerImage(of: broker)
        if let nextNumber { image.store(nextNumber, at: 8) }
        if let nextOrder { image.store(nextOrder, at: 16) }
        return image
    }

    @Test("A send is refused when there is no number for it")
    func numbers() throws {
        var broker = try image(nextNumber: Self.end - 1).restored()
        try broker.send(to: 0)
        #expect(throws: Rejection.storageFailed("all numbers of messages are used up")) {
            try broker.send(to: 0)
        }
        _ = try BrokerImage(of: broker).restored()
    }

    @Test("Messages whose delay or lease ends find a place when there is none for new ones")
    func places() throws {
        var broker = try image(nextOrder: Self.end - 1).restored()
        #expect(throws: Rejection.storageFailed("all numbers of messages are used up")) {
            try broker.send(to: 0)
        }
        try broker.catchUp(now: now + .seconds(9))
        #expect(broker.counts == MessageCounts(ready: 3))
        _ = try BrokerImage(of: broker).restored()
        #expect(throws: BrokerImageError.self) { try image(nextOrder: Self.end).restored() }
    }

    @Test("Messages do not go to another queue when there is no place for new ones")
    func moves() throws {
        var broker = try image(nextOrder: Self.end - 1).restored()
        let other = try QueueName("other")
        try broker.createQueue("other")
        let ready = try #require(broker.peek(0, .ready, fromTail: false, count: 1).first)
        #expect(throws: Rejection.storageFailed("all numbers of messages are used up")) {
            try broker.prepareMoveByID(from: 0, to: other, [ready.id], now: now)
        }
        let move = try broker.prepareStartMove(MoveOptions(from: QueueName("q"), to: other), now: now)
        try broker.carryOut(.startMove(move))
        #expect(broker.prepareMoveStep(move.id, maximum: 10, now: now) == .later)
    }
}

extension BrokerImage {
    fileprivate mutating func store(_ value: UInt64, at offset: Int) {
        for byte in 0..<8 { sections[0][offset + byte] = UInt8(truncatingIfNeeded: value >> UInt64(byte * 8)) }
    }
}
