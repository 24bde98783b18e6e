/// One option of `roost serve`, in its three forms: `--name VALUE`, `ROOST_NAME` and `name:` in the file.
///
/// `ServerOption.all` is the one list: values are read, checked, printed and documented from it.
package struct ServerOption: Sendable {
    /// The name in the command line (after `--`) and in the file.
    package let name: String
    /// What stands for the value in the help.
    package let placeholder: String
    package let defaultText: String
    /// What is accepted, in the words of an error.
    package let accepted: String
    package let help: String
    package let kind: Kind
    /// Puts a value into the configuration; nil if it took it, else what is wrong with it.
    let apply: @Sendable (_ text: String, _ configuration: inout ServerConfiguration) -> String?

    package enum Kind: Sendable {
        case single
        /// May be given several times, or as a list with commas; `apply` gets it with commas.
        case list
        /// On the command line the name alone means `on`.
        case flag
        /// A flag for tests of the project: not in the help, but documented.
        case testFlag
    }

    package var flag: String { "--\(name)" }

    package var environmentVariable: String {
        "ROOST_" + name.uppercased().replacing("-", with: "_")
    }

    package static func named(_ name: String) -> ServerOption? {
        all.first { $0.name == name }
    }

    /// The file with the other options. It has no form in the file itself.
    package static let configFileName = "config"
    package static let configFileVariable = "ROOST_CONFIG"

    package static let all: [ServerOption] = storageOptions + doorOptions + queueOptions + engineOptions + logOptions
}

extension ServerOption {
    /// An option whose value is one of the cases of an enumeration.
    static func choice<Value: RawRepresentable<String> & CaseIterable & SendableMetatype>(
        _ name: String, _ placeholder: String, _ path: any WritableKeyPath<ServerConfiguration, Value> & Sendable,
        _ help: String
    ) -> ServerOption {
        let accepted = list(Value.allCases.map(\.rawValue))
        return ServerOption(
            name: name, placeholder: placeholder, defaultText: ServerConfiguration()[keyPath: path].rawValue,
            accepted: accepted, help: help, kind: .single
        ) { text, configuration in
            guard let value = Value(rawValue: text) else { return "not one of these" }
            configuration[keyPath: path] = value
            return nil
        }
    }

    /// An option with a number in a range.
    static func number(
        _ name: String, _ path: any WritableKeyPath<ServerConfiguration, Int> & Sendable, _ range: ClosedRange<Int>,
        _ help: String
    ) -> ServerOption {
        ServerOption(
            name: name, placeholder: "N", defaultText: "\(ServerConfiguration()[keyPath: path])",
            accepted: "\(range.lowerBound) to \(range.upperBound)", help: help, kind: .single
        ) { text, configuration in
            guard let value = Int(text) else { return "not a whole number" }
            guard range.contains(value) else { return "out of range" }
            configuration[keyPath: path] = value
            return nil
        }
    }

    /// An option with a size in a range of bytes.
    static func size(
        _ name: String, _ path: any WritableKeyPath<ServerConfiguration, Int> & Sendable, _ range: ClosedRange<Int>,
        _ help: String
    ) -> ServerOption {
        ServerOption(
            name: name, placeholder: "SIZE", defaultText: ByteSize.text(ServerConfiguration()[keyPath: path]),
            accepted: acceptedSizes(range), help: help, kind: .single
        ) { text, configuration in
            guard let value = ByteSize.parse(text) else { return "not a size" }
            guard range.contains(value) else { return "out of range" }
            configuration[keyPath: path] = value
            return nil
        }
    }

    /// An option with an address, or `off`.
    static func door(
        _ name: String, _ path: any WritableKeyPath<ServerConfiguration, ListenAddress?> & Sendable, _ help: String
    ) -> ServerOption {
        let usual = ServerConfiguration()[keyPath: path]
        return ServerOption(
            name: name, placeholder: "HOST:PORT", defaultText: usual?.description ?? "off",
            accepted: "HOST:PORT, for example 127.0.0.1:\(usual?.port ?? 0) or [::1]:\(usual?.port ?? 0), or off",
            help: help, kind: .single
        ) { text, configuration in
            if text == "off" {
                configuration[keyPath: path] = nil
                return nil
            }
            guard let address = ListenAddress(text) else { return "not an address" }
            configuration[keyPath: path] = address
            return nil
        }
    }

    /// An option that is on or off.
    static func toggle(
        _ name: String, kind: Kind, isOn: Bool, _ help: String,
        set: @escaping @Sendable (Bool, inout ServerConfiguration) -> Void
    ) -> ServerOption {
        ServerOption(
            name: name, placeholder: "on|off", defaultText: isOn ? "on" : "off", accepted: "on or off", help: help,
            kind: kind
        ) { text, configuration in
            switch text.lowercased() {
            case "on", "true", "yes", "1": set(true, &configuration)
            case "off", "false", "no", "0": set(false, &configuration)
            default: return "neither on nor off"
            }
            return nil
        }
    }

    /// `a, b or c`.
    private static func list(_ words: [String]) -> String {
        guard words.count > 1, let last = words.last else { return words.joined() }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }
}
