package import ArgumentParser
import NIOHTTP1

package struct Peek: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Look at messages without receiving them.",
        discussion: """
            Peeking hides nothing and counts as no receive. The head is the message that is delivered (or due) next.

            Examples:
              roost peek orders
              roost peek orders --from tail --count 3
              roost peek orders --state in-flight --json
              roost peek orders --state buried --full
              roost peek orders --state damaged
            """
    )

    package enum End: String, ExpressibleByArgument, CaseIterable, Sendable { case head, tail }

    package enum State: String, ExpressibleByArgument, CaseIterable, Sendable {
        case ready
        case inFlight = "in-flight"
        case delayed
        /// The body cannot be read any more.
        case damaged
        /// Set aside by a worker.
        case buried

        var wireName: String { self == .inFlight ? "in_flight" : rawValue }
    }

    @OptionGroup package var name: QueueArgument
    @Option(help: ArgumentHelp("Which end to look at: head or tail.", valueName: "head|tail"))
    package var from = End.head
    @Option(help: "Messages of which state: ready, in-flight, delayed, buried or damaged.")
    package var state = State.ready
    @Option(help: ArgumentHelp("Messages at most, 1 to 1000.", valueName: "n"))
    package var count = 10
    @Flag(help: "Write whole messages, not a table with the beginning of each body.")
    package var full = false
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func validate() throws {
        guard (1...1000).contains(count) else { throw ValidationError("--count \(count): accepted is 1 to 1000.") }
    }

    package func run() async throws {
        let query = ["state": state.wireName, "from": from.rawValue, "limit": "\(count)"]
        let reply = try await client.withClient {
            try await $0.call(.GET, ["queues", name.queue, "messages"], query: query)
        }
        let console = Console.current
        guard !client.json else { return console.out(try JSONValue(reply).rendered()) }
        let messages = try API.decode(MessageList.self, reply).messages
        guard !messages.isEmpty else {
            return console.error("No message in \(name.queue) is \(state.rawValue).\n")
        }
        console.out(full ? blocks(messages, console.outStyle) : table(messages).rendered(console.outStyle))
        if state == .buried {
            console.error("Put them back with: roost kick \(name.queue) --id ID\n")
        }
        if state == .damaged {
            console.error("Their bodies are lost. Remove one with: roost delete \(name.queue) --id ID\n")
        }
    }

    private func blocks(_ messages: [IncomingMessage], _ style: Style) -> String {
        messages.map { MessageText.block($0, style) }.joined(separator: "\n")
    }

    private func table(_ messages: [IncomingMessage]) -> Table {
        let isBuried = state == .buried
        var table = Table(
            [.left("ID"), .left("SENT"), .left(isBuried ? "BURIED" : "DUE"), .right("RECEIVES"), .right("BYTES")]
                + (isBuried ? [.left("REASON")] : []) + [.left("BODY")])
        for message in messages {
            let moment = isBuried ? message.burial?.atMs : message.dueMs
            table.add(
                [
                    message.id, Moment.relative(message.sentAtMs), moment.map { Moment.relative($0) } ?? "-",
                    Text.number(message.receiveCount), Text.number(message.bytes.count),
                ] + (isBuried ? [Text.preview(message.burial?.reason ?? "", limit: 40)] : []) + [
                    message.isDamaged ? "(damaged)" : Text.preview(MessageText.bodyText(message))
                ])
        }
        return table
    }
}
