package import ArgumentParser
import Foundation
import NIOHTTP1

package struct QueueCreate: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a queue.",
        discussion: """
            A queue that exists with the same settings is left as it is. What is not named has the defaults of SQS: \
            visibility 30s, delay 0s, retention 4d, messages up to 1MiB, wait 0s, redelivery front. A name that ends \
            in .fifo makes a FIFO queue.

            Examples:
              roost queue create orders
              roost queue create mail --visibility 5m --retention unlimited --redelivery back
              roost queue create orders --dead-letters orders-dead --max-receives 5
              roost queue create payments.fifo --content-based-deduplication on
            """
    )

    @OptionGroup package var name: QueueArgument
    @OptionGroup package var client: ClientOptions
    @OptionGroup package var options: QueueSettingsOptions
    @Flag(help: "Make a FIFO queue. The name, which has to end in .fifo, says so too.")
    package var fifo = false

    package init() {}

    /// The settings that were named, in the form of the API.
    package var settings: JSONValue {
        var settings = options.settings
        if fifo { settings["fifo"] = true }
        return .object(settings)
    }

    package func run() async throws {
        let body = try API.encode(settings)
        let reply = try await client.withClient { try await $0.call(.PUT, ["queues", name.queue], body: body) }
        if client.json {
            Console.current.out(try JSONValue(reply).rendered())
        } else {
            Console.current.out("\(try API.decode(QueueDescription.self, reply).name)\n")
        }
    }
}
