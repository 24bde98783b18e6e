import FoundationEssentials
import Glibc

/// What the system knows of this process, as the client libraries of Prometheus tell it.
package struct ProcessFigures: Sendable, Equatable {
    /// In user and system mode, of all threads.
    package var cpuSeconds: Double
    /// Since 1970.
    package var startSeconds: Double
    package var virtualBytes: UInt64
    package var residentBytes: UInt64

    /// - Parameters:
    ///   - stat: the text of `/proc/self/stat` (proc_pid_stat(5)).
    ///   - bootSeconds: when the machine was started, since 1970.
    /// - Returns: nil when the text is not as it should be.
    package init?(stat: String, bootSeconds: Double, ticksPerSecond: Int, pageBytes: Int) {
        // The name of the program stands in parentheses, and may have spaces and parentheses in it.
        guard ticksPerSecond > 0, let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(whereSeparator: \.isWhitespace)
        // What follows the name is field 3.
        let number = { (field: Int) in fields.indices.contains(field - 3) ? UInt64(fields[field - 3]) : nil }
        guard let user = number(14), let system = number(15), let start = number(22), let virtual = number(23),
            let pages = number(24)
        else { return nil }
        cpuSeconds = (Double(user) + Double(system)) / Double(ticksPerSecond)
        startSeconds = bootSeconds + Double(start) / Double(ticksPerSecond)
        virtualBytes = virtual
        residentBytes = pages &* UInt64(clamping: pageBytes)
    }
}

extension ProcessFigures {
    /// Nil where the system has no `/proc`.
    static func read() -> ProcessFigures? {
        guard let stat = text("/proc/self/stat"), let bootSeconds else { return nil }
        return ProcessFigures(
            stat: stat, bootSeconds: bootSeconds, ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)),
            pageBytes: sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Without the one that this takes to look.
    static func openFiles() -> Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // `.`, `..` and the directory itself.
        return max(count - 3, 0)
    }

    static func openFilesMax() -> UInt64? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return UInt64(limit.rlim_cur)
    }

    /// Read once: on a machine with many processors the file is long.
    private static let bootSeconds: Double? = {
        let line = text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst(6)) }
    }()

    private static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}
