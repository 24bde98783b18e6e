package import ArgumentParser
import Foundation
import NIOHTTP1

package struct Top: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Watch a server and its queues.",
        discussion: """
            Keys: r ready, f in flight, a age of the oldest, i in/s, o out/s, n name, q quit.

            Examples:
              roost top
              roost top --sort oldest --interval 5
              roost top --once
            """
    )

    @OptionGroup package var client: ClientOptions
    @Option(help: ArgumentHelp("Sort by ready, in_flight, oldest, in, out or name.", valueName: "column"))
    package var sort = TopOrder.ready
    @Option(help: ArgumentHelp("Time between two looks.", valueName: "time"))
    package var interval: Span?
    @Flag(help: "Write one picture to stdout and end. So it is also when stdout is no terminal.")
    package var once = false

    package init() {}

    package func validate() throws {
        if let interval, interval.seconds < 0.1 { throw ValidationError("--interval: accepted is 100ms or more.") }
        if client.json, !once { throw ValidationError("--json goes with --once.") }
    }

    package func run() async throws {
        let console = Console.current
        let address = try client.baseURL(console.environment).absoluteString
        try await client.withClient { api in
            guard !once, console.outIsTerminal, console.inputIsTerminal else {
                return try await writeOnce(api, console, address)
            }
            let terminal = try RawTerminal()
            defer { terminal.close() }
            try await TopLoop(api: api, terminal: terminal, address: address, style: console.outStyle)
                .run(sort, every: interval?.seconds ?? 2)
        }
    }

    private func writeOnce(_ api: APIClient, _ console: Console, _ address: String) async throws {
        if client.json {
            let stats = try JSONValue(try await api.call(.GET, ["stats"]))
            let page = try await TopSnapshot.page(api, sort)
            let queues = try JSONValue(page)["queues"]?.items ?? []
            return console.out(try JSONValue.object(["stats": stats, "queues": .list(queues)]).rendered())
        }
        let first = try await TopSnapshot.take(api, sort)
        // Rates need two looks.
        try await Task.sleep(for: .milliseconds(Int64((interval?.seconds ?? 1) * 1000)))
        let second = try await TopSnapshot.take(api, sort)
        var screen = TopScreen(snapshot: second, rates: TopRates(from: first, to: second), address: address)
        screen.order = sort
        screen.style = console.outStyle
        console.out(screen.lines(width: .max, height: nil).map { $0 + "\n" }.joined())
    }
}

/// Looks, draws and listens to keys until somebody quits.
struct TopLoop {
    let api: APIClient
    let terminal: RawTerminal
    let address: String
    let style: Style

    func run(_ first: TopOrder, every seconds: Double) async throws {
        var order = first
        var before: TopSnapshot?
        while true {
            let snapshot: TopSnapshot
            do {
                snapshot = try await TopSnapshot.take(api, order)
            } catch let error as CommandError where error.status == .unreachable && before != nil {
                if endsWhileAway(error, seconds) { return }
                continue
            }
            let rates = TopRates(from: before, to: snapshot)
            guard let next = await show(snapshot, rates, order, seconds) else { return }
            order = next
            before = snapshot
        }
    }

    /// The server does not answer: until it is time for another look, or true for the end.
    private func endsWhileAway(_ error: CommandError, _ seconds: Double) -> Bool {
        terminal.draw(["roost top: \(error.message)", "It is tried again. q quits."])
        let key = terminal.waitForKey(seconds: seconds)
        return terminal.isAskedToEnd || key.map(Self.quits) ?? false
    }

    /// Until it is time for another look. Nil: quit.
    private func show(_ snapshot: TopSnapshot, _ rates: TopRates, _ first: TopOrder, _ seconds: Double) async
        -> TopOrder?
    {
        var screen = TopScreen(snapshot: snapshot, rates: rates, address: address)
        screen.style = style
        screen.order = first
        let end = Date().addingTimeInterval(seconds)
        while true {
            let (width, height) = terminal.size
            terminal.draw(screen.lines(width: width, height: height))
            let left = end.timeIntervalSinceNow
            guard left > 0 else { return screen.order }
            guard let key = terminal.waitForKey(seconds: left) else {
                if terminal.isAskedToEnd { return nil }
                continue
            }
            if Self.quits(key) { return nil }
            if let order = TopOrder.allCases.first(where: { $0.key == key }) { screen.order = order }
        }
    }

    /// Ctrl-C and Ctrl-D come as characters.
    private static func quits(_ key: Character) -> Bool { ["q", "\u{3}", "\u{4}"].contains(key) }
}
