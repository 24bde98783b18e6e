import RoostCore
import RoostModel
import Testing

@Suite("Dead letters and their way back")
struct DeadLetterTests {
    private let now = Broker.testTime

    /// A queue `q` whose messages become dead letters in `dead` after that many receives.
    private func broker(
        receivesMax: Int = 1, isFIFO: Bool = false, retention: Milliseconds = .unlimited
    ) throws -> (broker: Broker, queue: UInt32, dead: UInt32) {
        var broker = Broker.forTests()
        let dead = try broker.createQueue("dead", QueueSettingsChange(retention: retention, isFIFO: isFIFO))
        let policy = DeadLetterPolicy(target: try QueueName("dead"), receivesMax: receivesMax)
        let queue = try broker.createQueue("q", QueueSettingsChange(isFIFO: isFIFO, deadLetters: policy))
        return (broker, queue, dead)
    }

    @Test("A message is moved when it would be received once too often, and remembers where it was")
    func move() throws {
        var (broker, queue, dead) = try broker(receivesMax: 2)
        let sent = try broker.send(to: queue, number: 4)
        for receive in 1...2 {
            let at = now + .seconds(Int64(receive))
            #expect(try broker.moveDeadLetters(from: queue, now: at) == 0)
            #expect(try broker.lease(1, from: queue, .zero, now: at).map(\.receiveCount) == [UInt32(receive)])
            try broker.catchUp(now: at)
        }
        let later = now + .seconds(60)
        #expect(try broker.moveDeadLetters(from: queue, now: later) == 1)
        #expect(!broker.hasDeliverable(queue) && broker.hasDeliverable(dead))
        #expect(broker.describe(queue, now: later).totals.movedOut == 1)
        #expect(broker.describe(dead, now: later).totals.movedIn == 1)
        #expect(broker.totals.movedOut == 1 && broker.totals.movedIn == 1 && broker.totals.sent == 1)
        #expect(broker.messageCount == 1 && broker.counts.ready == 1)
        let leased = try #require(try broker.lease(1, from: dead, now: later).first)
        #expect(leased.number == sent.number && leased.id == broker.messageID(slot: sent.slot, number: sent.number))
        #expect(leased.receiveCount == 3 && leased.firstReceivedAt == now + .seconds(1))
        #expect(leased.deadLetterSource?.text == "q" && leased.location.offset == 4 << 3)
    }

    @Test("What is due to be moved is not delivered, nor is what stands behind it")
    func leaseStops() throws {
        var (broker, queue, _) = try broker()
        for _ in 0..<3 { try broker.send(to: queue) }
        let leased = try broker.lease(3, from: queue)
        let back = try broker.prepareChangeVisibility(leased[1].handle, in: queue, timeout: .zero, now: now)
        try broker.carryOut(.changeVisibility(#require(back)))
        #expect(try broker.lease(3, from: queue).isEmpty && broker.hasDeliverable(queue))
        try broker.send(to: queue)
        #expect(try broker.lease(3, from: queue).isEmpty)
        #expect(try broker.moveDeadLetters(from: queue) == 1)
        #expect(try broker.lease(3, from: queue).map(\.number) == [4])
    }

    @Test("Without a queue of that name and type messages stay where they are, and are delivered")
    func missingTarget() throws {
        var (broker, queue, _) = try broker()
        try broker.send(to: queue)
        func receive() throws -> [UInt32] {
            #expect(try broker.moveDeadLetters(from: queue) == 0)
            defer { try? broker.catchUp(now: now) }
            return try broker.lease(1, from: queue, .zero).map(\.receiveCount)
        }
        #expect(try receive() == [1])
        try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName("dead"))))
        #expect(try receive() == [2])
        try broker.createQueue("dead", QueueSettingsChange(isFIFO: true))
        #expect(try receive() == [3])
        try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName("dead"))))
        let again = try broker.createQueue("dead")
        #expect(try broker.moveDeadLetters(from: queue) == 1)
        #expect(try broker.lease(1, from: again).map(\.receiveCount) == [4])
    }

    @Test("A dead letter forgets its origin when that is deleted, though a queue of its name is made again")
    func originIsGone() throws {
        var (broker, queue, dead) = try broker()
        try broker.send(to: queue)
        try broker.lease(1, from: queue, .zero)
        try broker.catchUp(now: now)
        #expect(try broker.moveDeadLetters(from: queue) == 1)
        try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName("q"))))
        try broker.catchUp(now: now)
        #expect(try broker.createQueue("q") == queue)
        #expect(try broker.lease(1, from: dead).map(\.deadLetterSource) == [nil])
    }

    @Test("Two queues that name each other do not pass a message to and fro: each delivers it first")
    func circle() throws {
        var (broker, queue, dead) = try broker()
        let back = DeadLetterPolicy(target: try QueueName("q"), receivesMax: 1)
        let change = QueueSettingsChange(deadLetters: back)
        try broker.carryOut(.changeSettings(broker.prepareChangeSettings(QueueName("dead"), change, now: now)))
        try broker.send(to: queue)
        for receive in 1...6 {
            let (here, other) = receive % 2 == 1 ? (queue, dead) : (dead, queue)
            #expect(try broker.moveDeadLetters(from: here) == 0)
            #expect(try broker.lease(1, from: here, .zero).map(\.receiveCount) == [UInt32(receive)])
            try broker.catchUp(now: now)
            #expect(try broker.moveDeadLetters(from: here) == 1)
            #expect(broker.hasDeliverable(other))
        }
    }

    @Test("Handles from before a move hold nothing, though the message comes back")
    func handles() throws {
        var (broker, queue, dead) = try broker()
        try broker.send(to: queue)
        let old = try #require(try broker.lease(1, from: queue, .zero).first).handle
        try broker.catchUp(now: now)
        #expect(try broker.moveDeadLetters(from: queue) == 1)
        #expect(try broker.prepareDelete(old, in: queue) == nil)
        #expect(throws: Rejection.invalidReceiptHandle) { try broker.prepareDelete(old, in: dead) }
        let slot = try #require(broker.peek(dead, .ready, fromTail: false, count: 1).first).slot
        try broker.carryOut(
            .transfer(TransferEntry(from: dead, to: queue, at: now, purpose: .redrive, slots: [slot])))
        #expect(try broker.prepareDelete(old, in: queue) == nil)
        let leased = try #require(try broker.lease(1, from: queue, now: now + .seconds(3)).first)
        #expect(leased.receiveCount == 1 && leased.firstReceivedAt == now + .seconds(3))
        #expect(leased.deadLetterSource == nil)
        #expect(try broker.prepareDelete(old, in: queue) == nil)
        #expect(try broker.prepareDelete(leased.handle, in: queue) != nil)
    }

    @Test("The retention of a dead letter counts from its move, and follows the queue it is in")
    func retention() throws {
        var (broker, queue, dead) = try broker(retention: .seconds(100))
        try broker.send(to: queue)
        try broker.lease(1, from: queue, .zero)
        let moved = now + .seconds(1000)
        try broker.catchUp(now: moved)
        #expect(try broker.moveDeadLetters(from: queue, now: moved) == 1)
        try broker.catchUp(now: moved + Milliseconds(99_999))
        #expect(broker.counts(of: dead).ready == 1)
        try broker.catchUp(now: moved + .seconds(100))
        #expect(broker.messageCount == 0 && broker.describe(dead, now: moved).totals.expired == 1)
    }

    @Test("A redriven message that is older than the last purge of its queue lives, and the next purge takes it")
    func olderThanPurge() throws {
        var (broker, queue, dead) = try broker()
        for _ in 0..<2 { try broker.send(to: queue) }
        try broker.lease(2, from: queue, .zero)
        try broker.catchUp(now: now)
        #expect(try broker.moveDeadLetters(from: queue) == 2)
        try broker.carryOut(.purgeQueue(broker.preparePurgeQueue(QueueName("q"))))
        let slots = broker.peek(dead, .ready, fromTail: false, count: 9).map(\.slot)
        try broker.carryOut(.transfer(TransferEntry(from: dead, to: queue, at: now, purpose: .redrive, slots: slots)))
        try broker.send(to: queue)
        #expect(try Set(broker.lease(2, from: queue).map(\.number)) == [1, 3], "they take turns")
        #expect(try broker.lease(2, from: queue).map(\.number) == [2])
        try broker.carryOut(.purgeQueue(broker.preparePurgeQueue(QueueName("q"))))
        try broker.catchUp(now: now)
        #expect(broker.messageCount == 0)
    }

    @Test("FIFO: a dead letter lets its group go on, and keeps its order among the dead ones of its group")
    func inOrder() throws {
        var (broker, queue, dead) = try broker(isFIFO: true)
        for _ in 0..<4 { try broker.send(to: queue, in: "a") }
        for expected in [1, 2] as [UInt64] {
            #expect(try broker.lease(1, from: queue, .zero).map(\.number) == [expected])
            try broker.catchUp(now: now)
            #expect(try broker.moveDeadLetters(from: queue, maximum: 1) == 1)
        }
        #expect(try broker.lease(9, from: queue).map(\.number) == [3, 4])
        #expect(try broker.lease(9, from: dead).map(\.number) == [1, 2])
    }

    // MARK: Settings

    private func refusal(_ name: String, _ change: QueueSettingsChange, _ broker: Broker) -> Rejection? {
        do throws(Rejection) {
            if case .some(_) = try? broker.queueID(named: QueueName(name)) {
                _ = try broker.prepareChangeSettings(QueueName(name), change, now: now)
            } else {
                _ = try broker.prepareCreateQueue(QueueName(name), change, now: now)
            }
            return nil
        } catch {
            return error
        }
    }

    @Test("A policy needs another queue of the same type that allows it, and a count of receives within bounds")
    func policies() throws {
        var broker = Broker.forTests()
        for (name, change) in [
            ("open", QueueSettingsChange()), ("closed", QueueSettingsChange(deadLetterSources: DeadLetterSources.none)),
            ("chosen", QueueSettingsChange(deadLetterSources: .these([try QueueName("q")]))),
            ("fifo", QueueSettingsChange(isFIFO: true)), ("r", QueueSettingsChange()),
        ] {
            try broker.createQueue(name, change)
        }
        func policy(_ target: String, _ count: Int = 5) throws -> QueueSettingsChange {
            QueueSettingsChange(deadLetters: DeadLetterPolicy(target: try QueueName(target), receivesMax: count))
        }
        for name in ["q", "r"] {
            #expect(refusal(name, try policy("open"), broker) == nil)
            for count in [0, 1001, -1, .max] {
                let expected = Rejection.invalidReceivesMax(count, accepted: 1...1000)
                #expect(refusal(name, try policy("open", count), broker) == expected)
            }
            for target in ["none", "closed", "fifo", name] {
                guard case .invalidDeadLetterTarget(let named, _) = refusal(name, try policy(target), broker) else {
                    Issue.record("\(name) may have \(target)")
                    continue
                }
                #expect(named.text == target)
            }
        }
        #expect(refusal("q", try policy("chosen"), broker) == nil)
        #expect(refusal("r", try policy("chosen"), broker) != nil)
    }

    @Test("A policy whose target is gone, or closed, stands, and does not stop other changes")
    func standingPolicies() throws {
        var (broker, queue, _) = try broker()
        try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName("dead"))))
        let change = QueueSettingsChange(delay: .seconds(1))
        try broker.carryOut(.changeSettings(broker.prepareChangeSettings(QueueName("q"), change, now: now)))
        #expect(broker.settings(of: queue).deadLetters?.target.text == "dead")
        let none = QueueSettingsChange(deadLetters: .some(nil))
        try broker.carryOut(.changeSettings(broker.prepareChangeSettings(QueueName("q"), none, now: now)))
        #expect(broker.settings(of: queue).deadLetters == nil && broker.settings(of: queue).delay == .seconds(1))
    }

    @Test("No sources are as many as an empty list of them; a list has at most ten")
    func sources() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q", QueueSettingsChange(deadLetterSources: .these([])))
        #expect(broker.settings(of: queue).deadLetterSources == DeadLetterSources.none)
        for sources in [DeadLetterSources.none, .these([])] {
            #expect(refusal("q", QueueSettingsChange(deadLetterSources: sources), broker) == nil)
            let creation = try broker.prepareCreateQueue(
                QueueName("q"), QueueSettingsChange(deadLetterSources: sources), now: now)
            #expect(creation == .existing(queue))
        }
        let names = try (0..<11).map { try QueueName("source-\($0)") }
        #expect(refusal("q", QueueSettingsChange(deadLetterSources: .these(Array(names.prefix(10)))), broker) == nil)
        let tooMany = QueueSettingsChange(deadLetterSources: .these(names))
        #expect(refusal("q", tooMany, broker) == .tooManyDeadLetterSources(11, max: 10))
    }

    @Test("Properties are bounded, many short ones too, so that a queue fits into a section of an image")
    func properties() throws {
        var broker = Broker(configuration: Rehearsal.configuration)
        let long = ["policy": String(repeating: "x", count: 48 * 1024 - 16 - 6)]
        var many: [String: String?] = [:]
        for number in 0..<(48 * 1024 / 22) { many["k\(10_000 + number)"] = "" }
        let sources = try (0..<10).map { try QueueName("source-\($0)-" + String(repeating: "s", count: 70)) }
        for (number, properties) in [long, many].enumerated() {
            let change = QueueSettingsChange(deadLetterSources: .these(sources), properties: properties)
            try broker.createQueue("q\(number)", change)
            let name = try QueueName("q\(number)")
            let reason = String(repeating: "r", count: 1024)
            try broker.carryOut(.pauseQueue(broker.preparePauseQueue(name, reason: reason, now: now)))
            let more = QueueSettingsChange(properties: ["another name": "0123456789"])
            guard case .propertiesTooLong = refusal("q\(number)", more, broker) else {
                Issue.record("more properties than a section holds")
                continue
            }
        }
        let image = BrokerImage(of: broker)
        #expect(image.sections.allSatisfy { $0.count <= 64 * 1024 })
        #expect(try BrokerImage(of: image.restored()) == image)
    }
}

@Suite("Moving ten of 1,000,000 messages touches few of them")
struct DeadLetterBoundTests {
    @Test("From the beginning of a long queue to the end of another", arguments: [false, true])
    func sections(isFIFO: Bool) throws {
        let now = Broker.testTime
        var broker = Broker(configuration: Rehearsal.configuration)
        let dead = try broker.createQueue("dead", QueueSettingsChange(isFIFO: isFIFO))
        let policy = DeadLetterPolicy(target: try QueueName("dead"), receivesMax: 1)
        let queue = try broker.createQueue("q", QueueSettingsChange(isFIFO: isFIFO, deadLetters: policy))
        for _ in 0..<500_000 {
            for queue in [dead, queue] { try broker.send(to: queue, in: isFIFO ? "group" : nil) }
        }
        // The first ones begin the groups that the others find there.
        try broker.lease(10, from: queue, .zero)
        try broker.catchUp(now: now)
        #expect(try broker.moveDeadLetters(from: queue) == 10)
        try broker.lease(10, from: queue, .zero)
        try broker.catchUp(now: now)
        let before = BrokerImage(of: broker).sections
        let entry = try #require(broker.prepareDeadLetters(from: queue, maximum: 1000, now: now))
        #expect(entry.slots.count == 10)
        try broker.carryOut(.transfer(entry))
        let after = BrokerImage(of: broker).sections
        #expect(before.count == after.count && after.count > 970)
        // Header, queues, groups; the chunks of the ten, of their neighbours in the queue and of the ends of lists.
        let changed = zip(before, after).count { $0 != $1 }
        #expect(changed >= 3 && changed <= 30, "\(changed) sections changed")
        #expect(broker.counts(of: dead).ready == 500_020 && broker.counts(of: queue).ready == 499_980)
    }
}

extension Broker {
    /// As the engine does before a receive; how many were moved.
    @discardableResult
    mutating func moveDeadLetters(
        from queue: UInt32, maximum: Int = 1000, now: BrokerTime = testTime
    ) throws -> Int {
        var moved = 0
        while let entry = prepareDeadLetters(from: queue, maximum: maximum, now: now) {
            try carryOut(.transfer(entry))
            moved += entry.slots.count
        }
        return moved
    }
}
