package import ArgumentParser

package struct QueueList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List queues with what they hold.",
        discussion: """
            Examples:
              roost queue list
              roost queue list --prefix orders- --json
            """,
        aliases: ["ls"]
    )

    @OptionGroup package var client: ClientOptions
    @Option(help: ArgumentHelp("List only queues whose names begin so.", valueName: "text"))
    package var prefix: String?
    @Option(help: ArgumentHelp("List at most so many queues.", valueName: "n"))
    package var limit: Int?

    package init() {}

    package func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit \(limit): accepted is 1 or more.") }
    }

    package func run() async throws {
        let pages = try await client.withClient { try await QueuePages.all($0, prefix: prefix, limit: limit ?? .max) }
        if client.json {
            let queues = try pages.flatMap { try JSONValue($0)["queues"]?.items ?? [] }
            Console.current.out(try JSONValue.object(["queues": .list(queues)]).rendered())
        } else {
            show(try pages.flatMap { data in try API.decode(QueuePage.self, data).queues })
        }
    }

    private func show(_ queues: [QueueDescription]) {
        let console = Console.current
        guard !queues.isEmpty else {
            console.error("No queues. Create one with: roost queue create NAME\n")
            return
        }
        console.out(table(queues).rendered(console.outStyle))
        let damaged = queues.first { ($0.counts.damaged ?? 0) > 0 }
        guard let damaged else { return }
        console.error(
            "warning: bodies of damaged messages cannot be read any more. Look at them with: "
                + "roost peek \(Text.harmless(damaged.name)) --state damaged\n")
    }

    /// The columns of buried and damaged messages stand there only when there are some.
    private func table(_ queues: [QueueDescription]) -> Table {
        let hasDamage = queues.contains { ($0.counts.damaged ?? 0) > 0 }
        let hasBurials = queues.contains { ($0.counts.buried ?? 0) > 0 }
        var table = Table(
            [.left("NAME"), .right("READY"), .right("IN FLIGHT"), .right("DELAYED")]
                + (hasBurials ? [.right("BURIED")] : []) + (hasDamage ? [.right("DAMAGED")] : [])
                + [.right("OLDEST"), .left("STATE")])
        for queue in queues {
            let counts = queue.counts
            table.add(
                [queue.name, Text.number(counts.ready), Text.number(counts.inFlight), Text.number(counts.delayed)]
                    + (hasBurials ? [Text.number(counts.buried ?? 0)] : [])
                    + (hasDamage ? [Text.number(counts.damaged ?? 0)] : []) + [
                        queue.oldestMessageAgeSeconds.map(Text.duration) ?? "-", queue.pause == nil ? "" : "paused",
                    ])
        }
        return table
    }
}
