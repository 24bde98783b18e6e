package import ArgumentParser
import Foundation
import NIOHTTP1

package struct Queue: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Create, list and look after queues.",
        discussion: """
            Examples:
              roost queue create orders --visibility 2m --retention 14d
              roost queue set orders --visibility 5m
              roost queue list --prefix ord
              roost queue stats orders
            """,
        subcommands: [
            QueueCreate.self, QueueAdopt.self, QueueSet.self, QueueList.self, QueueDelete.self, QueuePurge.self,
            QueueStats.self, QueueGroups.self, QueuePause.self, QueueResume.self,
        ]
    )

    package init() {}
}

/// The name of the queue that a command is about.
package struct QueueArgument: ParsableArguments {
    @Argument(help: "Name of the queue.")
    package var queue: String

    package init() {}

    package func validate() throws {
        // Checked here only so far that the path of the request is what it seems; the server knows the rule.
        if queue.isEmpty || queue == "." || queue == ".." { throw ValidationError("\"\(queue)\" is not a queue name.") }
    }
}

/// Pages of queues of a server, which lists at most 1,000 at a time.
enum QueuePages {
    static func all(
        _ client: APIClient, prefix: String? = nil, limit: Int = .max
    ) async throws(CommandError) -> [Data] {
        var pages: [Data] = []
        var missing = limit
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
}

/// Asks before something is lost.
package struct Confirmation: ParsableArguments {
    @Flag(name: [.short, .long], help: "Do not ask.")
    package var yes = false

    package init() {}

    /// Returns when the answer is yes. `question` says what will be lost, without a question mark.
    package func require(_ question: String) throws(CommandError) {
        guard !yes else { return }
        let console = Console.current
        guard console.inputIsTerminal else {
            throw CommandError(
                .notConfirmed, "\(question) needs a confirmation, and there is no terminal to ask at",
                nextStep: "Confirm with --yes."
            )
        }
        console.error("\(question)? Type yes to go on: ")
        let answer = console.readLine()?.trimmingPrefix(while: \.isWhitespace).lowercased() ?? ""
        guard answer == "yes" || answer == "y" else {
            throw CommandError(.notConfirmed, "nothing was changed")
        }
    }
}
