package import ArgumentParser
import NIOHTTP1

package struct Receive: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Receive messages from a queue.",
        discussion: """
            A received message is hidden from other receivers until its visibility timeout ends, and then delivered \
            again, unless it is deleted: by --delete, after it was printed, or by roost delete with its handle.

            Examples:
              roost receive orders
              roost receive orders --max 10 --wait 20s --delete
              roost receive orders --body --delete > message.json
            """
    )

    @OptionGroup package var name: QueueArgument
    @Option(help: ArgumentHelp("Messages wanted at most, 1 to 1000.", valueName: "n"))
    package var max = 1
    @Option(
        help: ArgumentHelp(
            "How long to wait for the first message, for example 20s. Default: that of the queue.", valueName: "time"))
    package var wait: Span?
    @Option(help: ArgumentHelp("How long the messages stay hidden. Default: that of the queue.", valueName: "time"))
    package var visibility: Span?
    @Flag(help: "Delete the messages after they were printed.")
    package var delete = false
    @Flag(help: "Write the bodies alone, each with a newline at its end.")
    package var body = false
    @Flag(help: "End with status 6 when there was no message.")
    package var failIfEmpty = false
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func validate() throws {
        guard (1...1000).contains(max) else { throw ValidationError("--max \(max): accepted is 1 to 1000.") }
        if body, client.json { throw ValidationError("Give --body or --json, not both.") }
    }

    package func run() async throws {
        let isEmpty = try await client.withClient { client in
            let reply = try await client.call(
                .POST, ["queues", name.queue, "receive"], body: try API.encode(request), wait: wait?.seconds ?? 3600)
            let messages = try API.decode(MessageList.self, reply).messages
            if self.client.json {
                Console.current.out(try JSONValue(reply).rendered())
            } else {
                show(messages)
            }
            if delete { try await acknowledge(messages, client) }
            return messages.isEmpty
        }
        if isEmpty, failIfEmpty { throw CommandError(.empty, "no message in \(name.queue)") }
    }

    private var request: JSONValue {
        var request: [String: JSONValue] = ["max": .integer(Int64(max))]
        request["wait_seconds"] = wait?.json
        request["visibility_timeout_seconds"] = visibility?.json
        return .object(request)
    }

    private func show(_ messages: [IncomingMessage]) {
        let console = Console.current
        guard !messages.isEmpty else { return failIfEmpty ? () : console.error("No message in \(name.queue).\n") }
        if body {
            messages.forEach { MessageText.writeBody($0, console) }
        } else {
            console.out(messages.map { MessageText.block($0, console.outStyle) }.joined(separator: "\n"))
            if !delete {
                console.error("Delete what is done with: roost delete \(name.queue) HANDLE\n")
            }
        }
    }

    private func acknowledge(_ messages: [IncomingMessage], _ client: APIClient) async throws {
        guard !messages.isEmpty else { return }
        let handles = messages.compactMap(\.handle)
        let outcome = try await Acknowledgement.delete("handles", handles, in: name.queue, client)
        guard let error = outcome.firstError else { return }
        throw CommandError(
            error.status, "\(Text.plural(outcome.failed.count, "message")) not deleted: \(error.message)")
    }
}
