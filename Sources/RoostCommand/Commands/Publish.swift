package import ArgumentParser
import Foundation
import NIOHTTP1

package struct Publish: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Publish a message on a channel.",
        discussion: """
            It reaches clients of the Redis port that subscribe to the channel, and the queues that are bound to it. \
            How many got it goes to stdout; that nobody did is no error.

            The message is the argument; or stdin, when the argument is - or missing. A newline at the very end of \
            stdin is not part of it (--raw keeps it).

            Examples:
              roost publish news 'the shop is open'
              date | roost publish news
              roost publish news '{"id": 7}' --json
            """
    )

    @Argument(help: "Name of the channel.")
    package var channel: String
    @Argument(help: "The message; - reads stdin.")
    package var message: String?
    @Flag(help: "Keep a newline at the end of stdin.")
    package var raw = false
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func validate() throws {
        // An empty part of a path names nothing.
        if channel.isEmpty { throw ValidationError("The name of the channel is empty.") }
    }

    package func run() async throws {
        let data = try API.encode(try fields())
        let reply = try await client.withClient {
            try await $0.call(.POST, ["channels", channel, "publish"], body: data)
        }
        let console = Console.current
        guard !client.json else { return console.out(try JSONValue(reply).rendered()) }
        console.out("\(Text.plural(try API.decode(Reach.self, reply).receivers, "receiver"))\n")
    }

    /// A message that is not UTF-8 goes as base64.
    private func fields() throws -> [String: String] {
        let bytes = try InputText.bytes(
            message, keepsNewline: raw, what: "message",
            orElse: "Give it as an argument: roost publish \(Text.harmless(channel)) 'hello'. Or pipe it in.")
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return ["message_base64": Data(bytes).base64EncodedString()]
        }
        return ["message": text]
    }

    private struct Reach: Decodable {
        var receivers: Int
    }
}
