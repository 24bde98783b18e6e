import Foundation

/// How much memory this process may use: that of the machine, or the limit of its control group if that is less. A
/// container sees the memory of the whole machine, and is killed when it takes more than its own.
package struct MachineMemory: Sendable {
    /// `/`, or a copy of its `proc` and `sys` for tests.
    private let root: String

    package init(root: String = "/") { self.root = root.hasSuffix("/") ? root : root + "/" }

    /// Nil when the system does not say.
    package var bytes: Int? {
        ([machineBytes] + groupLimits).compactMap { $0 }.min()
    }

    private var machineBytes: Int? {
        guard let line = lines("proc/meminfo").first(where: { $0.hasPrefix("MemTotal:") }),
            let kibibytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return kibibytes.multipliedReportingOverflow(by: 1024).overflow ? nil : kibibytes * 1024
    }

    /// The limits of the group and of all groups around it. `max` (version 2) and huge numbers (version 1) are none.
    private var groupLimits: [Int?] {
        lines("proc/self/cgroup").flatMap { line -> [Int?] in
            // `0::/path` is version 2, `5:cpu,memory:/path` version 1.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return [] }
            if fields[1].isEmpty {
                return limits(in: "sys/fs/cgroup", group: fields[2], file: "memory.max")
            }
            guard fields[1].split(separator: ",").contains("memory") else { return [] }
            return limits(in: "sys/fs/cgroup/memory", group: fields[2], file: "memory.limit_in_bytes")
        }
    }

    /// In a container the path of the group is that of the host at times, and does not exist; the root of the mount is
    /// then the group itself.
    private func limits(in mount: String, group: Substring, file: String) -> [Int?] {
        var parts = group.split(separator: "/").filter { $0 != ".." }
        var limits = [limit(mount, parts, file)]
        while parts.popLast() != nil { limits.append(limit(mount, parts, file)) }
        return limits
    }

    private func limit(_ mount: String, _ parts: [Substring], _ file: String) -> Int? {
        let path = ([mount] + parts.map(String.init) + [file]).joined(separator: "/")
        return lines(path).first.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    private func lines(_ path: String) -> [Substring] {
        guard let text = try? String(contentsOfFile: root + path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n")
    }
}
