import RoostCore
import RoostModel
import Testing

/// The numbers are those of the behaviours in the notes on SQS.
@Suite("Groups of FIFO queues")
struct GroupTests {
    private let now = Broker.testTime
    private var broker = Broker.forTests()
    private var queue: UInt32
    private var names: [UInt64: String] = [:]
    private var sentOf: [String: Int] = [:]

    init() throws {
        queue = try broker.createQueue("q.fifo", QueueSettingsChange(isFIFO: true))
    }

    /// Messages are called g1-m1, g1-m2, g2-m1 and so on.
    private mutating func send(_ groups: String..., delay: Milliseconds? = nil, now: BrokerTime? = nil) throws {
        for group in groups {
            let entry = try broker.send(to: queue, in: group, delay: delay, now: now ?? self.now)
            sentOf[group, default: 0] += 1
            names[entry.number] = "\(group)-m\(sentOf[group, default: 0])"
        }
    }

    private mutating func receive(
        _ maximum: Int = 10, _ timeout: Milliseconds = .seconds(30), now: BrokerTime? = nil
    ) throws -> [Broker.Leased] {
        try broker.lease(maximum, from: queue, timeout, now: now ?? self.now)
    }

    private func called(_ messages: [Broker.Leased]) -> [String] { messages.map { names[$0.number] ?? "?" } }

    private mutating func delete(_ message: Broker.Leased) throws -> Effects {
        try broker.carryOut(.delete(#require(try broker.prepareDelete(message.handle, in: queue))))
    }

    private mutating func setVisibility(
        _ message: Broker.Leased, _ timeout: Milliseconds, now: BrokerTime? = nil
    ) throws {
        let entry = try broker.prepareChangeVisibility(
            message.handle, in: queue, timeout: timeout, now: now ?? self.now)
        try broker.carryOut(.changeVisibility(#require(entry)))
    }

    @Test("66: a receive returns as many as there are of the first group in order, then those of the next")
    mutating func behaviour66() throws {
        try send("g1", "g2", "g1", "g1")
        #expect(called(try receive()) == ["g1-m1", "g1-m2", "g1-m3", "g2-m1"])
        #expect(try receive().isEmpty)
    }

    @Test("66: with room for fewer it ends within a group, which is then held")
    mutating func behaviour66cut() throws {
        try send("g1", "g2", "g1", "g1")
        #expect(called(try receive(2)) == ["g1-m1", "g1-m2"])
        #expect(called(try receive()) == ["g2-m1"])
    }

    @Test("67: a message in flight holds its group, new ones included, until all in flight are deleted; that wakes")
    mutating func behaviour67() throws {
        try send("g1", "g1", "g1")
        let held = try receive(2)
        try send("g1")
        #expect(try receive().isEmpty && !broker.hasDeliverable(queue))
        #expect(try delete(held[0]).readyQueues.isEmpty)
        #expect(try receive().isEmpty)
        #expect(try delete(held[1]).readyQueues == [queue])
        #expect(broker.hasDeliverable(queue))
        #expect(called(try receive()) == ["g1-m3", "g1-m4"])
    }

    @Test("67: so does retention that takes the message in flight")
    mutating func behaviour67expiry() throws {
        let change = QueueSettingsChange(retention: .seconds(60))
        try broker.carryOut(.changeSettings(broker.prepareChangeSettings(QueueName("q.fifo"), change, now: now)))
        try send("g1")
        _ = try receive(1, .seconds(600))
        let later = now + .seconds(30)
        try send("g1", now: later)
        var woken: [UInt32] = []
        while let tick = try broker.tick(now: now + .seconds(60)) { woken += tick.effects.readyQueues }
        #expect(woken == [queue])
        #expect(called(try receive(now: now + .seconds(60))) == ["g1-m2"])
    }

    @Test("68: a delete of some of them leaves the group held")
    mutating func behaviour68() throws {
        try send("g1", "g1", "g1", "g1")
        let held = try receive(3)
        _ = try delete(held[0])
        _ = try delete(held[2])
        #expect(try receive().isEmpty)
    }

    @Test("69: of two in flight the first is made visible: other groups come, and then it alone")
    mutating func behaviour69() throws {
        try send("g1", "g1", "g1", "g2")
        let held = try receive(2)
        try setVisibility(held[0], .zero)
        #expect(Set(called(try receive())) == ["g2-m1", "g1-m1"])
        #expect(try receive().isEmpty)
    }

    @Test("70: the third in flight is extended, the others' leases end: only those before it come")
    mutating func behaviour70() throws {
        try send("g1", "g1", "g1", "g1", "g1")
        let held = try receive(5, .seconds(5))
        try setVisibility(held[2], .seconds(60))
        let later = now + .seconds(5)
        try broker.catchUp(now: later)
        #expect(called(try receive(now: later)) == ["g1-m1", "g1-m2"])
        #expect(try receive(now: later).isEmpty)
    }

    @Test("71: after all leases end, messages come again in the order of sending, whichever ended first")
    mutating func behaviour71() throws {
        try send("g1", "g1", "g1", "g2", "g2")
        let held = try receive(10, .seconds(30))
        for (place, message) in held.enumerated() { try setVisibility(message, .seconds(Int64(20 - place))) }
        let later = now + .seconds(20)
        try broker.catchUp(now: later)
        let again = called(try receive(now: later))
        #expect(again.filter { $0.hasPrefix("g1") } == ["g1-m1", "g1-m2", "g1-m3"])
        #expect(again.filter { $0.hasPrefix("g2") } == ["g2-m1", "g2-m2"])
    }

    @Test("72: a receive with a visibility of zero lets the group go at once, and the others have their turn first")
    mutating func behaviour72() throws {
        try send("g1", "g2", "g3", "g1", "g2", "g3")
        var turns: [[String]] = []
        for _ in 0..<5 {
            turns.append(called(try receive(2, .zero)))
            try broker.catchUp(now: now)
        }
        let (g1, g2, g3) = (["g1-m1", "g1-m2"], ["g2-m1", "g2-m2"], ["g3-m1", "g3-m2"])
        #expect(turns == [g1, g2, g3, g1, g2])
    }

    @Test("78: numbers rise with every message of a group, and stay when it comes again")
    mutating func behaviour78() throws {
        try send("g1", "g2", "g1", "g1")
        let first = try receive()
        let ofGroup = first.filter { names[$0.number]?.hasPrefix("g1") ?? false }.map(\.number)
        #expect(ofGroup == ofGroup.sorted() && Set(ofGroup).count == 3)
        let later = now + .seconds(30)
        try broker.catchUp(now: later)
        let again = try receive(now: later)
        #expect(Set(again.map(\.number)) == Set(first.map(\.number)) && again.allSatisfy { $0.receiveCount == 2 })
    }

    @Test("88: messages that wait behind one in flight count as ready")
    mutating func behaviour88() throws {
        try send("g1", "g1", "g2", "g2", "g3", "g3")
        #expect(called(try receive(2)) == ["g1-m1", "g1-m2"])
        #expect(broker.counts(of: queue) == MessageCounts(ready: 4, inFlight: 2))
        try send("g1")
        #expect(broker.counts(of: queue) == MessageCounts(ready: 5, inFlight: 2))
    }

    @Test("What is sent behind a delayed message waits for it, even when its delay is over and its time has not come")
    mutating func behindDelayed() throws {
        try send("g1", delay: .seconds(10))
        try send("g1")
        #expect(try receive().isEmpty && broker.counts(of: queue).delayed == 2)
        // Nobody has ticked yet.
        let later = now + .seconds(20)
        try send("g1", now: later)
        #expect(try receive(now: later).isEmpty)
        let end = later + Milliseconds(1)
        try broker.catchUp(now: end)
        #expect(called(try receive(now: end)) == ["g1-m1", "g1-m2", "g1-m3"])
    }

    @Test("A damaged message holds its group until it is deleted; that wakes")
    mutating func damaged() throws {
        try send("g1", "g1")
        let sent = try #require(broker.peek(queue, .ready, fromTail: false, count: 1).first)
        try broker.carryOut(.damage(DamageEntry(slot: sent.slot, number: sent.number)))
        #expect(try receive().isEmpty && !broker.hasDeliverable(queue))
        let entry = try #require(broker.prepareDelete(sent.id, in: queue))
        #expect(try broker.carryOut(.delete(entry)).readyQueues == [queue])
        #expect(called(try receive()) == ["g1-m2"])
    }

    @Test("A changed retention reaches the groups in a broker made from an image of before they followed")
    mutating func retentionAndImage() throws {
        for group in 0..<5 { try send("g\(group)") }
        let change = QueueSettingsChange(retention: .seconds(60))
        try broker.carryOut(.changeSettings(broker.prepareChangeSettings(QueueName("q.fifo"), change, now: now)))
        var reader = BrokerImageReader(configuration: BrokerConfiguration(sealingKey: SealingKey(words: (1, 2, 3, 4))))
        for section in BrokerImage(of: broker).sections { try section.withUnsafeBytes { try reader.take($0) } }
        var restored = try reader.finish()
        try restored.catchUp(now: now + .seconds(60))
        #expect(restored.messageCount == 0)
    }

    /// In the order of a replay, which leaves timers alone.
    @Test("A queue goes whose groups were still to get another retention")
    mutating func retentionAndDelete() throws {
        for group in 0..<5 { try send("g\(group)") }
        let change = QueueSettingsChange(retention: .seconds(60))
        try broker.carryOut(.changeSettings(broker.prepareChangeSettings(QueueName("q.fifo"), change, now: now)))
        try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName("q.fifo"))))
        var tick = TickEntry(at: now)
        tick.reaped = 100
        try broker.carryOut(.tick(tick))
        #expect(broker.queueBytes == 0)
        #expect(try broker.tick(now: now) == nil && broker.nextTick(now: now) == nil)
    }
}

@Suite("Groups of standard queues")
struct FairTurnTests {
    @Test("A group with many messages does not keep the others waiting, nor those without a group")
    func turns() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q")
        var names: [UInt64: String] = [:]
        for group in ["a", "a", "a", "a", "b", "b", nil, nil] {
            names[try broker.send(to: queue, in: group).number] = group ?? "-"
        }
        let one = try broker.lease(10, from: queue).map { names[$0.number] }
        #expect(one == ["-", "a", "b", "-", "a", "b", "a", "a"])
    }

    @Test("One by one it is the same order as all at once")
    func oneByOne() throws {
        var random = SplitMix64(seed: 3)
        for _ in 0..<200 {
            var (one, all) = (Broker.forTests(), Broker.forTests())
            let queue = try one.createQueue("q")
            try all.createQueue("q")
            for _ in 0..<random.below(30) {
                let group = random.chance(30) ? nil : String(random.below(1 + random.below(8)))
                try one.send(to: queue, in: group)
                try all.send(to: queue, in: group)
            }
            var apart: [UInt64] = []
            while let next = try one.lease(1, from: queue).first { apart.append(next.number) }
            #expect(try all.lease(1000, from: queue).map(\.number) == apart)
        }
    }
}
