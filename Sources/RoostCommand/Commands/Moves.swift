package import ArgumentParser
import NIOHTTP1

package struct Moves: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "See and cancel moves of messages.",
        discussion: """
            Examples:
              roost moves list orders-dead
              roost moves cancel 7
            """,
        subcommands: [MovesList.self, MovesCancel.self]
    )

    package init() {}
}

package struct MovesList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the newest moves out of a queue.",
        discussion: """
            Example:
              roost moves list orders-dead
            """,
        aliases: ["ls"]
    )

    @OptionGroup package var name: QueueArgument
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func run() async throws {
        let reply = try await client.withClient { try await $0.call(.GET, ["queues", name.queue, "moves"]) }
        let console = Console.current
        guard !client.json else { return console.out(try JSONValue(reply).rendered()) }
        let moves = try API.decode(MoveList.self, reply).moves
        guard !moves.isEmpty else { return console.error("No moves out of \(name.queue).\n") }
        var table = Table([
            .right("ID"), .left("TO"), .left("STATE"), .right("MOVED"), .right("OF"), .right("RATE"), .left("STARTED"),
        ])
        for move in moves {
            table.add([
                "\(move.id)", move.to ?? "(sources)", Self.state(move), Text.number(move.moved),
                Text.number(move.toMove), move.rate.map { "\($0)/s" } ?? "-", Moment.relative(move.startedAtMs),
            ])
        }
        console.out(table.rendered(console.outStyle))
    }

    private static func state(_ move: MoveDescription) -> String {
        move.status == "failed" ? "failed: \(MoveWords.end(move))" : move.status
    }
}

package struct MovesCancel: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "End a move. What is moved stays moved.",
        discussion: """
            Example:
              roost moves cancel 7
            """
    )

    @Argument(help: "Id of the move, from roost moves list.")
    package var id: UInt64
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func run() async throws {
        let reply = try await client.withClient { try await $0.call(.POST, ["moves", "\(id)", "cancel"]) }
        let console = Console.current
        guard !client.json else { return console.out(try JSONValue(reply).rendered()) }
        let move = try API.decode(MoveDescription.self, reply)
        console.error("move \(id) is \(move.status) after \(Text.plural(move.moved, "message"))\n")
    }
}
