import RoostCore
import RoostModel
import Testing

@Suite("Timers after a restart")
struct TimerBacklogTests {
    private func time(_ span: Int64) -> BrokerTime { Broker.testTime + Milliseconds(span) }

    /// 100,000 groups as the log tells of them, and a message that is in flight for a second.
    private func brokerFromLog() throws -> Broker {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q.fifo", QueueSettingsChange(isFIFO: true))
        for number in 0..<100_000 {
            let now = time(Int64(number / 100))
            broker.advanceTimers(to: now)
            try broker.send(to: queue, in: "g\(number)", now: now)
        }
        #expect(try broker.lease(1, from: queue, .seconds(1), now: time(1000)).count == 1)
        return broker
    }

    private func ticksUntilFired(_ broker: Broker, budget: Int) throws -> Int {
        var (broker, ticks) = (broker, 0)
        while ticks < 10_000 {
            ticks += 1
            guard let entry = broker.prepareTick(now: time(3000), budget: budget) else { continue }
            try broker.carryOut(.tick(entry))
            if !entry.fired.isEmpty { return ticks }
        }
        return ticks
    }

    @Test(
        "After a restart a lease ends in time, though 100,000 groups have timers for their retention",
        arguments: [Limits.timersPerTickMax, Limits.timersPerTickBesideSnapshotMax])
    func afterReplay(budget: Int) throws {
        #expect(try ticksUntilFired(brokerFromLog(), budget: budget) <= 2)
    }
}
