package import ArgumentParser
import NIOHTTP1

package struct DLQ: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "dlq",
        abstract: "Look after dead letters: messages that were received too often.",
        discussion: """
            Examples:
              roost dlq list
              roost dlq redrive orders-dead --dry-run
              roost dlq redrive orders-dead
            """,
        subcommands: [DLQList.self, DLQRedrive.self]
    )

    package init() {}
}

package struct DLQList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the queues that take dead letters, with what they hold and whose they are.",
        discussion: """
            Examples:
              roost dlq list
              roost dlq list --json
            """,
        aliases: ["ls"]
    )

    @OptionGroup package var client: ClientOptions

    package init() {}

    /// A queue for dead letters.
    private struct Target {
        /// Nil: there is no queue of this name.
        var queue: QueueDescription?
        var sources: [String]
    }

    package func run() async throws {
        let pages = try await client.withClient { try await QueuePages.all($0) }
        let queues = try pages.flatMap { try API.decode(QueuePage.self, $0).queues }
        let targets = Self.targets(queues)
        let console = Console.current
        guard !client.json else { return console.out(try Self.document(targets).rendered()) }
        guard !targets.isEmpty else {
            return console.error(
                "No queue sends dead letters anywhere. Set it up with: "
                    + "roost queue set QUEUE --dead-letters OTHER --max-receives N\n")
        }
        console.out(Self.table(targets).rendered(console.outStyle))
        for (name, target) in targets where target.queue == nil {
            let sources = Text.harmless(target.sources.joined(separator: ", "))
            console.error(
                "warning: there is no queue \(Text.harmless(name)), so dead letters stay in \(sources). "
                    + "Make it with: roost queue create \(Text.harmless(name))\n")
        }
    }

    private static func targets(_ queues: [QueueDescription]) -> [(name: String, target: Target)] {
        let known = Dictionary(queues.map { ($0.name, $0) }) { $1 }
        var sources: [String: [String]] = [:]
        for queue in queues {
            if let target = queue.settings.deadLetters?.queue { sources[target, default: []].append(queue.name) }
        }
        return sources.sorted { $0.key < $1.key }.map { ($0.key, Target(queue: known[$0.key], sources: $0.value)) }
    }

    private static func table(_ targets: [(name: String, target: Target)]) -> Table {
        var table = Table([.left("NAME"), .right("READY"), .right("IN FLIGHT"), .right("OLDEST"), .left("OF")])
        for (name, target) in targets {
            let counts = target.queue?.counts
            table.add([
                name, counts.map { Text.number($0.ready) } ?? "missing", counts.map { Text.number($0.inFlight) } ?? "-",
                target.queue?.oldestMessageAgeSeconds.map(Text.duration) ?? "-",
                target.sources.joined(separator: ", "),
            ])
        }
        return table
    }

    private static func document(_ targets: [(name: String, target: Target)]) -> JSONValue {
        let list = targets.map { name, target -> JSONValue in
            .object([
                "name": .text(name), "exists": .bool(target.queue != nil),
                "ready": .integer(Int64(target.queue?.counts.ready ?? 0)),
                "in_flight": .integer(Int64(target.queue?.counts.inFlight ?? 0)),
                "sources": .list(target.sources.map { .text($0) }),
            ])
        }
        return .object(["queues": .list(list)])
    }
}
