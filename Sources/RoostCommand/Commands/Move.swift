package import ArgumentParser
import NIOHTTP1

package struct Move: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Move the messages of a queue to another one.",
        discussion: """
            Moves what is ready, in order, and shows how far it is. The server does it, also when this command is \
            interrupted, and after a restart; roost moves cancel ends it, and what is moved stays moved.

            Examples:
              roost move orders-old orders
              roost move orders-old orders --rate 50
              roost move orders-old orders --no-wait
              roost moves list orders-old
            """
    )

    @Argument(help: "Queue to take messages from.")
    package var from: String
    @Argument(help: "Queue to put them into.")
    package var to: String
    @OptionGroup package var options: MoveFlags
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func validate() throws {
        for queue in [from, to] where ["", ".", ".."].contains(queue) {
            throw ValidationError("\"\(queue)\" is not a queue name.")
        }
    }

    package func run() async throws {
        try await client.withClient { client in
            try await MoveRun(from: from, to: to, rate: options.rate, isJSON: self.client.json)
                .run(client, waits: !options.noWait)
        }
    }
}

/// How a move goes on.
package struct MoveFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Messages a second at most, 1 to 500. Default: as fast as it goes beside everything else.", valueName: "n"))
    package var rate: Int?
    @Flag(help: "Do not wait until the move is done.")
    package var noWait = false

    package init() {}

    package func validate() throws {
        if let rate, !(1...500).contains(rate) { throw ValidationError("--rate \(rate): accepted is 1 to 500.") }
    }
}
