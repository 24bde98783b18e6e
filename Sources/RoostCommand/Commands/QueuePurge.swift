package import ArgumentParser
import NIOHTTP1

package struct QueuePurge: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Delete all messages of a queue, in flight and delayed too.",
        discussion: """
            Asks first. Without a terminal it needs --yes. The queue and its settings stay.

            Example:
              roost queue purge orders --yes
            """
    )

    @OptionGroup package var name: QueueArgument
    @OptionGroup package var confirmation: Confirmation
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func run() async throws {
        try confirmation.require("Delete all messages of the queue \(name.queue)")
        _ = try await client.withClient { try await $0.call(.POST, ["queues", name.queue, "purge"]) }
        Outcome.show("purged", name.queue, json: client.json)
    }
}
