import RoostCore
import RoostModel
import Testing

@Suite("Delays in FIFO queues")
struct FIFODelayTests {
    /// The start of a bucket of the timer wheel of about four seconds: then its timers are sorted into smaller ones,
    /// at most 1,000 a tick.
    private let bucketStart = BrokerTime(milliseconds: Broker.testTime.milliseconds / 4096 * 4096 + 3 * 4096)

    private func time(_ span: Int64) -> BrokerTime { bucketStart + Milliseconds(span) }

    /// 1,500 messages that are due 40 ms after the start of the bucket, and behind them one in a group of its own.
    private func brokerWithMany() throws -> (Broker, queue: UInt32, first: UInt64) {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q.fifo", QueueSettingsChange(isFIFO: true))
        _ = broker.prepareTick(now: time(-2000))
        for number in 0..<1500 {
            try broker.send(to: queue, in: "other \(number)", delay: Milliseconds(2040), now: time(-2000))
        }
        let first = try broker.send(to: queue, in: "g", delay: Milliseconds(2040), now: time(-2000))
        return (broker, queue, first.number)
    }

    private func receive(_ wanted: Set<UInt64>, _ queue: UInt32, of broker: inout Broker) throws -> [UInt64] {
        try broker.catchUp(now: time(4000))
        var numbers: [UInt64] = []
        while true {
            let leased = try broker.lease(1000, from: queue, now: time(4000))
            guard !leased.isEmpty else { return numbers.filter { wanted.contains($0) } }
            numbers += leased.map(\.number)
        }
    }

    @Test("A message keeps behind a delayed one of its group while timers are sorted into smaller buckets")
    func whileTimersMove() throws {
        var (broker, queue, first) = try brokerWithMany()
        // More than one slice has to go down: the first message of the group is still on its way.
        try broker.tick(now: time(1))
        let second = try broker.send(to: queue, in: "g", delay: .zero, now: time(1))
        #expect(second.availableAt == time(40), "it waits for the one before it")
        #expect(try receive([first, second.number], queue, of: &broker) == [first, second.number])
    }

    @Test("So it does when the log is replayed, where timers are sorted at other moments than they were live")
    func whileTheLogIsReplayed() throws {
        var (broker, queue, first) = try brokerWithMany()
        broker.advanceTimers(to: time(1))
        let second = try broker.send(to: queue, in: "g", delay: .zero, now: time(1))
        broker = try BrokerImage(of: broker)
            .restored(BrokerConfiguration(sealingKey: SealingKey(words: (1, 2, 3, 4))))
        let third = try broker.send(to: queue, in: "g", delay: .zero, now: time(1))
        let numbers = [first, second.number, third.number]
        #expect(try receive(Set(numbers), queue, of: &broker) == numbers)
    }
}
