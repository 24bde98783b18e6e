import RoostCore
import RoostModel
import Testing

/// A log that does not belong to the state is noticed, and never a trap or an endless loop.
@Suite("Entries that do not fit")
struct EntryMismatchTests {
    private let now = Broker.testTime

    private func expectMismatch(_ entry: Entry, _ broker: Broker) {
        var broker = broker
        #expect(throws: EntryMismatch.self) { try broker.carryOut(entry) }
    }

    @Test("Of a queue that is not there, or is there already")
    func queues() throws {
        var broker = Broker.forTests()
        guard case .entry(let create) = try broker.prepareCreateQueue(QueueName("q"), .init(), now: now) else { return }
        let empty = broker
        try broker.carryOut(.createQueue(create))
        expectMismatch(.createQueue(create), broker)
        let name = try QueueName("q")
        let entries: [Entry] = [
            .deleteQueue(try broker.prepareDeleteQueue(name)), .purgeQueue(try broker.preparePurgeQueue(name)),
            .changeSettings(try broker.prepareChangeSettings(name, .init(), now: now)),
            .pauseQueue(try broker.preparePauseQueue(name, reason: "", now: now)),
            .resumeQueue(try broker.prepareResumeQueue(name)),
            .send(try broker.prepareSend(to: create.queue, NewMessage(body: [1]), now: now)),
        ]
        for entry in entries { expectMismatch(entry, empty) }
        let nothing = [99] + [UInt8](repeating: 0, count: 19)
        expectMismatch(try nothing.withUnsafeBytes { try EntryCodec.decode(kind: .lease, $0) }, empty)
    }

    @Test("A send into a slot in use, with a number that was given, or beyond what fits")
    func sends() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q")
        let sent = try broker.send(to: queue)
        expectMismatch(.send(sent), broker)
        let next = try broker.prepareSend(to: queue, NewMessage(body: [1]), now: now)
        var (taken, old, huge, last, far) = (next, next, next, next, next)
        taken.slot = sent.slot
        old.number = sent.number
        huge.number = .max
        last.number = 1 << 48
        far.slot = 1 << 31
        for wrong in [taken, old, huge, last, far] { expectMismatch(.send(wrong), broker) }
        try broker.carryOut(.send(next))
    }

    @Test("A purge of other messages than those that were sent")
    func purges() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q")
        for _ in 0..<3 { try broker.send(to: queue) }
        let purge = try broker.preparePurgeQueue(QueueName("q"))
        for below in [0, 1, purge.below - 1, purge.below + 1, .max] {
            var wrong = purge
            wrong.below = below
            expectMismatch(.purgeQueue(wrong), broker)
        }
        try broker.carryOut(.purgeQueue(purge))
        try broker.carryOut(.purgeQueue(purge))
        try broker.send(to: queue)
        expectMismatch(.purgeQueue(purge), broker)
        #expect(broker.counts.ready == 1)
    }

    @Test("A lease, delete or change of a message that is gone, held, or named twice")
    func messages() throws {
        var broker = Broker.forTests()
        let (queue, other) = (try broker.createQueue("q"), try broker.createQueue("r"))
        try broker.send(to: queue)
        try broker.send(to: queue)
        let ready = broker
        let prepared = try broker.prepareLease(from: queue, maximum: 2, visibilityTimeout: nil, now: now)
        let lease = try #require(prepared)
        var (twice, elsewhere) = (lease, lease)
        twice.slots = [lease.slots[0], lease.slots[0]]
        elsewhere.queue = other
        expectMismatch(.lease(twice), ready)
        expectMismatch(.lease(elsewhere), ready)
        try broker.carryOut(.lease(lease))
        expectMismatch(.lease(lease), broker)
        let handle = broker.leased(lease.slots[0], by: lease).handle
        let delete = try #require(try broker.prepareDelete(handle, in: queue))
        let change = try #require(
            try broker.prepareChangeVisibility(handle, in: queue, timeout: .seconds(1), now: now))
        var wrongNumber = delete
        wrongNumber.number += 1
        expectMismatch(.delete(wrongNumber), broker)
        try broker.carryOut(.delete(delete))
        expectMismatch(.delete(delete), broker)
        expectMismatch(.changeVisibility(change), broker)
        expectMismatch(.lease(lease), broker)
    }

    @Test("A transfer of what is gone, held, elsewhere or named twice, or to a queue that cannot take it")
    func transfers() throws {
        var broker = Broker.forTests()
        let (queue, other) = (try broker.createQueue("q"), try broker.createQueue("r"))
        let inOrder = try broker.createQueue("f", QueueSettingsChange(isFIFO: true))
        let ready = try broker.send(to: queue).slot
        let delayed = try broker.send(to: queue, delay: .seconds(1)).slot
        let elsewhere = try broker.send(to: other).slot
        let grouped = try broker.send(to: inOrder, in: "a").slot
        func transfer(_ from: UInt32, _ to: UInt32, _ slots: [UInt32]) -> Entry {
            .transfer(TransferEntry(from: from, to: to, at: now, purpose: .redrive, slots: slots))
        }
        let wrong = [
            transfer(queue, other, [delayed]), transfer(queue, other, [elsewhere]), transfer(queue, other, [77]),
            transfer(queue, other, [.max]), transfer(queue, other, [ready, ready]), transfer(queue, queue, [ready]),
            transfer(queue, 77, [ready]), transfer(77, other, [ready]), transfer(queue, inOrder, [ready]),
            transfer(inOrder, queue, [grouped]), transfer(queue, inOrder, []),
        ]
        for entry in wrong { expectMismatch(entry, broker) }
        var leased = broker
        try leased.lease(1, from: queue)
        expectMismatch(transfer(queue, other, [ready]), leased)
        var purged = broker
        try purged.carryOut(.purgeQueue(purged.preparePurgeQueue(QueueName("q"))))
        expectMismatch(transfer(queue, other, [ready]), purged)
        try broker.carryOut(transfer(queue, other, [ready]))
        expectMismatch(transfer(queue, other, [ready]), broker)
    }

    @Test("A tick that fires what has no timer, twice, or expires what is gone")
    func ticks() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q")
        try broker.send(to: queue)
        let delayed = try broker.send(to: queue, delay: .seconds(1))
        var (ready, twice, gone) = (TickEntry(at: now), TickEntry(at: now), TickEntry(at: now))
        ready.fired = [0]
        twice.fired = [delayed.slot, delayed.slot]
        gone.expired = [7]
        for wrong in [ready, twice, gone] { expectMismatch(.tick(wrong), broker) }
        var reaping = TickEntry(at: now)
        reaping.reaped = .max
        try broker.carryOut(.tick(reaping))
        #expect(broker.messageCount == 2)
    }
}
