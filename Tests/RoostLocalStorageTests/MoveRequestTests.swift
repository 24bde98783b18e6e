import Glibc
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

@Suite struct MoveRequestTests {
    private func open(
        _ disk: MemoryDisk = MemoryDisk(), logBegun: Bool = false, _ clock: ManualClock = ManualClock(),
        snapshotBytes: Int = 100_000_000
    ) throws -> Harness {
        try Harness(on: disk, logBegun: logBegun, clock: clock) {
            $0.log.segmentBytes = 64 * 1024
            $0.messageBytesMax = 20_000
            $0.snapshotGrowthBytesMin = snapshotBytes
        }
    }

    private func fill(_ harness: Harness, _ queue: QueueName, _ numbers: Range<Int>) throws {
        for number in numbers { harness.submit(.send(queue, NewMessage(body: Array("\(number)".utf8)))) }
        harness.run()
        #expect(try harness.info(queue).counts.ready >= numbers.count)
    }

    private func start(_ harness: Harness, _ options: MoveOptions) throws -> MoveTask {
        guard case .moveTask(let task) = try harness.ask(.startMove(options)) else { throw Unexpected() }
        return task
    }

    private func task(_ harness: Harness, _ queue: QueueName) throws -> MoveTask {
        guard case .moveTasks(let tasks) = try harness.ask(.listMoves(queue, limit: 1)) else { throw Unexpected() }
        return try #require(tasks.first)
    }

    private func runToEnd(_ harness: Harness, _ queue: QueueName) throws -> MoveTask {
        for _ in 0..<10_000 {
            let task = try task(harness, queue)
            guard task.status == .running else { return task }
            harness.clock.advance(Milliseconds(10))
            harness.run()
        }
        throw Unexpected()
    }

    private func numbers(_ harness: Harness, _ queue: QueueName) throws -> [Int] {
        guard case .peeked(let messages) = try harness.ask(.peek(queue, PeekOptions(count: 1000))) else {
            throw Unexpected()
        }
        return messages.compactMap { Int(String(decoding: $0.body, as: UTF8.self)) }
    }

    @Test func itRunsByItselfAndServesWhoWaits() throws {
        let harness = try open()
        let (from, to) = (try harness.create("from"), try harness.create("to"))
        try fill(harness, from, 0..<950)
        let waiter = try #require(
            harness.submit(.receive(to, ReceiveOptions(maximum: 1, wait: .seconds(20)))).first)
        let task = try start(harness, MoveOptions(from: from, to: to))
        #expect(task.toMove == 950 && task.from == from && task.to == to && task.rate == nil)
        let end = try runToEnd(harness, from)
        #expect(end.status == .completed && end.moved == 950 && end.id == task.id)
        #expect(try harness.messages(#require(harness.result(waiter)).get()).map(\.text) == ["0"])
        #expect(try numbers(harness, to) == Array(1..<950))
        #expect(try numbers(harness, from).isEmpty)
        #expect(harness.storage.runTurn().map { $0 > 1 } ?? true, "a move that is over wakes nobody")
    }

    /// A turn does one slice at most, and none without time passing: requests have most of it.
    @Test func aTurnDoesOneSlice() throws {
        let harness = try open()
        let (from, to) = (try harness.create("from"), try harness.create("to"))
        try fill(harness, from, 0..<2000)
        let before = try start(harness, MoveOptions(from: from, to: to)).moved
        var moved = before
        for round in 0..<50 {
            for _ in 0..<40 { harness.submit(.describeQueue(to)) }
            if round % 2 == 0 { harness.clock.advance(Milliseconds(1)) }
            let next = try task(harness, from).moved
            #expect(next - moved <= 100)
            moved = next
        }
        #expect(moved == 2000)
    }

    @Test(arguments: [1, 7, 30, 100, 500])
    func aRateIsKept(rate: Int) throws {
        let harness = try open()
        let (from, to) = (try harness.create("from"), try harness.create("to"))
        try fill(harness, from, 0..<1000)
        _ = try start(harness, MoveOptions(from: from, to: to, rate: rate))
        let slice = max(rate / 10, 1)
        var moved = 0
        for milliseconds in 1...2000 {
            harness.clock.advance(Milliseconds(1))
            harness.run()
            guard milliseconds % 100 == 0 else { continue }
            moved = try task(harness, from).moved
            #expect(moved * 1000 <= rate * milliseconds + slice * 1000, "\(moved) after \(milliseconds) ms")
        }
        #expect(moved * 100 >= rate * 2 * 90, "\(moved)")
    }

    /// From the log alone, or from a snapshot and what came behind it.
    @Test(arguments: [100_000_000, 3000])
    func itGoesOnAfterARestart(snapshotBytes: Int) throws {
        let clock = ManualClock()
        let first = try open(clock, snapshotBytes: snapshotBytes)
        let (from, to) = (try first.create("from"), try first.create("to"))
        try fill(first, from, 0..<300)
        let started = try start(first, MoveOptions(from: from, to: to, rate: 100))
        for _ in 0..<10 {
            clock.advance(Milliseconds(100))
            first.run()
        }
        let middle = try task(first, from)
        #expect(middle.status == .running && (90...110).contains(middle.moved))
        #expect((first.storage.metrics.snapshots > 0) == (snapshotBytes == 3000))
        let second = try open(first.disk.afterPowerCut(), logBegun: true, clock, snapshotBytes: snapshotBytes)
        #expect(try task(second, from).startedAt == started.startedAt)
        let end = try runToEnd(second, from)
        #expect(end.status == .completed && end.moved == 300 && end.id == started.id)
        #expect(try numbers(second, to) == Array(0..<300) && numbers(second, from).isEmpty)
        let third = try open(second.disk.afterPowerCut(), logBegun: true, clock, snapshotBytes: snapshotBytes)
        #expect(try task(third, from) == end && numbers(third, to) == Array(0..<300))
        #expect(try start(third, MoveOptions(from: to, to: from)).id == started.id + 1)
    }

    private func open(_ clock: ManualClock, snapshotBytes: Int) throws -> Harness {
        try open(MemoryDisk(), logBegun: false, clock, snapshotBytes: snapshotBytes)
    }

    /// Before and after each commit: every message is in exactly one of the two, and the count is that of the target.
    @Test(arguments: [100_000_000, 3000])
    func aPowerCutAtAnyMomentLosesAndDoublesNothing(snapshotBytes: Int) throws {
        let clock = ManualClock()
        let harness = try open(clock, snapshotBytes: snapshotBytes)
        let (from, to) = (try harness.create("from"), try harness.create("to"))
        try fill(harness, from, 0..<60)
        _ = try start(harness, MoveOptions(from: from, to: to, rate: 50))
        var seen: Set<Int> = []
        for _ in 0..<16 {
            clock.advance(Milliseconds(100))
            harness.turn()
            seen.insert(try check(harness.disk.afterPowerCut(), clock, from, to))
            harness.storage.commit()
            harness.background.step()
            seen.insert(try check(harness.disk.afterPowerCut(), clock, from, to))
        }
        // Five are moved with the start, and five more when the cut-off broker starts again.
        #expect(seen == Set(stride(from: 10, through: 60, by: 5)))
    }

    private func check(_ disk: MemoryDisk, _ clock: ManualClock, _ from: QueueName, _ to: QueueName) throws -> Int {
        let harness = try open(disk, logBegun: true, clock)
        let task = try task(harness, from)
        // The start itself may have moved the next slice.
        let (left, moved) = (try numbers(harness, from), try numbers(harness, to))
        #expect(moved == Array(0..<moved.count) && left == Array(moved.count..<60))
        #expect(try self.task(harness, from).moved == moved.count)
        return task.moved
    }

    @Test func aCancelledMoveLeavesWhatIsMoved() throws {
        let harness = try open()
        let (from, to) = (try harness.create("from"), try harness.create("to"))
        try fill(harness, from, 0..<100)
        let task = try start(harness, MoveOptions(from: from, to: to, rate: 10))
        #expect(throws: Rejection.moveIsRunning(from)) { try start(harness, MoveOptions(from: from, to: to)) }
        for _ in 0..<5 {
            harness.clock.advance(Milliseconds(100))
            harness.run()
        }
        guard case .moveTask(let cancelled) = try harness.ask(.cancelMove(id: task.id)) else { throw Unexpected() }
        #expect(cancelled.status == .cancelled && (4...6).contains(cancelled.moved))
        harness.clock.advance(.seconds(10))
        harness.run()
        #expect(try harness.info(to).counts.ready == cancelled.moved)
        #expect(throws: Rejection.moveIsOver) { try harness.ask(.cancelMove(id: task.id)) }
        #expect(throws: Rejection.moveTaskDoesNotExist) { try harness.ask(.cancelMove(id: task.id + 1)) }
        #expect(throws: Rejection.invalidCount(0, accepted: 1...1000)) { try harness.ask(.listMoves(from, limit: 0)) }
        let again = try start(harness, MoveOptions(from: from, to: to))
        #expect(try runToEnd(harness, from).moved == 100 - cancelled.moved)
        guard case .moveTasks(let all) = try harness.ask(.listMoves(from, limit: 10)) else { throw Unexpected() }
        #expect(all.map(\.id) == [again.id, task.id])
    }

    @Test func severalRunBesideEachOther() throws {
        let harness = try open()
        let to = try harness.create("to")
        let sources = try (0..<5).map { try harness.create("from-\($0)") }
        for source in sources {
            try fill(harness, source, 0..<300)
            _ = try start(harness, MoveOptions(from: source, to: to))
        }
        for _ in 0..<10 {
            harness.clock.advance(Milliseconds(1))
            harness.run()
        }
        let moved = try sources.map { try task(harness, $0).moved }
        #expect(moved.allSatisfy { $0 > 0 }, "\(moved)")
        for source in sources { #expect(try runToEnd(harness, source).moved == 300) }
        #expect(try harness.info(to).counts.ready == 1500)
    }

    @Test func deadLettersGoBackToTheirSources() throws {
        let harness = try open()
        let dead = try harness.create("dead")
        let policy = QueueSettingsChange(deadLetters: .some(DeadLetterPolicy(target: dead, receivesMax: 1)))
        let sources = try ["b", "a", "c"].map { try harness.create($0, policy) }
        guard case .queues(let page, true) = try harness.ask(.listDeadLetterSources(dead, after: nil, limit: 2)),
            case .queues(let rest, false) = try harness.ask(
                .listDeadLetterSources(dead, after: page.last?.name, limit: 2))
        else { throw Unexpected() }
        #expect((page + rest).map(\.name.text) == ["a", "b", "c"])
        for source in sources.prefix(2) {
            try harness.send("of \(source)", to: source)
            for message in try harness.receive(source) {
                _ = try harness.ask(.changeVisibility(source, message.handle, timeout: .zero))
            }
            #expect(try harness.receive(source).isEmpty)
        }
        let own = try harness.send("own", to: dead)
        guard case .peeked(let peeked) = try harness.ask(.peek(dead, PeekOptions(count: 10))) else {
            throw Unexpected()
        }
        #expect(Set(peeked.map { $0.deadLetterSource?.text }) == ["a", "b", nil])
        let ids = peeked.filter { $0.deadLetterSource?.text == "a" }.map(\.id)
        #expect(try harness.ask(.moveByID(dead, to: nil, ids + [own])) == .count(1))
        #expect(try harness.receive(sources[1]).map(\.text) == ["of a"])
        #expect(throws: Rejection.noDeadLetterQueue(sources[0])) {
            try start(harness, MoveOptions(from: sources[0], to: dead, needsDeadLetterQueue: true))
        }
        _ = try start(harness, MoveOptions(from: dead, needsDeadLetterQueue: true))
        let end = try runToEnd(harness, dead)
        #expect(end.status == .failed(.unknownOrigin) && end.moved == 1)
        #expect(try harness.receive(sources[0]).map(\.text) == ["of b"])
        #expect(try harness.ask(.moveByID(dead, to: sources[2], [own])) == .count(1))
        #expect(try harness.receive(sources[2]).map(\.text) == ["own"])
    }

    /// What is kept for deletes is not used up by moves, and they go on when there is room.
    @Test func aFullDiskInterruptsIt() throws {
        let disk = MemoryDisk()
        disk.capacityBytes = 2_000_000
        let harness = try open(disk)
        let (from, to, other) = (try harness.create("from"), try harness.create("to"), try harness.create("other"))
        try fill(harness, from, 0..<500)
        _ = try start(harness, MoveOptions(from: from, to: to, rate: 10))
        #expect(throws: Rejection.outOfDiskSpace) {
            while true { try harness.send(String(repeating: "x", count: 2000), to: other) }
        }
        // Nothing comes free meanwhile.
        harness.background.hold(.snapshots)
        for _ in 0..<100 {
            harness.clock.advance(Milliseconds(100))
            harness.run()
            // Receives use up the rest.
            while let messages = try? harness.receive(other, maximum: 10) {
                for message in messages {
                    _ = try? harness.ask(.changeVisibility(other, message.handle, timeout: .zero))
                }
            }
        }
        let middle = try task(harness, from)
        #expect(middle.status == .running && middle.moved < 50)
        disk.capacityBytes = 100_000_000
        harness.background.resume(.snapshots)
        for _ in 0..<10 {
            harness.clock.advance(.seconds(1))
            harness.run()
        }
        #expect(try runToEnd(harness, from).moved == 500)
        #expect(try numbers(harness, to) == Array(0..<500))
    }

    @Test func aShutDownInterruptsIt() throws {
        let clock = ManualClock()
        let harness = try open(clock, snapshotBytes: 100_000_000)
        let (from, to) = (try harness.create("from"), try harness.create("to"))
        try fill(harness, from, 0..<500)
        _ = try start(harness, MoveOptions(from: from, to: to))
        clock.advance(Milliseconds(1))
        harness.run()
        harness.storage.shutDown()
        clock.advance(Milliseconds(1))
        harness.run()
        let second = try open(harness.disk.copy(), logBegun: true, clock)
        #expect(try runToEnd(second, from).moved == 500)
        #expect(try numbers(second, to) == Array(0..<500))
    }
}
