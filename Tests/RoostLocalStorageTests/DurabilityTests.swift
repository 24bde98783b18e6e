import Glibc
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

@Suite struct DurabilityTests {
    @Test func nothingIsAnsweredBeforeItIsSynced() throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        let syncs = harness.disk.count(of: .sync)
        let tokens = harness.submit(.send(queue, NewMessage(body: [1])), .describeQueue(queue))
        harness.turn()
        #expect(tokens.allSatisfy { harness.result($0) == nil }, "answered before the commit")
        #expect(harness.disk.count(of: .sync) == syncs)
        harness.storage.commit()
        #expect(harness.disk.count(of: .sync) == syncs + 1)
        #expect(tokens.allSatisfy { harness.result($0) != nil })
    }

    @Test func requestsOfOneTurnShareOneSync() throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        let syncs = harness.disk.count(of: .sync)
        for _ in 0..<100 { harness.submit(.send(queue, NewMessage(body: [1]))) }
        harness.run()
        #expect(harness.disk.count(of: .sync) == syncs + 1)
        #expect(try harness.info(queue).counts.ready == 100)
    }

    @Test func theEarlySwitchAnswersBeforeTheSync() throws {
        let harness = try Harness { $0.acknowledgesEarly = true }
        let queue = try harness.create("orders")
        harness.disk.fail(.sync, nth: harness.disk.count(of: .sync) + 1, errno: EIO)
        let token = try #require(harness.submit(.send(queue, NewMessage(body: [1]))).first)
        harness.turn()
        harness.storage.commit()
        #expect(harness.result(token) != nil, "the switch exists so that tests of the promise can fail")
    }

    @Test(arguments: [DiskError.Call.write, .sync])
    func aFailedCallIsFinal(_ call: DiskError.Call) throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        harness.disk.fail(call, nth: harness.disk.count(of: call) + 1, errno: EIO)
        let first = try #require(harness.submit(.send(queue, NewMessage(body: [1]))).first)
        harness.run()
        let second = try #require(harness.submit(.send(queue, NewMessage(body: [2]))).first)
        harness.run()
        #expect(harness.result(first) == nil)
        #expect(harness.result(second) == nil)
        #expect(harness.reportedFailures.count == 1)
        guard case .failed = harness.storage.readiness else {
            Issue.record("still \(harness.storage.readiness)")
            return
        }
    }

    @Test func everythingIsThereAfterAPowerCut() throws {
        let disk = MemoryDisk()
        let first = try Harness(on: disk)
        let queue = try first.create("orders", QueueSettingsChange(visibilityTimeout: .seconds(600)))
        try first.send("in flight", to: queue)
        let leased = try #require(try first.receive(queue).first)
        let gone = try first.send("deleted", to: queue)
        _ = try first.ask(.deleteByID(queue, gone))
        try first.send("ready", to: queue)
        _ = try first.ask(.send(queue, NewMessage(body: [1], delay: .seconds(600))))
        _ = try first.ask(.pauseQueue(queue, reason: "repairs"))
        let second = try Harness(on: disk.afterPowerCut(), logBegun: true)
        var info = try second.info(queue)
        #expect(info.counts == MessageCounts(ready: 1, inFlight: 1, delayed: 1))
        #expect(info.settings.visibilityTimeout == .seconds(600))
        #expect(info.pause?.reason == "repairs")
        _ = try second.ask(.resumeQueue(queue))
        #expect(try second.receive(queue).map(\.text) == ["ready"], "the lease of the other one survives")
        _ = try second.ask(.delete(queue, leased.handle))
        info = try second.info(queue)
        #expect(info.counts == MessageCounts(ready: 0, inFlight: 1, delayed: 1))
    }

    @Test func receiveCountsSurviveARestart() throws {
        let disk = MemoryDisk()
        let first = try Harness(on: disk)
        let queue = try first.create("orders")
        try first.send("again and again", to: queue)
        var seen: [ReceiptHandle] = []
        for count in 1...3 {
            let message = try #require(try first.receive(queue, visibility: .zero).first)
            #expect(message.receiveCount == count)
            seen.append(message.handle)
        }
        let second = try Harness(on: disk.afterPowerCut(), logBegun: true)
        let message = try #require(try second.receive(queue).first)
        #expect(message.receiveCount == 4)
        #expect(!seen.contains(message.handle))
    }

    @Test func anEmptyLogIsRefusedWhereOneIsExpected() throws {
        #expect(throws: StartError.self) { try Harness(on: MemoryDisk(), logBegun: true) }
    }

    @Test func segmentsFollowOneAnother() throws {
        let disk = MemoryDisk()
        let first = try Harness(on: disk)
        let queue = try first.create("orders", QueueSettingsChange(maximumMessageBytes: 300_000))
        let body = String(repeating: "x", count: 290_000)
        for number in 0..<20 { try first.sendWaitingForRoom("\(number) \(body)", to: queue) }
        let second = try Harness(on: disk.afterPowerCut(), logBegun: true)
        let texts = try second.receive(queue, maximum: 20).map(\.text)
        #expect(second.storage.metrics.logSegments > 5)
        #expect(texts == (0..<20).map { "\($0) \(body)" })
    }
}

extension MemoryDisk {
    /// What a restarted machine would find. The storage that was cut off may go on with the old one.
    func afterPowerCut() -> MemoryDisk {
        let copy = copy()
        copy.crash(.powerLosingAll)
        return copy
    }
}

extension Harness {
    /// Segments are made on another thread: the answer may take until the next one is there.
    func sendWaitingForRoom(_ body: String, to queue: QueueName) throws {
        let token = try #require(submit(.send(queue, NewMessage(body: Array(body.utf8)))).first)
        while result(token) == nil {
            run()
            sched_yield()
        }
        _ = try #require(result(token)).get()
    }
}
