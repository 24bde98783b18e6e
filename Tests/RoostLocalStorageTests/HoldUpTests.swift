import Glibc
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

@Suite struct FullDiskTests {
    /// A harness whose next segment cannot be made.
    private func harnessOnFullDisk() throws -> Harness {
        let harness = try Harness { $0.log.segmentBytes = 1 << 20 }
        // The segment ahead is being made by the first commit; the one after it fails.
        let made = harness.disk.count(of: .create)
        for nth in 1...100 { harness.disk.fail(.create, nth: made + nth, errno: ENOSPC) }
        return harness
    }

    private func fill(_ harness: Harness, _ queue: QueueName) throws -> Int {
        for count in 0... {
            let body = [UInt8](repeating: 120, count: 20_000)
            let token = try #require(harness.submit(.send(queue, NewMessage(body: body))).first)
            while harness.result(token) == nil {
                harness.run()
                harness.clock.advance(Milliseconds(10))
            }
            if harness.result(token) == .failure(.outOfDiskSpace) { return count }
        }
        throw Unexpected()
    }

    @Test func sendsAreRefusedAndEverythingCanStillBeReceivedAndDeleted() throws {
        let harness = try harnessOnFullDisk()
        let queue = try harness.create("orders")
        let sent = try fill(harness, queue)
        #expect(sent > 5)
        #expect(harness.storage.metrics.isDiskFull)
        while harness.notices.isEmpty { sched_yield() }
        #expect(harness.notices.allSatisfy { $0.hasPrefix("diskFull") })
        for _ in 0..<sent {
            let message = try #require(try harness.receive(queue, maximum: 1).first)
            _ = try harness.ask(.delete(queue, message.handle))
        }
        #expect(try harness.info(queue).counts == MessageCounts())
    }

    @Test func aFullDiskLeavesTheEngineIdle() throws {
        let harness = try harnessOnFullDisk()
        let queue = try harness.create("orders")
        _ = try fill(harness, queue)
        _ = try harness.receive(queue, visibility: .seconds(1))
        harness.clock.advance(.seconds(60))
        harness.run()
        harness.run()
        #expect(harness.storage.runTurn() ?? .max > 0, "a turn that can do nothing asks for the next one at once")
    }
}

@Suite struct WeakerSyncTests {
    @Test(arguments: [SyncPolicy.interval, .off])
    func anIdleEngineDoesNotAskForTurns(_ policy: SyncPolicy) throws {
        let harness = try Harness { $0.log.syncPolicy = policy }
        let queue = try harness.create("orders")
        try harness.send("one", to: queue)
        for _ in 0..<20 {
            harness.clock.advance(Milliseconds(500))
            harness.run()
        }
        #expect(harness.storage.runTurn() ?? .max > 1000)
    }
}

@Suite struct GiveBackTests {
    @Test func aGiveBackEndsItsOwnLeaseOnly() throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        try harness.send("once", to: queue)
        let first = try #require(try harness.receive(queue, visibility: .seconds(1)).first)
        harness.clock.advance(.seconds(2))
        let second = try #require(try harness.receive(queue, visibility: .seconds(60)).first)
        _ = try harness.ask(.giveBack(queue, first.handle))
        #expect(try harness.info(queue).counts.inFlight == 1, "the new owner keeps it")
        _ = try harness.ask(.giveBack(queue, second.handle))
        #expect(try harness.info(queue).counts.ready == 1)
    }
}

@Suite struct LongBacklogTests {
    @Test func aTurnCarriesOutABoundedNumberOfRequests() throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        for _ in 0..<10_000 { harness.submit(.describeQueue(queue)) }
        let due = harness.storage.runTurn()
        harness.storage.commit()
        let first = harness.answered.count
        #expect(first < 10_000)
        #expect(due == 0, "the rest is due at once")
        harness.run()
        #expect(harness.answered.count >= 10_000)
    }
}
