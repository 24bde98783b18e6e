import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Synchronization
import Testing

/// What a clock that was wrong, is wrong or only seems to be does to messages.
@Suite("A clock that may be wrong")
struct ClockDoubtTests {
    private static let day = Milliseconds.seconds(86_400)

    /// A wall clock that somebody sets, beside a monotonic one that nobody can.
    private final class TwoClocks: Sendable {
        private let state = Mutex((elapsed: Int64(0), offset: Int64(0)))

        func advance(_ span: Milliseconds) { state.withLock { $0.elapsed += span.count } }
        func setWall(ahead span: Milliseconds) { state.withLock { $0.offset = span.count } }

        var source: TimeSource {
            TimeSource(
                wallMilliseconds: { [self] in state.withLock { 1_800_000_000_000 + $0.elapsed + $0.offset } },
                monotonicNanoseconds: { [self] in state.withLock { UInt64($0.elapsed) * 1_000_000 } })
        }
    }

    private let clocks = TwoClocks()
    private let disk = MemoryDisk()

    private func start(isFirst: Bool = false) throws -> Harness {
        let clocks = clocks
        return try Harness(on: disk, logBegun: !isFirst) { $0.time = clocks.source }
    }

    private func begin(retention: Milliseconds) throws -> (Harness, QueueName) {
        let harness = try start(isFirst: true)
        return (harness, try harness.create("orders", QueueSettingsChange(retention: retention)))
    }

    private func pass(_ span: Milliseconds, _ harness: Harness) {
        clocks.advance(span)
        harness.run()
    }

    private func ready(_ harness: Harness, _ queue: QueueName) throws -> Int {
        guard case .queue(let info) = try harness.ask(.describeQueue(queue)) else { return -1 }
        return info.counts.ready
    }

    private func hasNotice(_ harness: Harness, _ beginning: String) -> Bool {
        harness.notices.contains { $0.hasPrefix(beginning) }
    }

    @Test("After a week off what is too old goes after ten minutes, and what was sent since stays")
    func rightClock() throws {
        var (harness, queue) = try begin(retention: Self.day)
        _ = try harness.ask(.send(queue, NewMessage(body: [1])))
        harness.storage.shutDown()
        clocks.advance(Milliseconds(7 * Self.day.count))
        harness = try start()
        #expect(hasNotice(harness, "clockDoubted"))
        _ = try harness.ask(.send(queue, NewMessage(body: [2])))
        pass(.seconds(599), harness)
        #expect(try ready(harness, queue) == 2)
        pass(.seconds(1), harness)
        #expect(try ready(harness, queue) == 1)
        pass(Milliseconds(Self.day.count - 700_000), harness)
        #expect(try ready(harness, queue) == 1)
        #expect(!hasNotice(harness, "clockDisagrees"))
    }

    @Test("A lease and a delay that are given while the clock is doubted last as long as they say")
    func leasesAndDelays() throws {
        var (harness, queue) = try begin(retention: .unlimited)
        _ = try harness.ask(.send(queue, NewMessage(body: [1])))
        harness.storage.shutDown()
        clocks.advance(Milliseconds(7 * Self.day.count))
        harness = try start()
        let lease = ReceiveOptions(maximum: 1, visibilityTimeout: .seconds(3600))
        guard case .received(let held) = try harness.ask(.receive(queue, lease)) else { return }
        #expect(held.count == 1)
        _ = try harness.ask(.send(queue, NewMessage(body: [2], delay: .seconds(3600))))
        pass(.seconds(3599), harness)
        #expect(try ready(harness, queue) == 0)
        pass(.seconds(1), harness)
        #expect(try ready(harness, queue) == 2)
    }

    @Test("A clock that was ahead and is set right within ten minutes removes nothing, for as long as it takes")
    func clockSetRight() throws {
        var (harness, queue) = try begin(retention: Milliseconds(4 * Self.day.count))
        _ = try harness.ask(.send(queue, NewMessage(body: [1])))
        harness.storage.shutDown()
        clocks.setWall(ahead: Milliseconds(10 * Self.day.count))
        harness = try start()
        clocks.setWall(ahead: .zero)
        for _ in 0..<5 { pass(.seconds(600), harness) }
        #expect(hasNotice(harness, "clockDisagrees"))
        #expect(try ready(harness, queue) == 1)
        // The next start has a right clock, and a log that is ten days ahead of it.
        harness.storage.shutDown()
        harness = try start()
        #expect(hasNotice(harness, "clockDoubted"))
        for _ in 0..<5 { pass(.seconds(600), harness) }
        #expect(try ready(harness, queue) == 1)
        // Nine days later both are a day apart, and the message is older than four days by each of them.
        clocks.advance(Milliseconds(9 * Self.day.count))
        harness.storage.shutDown()
        harness = try start()
        #expect(!hasNotice(harness, "clockDoubted"))
        harness.run()
        #expect(try ready(harness, queue) == 0)
    }

    @Test("A clock that goes on as before is not doubted")
    func noDoubt() throws {
        var (harness, queue) = try begin(retention: Self.day)
        _ = try harness.ask(.send(queue, NewMessage(body: [1])))
        harness.storage.shutDown()
        clocks.advance(Milliseconds(Self.day.count - 1000))
        harness = try start()
        #expect(harness.notices.isEmpty)
        pass(.seconds(1), harness)
        #expect(try ready(harness, queue) == 0)
    }
}
