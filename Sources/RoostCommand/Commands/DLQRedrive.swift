package import ArgumentParser
import NIOHTTP1

package struct DLQRedrive: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "redrive",
        abstract: "Move dead letters back to where they came from, or to another queue.",
        discussion: """
            Without --filter the server moves what is ready in the background, and the command shows how far it is. \
            With --filter the server looks at every message that is ready, and moves those whose body or attributes \
            contain TEXT; --rate then holds from one piece of up to 100 to the next. Without --to, messages that do \
            not say where they came from stay.

            Examples:
              roost dlq redrive orders-dead --dry-run
              roost dlq redrive orders-dead --rate 20
              roost dlq redrive orders-dead --to orders-repair
              roost dlq redrive orders-dead --filter '"customer": 12'
            """
    )

    @OptionGroup package var name: QueueArgument
    @Option(
        help: ArgumentHelp(
            "Queue to put them into. Default: each message back to where it came from.", valueName: "queue"))
    package var to: String?
    @OptionGroup package var options: MoveFlags
    @Option(help: ArgumentHelp("Only messages whose body or attributes contain this.", valueName: "text"))
    package var filter: String?
    @Flag(help: "Say what would be moved, and move nothing.")
    package var dryRun = false
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func validate() throws {
        if let filter, filter.isEmpty { throw ValidationError("--filter needs a text.") }
        if filter != nil, options.noWait { throw ValidationError("--no-wait does not go with --filter.") }
    }

    package func run() async throws {
        try await client.withClient { client in
            if let filter {
                let redrive = FilteredRedrive(
                    queue: name.queue, to: to, rate: options.rate, filter: filter, isDry: dryRun,
                    isJSON: self.client.json)
                try await redrive.run(client)
            } else if dryRun {
                try await tell(client)
            } else {
                try await MoveRun(from: name.queue, to: to, rate: options.rate, isJSON: self.client.json)
                    .run(client, waits: !options.noWait)
            }
        }
    }

    private func tell(_ client: APIClient) async throws {
        var piece = try await rehearse(after: nil, client)
        var count = piece.wouldMove
        while let after = piece.nextAfter {
            piece = try await rehearse(after: after, client)
            count += piece.wouldMove
        }
        try RedriveReport(queue: name.queue, to: to, matching: count, moved: nil).show(isJSON: self.client.json)
    }
}

extension DLQRedrive {
    private func rehearse(after: String?, _ client: APIClient) async throws -> Rehearsal {
        var request: [String: JSONValue] = ["dry_run": .bool(true)]
        request["to"] = to.map { .text($0) }
        request["after"] = after.map { .text($0) }
        let body = try API.encode(JSONValue.object(request))
        return try API.decode(
            Rehearsal.self, try await client.call(.POST, ["queues", name.queue, "moves"], body: body))
    }
}

/// The answer to a dry run: what one look found.
private struct Rehearsal: Decodable {
    var wouldMove: Int
    var nextAfter: String?
}

/// What became of a redrive, or what would.
struct RedriveReport {
    var queue: String
    var to: String?
    var matching: Int
    /// Nil: nothing was to be moved.
    var moved: Int?

    func show(isJSON: Bool) throws {
        let console = Console.current
        if isJSON {
            let document: [String: JSONValue] = [
                "from": .text(queue), "to": to.map { .text($0) } ?? .null, "matching": .integer(Int64(matching)),
                "moved": .integer(Int64(moved ?? 0)), "dry_run": .bool(moved == nil),
            ]
            console.out(try JSONValue.object(document).rendered())
        } else {
            let target = to.map { "to \($0)" } ?? "back to where they came from"
            console.error(
                moved.map { "moved \(Text.plural($0, "message")) from \(queue) \(target)\n" }
                    ?? "\(Text.plural(matching, "message")) of \(queue) would be moved \(target)\n")
        }
    }
}
