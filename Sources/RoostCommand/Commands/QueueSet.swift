package import ArgumentParser
import NIOHTTP1

package struct QueueSet: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Change settings of a queue.",
        discussion: """
            What is not named stays as it is. The type of a queue, FIFO or standard, cannot be changed.

            Examples:
              roost queue set orders --visibility 5m
              roost queue set orders --dead-letters orders-dead --max-receives 5
              roost queue set orders --no-dead-letters
              roost queue set orders-dead --dead-letter-sources orders,mail
            """
    )

    @OptionGroup package var name: QueueArgument
    @OptionGroup package var client: ClientOptions
    @OptionGroup package var options: QueueSettingsOptions
    @Flag(help: "Send messages nowhere any more that were received too often.")
    package var noDeadLetters = false

    package init() {}

    package func validate() throws {
        if noDeadLetters, options.deadLetters != nil {
            throw ValidationError("Give --dead-letters or --no-dead-letters, not both.")
        }
        if settings.isEmpty { throw ValidationError("Name a setting, for example --visibility 5m.") }
    }

    /// The settings that were named, in the form of the API.
    package var settings: [String: JSONValue] {
        var settings = options.settings
        if noDeadLetters { settings["dead_letters"] = .null }
        return settings
    }

    package func run() async throws {
        let body = try API.encode(JSONValue.object(settings))
        let reply = try await client.withClient { try await $0.call(.PATCH, ["queues", name.queue], body: body) }
        if client.json {
            Console.current.out(try JSONValue(reply).rendered())
        } else {
            Console.current.error("\(name.queue) is changed. See it with: roost queue stats \(name.queue)\n")
        }
    }
}
