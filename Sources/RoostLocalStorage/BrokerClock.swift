import Glibc
import RoostModel

/// The two clocks of a machine. Tests and simulations have their own.
package struct TimeSource: Sendable {
    /// Milliseconds since 1970. May be stepped at any time.
    package var wallMilliseconds: @Sendable () -> Int64
    /// Never goes back, and counts the time that the machine sleeps; its start means nothing.
    package var monotonicNanoseconds: @Sendable () -> UInt64

    package init(
        wallMilliseconds: @escaping @Sendable () -> Int64, monotonicNanoseconds: @escaping @Sendable () -> UInt64
    ) {
        self.wallMilliseconds = wallMilliseconds
        self.monotonicNanoseconds = monotonicNanoseconds
    }

    package static let system = TimeSource(
        wallMilliseconds: {
            let time = read(CLOCK_REALTIME)
            return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        },
        monotonicNanoseconds: {
            let time = read(CLOCK_BOOTTIME)
            return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        })

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}

/// The clock of the engine.
///
/// Broker time starts at the wall clock, or at the last logged time if that is later, and follows the monotonic clock
/// from there: stepping the wall clock while the broker runs neither revives nor expires anything.
struct BrokerClock: Sendable {
    /// 2020 to 2500. Outside of it a clock is not set, and times do not fit into the message index for long.
    static let wallRange: ClosedRange<Int64> = 1_577_836_800_000...16_725_225_600_000

    private let source: TimeSource
    private let startMilliseconds: Int64
    private let startNanoseconds: UInt64

    init(_ source: TimeSource, from start: BrokerTime) {
        self.source = source
        startMilliseconds = max(source.wallMilliseconds(), start.milliseconds)
        startNanoseconds = source.monotonicNanoseconds()
    }

    func now() -> BrokerTime {
        let elapsed = Int64((nanoseconds() - startNanoseconds) / 1_000_000)
        return BrokerTime(milliseconds: startMilliseconds + elapsed)
    }

    /// What the wall clock says now. It is only compared with broker time.
    func wall() -> BrokerTime { BrokerTime(milliseconds: source.wallMilliseconds()) }

    /// For measuring how long something took.
    func nanoseconds() -> UInt64 { source.monotonicNanoseconds() }
}
