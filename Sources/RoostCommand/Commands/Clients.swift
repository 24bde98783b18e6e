package import ArgumentParser
import NIOHTTP1

package struct Clients: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "List the clients of the Redis port, and the receives that wait.",
        discussion: """
            Clients of the other ports are not known one by one; their receives that wait for a message are listed, \
            those that have waited longest first. --close closes the connection of a client; most clients come back.

            Examples:
              roost clients
              roost clients --limit 1000 --json
              roost clients --close 7
            """
    )

    @Option(help: ArgumentHelp("List at most so many of each, 1 to 1000. Default: 100.", valueName: "n"))
    package var limit: Int?
    @Option(help: ArgumentHelp("Close the connection of the client with this id.", valueName: "id"))
    package var close: UInt64?
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func validate() throws {
        if limit != nil, close != nil { throw ValidationError("Give --limit or --close, not both.") }
        if let limit, !(1...1000).contains(limit) {
            throw ValidationError("--limit \(limit): accepted is 1 to 1000.")
        }
    }

    package func run() async throws {
        let reply = try await client.withClient { client in
            guard let close else {
                return try await client.call(.GET, ["clients"], query: ["limit": "\(limit ?? 100)"])
            }
            return try await client.call(.DELETE, ["clients", "\(close)"])
        }
        let console = Console.current
        guard !client.json else { return console.out(try JSONValue(reply).rendered()) }
        if let close { return console.error("closed the connection of client \(close)\n") }
        Self.show(try API.decode(ClientList.self, reply), console)
    }

    private static func show(_ list: ClientList, _ console: Console) {
        let tables =
            (list.clients.isEmpty ? [] : [clientTable(list.clients)])
            + (list.waiters.isEmpty ? [] : [waiterTable(list.waiters)])
        console.out(tables.map { $0.rendered(console.outStyle) }.joined(separator: "\n"))
        tell("client", list.clients.count, of: list.total, orElse: "No client of the Redis port.", console)
        tell("waiting receive", list.waiters.count, of: list.waitersTotal, orElse: "No receive waits.", console)
    }

    /// That there is none, or how many there are when some are left out.
    private static func tell(_ what: String, _ shown: Int, of total: Int, orElse none: String, _ console: Console) {
        if shown == 0 { return console.error("\(none)\n") }
        guard total > shown else { return }
        console.error("\(Text.number(shown)) of \(Text.plural(total, what)): see more with --limit N.\n")
    }

    private static func clientTable(_ clients: [ClientList.Client]) -> Table {
        var table = Table([
            .right("ID"), .left("DOOR"), .left("ADDRESS"), .left("NAME"), .left("LIBRARY"), .left("CONNECTED"),
            .right("IDLE"), .left("LAST COMMAND"), .left("WAITS FOR"),
        ])
        for client in clients {
            table.add([
                "\(client.id)", client.door, client.address, client.name, client.library,
                Moment.relative(client.connectedAtMs), Text.duration(Double(client.idleSeconds)), client.lastCommand,
                client.waitingOn.joined(separator: ", "),
            ])
        }
        return table
    }

    private static func waiterTable(_ waiters: [ClientList.Waiter]) -> Table {
        var table = Table([.left("WAITS FOR"), .left("DOOR"), .left("SINCE"), .left("UNTIL")])
        for waiter in waiters {
            table.add([
                waiter.queue, waiter.door, Moment.relative(waiter.sinceMs),
                waiter.untilMs.map { Moment.relative($0) } ?? "a message comes",
            ])
        }
        return table
    }
}
