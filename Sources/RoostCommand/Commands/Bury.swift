package import ArgumentParser
import NIOHTTP1

package struct Bury: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Set messages aside that cannot be done.",
        discussion: """
            A buried message is delivered to nobody until it is kicked. The handle is that of its latest receive.

            Examples:
              roost bury orders q1JZy3... --reason 'no such customer'
              roost bury orders q1JZy3... --reason timeout --error "$(cat trace.txt)" --by worker-7
              roost peek orders --state buried
              roost kick orders
            """
    )

    @OptionGroup package var name: QueueArgument
    @Argument(help: "Handles of messages that were received.")
    package var handles: [String] = []
    @Option(help: ArgumentHelp("Why, in short.", valueName: "text"))
    package var reason: String?
    @Option(help: ArgumentHelp("What went wrong, for example a stack trace.", valueName: "text"))
    package var error: String?
    @Option(help: ArgumentHelp("Who gave up, for example the name of a worker.", valueName: "name"))
    package var by: String?
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func validate() throws {
        guard (1...1000).contains(handles.count) else { throw ValidationError("Give 1 to 1000 handles.") }
    }

    package func run() async throws {
        var more: [String: JSONValue] = [:]
        for (name, text) in [("reason", reason), ("error", error), ("by", by)] { more[name] = text.map { .text($0) } }
        let outcome = try await client.withClient { [more] in
            try await Acknowledgement.post("bury", "handles", handles, more: more, in: name.queue, $0)
        }
        let console = Console.current
        if client.json {
            let document: [String: JSONValue] = [
                "buried": .integer(Int64(outcome.accepted)), "failed": .list(outcome.failed.map { .text($0) }),
            ]
            console.out(try JSONValue.object(document).rendered())
        } else {
            outcome.failed.forEach { console.error("not buried: \($0)\n") }
            console.error("buried \(Text.plural(outcome.accepted, "message"))\n")
        }
        if let error = outcome.firstError { throw error }
    }
}
