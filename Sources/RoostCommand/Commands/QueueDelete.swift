package import ArgumentParser
import NIOHTTP1

package struct QueueDelete: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete a queue with all its messages.",
        discussion: """
            Asks first. Without a terminal it needs --yes.

            Example:
              roost queue delete orders --yes
            """
    )

    @OptionGroup package var name: QueueArgument
    @OptionGroup package var confirmation: Confirmation
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func run() async throws {
        try confirmation.require("Delete the queue \(name.queue) with all its messages")
        _ = try await client.withClient { try await $0.call(.DELETE, ["queues", name.queue]) }
        Outcome.show("deleted", name.queue, json: client.json)
    }
}

/// The result of a command that changed something and has nothing else to say.
enum Outcome {
    static func show(_ done: String, _ queue: String, json: Bool) {
        let console = Console.current
        guard json else { return console.error("\(queue) is \(done)\n") }
        let document = JSONValue.object(["queue": .text(queue), done: true])
        if let text = try? document.rendered() { console.out(text) }
    }
}
