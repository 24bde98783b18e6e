package import ArgumentParser
import Foundation
import NIOHTTP1

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
    @Option(help: "List only queues whose names begin so.")
    package var prefix: String?
    @Option(help: "List at most so many queues.")
    package var limit: Int?

    package init() {}

    package func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit \(limit): accepted is 1 or more.") }
    }

    package func run() async throws {
        let pages = try await client.withClient { try await self.pages($0) }
        if client.json {
            let queues = try pages.flatMap { try JSONValue($0)["queues"]?.items ?? [] }
            Console.current.out(try JSONValue.object(["queues": .list(queues)]).rendered())
        } else {
            show(try pages.flatMap { data in try API.decode(QueuePage.self, data).queues })
        }
    }

    /// The server lists at most 1,000 queues at a time.
    private func pages(_ client: APIClient) async throws(CommandError) -> [Data] {
        var pages: [Data] = []
        var missing = limit ?? .max
        var after: String?
        repeat {
            var query = ["limit": "\(min(missing, 1000))"]
            query["prefix"] = prefix
            query["after"] = after
            let data = try await client.call(.GET, ["queues"], query: query)
            let page = try API.decode(QueuePage.self, data)
            pages.append(data)
            missing -= page.queues.count
            after = page.more ? page.nextAfter : nil
        } while after != nil && missing > 0
        return pages
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

    /// The column of damaged messages stands there only when there are some.
    private func table(_ queues: [QueueDescription]) -> Table {
        let hasDamage = queues.contains { ($0.counts.damaged ?? 0) > 0 }
        var table = Table(
            [.left("NAME"), .right("READY"), .right("IN FLIGHT"), .right("DELAYED")]
                + (hasDamage ? [.right("DAMAGED")] : []) + [.right("OLDEST"), .left("STATE")])
        for queue in queues {
            let counts = queue.counts
            table.add(
                [queue.name, Text.number(counts.ready), Text.number(counts.inFlight), Text.number(counts.delayed)]
                    + (hasDamage ? [Text.number(counts.damaged ?? 0)] : []) + [
                        queue.oldestMessageAgeSeconds.map(Text.duration) ?? "-", queue.pause == nil ? "" : "paused",
                    ])
        }
        return table
    }
}
