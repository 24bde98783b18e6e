import RoostCore
import RoostModel
import Testing

@Suite("Messages that were received often and are still there")
struct OftenReceivedTests {
    private let now = Broker.testTime

    private func often(_ broker: borrowing Broker, _ queue: UInt32) -> Int {
        broker.describe(queue, now: now).oftenReceived
    }

    /// Receives what is there, and gives it back each time but the last.
    @discardableResult
    private func receive(_ broker: inout Broker, _ queue: UInt32, times: Int) throws -> [Broker.Leased] {
        for _ in 1..<times {
            try broker.lease(10, from: queue, .zero)
            try broker.catchUp(now: now)
        }
        return try broker.lease(10, from: queue)
    }

    @Test("It counts from the fifth receive on, while the message is ready or in flight")
    func counts() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q")
        for _ in 0..<3 { try broker.send(to: queue) }
        let fourth = try receive(&broker, queue, times: 4)
        #expect(often(broker, queue) == 0 && fourth.count == 3)
        let later = now + .seconds(40)
        try broker.catchUp(now: later)
        let leased = try broker.lease(10, from: queue, now: later)
        #expect(often(broker, queue) == 3)
        try broker.carryOut(.delete(#require(try broker.prepareDelete(leased[0].handle, in: queue))))
        #expect(often(broker, queue) == 2)
        let burial = Burial(reason: "", error: "", by: "")
        try broker.carryOut(.bury(broker.prepareBury(leased[1].handle, in: queue, burial, now: later)))
        #expect(often(broker, queue) == 1, "what people set aside is not told again")
        try broker.carryOut(.kick(#require(try broker.prepareKick(1, of: queue, now: later))))
        #expect(often(broker, queue) == 2)
        let restored = try BrokerImage(of: broker).restored()
        #expect(often(restored, queue) == 2, "images do not have the number: it is counted again")
        try broker.carryOut(.purgeQueue(try broker.preparePurgeQueue(QueueName("q"))))
        #expect(often(broker, queue) == 0)
    }

    @Test("Damaged messages do not count, whether they were ready or in flight")
    func damaged() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q")
        for _ in 0..<2 { try broker.send(to: queue) }
        let leased = try receive(&broker, queue, times: 5)
        #expect(often(broker, queue) == 2)
        try damage(leased[0], in: &broker)
        #expect(often(broker, queue) == 1)
        let back = try broker.prepareChangeVisibility(leased[1].handle, in: queue, timeout: .zero, now: now)
        try broker.carryOut(.changeVisibility(#require(back)))
        #expect(often(broker, queue) == 1)
        try damage(leased[1], in: &broker)
        #expect(often(broker, queue) == 0)
        let restored = try BrokerImage(of: broker).restored()
        #expect(often(restored, queue) == 0)
    }

    private func damage(_ message: Broker.Leased, in broker: inout Broker) throws {
        let entry = try #require(broker.prepareDamage(slot: message.slot, number: message.number))
        try broker.carryOut(.damage(entry))
    }

    @Test("A dead letter takes its count along, and a move back forgets it")
    func transfers() throws {
        var broker = Broker.forTests()
        let dead = try broker.createQueue("dead")
        let policy = DeadLetterPolicy(target: try QueueName("dead"), receivesMax: 5)
        let queue = try broker.createQueue("q", QueueSettingsChange(deadLetters: policy))
        try broker.send(to: queue)
        try receive(&broker, queue, times: 5)
        #expect(often(broker, queue) == 1)
        try broker.catchUp(now: now + .seconds(40))
        let entry = broker.prepareDeadLetters(from: queue, maximum: 1, now: now)
        try broker.carryOut(.transfer(#require(entry)))
        #expect(often(broker, queue) == 0 && often(broker, dead) == 1)
    }
}
