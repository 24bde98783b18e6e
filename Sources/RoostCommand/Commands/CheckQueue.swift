package import ArgumentParser
import Foundation
import NIOHTTP1

package struct CheckQueue: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Check how old and how many the messages of a queue are.",
        discussion: """
            The age is that of the oldest message that is ready or in flight; the depth is how many are ready. A queue \
            that is paused is a warning. Without thresholds only the queue has to be there.

            Examples:
              roost check queue orders --warn-age 60s --crit-age 5m
              roost check queue orders --warn-depth 1000 --crit-depth 100000
            """
    )

    @OptionGroup package var name: QueueArgument
    @OptionGroup package var client: ClientOptions
    @Option(help: ArgumentHelp("Warning when the oldest message is as old.", valueName: "time"))
    package var warnAge: Span?
    @Option(help: ArgumentHelp("Critical when the oldest message is as old.", valueName: "time"))
    package var critAge: Span?
    @Option(help: ArgumentHelp("Warning when as many messages are ready.", valueName: "n"))
    package var warnDepth: Int?
    @Option(help: ArgumentHelp("Critical when as many messages are ready.", valueName: "n"))
    package var critDepth: Int?

    package init() {}

    package func validate() throws {
        for (option, depth) in [("--warn-depth", warnDepth), ("--crit-depth", critDepth)] {
            if let depth, depth < 0 { throw ValidationError("\(option) \(depth): accepted is 0 or more.") }
        }
    }

    package func run() async throws {
        let finding = await finding()
        let console = Console.current
        console.out(client.json ? try finding.document(name.queue).rendered() : finding.line(name.queue) + "\n")
        if finding.state != .ok { throw ExitCode(finding.state.rawValue) }
    }

    /// A check that cannot look says so in its one line: monitoring systems do not show stderr.
    private func finding() async -> QueueFinding {
        do {
            let reply = try await client.withClient { try await $0.call(.GET, ["queues", name.queue]) }
            let queue = try API.decode(QueueDescription.self, reply)
            return QueueFinding(
                queue,
                age: Thresholds(warning: warnAge?.seconds, critical: critAge?.seconds),
                depth: Thresholds(warning: warnDepth.map(Double.init), critical: critDepth.map(Double.init)))
        } catch {
            return QueueFinding(unknown: (error as? CommandError)?.message ?? "\(error)")
        }
    }
}

/// What was found out about a queue.
package struct QueueFinding {
    package private(set) var state: CheckState
    private var texts: [String]
    private var figures: [(name: String, value: Double, thresholds: Thresholds)] = []

    package init(_ queue: QueueDescription, age: Thresholds, depth: Thresholds) {
        let oldest = queue.oldestMessageAgeSeconds ?? 0
        let ready = Double(queue.counts.ready)
        state = max(age.state(of: oldest), depth.state(of: ready))
        texts = ["\(Text.number(queue.counts.ready)) ready"]
        if queue.oldestMessageAgeSeconds != nil { texts.append("oldest \(Text.duration(oldest))") }
        texts.append("\(Text.number(queue.counts.inFlight)) in flight")
        if queue.pause != nil {
            state = max(state, .warning)
            texts.append("paused")
        }
        let none = Thresholds(warning: nil, critical: nil)
        figures = [
            ("ready", ready, depth), ("oldest_age_seconds", oldest, age),
            ("in_flight", Double(queue.counts.inFlight), none), ("delayed", Double(queue.counts.delayed), none),
            ("buried", Double(queue.counts.buried ?? 0), none), ("waiters", Double(queue.waiters), none),
        ]
    }

    package init(unknown reason: String) {
        state = .unknown
        texts = [Text.singleLine(reason)]
    }

    /// With the figures in the form of monitoring plugins: `name=value;warning;critical`.
    package func line(_ queue: String) -> String {
        let head = "\(state.word) - \(Text.harmless(queue)): \(texts.joined(separator: ", "))"
        guard !figures.isEmpty else { return head }
        let data = figures.map { figure in
            let (warning, critical) = (figure.thresholds.warning, figure.thresholds.critical)
            return "\(figure.name)=\(Self.plain(figure.value));\(Self.plain(warning));\(Self.plain(critical));0"
        }
        return "\(head) | \(data.joined(separator: " "))"
    }

    package func document(_ queue: String) -> JSONValue {
        let values = figures.map { ($0.name, JSONValue.number($0.value)) }
        return .object([
            "state": .text(state.word.lowercased()), "queue": .text(queue),
            "text": .text(texts.joined(separator: ", ")),
            "figures": .object(Dictionary(values) { $1 }),
        ])
    }

    private static func plain(_ value: Double?) -> String {
        guard let value else { return "" }
        return value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : "\(value)"
    }
}
