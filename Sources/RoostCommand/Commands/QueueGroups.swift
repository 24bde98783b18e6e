package import ArgumentParser
import Foundation
import NIOHTTP1

package struct QueueGroups: AsyncParsableCommand {
    /// Of one request.
    private static let pageMax = 1000

    package static let configuration = CommandConfiguration(
        commandName: "groups",
        abstract: "List the message groups of a queue with what they hold.",
        discussion: """
            The group with the oldest message comes first. A group of a FIFO queue is locked while one of its messages \
            is in flight, buried or damaged: the rest of it waits for that.

            Examples:
              roost queue groups payments.fifo
              roost queue groups payments.fifo --limit 1000 --json
            """
    )

    @OptionGroup package var name: QueueArgument
    @Option(help: ArgumentHelp("List at most so many groups.", valueName: "n"))
    package var limit = 100
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func validate() throws {
        if limit < 1 { throw ValidationError("--limit \(limit): accepted is 1 or more.") }
    }

    package func run() async throws {
        let (pages, next) = try await client.withClient { try await fetch($0) }
        if client.json {
            let groups = try pages.flatMap { try JSONValue($0)["groups"]?.items ?? [] }
            let document: [String: JSONValue] = [
                "groups": .list(groups), "next_after": next.map(JSONValue.text) ?? .null,
            ]
            Console.current.out(try JSONValue.object(document).rendered())
        } else {
            show(try pages.flatMap { try API.decode(GroupPage.self, $0).groups }, hasMore: next != nil)
        }
    }

    /// Up to `limit` groups, and where more would begin.
    private func fetch(_ client: APIClient) async throws(CommandError) -> (pages: [Data], next: String?) {
        var pages: [Data] = []
        var missing = limit
        var after: String?
        repeat {
            var query = ["limit": "\(min(missing, Self.pageMax))"]
            query["after"] = after
            let data = try await client.call(.GET, ["queues", name.queue, "groups"], query: query)
            let page = try API.decode(GroupPage.self, data)
            pages.append(data)
            missing -= page.groups.count
            after = page.nextAfter
        } while after != nil && missing > 0
        return (pages, after)
    }

    private func show(_ groups: [GroupDescription], hasMore: Bool) {
        let console = Console.current
        guard !groups.isEmpty else { return console.error("No group of \(Text.harmless(name.queue)) has messages.\n") }
        console.out(Self.table(groups).rendered(console.outStyle))
        if hasMore { console.error("There are more: see them with --limit N.\n") }
    }

    /// The columns of buried and damaged messages and of dead letters stand there only when there are some.
    private static func table(_ groups: [GroupDescription]) -> Table {
        let hasBurials = groups.contains { $0.buried > 0 }
        let hasDamage = groups.contains { $0.damaged > 0 }
        let hasSources = groups.contains { $0.deadLetterSource != nil }
        var table = Table(
            [.left("GROUP"), .right("READY"), .right("IN FLIGHT"), .right("DELAYED")]
                + (hasBurials ? [.right("BURIED")] : []) + (hasDamage ? [.right("DAMAGED")] : [])
                + (hasSources ? [.left("FROM")] : []) + [.left("STATE")])
        for group in groups {
            let counts =
                [group.ready, group.inFlight, group.delayed] + (hasBurials ? [group.buried] : [])
                + (hasDamage ? [group.damaged] : [])
            // Not all were counted: there are at least so many.
            let texts = counts.map { Text.number($0) + (group.counted ? "" : "+") }
            table.add(
                [group.group ?? "(unreadable)"] + texts + (hasSources ? [group.deadLetterSource ?? ""] : [])
                    + [group.locked ? "locked" : ""])
        }
        return table
    }
}
