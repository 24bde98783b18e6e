import RoostCore
import RoostModel
import Testing

@Suite("No turn does more than a bounded amount of work, however many groups there are")
struct GroupBoundTests {
    private static let million = 1_000_000
    private let start = Broker.testTime

    private func brokerWithGroups(
        messages: Int, groups: Int, isFIFO: Bool, retention: Milliseconds = .unlimited
    ) throws -> (Broker, UInt32) {
        var broker = Broker.forTests()
        let change = QueueSettingsChange(retention: retention, isFIFO: isFIFO)
        let queue = try broker.createQueue("q", change)
        let names = (0..<groups).map { "group-\($0)" }
        for message in 0..<messages { try broker.send(to: queue, in: names[message % groups]) }
        return (broker, queue)
    }

    /// Frees what is dead, at most 1,000 a tick; hands back how many ticks that took.
    private func reapAll(_ broker: inout Broker) throws -> Int {
        var ticks = 0
        while let tick = try broker.tick(now: start) {
            let work = tick.entry.fired.count + tick.entry.expired.count + Int(tick.entry.reaped)
            try require(work <= 1000 && tick.effects.released.count <= 1000, "a tick does \(work) things")
            ticks += 1
            try require(ticks <= 3000, "the ticks do not come to an end")
        }
        return ticks
    }

    @Test(
        "A purge of 1,000,000 messages in groups frees nothing at once, and then at most 1,000 a tick",
        arguments: [(100_000, true), (100_000, false), (1, true), (1, false)])
    func purge(groups: Int, isFIFO: Bool) throws {
        var (broker, queue) = try brokerWithGroups(messages: Self.million, groups: groups, isFIFO: isFIFO)
        #expect(try broker.lease(1000, from: queue).count == 1000)
        let effects = try broker.carryOut(.purgeQueue(broker.preparePurgeQueue(QueueName("q"))))
        #expect(effects.released.isEmpty && broker.messageCount == Self.million)
        #expect(broker.counts == MessageCounts() && !broker.hasDeliverable(queue))
        // A group of the same name is a new one.
        let sent = try broker.send(to: queue, in: "group-0")
        #expect(try broker.lease(10, from: queue).map(\.number) == [sent.number])
        #expect(try reapAll(&broker) >= 1000)
        #expect(broker.messageCount == 1)
    }

    @Test(
        "A deleted queue with 100,000 groups goes in slices, and its id is not given out before",
        arguments: [true, false])
    func deleteQueue(isFIFO: Bool) throws {
        var (broker, queue) = try brokerWithGroups(messages: 200_000, groups: 100_000, isFIFO: isFIFO)
        try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName("q"))))
        #expect(try broker.createQueue("other") != queue)
        #expect(try reapAll(&broker) >= 300)
        #expect(broker.messageCount == 0)
        #expect(try broker.createQueue("third") == queue)
    }

    @Test(
        "1,000,000 messages of one group, and of 100,000, are received in order, 1,000 at a time",
        arguments: [1, 100_000])
    func receive(groups: Int) throws {
        var (broker, queue) = try brokerWithGroups(messages: Self.million, groups: groups, isFIFO: true)
        let perGroup = Self.million / groups
        var taken = 0
        while true {
            let leased = try broker.lease(1000, from: queue)
            guard !leased.isEmpty else { break }
            for message in leased {
                let expected = (taken / perGroup) + (taken % perGroup) * groups + 1
                try requireEqual(message.number, UInt64(expected), "the number of message \(taken)")
                taken += 1
            }
            for message in leased {
                try broker.carryOut(.delete(#require(try broker.prepareDelete(message.handle, in: queue))))
            }
        }
        #expect(taken == Self.million && broker.messageCount == 0)
    }

    @Test("A changed retention reaches 100,000 groups in slices of 1,000, and no message is forgotten")
    func retention() throws {
        var (broker, queue) = try brokerWithGroups(messages: 100_000, groups: 100_000, isFIFO: true)
        let change = QueueSettingsChange(retention: .seconds(60))
        try broker.carryOut(.changeSettings(broker.prepareChangeSettings(QueueName("q"), change, now: start)))
        // Nothing is due yet: each call sets the timers of 1,000 groups anew.
        var calls = 0
        while broker.nextTick(now: start) == start {
            #expect(try broker.tick(now: start) == nil)
            calls += 1
            try require(calls <= 200, "the groups never come to an end")
        }
        #expect(calls >= 100)
        let end = start + .seconds(60)
        var mostAtOnce = 0
        while let next = broker.nextTick(now: end), next <= end {
            mostAtOnce = max(mostAtOnce, try broker.tick(now: end)?.entry.expired.count ?? 0)
        }
        #expect(mostAtOnce == 1000)
        #expect(broker.messageCount == 0 && broker.counts(of: queue) == MessageCounts())
    }

    @Test("300,000 messages in a standard queue of 100,000 groups: each group has its turn before any has two")
    func fairTurns() throws {
        var (broker, queue) = try brokerWithGroups(messages: 300_000, groups: 100_000, isFIFO: false)
        var expected = UInt64(1)
        while true {
            let leased = try broker.lease(1000, from: queue)
            guard !leased.isEmpty else { break }
            for message in leased {
                try requireEqual(message.number, expected, "the next message")
                expected += 1
            }
        }
        #expect(expected == 300_001)
    }
}
