import RoostCore
import RoostModel
import Testing

@Suite("Moves in the background")
struct MoveTests {
    private let now = Broker.testTime

    private func name(_ text: String) throws -> QueueName { try QueueName(text) }

    private func source(
        _ text: String, of target: String, isFIFO: Bool = false, _ broker: inout Broker
    ) throws -> UInt32 {
        let policy = DeadLetterPolicy(target: try name(target), receivesMax: 1)
        return try broker.createQueue(text, QueueSettingsChange(isFIFO: isFIFO, deadLetters: .some(policy)))
    }

    /// Sends, receives once and moves what would be received twice.
    @discardableResult
    private func bringToDeath(
        _ count: Int, in queue: UInt32, group: String? = nil, _ broker: inout Broker
    ) throws -> [MessageID] {
        var ids: [MessageID] = []
        for _ in 0..<count {
            let sent = try broker.send(to: queue, in: group)
            ids.append(broker.messageID(slot: sent.slot, number: sent.number))
        }
        for leased in try broker.lease(count, from: queue) {
            let back = try broker.prepareGiveBack(leased.handle, in: queue)
            if let back { try broker.carryOut(.changeVisibility(back)) }
        }
        while let entry = broker.prepareDeadLetters(from: queue, maximum: 1000, now: now) {
            try broker.carryOut(.transfer(entry))
        }
        return ids
    }

    private func start(
        _ from: String, to: String? = nil, rate: Int? = nil, _ broker: inout Broker
    ) throws -> UInt64 {
        let options = MoveOptions(from: try name(from), to: try to.map { try name($0) }, rate: rate)
        let entry = try broker.prepareStartMove(options, now: now)
        try broker.carryOut(.startMove(entry))
        return entry.id
    }

    /// Steps of at most `maximum` until the move is over: how many there were.
    @discardableResult
    private func run(_ id: UInt64, _ maximum: Int, _ broker: inout Broker) throws -> Int {
        var steps = 0
        while let step = broker.prepareMoveStep(id, maximum: maximum, now: now) {
            steps += 1
            try require(steps < 10_000, "the move does not come to an end")
            switch step {
            case .transfer(let entry):
                try require(entry.slots.count <= maximum, "a step of \(entry.slots.count) messages")
                try broker.carryOut(.transfer(entry))
            case .end(let entry): try broker.carryOut(.endMove(entry))
            case .more: break
            case .later: throw Discrepancy("there are too many groups")
            }
        }
        return steps
    }

    private func ids(_ queue: UInt32, _ broker: Broker) -> [MessageID] {
        broker.peek(queue, .ready, fromTail: false, count: 10_000).map(\.id)
    }

    @Test("To a queue: everything that is ready, in order, in slices, as if never received")
    func toQueue() throws {
        var broker = Broker.forTests()
        let (dead, target) = (try broker.createQueue("dead"), try broker.createQueue("target"))
        let origin = try source("origin", of: "dead", &broker)
        let sent = try bringToDeath(25, in: origin, &broker)
        let inFlight = try broker.lease(2, from: dead, .seconds(100)).map(\.id)
        let id = try start("dead", to: "target", &broker)
        #expect(broker.moveTask(id)?.toMove == 23 && broker.moveTask(id)?.status == .running)
        try bringToDeath(1, in: origin, &broker)
        #expect(try run(id, 10, &broker) == 4)
        #expect(ids(target, broker) == Array(sent.dropFirst(2)))
        #expect(broker.counts(of: dead) == MessageCounts(ready: 1, inFlight: 2), "what came later stays")
        #expect(broker.peek(dead, .inFlight, fromTail: false, count: 9).map(\.id) == inFlight)
        let task = try #require(broker.moveTask(id))
        #expect(task.status == .completed && task.moved == 23 && task.finishedAt == now)
        #expect(broker.peek(target, .ready, fromTail: false, count: 1).first?.receiveCount == 0)
        #expect(broker.peek(target, .ready, fromTail: false, count: 1).first?.deadLetterSource == nil)
        #expect(broker.moveTasks(from: dead, limit: 10) == [task])
        #expect(broker.prepareMoveStep(id, maximum: 10, now: now) == nil)
    }

    @Test("Back to where each came from; what does not say, or whose queue is gone, stays", arguments: [false, true])
    func toOrigins(isFIFO: Bool) throws {
        var broker = Broker.forTests()
        let dead = try broker.createQueue("dead", QueueSettingsChange(isFIFO: isFIFO))
        let origins = try ["a", "b", "gone"].map { try source($0, of: "dead", isFIFO: isFIFO, &broker) }
        var sent: [[MessageID]] = [[], [], []]
        for (place, count) in [(0, 150), (1, 7), (2, 3), (0, 30), (1, 5)] {
            sent[place] += try bringToDeath(count, in: origins[place], group: isFIFO ? "g" : nil, &broker)
        }
        try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(name("gone"))))
        try broker.catchUp(now: now)
        _ = try source("gone", of: "dead", isFIFO: isFIFO, &broker)
        let own = try broker.send(to: dead, in: isFIFO ? "g" : nil)
        let id = try start("dead", &broker)
        try run(id, 10, &broker)
        let task = try #require(broker.moveTask(id))
        #expect(task.status == .failed(.unknownOrigin) && task.moved == 192 && task.toMove == 196)
        #expect(ids(origins[0], broker) == sent[0] && ids(origins[1], broker) == sent[1])
        #expect(Set(ids(dead, broker)) == Set(sent[2] + [broker.messageID(slot: own.slot, number: own.number)]))
        try broker.carryOut(.purgeQueue(broker.preparePurgeQueue(name("dead"))))
        try bringToDeath(3, in: origins[0], group: "h", &broker)
        let again = try start("dead", &broker)
        try run(again, 10, &broker)
        #expect(broker.moveTask(again)?.status == .completed && broker.moveTask(again)?.moved == 3)
        #expect(broker.moveTasks(from: dead, limit: 10).map(\.id) == [again, id])
        #expect(broker.moveTasks(from: dead, limit: 1).map(\.id) == [again])
    }

    @Test("A FIFO queue is moved group by group in order, as far as nothing holds a group up")
    func inOrder() throws {
        var broker = Broker.forTests()
        let settings = QueueSettingsChange(isFIFO: true)
        let (from, to) = (try broker.createQueue("from", settings), try broker.createQueue("to", settings))
        var sent: [String: [MessageID]] = [:]
        for number in 0..<30 {
            let group = ["a", "b", "c"][number % 3]
            let entry = try broker.send(to: from, in: group)
            sent[group, default: []].append(broker.messageID(slot: entry.slot, number: entry.number))
        }
        let held = try broker.lease(1, from: from, .seconds(100)).map(\.id)
        #expect(held == sent["a"].map { [$0[0]] })
        let id = try start("from", to: "to", &broker)
        try run(id, 4, &broker)
        #expect(broker.moveTask(id)?.status == .completed && broker.moveTask(id)?.moved == 20)
        #expect(ids(to, broker) == (sent["b"] ?? []) + (sent["c"] ?? []))
        #expect(broker.counts(of: from) == MessageCounts(ready: 9, inFlight: 1))
    }

    @Test("What is asked wrongly is refused")
    func refusals() throws {
        var broker = Broker.forTests()
        let dead = try broker.createQueue("dead")
        _ = try source("origin", of: "dead", &broker)
        try broker.createQueue("other")
        try broker.createQueue("other.fifo", QueueSettingsChange(isFIFO: true))
        func refusal(_ options: MoveOptions) -> Rejection? {
            do throws(Rejection) { _ = try broker.prepareStartMove(options, now: now) } catch { return error }
            return nil
        }
        let (from, other, fifo) = (try name("dead"), try name("other"), try name("other.fifo"))
        #expect(refusal(MoveOptions(from: try name("none"))) == .queueDoesNotExist(try name("none")))
        #expect(refusal(MoveOptions(from: from, to: try name("none"))) == .queueDoesNotExist(try name("none")))
        for rate in [-1, 0, 501] {
            let expected = Rejection.invalidMoveRate(rate, accepted: 1...500)
            #expect(refusal(MoveOptions(from: from, to: other, rate: rate)) == expected)
        }
        #expect(
            refusal(MoveOptions(from: from, to: from)) == .invalidMoveTarget(from, reason: "it is the queue itself"))
        let types = "both queues must be FIFO, or both standard"
        #expect(refusal(MoveOptions(from: from, to: fifo)) == .invalidMoveTarget(fifo, reason: types))
        #expect(refusal(MoveOptions(from: other, to: from, needsDeadLetterQueue: true)) == .noDeadLetterQueue(other))
        #expect(refusal(MoveOptions(from: other, to: from)) == nil)
        #expect(refusal(MoveOptions(from: from, to: other, needsDeadLetterQueue: true)) == nil)
        let id = try start("dead", to: "other", &broker)
        #expect(refusal(MoveOptions(from: from, to: other)) == .moveIsRunning(from))
        #expect(throws: Rejection.moveTaskDoesNotExist) { try broker.prepareCancelMove(id + 1, now: now) }
        try broker.carryOut(.endMove(broker.prepareCancelMove(id, now: now)))
        #expect(broker.moveTask(id)?.status == .cancelled)
        #expect(throws: Rejection.moveIsOver) { try broker.prepareCancelMove(id, now: now) }
        #expect(refusal(MoveOptions(from: from, to: other)) == nil)
        _ = dead
    }

    @Test("A target that is gone, or is of another type by now, ends the move; a source that goes takes it along")
    func goneQueues() throws {
        for isReplaced in [false, true] {
            var broker = Broker.forTests()
            let from = try broker.createQueue("from")
            let target = try broker.createQueue("target")
            for _ in 0..<20 { try broker.send(to: from) }
            let id = try start("from", to: "target", &broker)
            guard case .transfer(let entry) = broker.prepareMoveStep(id, maximum: 5, now: now) else { return }
            try broker.carryOut(.transfer(entry))
            #expect(broker.counts(of: target).ready == 5)
            try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(name("target"))))
            if isReplaced { try broker.createQueue("target", QueueSettingsChange(isFIFO: true)) }
            try run(id, 100, &broker)
            #expect(broker.moveTask(id)?.status == .failed(.queueIsGone) && broker.moveTask(id)?.moved == 5)
            let (other, again) = (try broker.createQueue("other"), try start("from", to: "other", &broker))
            _ = other
            try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(name("from"))))
            #expect(broker.moveTask(id) == nil && broker.moveTask(again) == nil && broker.runningMoveCount == 0)
            #expect(broker.prepareMoveStep(again, maximum: 5, now: now) == nil)
            let anew = try broker.createQueue("from")
            #expect(broker.moveTasks(from: anew, limit: 10).isEmpty)
            #expect(try start("from", to: "other", &broker) == again + 1)
        }
    }

    @Test("Of each source the newest ten are remembered, and a thousand in all; a hundred run at most")
    func bounds() throws {
        var broker = Broker.forTests()
        try broker.createQueue("target")
        let first = try broker.createQueue("q0")
        for number in 1..<15 {
            try run(try start("q0", to: "target", &broker), 100, &broker)
            #expect(broker.moveTasks(from: first, limit: 100).count == min(number, 10))
        }
        #expect(broker.moveTasks(from: first, limit: 100).map(\.id) == Array((5...14).reversed()))
        for number in 1...99 {
            try broker.createQueue("q\(number)")
            for _ in 0..<10 { try run(try start("q\(number)", to: "target", &broker), 100, &broker) }
        }
        for number in 0..<100 { _ = try start("q\(number)", to: "target", &broker) }
        let all = try (0..<100).map { number in
            broker.moveTasks(from: try broker.queueID(named: name("q\(number)")), limit: 100).count
        }
        #expect(all.reduce(0, +) <= 1000 && all.allSatisfy { $0 > 0 })
        #expect(broker.runningMoveCount == 100)
        let one = try broker.createQueue("one-more")
        #expect(throws: Rejection.busy) { try start("one-more", to: "target", &broker) }
        _ = one
        #expect(try BrokerImage(of: BrokerImage(of: broker).restoredForTests()) == BrokerImage(of: broker))
    }

    @Test("A walk over groups that do not say where to is taken in steps", arguments: [1, 999, 1000, 1001, 2500])
    func boundedWalk(groups: Int) throws {
        var broker = Broker.forTests()
        let dead = try broker.createQueue("dead")
        for number in 0..<groups { try broker.send(to: dead, in: "group \(number)") }
        let origin = try source("origin", of: "dead", &broker)
        let sent = try bringToDeath(5, in: origin, &broker)
        let id = try start("dead", &broker)
        let steps = try run(id, 100, &broker)
        #expect(steps <= 5 + 2 * (groups / 1000), "\(steps) steps")
        #expect(ids(origin, broker) == sent)
        #expect(broker.moveTask(id)?.status == .failed(.unknownOrigin) && broker.moveTask(id)?.moved == 5)
    }

    @Test("The walk goes on when the group it stands at is deleted, and when the queue is purged")
    func deletedGroups() throws {
        var broker = Broker.forTests()
        let dead = try broker.createQueue("dead")
        let origin = try source("origin", of: "dead", &broker)
        let sent = try ["a", "b", "c"].map { try bringToDeath(2, in: origin, group: $0, &broker) }
        let id = try start("dead", &broker)
        guard case .transfer(let entry) = broker.prepareMoveStep(id, maximum: 1, now: now) else { return }
        try broker.carryOut(.transfer(entry))
        try broker.carryOut(.delete(#require(broker.prepareDelete(sent[0][1], in: dead))))
        // The id of that group is given to one of another queue, which must not be moved.
        let others = try broker.createQueue("others")
        try bringToDeath(1, in: try source("another", of: "others", &broker), &broker)
        guard case .transfer(let next) = broker.prepareMoveStep(id, maximum: 1, now: now) else { return }
        try broker.carryOut(.transfer(next))
        #expect(Set(ids(origin, broker)) == [sent[0][0], sent[1][0]])
        #expect(broker.counts(of: others).ready == 1)
        try broker.carryOut(.purgeQueue(broker.preparePurgeQueue(name("dead"))))
        try run(id, 100, &broker)
        #expect(broker.moveTask(id)?.status == .completed && broker.moveTask(id)?.moved == 2)
    }

    @Test("Single messages are moved by id, each to its origin or all to one queue")
    func byID() throws {
        var broker = Broker.forTests()
        let (dead, target) = (try broker.createQueue("dead"), try broker.createQueue("target"))
        let origins = try ["a", "b"].map { try source($0, of: "dead", &broker) }
        let (a, b) = (try bringToDeath(3, in: origins[0], &broker), try bringToDeath(3, in: origins[1], &broker))
        let own = try broker.send(to: dead)
        let ownID = broker.messageID(slot: own.slot, number: own.number)
        let elsewhere = try broker.send(to: target)
        let wanted = [b[2], a[1], ownID, b[0], b[2], broker.messageID(slot: elsewhere.slot, number: elsewhere.number)]
        let entries = try broker.prepareMoveByID(from: dead, to: nil, wanted, now: now)
        #expect(entries.map(\.to) == [origins[1], origins[0]] && entries.map(\.slots.count) == [2, 1])
        for entry in entries { try broker.carryOut(.transfer(entry)) }
        #expect(ids(origins[0], broker) == [a[1]] && ids(origins[1], broker) == [b[2], b[0]])
        let more = try broker.prepareMoveByID(from: dead, to: name("target"), [ownID, a[0], a[1]], now: now)
        #expect(more.count == 1 && more.first?.slots.count == 2)
        for entry in more { try broker.carryOut(.transfer(entry)) }
        #expect(ids(target, broker).suffix(2) == [ownID, a[0]])
        #expect(try broker.prepareMoveByID(from: dead, to: nil, [ownID], now: now).isEmpty)
        for count in [0, 1001] {
            #expect(throws: Rejection.invalidCount(count, accepted: 1...1000)) {
                try broker.prepareMoveByID(from: dead, to: nil, Array(repeating: ownID, count: count), now: now)
            }
        }
        #expect(throws: Rejection.invalidMoveTarget(try name("dead"), reason: "it is the queue itself")) {
            try broker.prepareMoveByID(from: dead, to: name("dead"), [ownID], now: now)
        }
    }

    @Test("Entries that do not fit are noticed")
    func mismatches() throws {
        var broker = Broker.forTests()
        let (from, target) = (try broker.createQueue("from"), try broker.createQueue("target"))
        for _ in 0..<3 { try broker.send(to: from) }
        let start = try broker.prepareStartMove(MoveOptions(from: name("from"), to: name("target")), now: now)
        let empty = broker
        try broker.carryOut(.startMove(start))
        guard case .transfer(let transfer) = broker.prepareMoveStep(start.id, maximum: 2, now: now) else { return }
        let end = try broker.prepareCancelMove(start.id, now: now)
        var (another, back) = (transfer, transfer)
        another.move = 2
        (back.from, back.to) = (target, from)
        let wrong: [(Entry, Broker)] = [
            (.startMove(start), broker), (.transfer(transfer), empty), (.endMove(end), empty),
            (.transfer(another), broker), (.transfer(back), broker),
        ]
        for (entry, state) in wrong {
            var state = state
            #expect(throws: EntryMismatch.self) { try state.carryOut(entry) }
        }
        try broker.carryOut(.endMove(end))
        #expect(throws: EntryMismatch.self) { try broker.carryOut(.endMove(end)) }
        #expect(throws: EntryMismatch.self) { try broker.carryOut(.transfer(transfer)) }
        #expect(broker.counts(of: from) == MessageCounts(ready: 3))
    }
}

@Suite("Queues by the target of their dead letters")
struct DeadLetterSourceTests {
    private func sources(_ broker: Broker, _ target: String, after: String?, _ limit: Int) throws -> ([String], Bool) {
        let queue = try broker.queueID(named: QueueName(target))
        let after = try after.map { try QueueName($0) }
        let (ids, more) = broker.deadLetterSources(of: queue, after: after, limit: limit)
        return (ids.compactMap { broker.queueName($0)?.text }, more)
    }

    @Test("Always the ones that name it, in the order of names, page by page", arguments: UInt64(1)...3)
    func random(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var broker = Broker.forTests()
        var targets: [String: String] = [:]
        for target in ["t", "t1", "a"] { try broker.createQueue(target) }
        for step in 0..<3000 {
            let source = "s\(random.below(40))"
            let target = random.chance(30) ? nil : random.pick(["t", "t1", "a"])
            let policy = try target.map { DeadLetterPolicy(target: try QueueName($0), receivesMax: 1) }
            let change = QueueSettingsChange(deadLetters: .some(policy))
            if random.chance(20), (try? broker.queueID(named: QueueName(source))) != nil {
                try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName(source))))
                targets[source] = nil
            } else if (try? broker.queueID(named: QueueName(source))) != nil {
                let entry = try broker.prepareChangeSettings(QueueName(source), change, now: Broker.testTime)
                try broker.carryOut(.changeSettings(entry))
                targets[source] = target
            } else {
                try broker.createQueue(source, change)
                targets[source] = target
            }
            if step % 500 == 0 { broker = try BrokerImage(of: broker).restoredForTests() }
            let target2 = random.pick(["t", "t1", "a"])
            let after = random.chance(50) ? "s\(random.below(40))" : nil
            let limit = random.pick([1, 3, 1000])
            let all = targets.filter { $0.value == target2 }.keys.sorted().filter { name in
                after.map { name > $0 } ?? true
            }
            let (found, more) = try sources(broker, target2, after: after, limit)
            try requireEqual(found, Array(all.prefix(limit)), "the sources of \(target2)")
            try requireEqual(more, all.count > limit, "whether there are more")
        }
    }
}

extension BrokerImage {
    /// With the keys of `Broker.forTests`.
    func restoredForTests() throws -> Broker {
        var reader = BrokerImageReader(configuration: BrokerConfiguration(sealingKey: SealingKey(words: (1, 2, 3, 4))))
        for section in sections { try section.withUnsafeBytes { try reader.take($0) } }
        return try reader.finish()
    }
}
