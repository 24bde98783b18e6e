package import ArgumentParser
import NIOHTTP1

package struct QueuePause: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Let receives get nothing until the queue is resumed.",
        discussion: """
            Sends, deletes and timers go on.

            Example:
              roost queue pause orders --reason 'the database is down'
            """
    )

    @OptionGroup package var name: QueueArgument
    @OptionGroup package var client: ClientOptions
    @Option(help: ArgumentHelp("Why, for those who look at the queue later.", valueName: "text"))
    package var reason: String?

    package init() {}

    package func run() async throws {
        let body = try API.encode(JSONValue.object(reason.map { ["reason": .text($0)] } ?? [:]))
        let reply = try await client.withClient {
            try await $0.call(.POST, ["queues", name.queue, "pause"], body: body)
        }
        if client.json {
            Console.current.out(try JSONValue(reply).rendered())
        } else {
            Console.current.error("\(name.queue) is paused. Go on with: roost queue resume \(name.queue)\n")
        }
    }
}
