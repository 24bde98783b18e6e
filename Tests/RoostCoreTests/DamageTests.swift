import RoostCore
import RoostModel
import Testing

@Suite("Messages whose records are moved or cannot be read")
struct DamageTests {
    private let now = Broker.testTime

    private func damage(_ sent: SendEntry, in broker: inout Broker) throws {
        let entry = try #require(broker.prepareDamage(slot: sent.slot, number: sent.number))
        let effects = try broker.carryOut(.damage(entry))
        #expect(effects.released.isEmpty && effects.readyQueues.isEmpty)
    }

    @Test("A damaged message is never delivered, whatever it was before, and is still there")
    func isNotDelivered() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q", QueueSettingsChange(retention: .seconds(60)))
        let returned = try broker.send(to: queue, number: 1)
        let handle = try #require(try broker.lease(1, from: queue).first).handle
        let back = try broker.prepareChangeVisibility(handle, in: queue, timeout: .zero, now: now)
        try broker.carryOut(.changeVisibility(#require(back)))
        let leasedOne = try broker.send(to: queue, number: 2)
        let leased = try broker.lease(2, from: queue, .seconds(10))
        let again = try broker.prepareChangeVisibility(leased[0].handle, in: queue, timeout: .zero, now: now)
        try broker.carryOut(.changeVisibility(#require(again)))
        let ready = try broker.send(to: queue, number: 3)
        let delayed = try broker.send(to: queue, delay: .seconds(5), number: 4)
        let all = [returned, leasedOne, ready, delayed]
        for sent in all { try damage(sent, in: &broker) }
        #expect(broker.counts(of: queue) == MessageCounts(damaged: 4) && broker.counts == MessageCounts(damaged: 4))
        try broker.catchUp(now: now + .seconds(1_000_000))
        #expect(try broker.lease(10, from: queue, now: now + .seconds(1_000_000)).isEmpty)
        #expect(!broker.hasDeliverable(queue))
        let peeked = broker.peek(queue, .damaged, fromTail: false, count: 10)
        #expect(peeked.map(\.id) == all.map { broker.messageID(slot: $0.slot, number: $0.number) })
        #expect(peeked.allSatisfy { $0.location == .none && $0.due == nil && $0.state == .damaged })
        #expect(broker.peek(queue, .damaged, fromTail: true, count: 1).map(\.id) == peeked.suffix(1).map(\.id))
    }

    @Test("It goes with a delete by handle or id, with a purge and with its queue, and then its record does")
    func removal() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q")
        let sent = try (0..<5).map { try broker.send(to: queue, number: UInt32($0 + 1)) }
        let handle = try #require(try broker.lease(1, from: queue).first).handle
        for one in sent { try damage(one, in: &broker) }
        #expect(throws: Rejection.messageNotAvailable) {
            try broker.prepareChangeVisibility(handle, in: queue, timeout: .seconds(1), now: now)
        }
        #expect(try broker.prepareGiveBack(handle, in: queue) == nil)
        let byHandle = try #require(try broker.prepareDelete(handle, in: queue))
        #expect(try broker.carryOut(.delete(byHandle)).released.map(\.offset) == [8])
        let id = broker.messageID(slot: sent[1].slot, number: sent[1].number)
        let byID = try #require(broker.prepareDelete(id, in: queue))
        #expect(try broker.carryOut(.delete(byID)).released.map(\.offset) == [16])
        #expect(broker.counts(of: queue).damaged == 3)
        try broker.carryOut(.purgeQueue(broker.preparePurgeQueue(QueueName("q"))))
        #expect(broker.counts(of: queue) == MessageCounts() && broker.messageCount == 3)
        var living = 0
        broker.forEachLiving { _ in living += 1 }
        var held = 0
        broker.forEachHeld { _ in held += 1 }
        #expect(living == 0 && held == 3)
        #expect(try #require(try broker.tick(now: now)).effects.released.map(\.offset) == [24, 32, 40])
        try damage(try broker.send(to: queue, number: 9), in: &broker)
        try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName("q"))))
        #expect(try #require(try broker.tick(now: now)).effects.released.map(\.offset) == [72])
        #expect(broker.messageCount == 0 && broker.counts == MessageCounts())
    }

    @Test("A move releases the old record, whatever the state, and is refused for what lies elsewhere")
    func move() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q")
        let sent = try broker.send(to: queue, number: 1)
        let (old, new) = (
            BodyLocation(segment: 1, offset: 8, length: 1), BodyLocation(segment: 7, offset: 800, length: 1)
        )
        #expect(broker.prepareMove(slot: sent.slot, number: sent.number, from: new) == nil)
        #expect(broker.prepareMove(slot: sent.slot, number: sent.number + 1, from: old) == nil)
        let entry = try #require(broker.prepareMove(slot: sent.slot, number: sent.number, from: old))
        #expect(try broker.carryOut(.move(entry), at: new).released == [old])
        #expect(broker.isLiving(slot: sent.slot, number: sent.number, at: new))
        #expect(try broker.lease(1, from: queue).first?.location == new)
    }

    @Test("A move or damage of what is gone does not fit, nor does a second damage or the expiry of a damaged message")
    func mismatches() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q")
        let sent = try broker.send(to: queue)
        let (move, damage) = (
            MoveEntry(slot: sent.slot, number: sent.number), DamageEntry(slot: sent.slot, number: sent.number)
        )
        for number in [sent.number + 1, 0] {
            #expect(throws: EntryMismatch.self) {
                try broker.carryOut(.move(MoveEntry(slot: sent.slot, number: number)))
            }
            #expect(throws: EntryMismatch.self) {
                try broker.carryOut(.damage(DamageEntry(slot: sent.slot, number: number)))
            }
        }
        try broker.carryOut(.damage(damage))
        #expect(throws: EntryMismatch.self) { try broker.carryOut(.damage(damage)) }
        var tick = TickEntry(at: now)
        tick.expired = [sent.slot]
        #expect(throws: EntryMismatch.self) { try broker.carryOut(.tick(tick)) }
        tick.expired = []
        tick.fired = [sent.slot]
        #expect(throws: EntryMismatch.self) { try broker.carryOut(.tick(tick)) }
        try broker.carryOut(.purgeQueue(broker.preparePurgeQueue(QueueName("q"))))
        #expect(throws: EntryMismatch.self) { try broker.carryOut(.move(move)) }
        #expect(broker.prepareDamage(slot: sent.slot, number: sent.number) == nil)
    }

    @Test("While retention is held nothing expires; delays and leases end as ever; then all that is old goes")
    func heldRetention() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q", QueueSettingsChange(retention: .seconds(60)))
        try broker.send(to: queue)
        try broker.send(to: queue, delay: .seconds(100))
        let (later, until) = (now + .seconds(200), now + .seconds(800))
        broker.retentionHeldUntil = until
        try broker.catchUp(now: later)
        #expect(broker.counts(of: queue).ready == 2)
        #expect(broker.nextTick(now: later) == until)
        #expect(try broker.tick(now: until + Milliseconds(-1)) == nil)
        #expect(try broker.tick(now: until)?.entry.expired.count == 2)
    }
}
