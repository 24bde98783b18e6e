package import ArgumentParser

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
    @OptionGroup package var received: HandleArguments
    @Option(help: ArgumentHelp("Why, in short.", valueName: "text"))
    package var reason: String?
    @Option(help: ArgumentHelp("What went wrong, for example a stack trace.", valueName: "text"))
    package var error: String?
    @Option(help: ArgumentHelp("Who gave up, for example the name of a worker.", valueName: "name"))
    package var by: String?
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func run() async throws {
        var more: [String: JSONValue] = [:]
        for (name, text) in [("reason", reason), ("error", error), ("by", by)] { more[name] = text.map { .text($0) } }
        let outcome = try await client.withClient { [more] in
            try await Acknowledgement.post("bury", "handles", received.handles, more: more, in: name.queue, $0)
        }
        try outcome.tell("buried", json: client.json)
    }
}
