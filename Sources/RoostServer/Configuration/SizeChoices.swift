/// A size that the server chooses itself unless it is told.
package enum SizeChoice: Sendable, Equatable {
    case automatic
    case bytes(Int)

    package var bytes: Int? {
        guard case .bytes(let bytes) = self else { return nil }
        return bytes
    }
}

/// How much memory messages may take.
package enum MemoryChoice: Sendable, Equatable {
    /// A share of what the machine or its control group has.
    case automatic
    case unlimited
    case bytes(Int)
}

extension ServerOption {
    /// An option with a size in a range of bytes, or `auto`.
    static func size(
        _ name: String, _ path: any WritableKeyPath<ServerConfiguration, SizeChoice> & Sendable,
        _ range: ClosedRange<Int>, _ help: String
    ) -> ServerOption {
        ServerOption(
            name: name, placeholder: "SIZE", defaultText: "auto", accepted: "auto, or \(acceptedSizes(range))",
            help: help, kind: .single
        ) { text, configuration in
            if text == "auto" {
                configuration[keyPath: path] = .automatic
                return nil
            }
            guard let value = ByteSize.parse(text) else { return "not a size" }
            guard range.contains(value) else { return "out of range" }
            configuration[keyPath: path] = .bytes(value)
            return nil
        }
    }

    /// An option with an amount of memory, `auto` or `off`.
    static func memory(
        _ name: String, _ path: any WritableKeyPath<ServerConfiguration, MemoryChoice> & Sendable,
        _ range: ClosedRange<Int>, _ help: String
    ) -> ServerOption {
        ServerOption(
            name: name, placeholder: "SIZE", defaultText: "auto", accepted: "auto, off, or \(acceptedSizes(range))",
            help: help, kind: .single
        ) { text, configuration in
            switch text {
            case "auto": configuration[keyPath: path] = .automatic
            case "off", "0": configuration[keyPath: path] = .unlimited
            default:
                guard let value = ByteSize.parse(text) else { return "not a size" }
                guard range.contains(value) else { return "out of range" }
                configuration[keyPath: path] = .bytes(value)
            }
            return nil
        }
    }

    static func acceptedSizes(_ range: ClosedRange<Int>) -> String {
        "\(ByteSize.text(range.lowerBound)) to \(ByteSize.text(range.upperBound)) (\(ByteSize.accepted))"
    }
}
