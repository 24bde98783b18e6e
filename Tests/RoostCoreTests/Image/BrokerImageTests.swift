import RoostCore
import RoostModel
import Testing

@Suite("The image of a broker")
struct BrokerImageTests {
    /// The restored broker makes the same entries from then on as the one it was taken from: slots, ids and ticks
    /// included.
    @Test("A broker made from an image at any moment goes on as the other", arguments: UInt64(1)...6)
    func roundTrip(seed: UInt64) throws {
        var rehearsal = Rehearsal(seed: seed)
        var moments = SplitMix64(seed: seed &+ 1000)
        for moment in 0..<10 {
            for _ in 0..<moments.below(1500) { try rehearsal.step() }
            let image = BrokerImage(of: rehearsal.broker)
            #expect(image.sections.allSatisfy { $0.count <= 70 * 1024 })
            let restored = try image.restored()
            try rehearsal.compareAll(restored)
            #expect(BrokerImage(of: restored) == image, "seed \(seed), moment \(moment)")
            var other = rehearsal
            other.broker = restored
            for _ in 0..<1000 {
                try rehearsal.step()
                try other.step()
            }
            try other.compareAll(rehearsal.broker)
            #expect(other.recording == rehearsal.recording)
            #expect(
                BrokerImage(of: other.broker) == BrokerImage(of: rehearsal.broker), "seed \(seed), moment \(moment)")
            rehearsal = other
        }
    }

    @Test func emptyBroker() throws {
        let broker = Broker(configuration: Rehearsal.configuration)
        let image = BrokerImage(of: broker)
        let restored = try image.restored()
        #expect(BrokerImage(of: restored) == image && restored.queueCount == 0 && restored.messageCount == 0)
        var exercise = Exercise(restored, seed: 1)
        try exercise.run(1000)
        #expect(exercise.mismatches == 0 && exercise.broker.queueCount > 0)
    }

    @Test("100,000 messages in all states, in many queues, some of them purged and deleted")
    func manyMessages() throws {
        let broker = try Self.large(messages: 100_000, queues: 300)
        let image = BrokerImage(of: broker)
        let restored = try image.restored()
        #expect(BrokerImage(of: restored) == image)
        #expect(restored.counts == broker.counts && restored.totals == broker.totals)
        for state in MessageState.allCases { #expect(restored.counts[state] > 1000) }
        #expect(abs(broker.imageBytesEstimate - image.byteCount) < image.byteCount / 50)
        var (one, two) = (Exercise(broker, seed: 5), Exercise(restored, seed: 5))
        try one.run(3000)
        try two.run(3000)
        #expect(BrokerImage(of: one.broker) == BrokerImage(of: two.broker) && two.mismatches == 0)
    }

    @Test("What changes while an image is written is not in it")
    func copyWhileWriting() throws {
        let broker = try Self.large(messages: 20_000, queues: 5)
        let image = BrokerImage(of: broker)
        var exercise = Exercise(broker, seed: 2)
        var writer = BrokerImageWriter(exercise.broker)
        var (sections, section): ([[UInt8]], [UInt8]) = ([], [])
        while writer.next(&section) {
            sections.append(section)
            try exercise.run(50)
        }
        #expect(sections == image.sections)
        #expect(BrokerImage(of: exercise.broker) != image)
        #expect(writer.next(&section) == false && section.isEmpty)
    }

    @Test("Slots are given out in the same order, with chunks that are full, have room, are empty or have no memory")
    func chunks() throws {
        var broker = Broker(configuration: Rehearsal.configuration)
        let queue = try broker.createQueue("q")
        let sent = try (0..<8 * 1024).map { _ in try broker.send(to: queue) }
        for range in [5000..<5200, 1024..<2048, 3072..<5120, 6144..<7168] {
            for slot in range where sent[slot].slot == UInt32(slot) {
                let id = broker.messageID(slot: sent[slot].slot, number: sent[slot].number)
                guard let entry = broker.prepareDelete(id, in: queue) else { continue }
                try broker.carryOut(.delete(entry))
            }
        }
        let image = BrokerImage(of: broker)
        #expect(image.sections.count { $0[0] == 4 } == 2, "chunks without memory stand in two places")
        var restored = try image.restored()
        #expect(BrokerImage(of: restored) == image)
        #expect(restored.indexBytes == broker.indexBytes)
        for _ in 0..<8000 {
            let (one, two) = (try broker.send(to: queue), try restored.send(to: queue))
            try requireEqual(two.slot, one.slot, "the slot of the next message")
        }
        #expect(BrokerImage(of: restored) == BrokerImage(of: broker))
    }

    @Test func retentionIsNotHeldAfterwards() throws {
        var broker = Broker(configuration: Rehearsal.configuration)
        broker.retentionHeldUntil = Broker.testTime
        #expect(try BrokerImage(of: broker).restored().retentionHeldUntil == nil)
    }

    static func large(messages: Int, queues: Int) throws -> Broker {
        let now = Broker.testTime
        var broker = Broker(configuration: Rehearsal.configuration)
        for queue in 0..<queues { try broker.createQueue("queue-\(queue)") }
        try broker.createQueue("purged")
        try broker.createQueue("deleted")
        for message in 0..<messages {
            let queue = UInt32(message % (queues + 2))
            let delay = message % 5 == 0 ? Milliseconds(Int64(message) * 977 % 900_000) : .zero
            let sent = try broker.send(to: queue, delay: delay, number: UInt32(message), now: now)
            if message % 7 == 0 { try broker.carryOut(.damage(DamageEntry(slot: sent.slot, number: sent.number))) }
            let id = broker.messageID(slot: sent.slot, number: sent.number)
            if message % 31 == 0, let entry = broker.prepareDelete(id, in: queue) {
                try broker.carryOut(.delete(entry))
            }
        }
        for queue in 0..<UInt32(queues + 2) {
            for (place, leased) in try broker.lease(100, from: queue, .seconds(Int64(queue) * 7), now: now).enumerated()
            {
                if place % 9 == 0 {
                    let burial = Burial(reason: "too hard", error: String(repeating: "e", count: place), by: "w")
                    try broker.carryOut(.bury(broker.prepareBury(leased.handle, in: queue, burial, now: now)))
                }
                guard place % 3 != 0 else { continue }
                let entry = try broker.prepareChangeVisibility(leased.handle, in: queue, timeout: .zero, now: now)
                if let entry { try broker.carryOut(.changeVisibility(entry)) }
            }
        }
        try broker.carryOut(.purgeQueue(broker.preparePurgeQueue(QueueName("purged"))))
        try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName("deleted"))))
        try broker.carryOut(.pauseQueue(broker.preparePauseQueue(QueueName("queue-1"), reason: "später", now: now)))
        return broker
    }
}
