import RoostCore
import RoostModel
import Testing

@Suite("A tick that has room left leaves nothing due behind, however small it is")
struct SmallTickTests {
    private static let budget = Limits.timersPerTickBesideSnapshotMax
    private func time(_ span: Int64) -> BrokerTime { Broker.testTime + Milliseconds(span) }

    /// Small slices only bring timers nearer at first, and then there is nothing to carry out.
    private func slice(_ broker: inout Broker, _ now: BrokerTime) throws -> TickEntry? {
        var calls = 0
        while let next = broker.nextTick(now: now), next <= now {
            if let entry = broker.prepareTick(now: now, budget: Self.budget) {
                try broker.carryOut(.tick(entry))
                return entry
            }
            calls += 1
            try require(calls < 1000, "the slices do not come to an end")
        }
        return nil
    }

    /// The timers lie in buckets of all lengths, and some have to come down far.
    @Test func leasesOfManyDeadlines() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q", QueueSettingsChange(retention: .unlimited))
        for number in 0..<500 {
            try broker.send(to: queue)
            try broker.lease(1, from: queue, Milliseconds(Int64(number * number) + 1))
        }
        for now in [time(3000), time(70_000), time(249_002)] {
            while let entry = try slice(&broker, now) {
                if entry.fired.count == Self.budget { continue }
                let left = broker.peek(queue, .inFlight, fromTail: false, count: 500).filter { $0.due ?? now <= now }
                try require(left.isEmpty, "\(entry.fired.count) leases ended, and \(left.count) that are over are left")
            }
        }
        #expect(broker.counts == MessageCounts(ready: 500))
    }

    /// The timer of the first queue stands for a message that is gone, and there is room for one message more.
    @Test func theLastPlaceIsForWhoeverNeedsIt() throws {
        var broker = Broker.forTests()
        let change = QueueSettingsChange(retention: .seconds(60))
        let (first, second) = (try broker.createQueue("first", change), try broker.createQueue("second", change))
        let gone = try broker.send(to: first)
        let id = broker.messageID(slot: gone.slot, number: gone.number)
        try broker.carryOut(.delete(#require(broker.prepareDelete(id, in: first))))
        let old = try broker.send(to: second)
        let busy = try broker.createQueue("busy", QueueSettingsChange(retention: .unlimited))
        for _ in 1..<Self.budget { try broker.send(to: busy) }
        try broker.lease(Self.budget - 1, from: busy, .seconds(60))
        let entry = try #require(try slice(&broker, time(60_000)))
        #expect(entry.fired.count == Self.budget - 1)
        #expect(entry.expired == [old.slot])
    }
}
