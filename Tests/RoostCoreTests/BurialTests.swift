import RoostCore
import RoostModel
import Testing

@Suite("Messages that workers set aside")
struct BurialTests {
    private let now = Broker.testTime
    private let why = Burial(reason: "no such user", error: "404", by: "worker-7")

    private func bury(_ leased: Broker.Leased, in queue: UInt32, _ broker: inout Broker) throws {
        try broker.carryOut(.bury(broker.prepareBury(leased.handle, in: queue, why, now: now)))
    }

    @discardableResult
    private func kick(_ count: Int, _ queue: UInt32, _ broker: inout Broker) throws -> Int {
        guard let entry = try broker.prepareKick(count, of: queue, now: now) else { return 0 }
        try broker.carryOut(.kick(entry))
        return entry.slots.count
    }

    private func id(_ sent: SendEntry, _ broker: Broker) -> MessageID {
        broker.messageID(slot: sent.slot, number: sent.number)
    }

    @Test("A buried message is out of the way, says why, and returns to its old place", arguments: Redelivery.allCases)
    func oldPlace(redelivery: Redelivery) throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q", QueueSettingsChange(redelivery: redelivery))
        let ids = try (0..<5).map { _ in id(try broker.send(to: queue), broker) }
        let leased = try broker.lease(3, from: queue, .seconds(10))
        for place in [2, 0, 1] { try bury(leased[place], in: queue, &broker) }
        #expect(broker.counts(of: queue) == MessageCounts(ready: 2, buried: 3) && broker.counts.buried == 3)
        try broker.catchUp(now: now + .seconds(3600))
        #expect(broker.counts(of: queue).buried == 3, "the lease is over")
        let peeked = broker.peek(queue, .buried, fromTail: false, count: 10)
        #expect(peeked.map(\.id) == [ids[2], ids[0], ids[1]])
        #expect(broker.peek(queue, .buried, fromTail: true, count: 2).map(\.id) == [ids[1], ids[0]])
        #expect(peeked.allSatisfy { $0.burial == why && $0.buriedAt == now && $0.due == nil && $0.receiveCount == 1 })
        #expect(try kick(1, queue, &broker) == 1)
        #expect(broker.peek(queue, .ready, fromTail: false, count: 10).map(\.id) == [ids[2], ids[3], ids[4]])
        #expect(try kick(1000, queue, &broker) == 2)
        #expect(try kick(1000, queue, &broker) == 0)
        #expect(try broker.lease(10, from: queue).map(\.id) == ids)
        #expect(broker.describe(queue, now: now).totals.returned == 3)
    }

    @Test("A kick is one more chance: what was buried at its last receive is delivered once more, then a dead letter")
    func oneMoreChance() throws {
        var broker = Broker.forTests()
        let dead = try broker.createQueue("dead")
        let policy = DeadLetterPolicy(target: try QueueName("dead"), receivesMax: 1)
        let queue = try broker.createQueue("q", QueueSettingsChange(deadLetters: policy))
        try broker.send(to: queue)
        try bury(broker.lease(1, from: queue, .seconds(10))[0], in: queue, &broker)
        #expect(try broker.moveDeadLetters(from: queue) == 0, "buried ones are no dead letters")
        try kick(1, queue, &broker)
        #expect(try broker.moveDeadLetters(from: queue) == 0)
        #expect(try broker.lease(1, from: queue, .seconds(10)).map(\.receiveCount) == [2])
        try broker.catchUp(now: now + .seconds(10))
        #expect(try broker.moveDeadLetters(from: queue, now: now + .seconds(10)) == 1)
        #expect(broker.counts(of: dead) == MessageCounts(ready: 1) && broker.counts(of: queue) == MessageCounts())
        #expect(try broker.peek(dead, .ready, fromTail: false, count: 1).first?.deadLetterSource == QueueName("q"))
    }

    @Test("Only the newest handle buries, and only while it holds the message")
    func handles() throws {
        var broker = Broker.forTests()
        let (queue, other) = (try broker.createQueue("q"), try broker.createQueue("r"))
        try broker.send(to: queue)
        let old = try broker.lease(1, from: queue, .seconds(1))[0]
        try broker.catchUp(now: now + .seconds(1))
        #expect(throws: Rejection.messageNotAvailable, "it is ready") { try bury(old, in: queue, &broker) }
        let held = try broker.lease(1, from: queue, .seconds(1))[0]
        #expect(throws: Rejection.messageNotAvailable, "another one holds it") { try bury(old, in: queue, &broker) }
        #expect(throws: Rejection.invalidReceiptHandle) { try bury(held, in: other, &broker) }
        let long = Burial(reason: String(repeating: "r", count: 8000), error: String(repeating: "e", count: 193))
        #expect(throws: Rejection.burialTooLong(bytes: 8193, max: 8192)) {
            try broker.prepareBury(held.handle, in: queue, long, now: now)
        }
        try bury(held, in: queue, &broker)
        #expect(throws: Rejection.messageNotAvailable) { try bury(held, in: queue, &broker) }
        #expect(throws: Rejection.messageNotAvailable) {
            try broker.prepareChangeVisibility(held.handle, in: queue, timeout: .zero, now: now)
        }
        #expect(try broker.prepareGiveBack(held.handle, in: queue) == nil)
        for count in [0, 1001] {
            #expect(throws: Rejection.invalidCount(count, accepted: 1...1000)) { try kick(count, queue, &broker) }
        }
        let delete = try #require(try broker.prepareDelete(held.handle, in: queue))
        try broker.carryOut(.delete(delete))
        #expect(broker.counts == MessageCounts() && broker.messageCount == 0)
    }

    @Test("Kicking by id takes that one, of that queue, if it is buried")
    func byID() throws {
        var broker = Broker.forTests()
        let (queue, other) = (try broker.createQueue("q"), try broker.createQueue("r"))
        let sent = try (0..<3).map { _ in try broker.send(to: queue) }
        for leased in try broker.lease(2, from: queue, .seconds(10)) { try bury(leased, in: queue, &broker) }
        #expect(broker.prepareKick(id(sent[1], broker), of: other, now: now) == nil)
        #expect(broker.prepareKick(id(sent[2], broker), of: queue, now: now) == nil)
        let entry = try #require(broker.prepareKick(id(sent[1], broker), of: queue, now: now))
        try broker.carryOut(.kick(entry))
        #expect(throws: EntryMismatch.self) { try broker.carryOut(.kick(entry)) }
        #expect(broker.counts(of: queue) == MessageCounts(ready: 2, buried: 1))
        #expect(try broker.lease(10, from: queue).map(\.id) == [id(sent[1], broker), id(sent[2], broker)])
    }

    @Test("In a FIFO queue the others of the group wait for a buried message")
    func inOrder() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q.fifo", QueueSettingsChange(isFIFO: true))
        let ids = try ["a", "a", "a", "b"].map { id(try broker.send(to: queue, in: $0), broker) }
        let leased = try broker.lease(2, from: queue, .seconds(10))
        try bury(leased[1], in: queue, &broker)
        let back = try broker.prepareChangeVisibility(leased[0].handle, in: queue, timeout: .zero, now: now)
        try broker.carryOut(.changeVisibility(#require(back)))
        #expect(try broker.lease(10, from: queue, .seconds(10)).map(\.id) == [ids[3], ids[0]])
        #expect(broker.counts(of: queue) == MessageCounts(ready: 1, inFlight: 2, buried: 1))
        #expect(throws: Rejection.receiptHandleExpired) { try broker.prepareDelete(leased[1].handle, in: queue) }
        try broker.carryOut(.delete(#require(broker.prepareDelete(ids[0], in: queue))))
        #expect(!broker.hasDeliverable(queue))
        #expect(try kick(1, queue, &broker) == 1)
        #expect(try broker.lease(1, from: queue, .seconds(10)).map(\.id) == [ids[1]])
        let again = try broker.lease(1, from: queue, .seconds(10))
        #expect(again.isEmpty)
        try broker.carryOut(.delete(#require(broker.prepareDelete(ids[1], in: queue))))
        #expect(try broker.lease(1, from: queue, .seconds(10)).map(\.id) == [ids[2]])
    }

    @Test("Deleting the buried message by id lets its group go on")
    func deletedInGroup() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q.fifo", QueueSettingsChange(isFIFO: true))
        let ids = try ["a", "a"].map { id(try broker.send(to: queue, in: $0), broker) }
        try bury(try broker.lease(1, from: queue)[0], in: queue, &broker)
        #expect(!broker.hasDeliverable(queue))
        let effects = try broker.carryOut(.delete(#require(broker.prepareDelete(ids[0], in: queue))))
        #expect(effects.readyQueues == [queue])
        #expect(try broker.lease(10, from: queue).map(\.id) == [ids[1]])
    }

    @Test("Retention, damage, purge and the end of the queue take the texts along")
    func ends() throws {
        var broker = Broker.forTests()
        let empty = broker.indexBytes
        let texts = Burial(reason: String(repeating: "r", count: 4000), error: String(repeating: "e", count: 4000))
        let queue = try broker.createQueue("q", QueueSettingsChange(retention: .seconds(60)))
        func buryOne() throws -> SendEntry {
            let sent = try broker.send(to: queue)
            let leased = try broker.lease(1, from: queue, .seconds(5))[0]
            try broker.carryOut(.bury(broker.prepareBury(leased.handle, in: queue, texts, now: now)))
            return sent
        }
        let sent = try (0..<20).map { _ in try buryOne() }
        let full = broker.indexBytes
        #expect(full > empty + 20 * 8000)
        let damage = try #require(broker.prepareDamage(slot: sent[0].slot, number: sent[0].number))
        try broker.carryOut(.damage(damage))
        try broker.carryOut(.delete(#require(broker.prepareDelete(id(sent[1], broker), in: queue))))
        #expect(broker.indexBytes <= full - 16_000)
        #expect(broker.counts(of: queue) == MessageCounts(damaged: 1, buried: 18))
        try broker.catchUp(now: now + .seconds(60))
        #expect(broker.counts(of: queue) == MessageCounts(damaged: 1))
        #expect(broker.describe(queue, now: now).totals.expired == 18)
        for _ in 0..<20 { _ = try buryOne() }
        #expect(broker.indexBytes == full)
        try broker.carryOut(.purgeQueue(broker.preparePurgeQueue(QueueName("q"))))
        #expect(broker.counts == MessageCounts() && broker.peek(queue, .buried, fromTail: false, count: 9).isEmpty)
        try broker.catchUp(now: now)
        for _ in 0..<20 { _ = try buryOne() }
        #expect(broker.indexBytes == full)
        try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName("q"))))
        try broker.catchUp(now: now)
        #expect(broker.messageCount == 0 && broker.counts == MessageCounts())
        #expect(broker.indexBytes < full - 20 * 8000)
    }

    @Test("100,000 burials are kicked at most 1,000 at a time, in the order of burial")
    func boundedWork() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q", QueueSettingsChange(retention: .unlimited))
        for _ in 0..<100_000 { try broker.send(to: queue) }
        while case let leased = try broker.lease(1000, from: queue, .seconds(60)), !leased.isEmpty {
            for one in leased { try bury(one, in: queue, &broker) }
        }
        #expect(broker.counts.buried == 100_000)
        var next: UInt32 = 0
        while let entry = try broker.prepareKick(1000, of: queue, now: now) {
            try require(entry.slots == Array(next..<next + 1000), "the kicks are not in the order of burial")
            try broker.carryOut(.kick(entry))
            next += 1000
        }
        #expect(next == 100_000 && broker.counts == MessageCounts(ready: 100_000))
    }

    @Test("Entries that do not fit are noticed")
    func mismatches() throws {
        var broker = Broker.forTests()
        let (queue, other) = (try broker.createQueue("q"), try broker.createQueue("r"))
        try broker.send(to: queue)
        let leased = try broker.lease(1, from: queue, .seconds(5))[0]
        let bury = try broker.prepareBury(leased.handle, in: queue, why, now: now)
        var wrongNumber = bury
        wrongNumber.number += 1
        #expect(throws: EntryMismatch.self) { try broker.carryOut(.bury(wrongNumber)) }
        try broker.carryOut(.bury(bury))
        #expect(throws: EntryMismatch.self) { try broker.carryOut(.bury(bury)) }
        let kick = try #require(try broker.prepareKick(1, of: queue, now: now))
        var (twice, elsewhere, gone) = (kick, kick, kick)
        twice.slots += kick.slots
        elsewhere.queue = other
        gone.slots = [77]
        for wrong in [twice, elsewhere, gone] {
            var copy = broker
            #expect(throws: EntryMismatch.self) { try copy.carryOut(.kick(wrong)) }
        }
        let change = ChangeVisibilityBytes.entry(slot: bury.slot, number: bury.number)
        #expect(throws: EntryMismatch.self) { try broker.carryOut(change()) }
        try broker.carryOut(.kick(kick))
    }
}

/// The entry of a change that the broker would not make itself.
private enum ChangeVisibilityBytes {
    static func entry(slot: UInt32, number: UInt64) -> () throws -> Entry {
        {
            var bytes = [UInt8](repeating: 0, count: 20)
            bytes.withUnsafeMutableBytes { raw in
                raw.storeBytes(of: slot.littleEndian, toByteOffset: 0, as: UInt32.self)
                raw.storeBytes(of: number.littleEndian, toByteOffset: 4, as: UInt64.self)
            }
            return try bytes.withUnsafeBytes { try EntryCodec.decode(kind: .changeVisibility, $0) }
        }
    }
}
