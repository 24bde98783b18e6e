package import ArgumentParser
import RoostServer

/// Settings of a queue as options, for `queue create` and `queue set`.
package struct QueueSettingsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How long a received message stays hidden, for example 30s or 5m.", valueName: "time"))
    package var visibility: Span?
    @Option(help: ArgumentHelp("How long a message stays hidden after it was sent.", valueName: "time"))
    package var delay: Span?
    @Option(help: ArgumentHelp("How long a message is kept, for example 4d, or unlimited.", valueName: "time"))
    package var retention: Retention?
    @Option(help: ArgumentHelp("Largest message, for example 256KiB.", valueName: "size"))
    package var maxMessageBytes: Size?
    @Option(help: ArgumentHelp("How long a receive waits that does not say so itself.", valueName: "time"))
    package var wait: Span?
    @Option(
        help: ArgumentHelp(
            "Where a message returns whose visibility timeout ended: front or back.", valueName: "front|back"))
    package var redelivery: Redelivery?
    @Option(
        help: ArgumentHelp(
            "What bodies may be: text, or any bytes, which SQS clients see in base64. A queue of bytes stays one.",
            valueName: "text|bytes"))
    package var contents: Contents?
    @Option(help: ArgumentHelp("Queue for messages that were received too often.", valueName: "queue"))
    package var deadLetters: String?
    @Option(
        help: ArgumentHelp("With --dead-letters: receives after which a message goes there, 1 to 1000.", valueName: "n")
    )
    package var maxReceives: Int?
    @Option(
        help: ArgumentHelp(
            "Queues that may send their dead letters here: all, none, or names with commas.", valueName: "queues"))
    package var deadLetterSources: String?
    @Option(
        help: ArgumentHelp(
            "Of a FIFO queue: a message without an id is told from others by its body: on or off.", valueName: "on|off")
    )
    package var contentBasedDeduplication: OnOrOff?
    @Option(
        help: ArgumentHelp(
            "Of a FIFO queue: messages of the whole queue, or of a group, are compared: queue or group.",
            valueName: "queue|group"))
    package var deduplicationScope: Scope?

    @Option(
        help: ArgumentHelp(
            "What Redis clients pop is theirs only after their next command: on or off.", valueName: "on|off"))
    package var safePop: OnOrOff?

    package enum Redelivery: String, ExpressibleByArgument, CaseIterable, Sendable { case front, back }
    package enum Contents: String, ExpressibleByArgument, CaseIterable, Sendable { case text, bytes }
    package enum Scope: String, ExpressibleByArgument, CaseIterable, Sendable { case queue, group }
    package enum OnOrOff: String, ExpressibleByArgument, CaseIterable, Sendable { case on, off }

    package init() {}

    package func validate() throws {
        guard (deadLetters == nil) == (maxReceives == nil) else {
            throw ValidationError("--dead-letters QUEUE and --max-receives N go together.")
        }
    }

    /// Those that were named, in the form of the API.
    package var settings: [String: JSONValue] {
        var settings: [String: JSONValue] = [:]
        settings["visibility_timeout_seconds"] = visibility?.json
        settings["delay_seconds"] = delay?.json
        switch retention {
        case .limited(let span): settings["retention_seconds"] = span.json
        case .unlimited: settings["retention_seconds"] = .null
        case nil: break
        }
        settings["maximum_message_bytes"] = maxMessageBytes.map { .integer(Int64($0.bytes)) }
        settings["receive_wait_seconds"] = wait?.json
        settings["redelivery"] = redelivery.map { .text($0.rawValue) }
        settings["contents"] = contents.map { .text($0.rawValue) }
        if let deadLetters, let maxReceives {
            settings["dead_letters"] = .object([
                "queue": .text(deadLetters), "max_receives": .integer(Int64(maxReceives)),
            ])
        }
        settings["dead_letter_sources"] = deadLetterSources.map(Self.sources)
        settings["content_based_deduplication"] = contentBasedDeduplication.map { .bool($0 == .on) }
        settings["deduplication_scope"] = deduplicationScope.map { .text($0.rawValue) }
        settings["safe_pop"] = safePop.map { .bool($0 == .on) }
        return settings
    }

    private static func sources(_ text: String) -> JSONValue {
        guard text != "all", text != "none" else { return .text(text) }
        return .list(text.split(separator: ",").map { .text(String($0)) })
    }
}
