package import ArgumentParser
import NIOHTTP1

package struct QueueResume: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "End the pause of a queue.",
        discussion: """
            Example:
              roost queue resume orders
            """
    )

    @OptionGroup package var name: QueueArgument
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func run() async throws {
        let reply = try await client.withClient { try await $0.call(.POST, ["queues", name.queue, "resume"]) }
        if client.json {
            Console.current.out(try JSONValue(reply).rendered())
        } else {
            Console.current.error("\(name.queue) is resumed\n")
        }
    }
}
