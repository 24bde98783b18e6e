import Glibc
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

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
