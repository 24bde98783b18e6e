import Foundation
import RoostServer

/// Limits of the system, memory and the clock.
package enum MachineChecks {
    /// Each connection is a file, and each segment of the log that is read.
    private static let filesWanted: UInt = 65_536

    package static func all() -> [DoctorFinding] {
        [files(), memory(), clock(root: "/"), clockSource(root: "/")]
    }

    static func files() -> DoctorFinding {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return DoctorFinding(.note, "open files", "the limit could not be read")
        }
        // The server raises the soft limit to the hard one itself.
        let files = limit.rlim_max
        guard files < filesWanted else {
            return .fine("open files", files >= UInt(Int64.max) ? "no limit" : "at most \(Text.number(Int(files)))")
        }
        return DoctorFinding(
            .warning, "open files", "at most \(Text.number(Int(files))), and each connection is one",
            nextStep: "Raise the hard limit: LimitNOFILE= of systemd, --ulimit nofile of Docker, or limits.conf")
    }

    static func memory() -> DoctorFinding {
        guard let bytes = MachineMemory().bytes else {
            return DoctorFinding(
                .note, "memory", "the system does not say how much there is",
                nextStep: "Set --memory-bytes, so that the server refuses messages before it is killed")
        }
        return .fine("memory", "\(Text.bytes(bytes)) for this process")
    }

    /// Retention and delays follow the wall clock.
    static func clock(root: String) -> DoctorFinding {
        guard Date() > Date(timeIntervalSince1970: 1_735_689_600) else {
            return DoctorFinding(
                .problem, "clock", "the wall clock says \(Date().formatted(.iso8601)), which has passed long ago",
                nextStep: "Set the clock: messages expire by it")
        }
        // systemd-timesyncd leaves this file when it has reached a time server; others leave no trace.
        guard access(root + "run/systemd/timesync/synchronized", F_OK) == 0 else {
            return DoctorFinding(
                .note, "clock", "\(Date().formatted(.iso8601)); it is not known whether a time service keeps it right",
                nextStep: "Run systemd-timesyncd or chrony on the machine, unless its host does")
        }
        return .fine("clock", "synchronized")
    }

    /// Each turn reads the clock; with some sources that is a slow system call.
    static func clockSource(root: String) -> DoctorFinding {
        let path = root + "sys/devices/system/clocksource/clocksource0/current_clocksource"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            return DoctorFinding(.note, "clock source", "not known")
        }
        let source = text.trimmingCharacters(in: .whitespacesAndNewlines)
        let fast = ["tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page", "riscv_clocksource"]
        if fast.contains(source) { return .fine("clock source", source) }
        return DoctorFinding(
            .note, "clock source", "\(source): reading the time is slow with it",
            nextStep: "Let the machine use tsc or the clock of its hypervisor, if it has one")
    }
}
