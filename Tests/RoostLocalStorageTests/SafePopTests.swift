import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

@Suite("Safe pop: pops that lease")
struct SafePopTests {
    private func open(
        _ disk: MemoryDisk = MemoryDisk(), logBegun: Bool = false, clock: ManualClock = ManualClock(),
        cacheBytes: Int = 1_000_000
    ) throws -> Harness {
        try Harness(on: disk, logBegun: logBegun, clock: clock) {
            $0.log.segmentBytes = 256 * 1024
            $0.cacheBytes = cacheBytes
        }
    }

    private func bytes(_ text: String) -> Bytes { Array(text.utf8) }
    private func texts(_ texts: String...) -> KeyReply { .array(texts.map { .bytes(bytes($0)) }) }
    private func pop(_ key: String, _ count: Int? = nil) -> KeyCommand { .list(.pop(bytes(key), .left, count: count)) }

    private func waiting(_ keys: String...) -> StorageRequest {
        let names = keys.map { bytes($0) }
        return .keys(
            KeyRequest(
                [.list(.popFirstElement(names, .right))], leases: true, wait: KeyWait(names, timeout: .seconds(9))))
    }

    private func leased(_ harness: Harness, _ command: KeyCommand) throws -> (KeyReply, PopLease) {
        guard case .leased(let reply, let lease) = try harness.ask(.key(command, database: 0)) else {
            throw Unexpected()
        }
        return (reply, lease)
    }

    private func jobs(
        _ harness: Harness, _ bodies: String..., change: QueueSettingsChange = .init()
    ) throws -> QueueName {
        var change = change
        change.safePop = true
        let queue = try harness.create("jobs", change)
        for body in bodies { try harness.send(body, to: queue) }
        return queue
    }

    // MARK: Leases

    @Test("A pop leases, its handle deletes, and nothing comes back after that, over a power cut too")
    func deleted() throws {
        let harness = try open()
        let queue = try jobs(harness, "1", "2")
        let (reply, lease) = try leased(harness, pop("jobs"))
        #expect(reply == .bytes(bytes("1")) && lease.queue == queue && lease.handles.count == 1)
        #expect(try harness.info(queue).counts == MessageCounts(ready: 1, inFlight: 1))
        _ = try harness.ask(.delete(queue, lease.handles[0]))
        let second = try open(harness.disk.afterPowerCut(), logBegun: true)
        #expect(try second.info(queue).counts == MessageCounts(ready: 1))
    }

    @Test("What nobody confirms is back after 60 seconds, over a power cut too, at its place and with its count raised")
    func ended() throws {
        let clock = ManualClock()
        let harness = try open(clock: clock)
        let queue = try jobs(harness, "1", "2", "3")
        #expect(try leased(harness, pop("jobs", 2)).0 == texts("1", "2"))
        let second = try open(harness.disk.afterPowerCut(), logBegun: true, clock: clock)
        clock.advance(.seconds(59))
        second.run()
        #expect(try second.info(queue).counts == MessageCounts(ready: 1, inFlight: 2))
        clock.advance(.seconds(1))
        second.run()
        let received = try second.receive(queue)
        #expect(received.map(\.text) == ["1", "2", "3"])
        #expect(received.map(\.receiveCount) == [2, 2, 1])
    }

    @Test("What is given back is at its old place at once, and who waits gets it")
    func givenBack() throws {
        let harness = try open()
        let queue = try jobs(harness, "1", "2")
        let (_, first) = try leased(harness, pop("jobs"))
        let (_, second) = try leased(harness, pop("jobs"))
        _ = try harness.ask(.giveBack(queue, second.handles[0]))
        _ = try harness.ask(.giveBack(queue, first.handles[0]))
        #expect(try leased(harness, pop("jobs")).0 == .bytes(bytes("1")))
        #expect(try leased(harness, pop("jobs")).0 == .bytes(bytes("2")))
        let token = try #require(harness.submit(waiting("list", "jobs")).first)
        harness.run()
        #expect(harness.result(token) == nil)
        // Whoever got it meanwhile keeps it.
        _ = try harness.ask(.giveBack(queue, first.handles[0]))
        #expect(harness.result(token) == nil)
        try harness.send("3", to: queue)
        guard case .success(.leased(let reply, let lease))? = harness.result(token) else { throw Unexpected() }
        #expect(reply == texts("jobs", "3") && lease.handles.count == 1)
        _ = try harness.ask(.giveBack(queue, lease.handles[0]))
        #expect(try harness.receive(queue).map(\.receiveCount) == [2])
    }

    @Test("A renewal holds on to a message, and does nothing to one that somebody else got")
    func renewed() throws {
        let clock = ManualClock()
        let harness = try open(clock: clock)
        let queue = try jobs(harness, "1")
        let (_, first) = try leased(harness, pop("jobs"))
        clock.advance(.seconds(40))
        _ = try harness.ask(.renew(queue, first.handles[0], timeout: .seconds(60)))
        clock.advance(.seconds(59))
        #expect(try harness.receive(queue).isEmpty)
        clock.advance(.seconds(1))
        let other = try #require(try harness.receive(queue, visibility: .seconds(100)).first)
        _ = try harness.ask(.renew(queue, first.handles[0], timeout: .seconds(1)))
        _ = try harness.ask(.renew(queue, first.handles[0], timeout: .zero))
        clock.advance(.seconds(99))
        #expect(try harness.receive(queue).isEmpty)
        _ = try harness.ask(.renew(queue, other.handle, timeout: .zero))
        #expect(try harness.receive(queue).map(\.receiveCount) == [3])
        #expect(throws: Rejection.self) {
            try harness.ask(.renew(queue, ReceiptHandle(words: (1, 2, 3)), timeout: .seconds(1)))
        }
        #expect(throws: Rejection.self) { try harness.ask(.renew(queue, other.handle, timeout: .seconds(43_201))) }
    }

    @Test("Bodies that are not in memory are read first, and nothing is leased before")
    func coldBodies() throws {
        let harness = try open(cacheBytes: 0)
        let queue = try jobs(harness)
        let all = (0..<200).map { "\($0) " + String(repeating: "x", count: 3000) }
        for text in all { try harness.send(text, to: queue) }
        for text in all[..<50] { #expect(try leased(harness, pop("jobs")).0 == .bytes(bytes(text))) }
        #expect(try harness.info(queue).counts == MessageCounts(ready: 150, inFlight: 50))
        #expect(harness.storage.metrics.diskReads > 0)
    }

    @Test("What was received too often goes to the dead letters, and a FIFO group waits")
    func rules() throws {
        let harness = try open()
        let dead = try harness.create("dead")
        let queue = try jobs(
            harness, "1", change: .init(deadLetters: .some(DeadLetterPolicy(target: dead, receivesMax: 2))))
        for _ in 0..<2 {
            let (_, lease) = try leased(harness, pop("jobs"))
            _ = try harness.ask(.giveBack(queue, lease.handles[0]))
        }
        #expect(try harness.ask(.key(pop("jobs"), database: 0)) == .keys([.null]))
        #expect(try harness.receive(dead).map(\.text) == ["1"])

        let fifo = try harness.create("jobs.fifo", .init(isFIFO: true, deduplicatesContent: true, safePop: true))
        for body in ["a1", "a2"] {
            let message = NewMessage(body: bytes(body), group: "a", deduplication: Deduplication(id: body))
            _ = try harness.ask(.send(fifo, message))
        }
        let (_, first) = try leased(harness, pop("jobs.fifo"))
        #expect(try harness.ask(.key(pop("jobs.fifo"), database: 0)) == .keys([.null]))
        _ = try harness.ask(.giveBack(fifo, first.handles[0]))
        #expect(try leased(harness, pop("jobs.fifo", 2)).0 == texts("a1", "a2"))
    }

    // MARK: Final pops

    @Test("Pops of other queues, in transactions and of moves are final")
    func final() throws {
        let harness = try open()
        let queue = try jobs(harness, "1", "2", "3")
        let other = try harness.create("other")
        try harness.send("x", to: other)
        #expect(try harness.ask(.key(pop("other"), database: 0)) == .keys([.bytes(bytes("x"))]))
        let transaction = try harness.ask(.keys(KeyRequest([pop("jobs"), pop("other")])))
        #expect(transaction == .keys([.bytes(bytes("1")), .null]))
        let move = KeyCommand.list(.move(from: bytes("jobs"), .left, to: bytes("list"), .left))
        #expect(try harness.ask(.key(move, database: 0)) == .keys([.bytes(bytes("2"))]))
        #expect(try harness.info(queue).counts == MessageCounts(ready: 1))
        _ = try harness.ask(.changeSettings(queue, .init(safePop: false)))
        #expect(try harness.ask(.key(pop("jobs"), database: 0)) == .keys([.bytes(bytes("3"))]))
        #expect(try harness.info(queue).counts == MessageCounts())
        #expect(try harness.ask(.key(pop("jobs", 3), database: 0)) == .keys([.nullArray]))
    }

    @Test("The first of several keys that has something is leased if it is such a queue", arguments: [false, true])
    func firstOfSeveral(isListFilled: Bool) throws {
        let harness = try open()
        let queue = try jobs(harness, "1")
        if isListFilled {
            let push = KeyCommand.list(.push(bytes("list"), .left, [bytes("e")], onlyExisting: false))
            _ = try harness.ask(.key(push, database: 0))
        }
        let reply = try harness.ask(waiting("list", "jobs"))
        if isListFilled {
            #expect(reply == .keys([texts("list", "e")]))
        } else {
            guard case .leased(texts("jobs", "1"), let lease) = reply else { throw Unexpected() }
            #expect(lease.queue == queue)
        }
        #expect(try harness.info(queue).counts.inFlight == (isListFilled ? 0 : 1))
    }
}
