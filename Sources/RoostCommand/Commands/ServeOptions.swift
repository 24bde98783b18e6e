import ArgumentParser
import RoostServer

/// The flags of `serve`, as text: the server checks them together with the environment and the file, so that a value
/// meets the same rule and the same words wherever it was set. A test holds this list against `ServerOption.all`.
package struct ServeOptions: ParsableArguments {
    @Option(help: help("data")) var data: String?
    @Option(help: help("storage")) var storage: String?
    @Option(help: help("fsync")) var fsync: String?
    @Option(help: help("segment-bytes")) var segmentBytes: String?
    @Option(help: help("snapshot-bytes")) var snapshotBytes: String?

    @Option(help: help("sqs")) var sqs: String?
    @Option(help: help("http")) var http: String?
    @Option(help: help("redis")) var redis: String?
    @Option(help: help("redis-password-file")) var redisPasswordFile: String?
    @Option(help: help("admin-token-file")) var adminTokenFile: String?
    @Option(name: .customLong("console"), help: help("console")) var consoleMode: String?
    @Option(help: help("tls-cert")) var tlsCert: String?
    @Option(help: help("tls-key")) var tlsKey: String?
    @Option(help: help("tls-doors")) var tlsDoors: [String] = []
    @Flag(help: help("insecure")) var insecure = false
    @Flag(help: help("enable-debug-command")) var enableDebugCommand = false
    @Option(help: help("server-names")) var serverNames: [String] = []
    @Option(help: help("access-keys-file")) var accessKeysFile: String?

    @Option(help: help("account")) var account: String?
    @Option(help: help("region")) var region: String?
    @Option(help: help("max-message-bytes")) var maxMessageBytes: String?
    @Option(help: help("sqs-strict-timing")) var sqsStrictTiming: String?
    @Flag(help: help("auto-create")) var autoCreate = false
    @Option(help: help("aweq")) var aweq: String?
    @Option(help: help("aweq-queue")) var aweqQueue: String?
    @Option(help: help("aweq-visibility")) var aweqVisibility: String?

    @Option(help: help("engine")) var engine: String?
    @Option(help: help("loops")) var loops: String?
    @Option(help: help("cache-bytes")) var cacheBytes: String?
    @Option(help: help("memory-bytes")) var memoryBytes: String?
    @Flag(help: help("test-acknowledge-early")) var testAcknowledgeEarly = false

    @Option(help: help("log-level")) var logLevel: String?
    @Option(help: help("log-format")) var logFormat: String?

    @Option(help: ArgumentHelp("YAML file with options: \"name: value\" lines. ROOST_CONFIG.", valueName: "file"))
    var config: String?

    package init() {}

    /// The values given, by the name of the option.
    package var given: [String: [String]] {
        let single: [(String, String?)] = [
            ("data", data), ("storage", storage), ("fsync", fsync), ("segment-bytes", segmentBytes),
            ("snapshot-bytes", snapshotBytes), ("cache-bytes", cacheBytes), ("memory-bytes", memoryBytes),
            ("sqs", sqs), ("http", http), ("redis", redis),
            ("redis-password-file", redisPasswordFile), ("admin-token-file", adminTokenFile),
            ("console", consoleMode), ("tls-cert", tlsCert), ("tls-key", tlsKey),
            ("insecure", insecure ? "on" : nil),
            ("enable-debug-command", enableDebugCommand ? "on" : nil),
            ("access-keys-file", accessKeysFile), ("account", account), ("region", region),
            ("max-message-bytes", maxMessageBytes),
            ("sqs-strict-timing", sqsStrictTiming), ("auto-create", autoCreate ? "on" : nil),
            ("aweq", aweq), ("aweq-queue", aweqQueue), ("aweq-visibility", aweqVisibility),
            ("engine", engine), ("loops", loops), ("test-acknowledge-early", testAcknowledgeEarly ? "on" : nil),
            ("log-level", logLevel), ("log-format", logFormat), ("config", config),
        ]
        var given: [String: [String]] = [:]
        for case (let name, let value?) in single { given[name] = [value] }
        if !tlsDoors.isEmpty { given["tls-doors"] = tlsDoors }
        if !serverNames.isEmpty { given["server-names"] = serverNames }
        return given
    }

    private static func help(_ name: String) -> ArgumentHelp? {
        guard let option = ServerOption.named(name) else { return nil }
        let fallback = option.defaultText.isEmpty ? "none" : option.defaultText
        let visibility: ArgumentVisibility = option.kind == .testFlag ? .hidden : .default
        return ArgumentHelp(
            "\(option.help) Default: \(fallback).", valueName: option.placeholder, visibility: visibility)
    }
}
