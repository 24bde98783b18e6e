/// All that is wrong with a configuration, found before any file of the data directory was opened.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    package struct Problem: Sendable, Equatable, CustomStringConvertible {
        /// The option, the value seen and where it came from, or nil when the trouble is not with one value.
        package var subject: String?
        package var reason: String
        /// Nil when the reason says it all.
        package var accepted: String?

        package var description: String {
            let text = (subject.map { "\($0): " } ?? "") + reason
            return accepted.map { "\(text). Accepted: \($0)." } ?? "\(text)."
        }
    }

    package var problems: [Problem]

    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}

/// Where a value was set.
package enum ConfigurationSource: Sendable, Equatable {
    case flag(String)
    case environment(String)
    case file(path: String, line: Int?)
    case defaultValue

    /// One word, for machines.
    package var kind: String {
        switch self {
        case .flag: "flag"
        case .environment: "environment"
        case .file: "file"
        case .defaultValue: "default"
        }
    }

    /// The place, or nil for a default.
    package var place: String? {
        switch self {
        case .flag(let name): name
        case .environment(let name): name
        case .file(let path, let line): line.map { "\(path):\($0)" } ?? path
        case .defaultValue: nil
        }
    }
}

extension ConfigurationSource: CustomStringConvertible {
    package var description: String {
        switch self {
        case .flag: "the command line"
        case .environment(let name): "the environment, \(name)"
        case .file: "the file, \(place ?? "")"
        case .defaultValue: "the default"
        }
    }
}
