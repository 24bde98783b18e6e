package import ArgumentParser

package struct Release: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Return messages that were received, at once.",
        discussion: """
            They are delivered again without waiting for the end of their visibility timeout. To have them back later, \
            set the time that is left with roost extend.

            Examples:
              roost release orders q1JZy3...
              roost extend orders q1JZy3... --visibility 30s
            """
    )

    @OptionGroup package var name: QueueArgument
    @OptionGroup package var received: HandleArguments
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func run() async throws {
        let outcome = try await client.withClient {
            try await Acknowledgement.changeVisibility(of: received.handles, to: 0, in: name.queue, $0)
        }
        try outcome.tell("released", json: client.json)
    }
}

/// Handles of messages, as many as a request takes.
package struct HandleArguments: ParsableArguments {
    @Argument(help: "Handles of messages that were received.")
    package var handles: [String] = []

    package init() {}

    package func validate() throws {
        guard (1...1000).contains(handles.count) else { throw ValidationError("Give 1 to 1000 handles.") }
    }
}
