import RoostCore
import RoostModel
import Testing

@Suite("No turn does more than a bounded amount of work")
struct BoundedWorkTests {
    private static let million = 1_000_000
    private let start = Broker.testTime

    private func brokerWithQueue(
        _ count: Int, _ change: QueueSettingsChange = QueueSettingsChange(), delay: Milliseconds? = nil
    ) throws -> (Broker, UInt32) {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q", change)
        for _ in 0..<count { try broker.send(to: queue, delay: delay) }
        return (broker, queue)
    }

    private func leaseAll(_ queue: UInt32, of broker: inout Broker, _ timeout: Milliseconds) throws -> [BrokerTime] {
        var deadlines: [BrokerTime] = []
        while let entry = try broker.prepareLease(
            from: queue, maximum: 1000, visibilityTimeout: timeout, now: start)
        {
            try broker.carryOut(.lease(entry))
            deadlines.append(entry.deadline)
        }
        return deadlines
    }

    /// Ready, in flight, delayed and returned messages die alike.
    private func brokerWithAllKinds() throws -> (Broker, UInt32) {
        var (broker, queue) = try brokerWithQueue(Self.million / 2)
        for _ in 0..<100 {
            let leased = try broker.lease(1000, from: queue)
            for message in leased.prefix(100) {
                let entry = try broker.prepareChangeVisibility(message.handle, in: queue, timeout: .zero, now: start)
                try broker.carryOut(.changeVisibility(#require(entry)))
            }
        }
        for _ in 0..<Self.million / 2 { try broker.send(to: queue, delay: .seconds(60)) }
        #expect(broker.describe(queue, now: start).counts.inFlight == 90_000)
        return (broker, queue)
    }

    private func expectSlices(_ broker: inout Broker, _ now: BrokerTime) throws {
        var ticks = 0
        while broker.messageCount > 0 {
            let before = broker.messageCount
            let tick = try #require(try broker.tick(now: now))
            let work = tick.entry.fired.count + tick.entry.expired.count + Int(tick.entry.reaped)
            try require(work <= 1000, "a tick does \(work) things")
            try require(before - broker.messageCount <= 1000, "a tick frees \(before - broker.messageCount) messages")
            try requireEqual(tick.effects.released.count, before - broker.messageCount, "records released")
            ticks += 1
            try require(ticks <= 3000, "the ticks do not come to an end")
        }
        #expect(ticks >= 1000)
        #expect(try broker.tick(now: now) == nil || broker.nextTick(now: now) == nil)
    }

    @Test("A purge of 1,000,000 messages frees nothing at once, and at most 1,000 a tick", arguments: [0, 120])
    func purge(secondsLater: Int64) throws {
        var (broker, queue) = try brokerWithAllKinds()
        let effects = try broker.carryOut(.purgeQueue(broker.preparePurgeQueue(QueueName("q"))))
        #expect(effects.released.isEmpty && broker.messageCount == Self.million)
        #expect(broker.describe(queue, now: start).counts == MessageCounts())
        #expect(broker.nextTick(now: start) == start)
        try expectSlices(&broker, start + .seconds(secondsLater))
        #expect(broker.indexBytes < 1_000_000)
        try broker.send(to: queue)
        #expect(try broker.lease(10, from: queue).count == 1)
    }

    @Test("So does the deletion of a queue, whose name is free at once and whose id is not")
    func deleteQueue() throws {
        var (broker, queue) = try brokerWithAllKinds()
        let effects = try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName("q"))))
        #expect(effects.released.isEmpty && effects.deletedQueues == [queue])
        #expect(broker.messageCount == Self.million && broker.queueCount == 0)
        let again = try broker.createQueue("q")
        #expect(again != queue)
        try expectSlices(&broker, start)
        #expect(try broker.createQueue("r") == queue)
    }

    @Test("Messages sent after a purge live, though the purged ones before them are not freed yet")
    func sendingWhilePurging() throws {
        var (broker, queue) = try brokerWithQueue(5000)
        try broker.carryOut(.purgeQueue(broker.preparePurgeQueue(QueueName("q"))))
        for number in UInt32(0)..<3000 {
            try broker.send(to: queue, number: number)
            if number % 1000 == 0 { try broker.tick(now: start) }
        }
        try broker.carryOut(.purgeQueue(broker.preparePurgeQueue(QueueName("q"))))
        let survivor = try broker.send(to: queue, number: 9999)
        try broker.catchUp(now: start)
        #expect(broker.messageCount == 1)
        let leased = try broker.lease(10, from: queue)
        #expect(leased.map(\.id) == [broker.messageID(slot: survivor.slot, number: survivor.number)])
    }

    /// Drives ticks until nothing is due; hands back what fired, in order.
    private func fireAll(_ broker: inout Broker, _ now: BrokerTime) throws -> [UInt32] {
        var (fired, calls): ([UInt32], Int) = ([], 0)
        while let next = broker.nextTick(now: now), next <= now {
            if let tick = try broker.tick(now: now) {
                try require(tick.entry.fired.count + tick.entry.expired.count <= 1000, "a tick is too long")
                fired += tick.entry.fired
            }
            calls += 1
            try require(calls < 20_000, "the ticks do not come to an end")
        }
        return fired
    }

    @Test("1,000,000 leases that end at one instant return in checkout order, at most 1,000 a tick")
    func massReturn() throws {
        for redelivery in Redelivery.allCases {
            var (broker, queue) = try brokerWithQueue(
                Self.million, QueueSettingsChange(retention: .unlimited, redelivery: redelivery))
            try broker.catchUp(now: start)
            let order = broker.peek(queue, .ready, fromTail: false, count: Self.million).map(\.id)
            #expect(try leaseAll(queue, of: &broker, .seconds(30)).count == 1000)
            #expect(try fireAll(&broker, start + .seconds(29)).isEmpty)
            #expect(try fireAll(&broker, start + .seconds(30)).count == Self.million)
            let isRestored = order == broker.peek(queue, .ready, fromTail: false, count: Self.million).map(\.id)
            #expect(isRestored)
        }
    }

    @Test("Leases of many deadlines return in the order of the deadlines")
    func deadlineOrder() throws {
        var (broker, queue) = try brokerWithQueue(
            20_000, QueueSettingsChange(retention: .unlimited, redelivery: .back))
        var random = SplitMix64(seed: 12)
        var leased: [(deadline: Int64, id: MessageID)] = []
        for _ in 0..<2000 {
            let timeout = Milliseconds(Int64(random.below(10_000_000)))
            for message in try broker.lease(10, from: queue, timeout) { leased.append((timeout.count, message.id)) }
        }
        #expect(try fireAll(&broker, start + .seconds(10_000)).count == 20_000)
        let expected = leased.enumerated()
            .sorted { ($0.element.deadline, $0.offset) < ($1.element.deadline, $1.offset) }
        let restored = broker.peek(queue, .ready, fromTail: false, count: 20_000).map(\.id)
        let isInOrder = restored == expected.map(\.element.id)
        #expect(isInOrder)
    }

    @Test("1,000,000 delays that end at one instant keep the order of sending")
    func massDelay() throws {
        var (broker, queue) = try brokerWithQueue(Self.million, delay: .seconds(900))
        let fired = try fireAll(&broker, start + .seconds(900))
        // The first messages of a broker stand in the slots 0, 1, 2, ...
        let isInOrder = fired == Array(0..<UInt32(Self.million))
        #expect(isInOrder && broker.describe(queue, now: start).counts.ready == Self.million)
    }

    @Test("1,000,000 messages whose retention ends at one instant go at most 1,000 a tick, oldest first")
    func massExpiry() throws {
        var (broker, _) = try brokerWithQueue(Self.million, QueueSettingsChange(retention: .seconds(60)))
        var expired: [UInt32] = []
        let end = start + .seconds(60)
        #expect(broker.nextTick(now: start).map { $0 <= end } == true)
        while let tick = try broker.tick(now: end) {
            try require(tick.entry.expired.count <= 1000, "a tick is too long")
            expired += tick.entry.expired
        }
        let isInOrder = expired == Array(0..<UInt32(Self.million))
        #expect(isInOrder && broker.messageCount == 0)
    }

    @Test("100,000 queues created and deleted leave memory as it was, ten times over")
    func manyQueues() throws {
        var broker = Broker.forTests()
        for _ in 0..<10 {
            for number in 0..<10_000 {
                let queue = try broker.createQueue("queue-\(number)")
                try broker.send(to: queue)
                // Ids are dense, so queues take no more room than the most that there were at once.
                try require(queue < 10_000, "the id \(queue) was given to queue \(number)")
            }
            for number in 0..<10_000 {
                try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName("queue-\(number)"))))
            }
            #expect(broker.queueCount == 0 && broker.messageCount == 10_000)
            try broker.catchUp(now: start)
            #expect(broker.messageCount == 0 && broker.nextTick(now: start) == nil)
            #expect(broker.indexBytes < 65_536 + 10 * 256)
        }
    }

    @Test func anEmptyQueueIsSmall() {
        // Beside it stand a name of at most 80 bytes and an entry in a dictionary.
        #expect(MemoryLayout<Queue>.stride <= 1024)
    }

    @Test func manyDeletedQueuesAreReapedInFewTicks() throws {
        var broker = Broker.forTests()
        for number in 0..<5000 {
            _ = try broker.createQueue("q\(number)")
            try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName("q\(number)"))))
        }
        var ticks = 0
        while broker.nextTick(now: start) != nil {
            _ = try broker.tick(now: start)
            ticks += 1
            try require(ticks <= 10, "one tick for each queue")
        }
    }
}
