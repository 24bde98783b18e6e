import Glibc
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Synchronization
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

    @Test func aTurnThatTakesLongTakesUpNothingMore() throws {
        let slow = SlowClock()
        let harness = try Harness { $0.time = slow.source }
        let queue = try harness.create("orders")
        for _ in 0..<100 { harness.submit(.describeQueue(queue)) }
        slow.nanosecondsPerReading.store(3_000_000, ordering: .relaxed)
        let before = harness.answered.count
        let due = harness.storage.runTurn()
        harness.storage.commit()
        #expect(harness.answered.count - before == 32)
        #expect(due == 0, "the rest is due at once")
        harness.run()
        #expect(harness.answered.count - before == 100)
    }

    @Test func timersThatEndTogetherTakeSeveralTurnsBesideASnapshot() throws {
        let slow = SlowClock()
        let harness = try Harness {
            $0.time = slow.source
            $0.snapshotGrowthBytesMin = 1
        }
        harness.background.hold(.snapshots)
        let queue = try harness.create("orders")
        for number in 0..<100 {
            _ = try harness.ask(.send(queue, NewMessage(body: Array("\(number)".utf8), delay: .seconds(60))))
        }
        slow.advance(.seconds(61))
        slow.nanosecondsPerReading.store(3_000_000, ordering: .relaxed)
        var ready = [0]
        while ready.last == 0 {
            #expect(harness.storage.runTurn() == 0, "the rest is due at once")
            harness.storage.commit()
            ready.append(harness.storage.metrics.counts.ready)
        }
        #expect(ready.last == 32, "after turns that only moved timers towards their end")
        slow.nanosecondsPerReading.store(0, ordering: .relaxed)
        _ = harness.storage.runTurn()
        harness.storage.commit()
        #expect(harness.storage.metrics.counts.ready == 100, "a turn that takes no time has room for all")
    }
}

/// Each reading of the clock takes time.
private final class SlowClock: Sendable {
    let nanosecondsPerReading = Atomic<UInt64>(0)
    private let elapsed = Atomic<UInt64>(0)

    func advance(_ span: Milliseconds) { elapsed.add(UInt64(span.count) * 1_000_000, ordering: .relaxed) }

    var source: TimeSource {
        TimeSource(
            wallMilliseconds: { 1_800_000_000_000 },
            monotonicNanoseconds: { [self] in
                elapsed.add(nanosecondsPerReading.load(ordering: .relaxed), ordering: .relaxed).newValue
            })
    }
}
