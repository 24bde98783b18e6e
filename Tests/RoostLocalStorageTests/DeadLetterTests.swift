import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

@Suite("Dead letters through the engine")
struct DeadLetterTests {
    /// Queues `q` and `dead`; after one receive a message of `q` becomes a dead letter.
    private func queues(_ harness: Harness, isFIFO: Bool? = nil) throws -> (queue: QueueName, dead: QueueName) {
        let dead = try harness.create("dead", QueueSettingsChange(isFIFO: isFIFO))
        let policy = DeadLetterPolicy(target: dead, receivesMax: 1)
        return (try harness.create("q", QueueSettingsChange(isFIFO: isFIFO, deadLetters: policy)), dead)
    }

    /// Messages that were received once and are ready again.
    private func receiveOnce(_ count: Int, _ queue: QueueName, _ harness: Harness) throws {
        for number in 0..<count { harness.submit(.send(queue, NewMessage(body: Array("dead \(number)".utf8)))) }
        harness.run()
        var left = count
        while left > 0 {
            let received = try harness.receive(queue, maximum: min(left, 1000), visibility: .seconds(5))
            try #require(!received.isEmpty)
            left -= received.count
        }
        harness.clock.advance(.seconds(5))
        harness.run()
    }

    private func waiting() -> ReceiveOptions {
        ReceiveOptions(maximum: 10, visibilityTimeout: .seconds(30), wait: .seconds(20))
    }

    private func texts(_ harness: Harness, _ token: UInt64) throws -> [String]? {
        try harness.result(token).map { try harness.messages($0.get()).map(\.text) }
    }

    @Test("A receive moves at most 1,000, and delivers what stands behind them")
    func deliversTheRest() throws {
        let harness = try Harness()
        let (queue, dead) = try queues(harness)
        try receiveOnce(1000, queue, harness)
        for number in 0..<5 { try harness.send("good \(number)", to: queue) }
        #expect(try harness.receive(queue).map(\.text) == (0..<5).map { "good \($0)" })
        #expect(try harness.info(dead).counts.ready == 1000)
        #expect(try harness.info(queue).totals.movedOut == 1000)
    }

    @Test(
        "With more than 1,000 the next receive goes on, and none of them is delivered once more",
        arguments: [1, 7, 1000])
    func atMostThousand(maximum: Int) throws {
        let harness = try Harness()
        let (queue, dead) = try queues(harness)
        try receiveOnce(1500, queue, harness)
        try harness.send("good", to: queue)
        #expect(try harness.receive(queue, maximum: maximum).isEmpty)
        #expect(try harness.info(dead).counts.ready == 1000)
        #expect(try harness.info(queue).counts.ready == 501)
        #expect(try harness.receive(queue, maximum: maximum).map(\.text) == ["good"])
        #expect(try harness.info(dead).counts.ready == 1500)
        var found: [String] = []
        while found.count < 1500 {
            let received = try harness.receive(dead, maximum: 1000)
            #expect(received.allSatisfy { $0.receiveCount == 2 && $0.deadLetterSource == queue })
            try #require(!received.isEmpty)
            found += received.map(\.text)
        }
        #expect(found == (0..<1500).map { "dead \($0)" })
    }

    @Test("Who waits at the target is served by the receive that moves, in the same turn")
    func wakesTheTarget() throws {
        let harness = try Harness()
        let (queue, dead) = try queues(harness)
        try receiveOnce(3, queue, harness)
        let waiter = try #require(harness.submit(.receive(dead, waiting())).first)
        harness.run()
        #expect(harness.result(waiter) == nil)
        let asked = try #require(harness.submit(.receive(queue, ReceiveOptions(maximum: 10, wait: .zero))).first)
        harness.turn()
        harness.storage.commit()
        #expect(try texts(harness, asked) == [])
        #expect(try texts(harness, waiter) == ["dead 0", "dead 1", "dead 2"])
    }

    @Test("Who waits at the source stays in line while its messages become dead letters", arguments: [nil, true])
    func waitsAtTheSource(isFIFO: Bool?) throws {
        let harness = try Harness()
        let (queue, dead) = try queues(harness, isFIFO: isFIFO)
        func message(_ text: String) -> NewMessage {
            NewMessage(body: Array(text.utf8), group: isFIFO.map { _ in "g" })
        }
        _ = try harness.ask(.send(queue, message("poison")))
        #expect(try harness.receive(queue, visibility: .seconds(5)).count == 1)
        let (source, target) = (harness.submit(.receive(queue, waiting())), harness.submit(.receive(dead, waiting())))
        harness.run()
        harness.clock.advance(.seconds(5))
        harness.run()
        #expect(try texts(harness, target[0]) == ["poison"])
        #expect(harness.result(source[0]) == nil)
        #expect(try harness.info(queue).waiters == 1)
        _ = try harness.ask(.send(queue, message("good")))
        #expect(try texts(harness, source[0]) == ["good"])
    }

    @Test("Who waits behind many dead letters gets what comes after them, without being asked again")
    func waitsBehindMany() throws {
        let harness = try Harness()
        let (queue, dead) = try queues(harness)
        try receiveOnce(2500, queue, harness)
        _ = try harness.ask(.pauseQueue(queue, reason: "a look at it"))
        let waiter = try #require(harness.submit(.receive(queue, waiting())).first)
        try harness.send("good", to: queue)
        harness.submit(.resumeQueue(queue))
        var moved: [Int] = []
        while harness.result(waiter) == nil {
            try #require(moved.count < 10)
            harness.turn()
            harness.storage.commit()
            harness.background.step()
            moved.append(harness.storage.metrics.counts.ready)
        }
        harness.run()
        #expect(moved.count >= 3, "at most 1,000 in a turn")
        #expect(try texts(harness, waiter) == ["good"])
        #expect(try harness.info(dead).counts.ready == 2500)
    }

    @Test("So does one that comes when there are many already")
    func comesBehindMany() throws {
        let harness = try Harness()
        let (queue, dead) = try queues(harness)
        try receiveOnce(2500, queue, harness)
        try harness.send("good", to: queue)
        let waiter = try #require(harness.submit(.receive(queue, waiting())).first)
        harness.run()
        #expect(try texts(harness, waiter) == ["good"])
        #expect(try harness.info(dead).counts.ready == 2500)
    }

    @Test("Queues that name each other, with somebody waiting at both, come to rest")
    func circle() throws {
        let harness = try Harness()
        let (queue, dead) = try queues(harness)
        let policy = DeadLetterPolicy(target: queue, receivesMax: 1)
        _ = try harness.ask(.changeSettings(dead, QueueSettingsChange(deadLetters: policy)))
        try harness.send("ping", to: queue)
        #expect(try harness.receive(queue, visibility: .seconds(5)).count == 1)
        let tokens = harness.submit(.receive(queue, waiting()), .receive(dead, waiting()))
        harness.run()
        harness.clock.advance(.seconds(5))
        harness.run()
        #expect(harness.result(tokens[0]) == nil)
        #expect(try texts(harness, tokens[1]) == ["ping"])
    }

    @Test("A receive that is refused moves nothing")
    func refused() throws {
        let harness = try Harness()
        let (queue, dead) = try queues(harness)
        try receiveOnce(2, queue, harness)
        let wrong = [
            ReceiveOptions(maximum: 0, wait: .zero), ReceiveOptions(maximum: 1001, wait: .zero),
            ReceiveOptions(maximum: 1, visibilityTimeout: .seconds(50_000), wait: .zero),
            ReceiveOptions(maximum: 1, wait: .seconds(4000)), ReceiveOptions(maximum: 1, wait: .zero, inFlightMax: 0),
        ]
        for options in wrong {
            #expect(throws: Rejection.self) { try harness.ask(.receive(queue, options)) }
        }
        #expect(try harness.info(queue).counts.ready == 2 && harness.info(dead).counts.ready == 0)
    }

    @Test("Queue, count, first receive and origin are there after a restart", arguments: [false, true])
    func restart(fromSnapshot: Bool) throws {
        let (disk, clock) = (MemoryDisk(), ManualClock())
        let configure: (inout LocalStorageConfiguration) -> Void = {
            $0.log.segmentBytes = 64 * 1024
            $0.messageBytesMax = 20_000
            $0.snapshotGrowthBytesMin = fromSnapshot ? 100_000 : 1 << 30
        }
        let first = try Harness(on: disk, clock: clock, configure)
        let (queue, dead) = try queues(first)
        try first.send("poison", to: queue)
        clock.advance(.seconds(3))
        let received = try #require(try first.receive(queue, visibility: .seconds(60)).first)
        clock.advance(.seconds(60))
        first.run()
        #expect(try first.receive(queue).isEmpty)
        let filler = try first.create("filler")
        for _ in 0..<120 { _ = try first.send(String(repeating: "x", count: 2000), to: filler) }
        #expect((first.storage.metrics.snapshots > 0) == fromSnapshot)
        let second = try Harness(on: disk.afterPowerCut(), logBegun: true, clock: clock, configure)
        #expect(try second.info(queue).counts == MessageCounts() && second.info(queue).totals.movedOut == 1)
        #expect(try second.info(dead).totals.movedIn == 1)
        #expect(try second.info(queue).settings.deadLetters == DeadLetterPolicy(target: dead, receivesMax: 1))
        let again = try #require(try second.receive(dead).first)
        #expect(again.id == received.id && again.text == "poison" && again.receiveCount == 2)
        #expect(again.firstReceivedAt == received.firstReceivedAt && again.sentAt == received.sentAt)
        #expect(again.deadLetterSource == queue && again.sequence == received.sequence)
    }

    /// Every message by its text, and the queues it is in.
    private func places(_ harness: Harness, _ queues: [QueueName]) throws -> [String: [QueueName]] {
        var places: [String: [QueueName]] = [:]
        for queue in queues {
            for state in MessageState.allCases {
                let options = PeekOptions(state: state, count: 1000)
                guard case .peeked(let messages) = try harness.ask(.peek(queue, options)) else { throw Unexpected() }
                for message in messages {
                    places[String(decoding: message.body, as: UTF8.self), default: []].append(queue)
                }
            }
        }
        return places
    }

    @Test(
        "Wherever the power goes while they are moved, each is in exactly one of both queues", arguments: [false, true])
    func crashPoints(besideSnapshot: Bool) throws {
        let configure: (inout LocalStorageConfiguration) -> Void = {
            $0.log.segmentBytes = 64 * 1024
            $0.messageBytesMax = 20_000
            $0.snapshotGrowthBytesMin = besideSnapshot ? 20_000 : 1 << 30
            // So that the moves take several batches.
            $0.log.batchBytesMax = 32 * 1024
        }
        let (prepared, clock) = (MemoryDisk(), ManualClock())
        let first = try Harness(on: prepared, clock: clock, configure)
        let (queue, dead) = try queues(first)
        try receiveOnce(60, queue, first)
        first.storage.shutDown()
        first.run()
        prepared.settle()

        /// Moves all, three at a time, with other traffic between; hands back how many moves were answered for.
        func moveAll(_ disk: MemoryDisk, cut: Int?) throws -> (calls: Int, answered: Int) {
            let harness = try Harness(on: disk, logBegun: true, clock: clock, configure)
            let start = disk.calls
            if let cut { disk.cutPower(atCall: start + cut) }
            var answered = 0
            for _ in 0..<4 {
                let tokens = harness.submit(
                    .receive(queue, ReceiveOptions(maximum: 3, visibilityTimeout: .zero, wait: .zero)),
                    .send(dead, NewMessage(body: Array("filler".utf8) + [UInt8](repeating: 32, count: 6000))))
                // With the power gone there is always something left to do.
                for _ in 0..<6 {
                    harness.turn()
                    harness.storage.commit()
                    harness.background.step()
                }
                if harness.result(tokens[0]) != nil { answered += 1 }
            }
            harness.background.clear()
            return (disk.calls - start, answered)
        }

        let whole = try moveAll(prepared.copy(), cut: nil)
        #expect(whole.answered == 4 && whole.calls > 4)
        var between = 0
        for call in 1...min(whole.calls, 40) {
            for crash in [Crash.powerLosingAll, .power(seed: UInt64(call))] {
                let disk = prepared.copy()
                let answered = try moveAll(disk, cut: call).answered
                disk.crash(crash)
                let second = try Harness(on: disk, logBegun: true, clock: clock, configure)
                let places = try places(second, [queue, dead]).filter { $0.key.hasPrefix("dead ") }
                #expect(places.count == 60 && places.values.allSatisfy { $0.count == 1 }, "call \(call), \(crash)")
                let moved = places.values.count { $0 == [dead] }
                // One receive moves them all: it is in a batch as a whole, or it is not.
                #expect(answered == 0 || moved == 60, "call \(call), \(crash): \(answered) answers, \(moved) moved")
                if moved < 60 { between += 1 }
                second.background.clear()
            }
        }
        #expect(between > 0, "no crash came before the moves were on disk")
    }
}
