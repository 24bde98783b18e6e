package import ArgumentParser

/// Answers for monitoring systems that run a program and look at its exit status (Nagios, Icinga, Sensu, Zabbix).
package struct Check: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check something for a monitoring system.",
        discussion: """
            One line on stdout, and the exit status that monitoring systems expect: 0 fine, 1 warning, 2 critical, \
            3 not known.

            Examples:
              roost check queue orders --warn-age 60s --crit-age 5m
              roost check queue orders --crit-depth 100000 --json
            """,
        subcommands: [CheckQueue.self]
    )

    package init() {}

    /// Monitoring systems do not know status 64, and do not show stderr: wrong arguments are told as every check tells
    /// that it cannot look.
    static func isMeant(by arguments: [String]) -> Bool { arguments.dropFirst().first == configuration.commandName }
}

/// What a check found, with the exit status that stands for it.
package enum CheckState: Int32, Sendable, Comparable {
    case ok = 0
    case warning = 1
    case critical = 2
    case unknown = 3

    package var word: String {
        switch self {
        case .ok: "OK"
        case .warning: "WARNING"
        case .critical: "CRITICAL"
        case .unknown: "UNKNOWN"
        }
    }

    package static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
}

/// From when on a value is a warning, and critical.
package struct Thresholds: Sendable {
    package var warning: Double?
    package var critical: Double?

    package init(warning: Double?, critical: Double?) {
        self.warning = warning
        self.critical = critical
    }

    package func state(of value: Double) -> CheckState {
        if let critical, value >= critical { return .critical }
        if let warning, value >= warning { return .warning }
        return .ok
    }
}
