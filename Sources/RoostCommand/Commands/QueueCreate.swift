package import ArgumentParser
import Foundation
import NIOHTTP1
import RoostServer

package struct QueueCreate: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a queue.",
        discussion: """
            A queue that exists with the same settings is left as it is. What is not named has the defaults of SQS: \
            visibility 30s, delay 0s, retention 4d, messages up to 1MiB, wait 0s, redelivery front.

            Examples:
              roost queue create orders
              roost queue create mail --visibility 5m --retention unlimited --redelivery back
            """
    )

    @OptionGroup package var name: QueueArgument
    @OptionGroup package var client: ClientOptions

    @Option(help: "How long a received message stays hidden, for example 30s or 5m.")
    package var visibility: Span?
    @Option(help: "How long a message stays hidden after it was sent.")
    package var delay: Span?
    @Option(help: ArgumentHelp("How long a message is kept, for example 4d, or unlimited.", valueName: "time"))
    package var retention: Retention?
    @Option(help: "Largest message, for example 256KiB.")
    package var maxMessageBytes: Size?
    @Option(help: "How long a receive waits that does not say so itself.")
    package var wait: Span?
    @Option(help: "Where a message returns whose visibility timeout ended: front or back.")
    package var redelivery: Redelivery?

    package enum Redelivery: String, ExpressibleByArgument, CaseIterable, Sendable { case front, back }

    package init() {}

    /// The settings that were named, in the form of the API.
    package var settings: JSONValue {
        var settings: [String: JSONValue] = [:]
        settings["visibility_timeout_seconds"] = visibility?.json
        settings["delay_seconds"] = delay?.json
        switch retention {
        case .limited(let span): settings["retention_seconds"] = span.json
        case .unlimited: settings["retention_seconds"] = .null
        case nil: break
        }
        settings["maximum_message_bytes"] = maxMessageBytes.map { .integer(Int64($0.bytes)) }
        settings["receive_wait_seconds"] = wait?.json
        settings["redelivery"] = redelivery.map { .text($0.rawValue) }
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
