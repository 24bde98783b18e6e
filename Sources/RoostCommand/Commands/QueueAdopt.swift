package import ArgumentParser
import NIOHTTP1

package struct QueueAdopt: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Make a queue of a list of the Redis port.",
        discussion: """
            The key has to be a list of database 0. Its elements become the messages of a queue of the same name, in \
            one step: all of them, or nothing is changed. Redis clients go on with LPUSH, BRPOP and the like. Elements \
            that are no text need --contents bytes.

            A queue delivers the oldest message first, whichever end a command names. Say where the oldest element \
            stands: at the head where programs use RPUSH and LPOP, at the tail where they use LPUSH and RPOP.

            Examples:
              roost queue adopt jobs
              roost queue adopt celery --first tail --visibility 5m
              roost queue adopt thumbnails --contents bytes
            """
    )

    package enum End: String, ExpressibleByArgument, CaseIterable, Sendable { case head, tail }

    @OptionGroup package var name: QueueArgument
    @Option(help: ArgumentHelp("The end of the list that is delivered first.", valueName: "head|tail"))
    package var first = End.head
    @OptionGroup package var client: ClientOptions
    @OptionGroup package var options: QueueSettingsOptions

    package init() {}

    /// What is asked, in the form of the API.
    package var body: JSONValue {
        .object(["first": .text(first.rawValue), "settings": .object(options.settings)])
    }

    package func run() async throws {
        let body = try API.encode(body)
        let reply = try await client.withClient {
            try await $0.call(.POST, ["queues", name.queue, "adopt"], body: body)
        }
        let console = Console.current
        guard !client.json else { return console.out(try JSONValue(reply).rendered()) }
        let ready = try API.decode(QueueDescription.self, reply).counts.ready
        console.error("\(name.queue) is a queue of \(Text.plural(ready, "message")) now.\n")
    }
}
