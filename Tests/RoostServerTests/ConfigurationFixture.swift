import Foundation
import RoostServer

/// Two values for an option that are not its default, in the order flag, environment, file.
struct OptionSample: Sendable {
    var option: String
    var flag: String
    var environment: String
    var file: String
    /// What else has to be set for these values to be accepted together.
    var alongside: [String: [String]] = [:]

    /// One for each option. A test fails for an option that is missing here.
    static let all: [OptionSample] = [
        OptionSample(option: "data", flag: "/a", environment: "/b", file: "/c"),
        OptionSample(option: "fsync", flag: "interval", environment: "off", file: "interval"),
        OptionSample(option: "segment-bytes", flag: "32MiB", environment: "128MiB", file: "96MiB"),
        OptionSample(option: "snapshot-bytes", flag: "1MiB", environment: "2MiB", file: "3MiB"),
        OptionSample(option: "sqs", flag: "127.0.0.1:1", environment: "[::1]:2", file: "localhost:3"),
        OptionSample(option: "http", flag: "127.0.0.1:1", environment: "[::1]:2", file: "off"),
        OptionSample(option: "redis", flag: "127.0.0.1:1", environment: "[::1]:2", file: "off"),
        OptionSample(option: "redis-password-file", flag: "/a", environment: "/b", file: "/c"),
        OptionSample(option: "admin-token-file", flag: "/a", environment: "/b", file: "/c"),
        OptionSample(option: "console", flag: "off", environment: "read-only", file: "off"),
        OptionSample(option: "tls-cert", flag: "/a", environment: "/b", file: "/c"),
        OptionSample(option: "tls-key", flag: "/a", environment: "/b", file: "/c"),
        OptionSample(option: "tls-doors", flag: "http", environment: "sqs,redis", file: "redis"),
        OptionSample(option: "insecure", flag: "on", environment: "on", file: "on"),
        OptionSample(option: "enable-debug-command", flag: "on", environment: "on", file: "on"),
        OptionSample(option: "server-names", flag: "a.example", environment: "b,c", file: "d"),
        OptionSample(option: "access-keys-file", flag: "/a", environment: "/b", file: "/c"),
        OptionSample(option: "account", flag: "111111111111", environment: "222222222222", file: "333333333333"),
        OptionSample(option: "region", flag: "eu-north-1", environment: "eu-west-1", file: "eu-central-1"),
        OptionSample(option: "max-message-bytes", flag: "1MiB", environment: "2MiB", file: "3MiB"),
        OptionSample(option: "sqs-strict-timing", flag: "off", environment: "off", file: "off"),
        OptionSample(option: "auto-create", flag: "on", environment: "on", file: "on"),
        OptionSample(option: "aweq", flag: "off", environment: "off", file: "off"),
        OptionSample(option: "aweq-queue", flag: "a", environment: "b", file: "c"),
        OptionSample(option: "aweq-visibility", flag: "1s", environment: "2m", file: "3h"),
        OptionSample(option: "engine", flag: "threaded", environment: "inline", file: "threaded"),
        OptionSample(option: "loops", flag: "2", environment: "3", file: "4"),
        OptionSample(option: "cache-bytes", flag: "1MiB", environment: "2MiB", file: "3MiB"),
        OptionSample(option: "memory-bytes", flag: "off", environment: "1GiB", file: "0"),
        OptionSample(option: "test-acknowledge-early", flag: "on", environment: "on", file: "on"),
        OptionSample(option: "log-level", flag: "debug", environment: "error", file: "trace"),
        OptionSample(option: "log-format", flag: "json", environment: "json", file: "json"),
    ]

    /// Options that accept nothing but their default in this version.
    static let fixed: Set<String> = ["storage"]
}

/// A file that is gone after the test.
func withFile<Result>(_ text: String, _ body: (_ path: String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appending(path: "roost-\(UUID().uuidString).yaml").path()
    try Data(text.utf8).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

/// The text of a document of the project.
func document(_ path: String, from file: String = #filePath) throws -> String {
    let root = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return try String(contentsOf: root.appending(path: path), encoding: .utf8)
}

func load(
    _ flags: [String: [String]] = [:], environment: [String: String] = [:]
) throws -> LoadedConfiguration {
    try LoadedConfiguration(flags: flags, environment: environment)
}

/// What the error says, or an empty text when there is none.
func complaint(_ flags: [String: [String]], environment: [String: String] = [:]) -> String {
    do throws(ConfigurationError) {
        _ = try LoadedConfiguration(flags: flags, environment: environment)
        return ""
    } catch {
        return error.description
    }
}
