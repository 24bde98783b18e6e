package import ArgumentParser

package struct Extend: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Hold messages that were received for longer.",
        discussion: """
            The time counts from now, not from the end of the one that runs: it can also be made shorter. A message \
            can be held for 12 hours from its receive.

            Examples:
              roost extend orders q1JZy3... --visibility 5m
              roost release orders q1JZy3...
            """
    )

    @OptionGroup package var name: QueueArgument
    @OptionGroup package var received: HandleArguments
    @Option(help: ArgumentHelp("How long the messages stay hidden from now on.", valueName: "time"))
    package var visibility: Span
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func validate() throws {
        if visibility.seconds == 0 {
            throw ValidationError("--visibility 0: messages are returned with roost release.")
        }
    }

    package func run() async throws {
        let outcome = try await client.withClient {
            try await Acknowledgement.changeVisibility(
                of: received.handles, to: visibility.json, in: name.queue, $0)
        }
        try outcome.tell("extended", json: client.json)
    }
}
