import FoundationEssentials
import Glibc

/// Processor time, user and system, of this program and of the server that it loads. On a machine that both share, and
/// perhaps others, it is a steadier figure than requests a second.
enum ProcessorTime {
    static func ofThisProcess() -> UInt64 {
        nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID)
    }

    /// All threads of a process, in ticks of 10 ms; nil when it is gone or not ours to see.
    static func of(process: Int32?) -> UInt64? {
        guard let process, let data = try? Data(contentsOf: URL(filePath: "/proc/\(process)/stat")) else { return nil }
        return ticks(inStat: String(decoding: data, as: UTF8.self)).map { $0 * 1_000_000_000 / ticksPerSecond }
    }

    /// Fields 14 and 15 of proc(5). The name in field 2 may hold blanks and parentheses, so count from its end.
    static func ticks(inStat text: String) -> UInt64? {
        guard let nameEnd = text.lastIndex(of: ")") else { return nil }
        let fields = text[nameEnd...].split(separator: " ")
        guard fields.count > 13, let user = UInt64(fields[12]), let system = UInt64(fields[13]) else { return nil }
        return user + system
    }

    private static let ticksPerSecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
}

func monotonicNanoseconds() -> UInt64 {
    nanoseconds(of: CLOCK_MONOTONIC)
}

/// Since 1970.
func realTimeNanoseconds() -> UInt64 {
    nanoseconds(of: CLOCK_REALTIME)
}

private func nanoseconds(of clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
