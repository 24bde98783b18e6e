package import ArgumentParser
import NIOHTTP1

package struct Kick: AsyncParsableCommand {
    /// Of one request.
    private static let countMax = 1000

    package static let configuration = CommandConfiguration(
        abstract: "Put buried messages back into their queue.",
        discussion: """
            Without more, the message that was buried first. It returns to its old place. A message that is not buried \
            (any more) is no error.

            Examples:
              roost kick orders
              roost kick orders --count 100
              roost kick orders --all
              roost kick orders --id 0b0f1c7e-6a4b-4d0e-9e2b-0f4bfc2d6c11
            """
    )

    @OptionGroup package var name: QueueArgument
    @Option(help: ArgumentHelp("Messages at most.", valueName: "n"))
    package var count: Int?
    @Flag(help: "All that are buried.")
    package var all = false
    @Option(name: .customLong("id"), parsing: .upToNextOption, help: "Ids of messages.")
    package var ids: [String] = []
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func validate() throws {
        guard [count != nil, all, !ids.isEmpty].count(where: { $0 }) <= 1 else {
            throw ValidationError("Give one of --count, --all and --id.")
        }
        if let count, count < 1 { throw ValidationError("--count \(count): accepted is 1 or more.") }
        guard ids.count <= 1000 else { throw ValidationError("Accepted are up to 1000 ids.") }
    }

    package func run() async throws {
        let outcome = try await client.withClient { client in
            guard ids.isEmpty else {
                return try await Acknowledgement.post("kick", "ids", ids, in: name.queue, client)
            }
            var outcome = Acknowledgement.Outcome()
            outcome.accepted = try await kick(all ? .max : count ?? 1, client)
            return outcome
        }
        try outcome.tell("kicked", json: client.json)
    }

    private func kick(_ wanted: Int, _ client: APIClient) async throws -> Int {
        var kicked = 0
        while kicked < wanted {
            let count = min(wanted - kicked, Self.countMax)
            let body = try API.encode(["count": count])
            let reply = try await client.call(.POST, ["queues", name.queue, "kick"], body: body)
            guard case .integer(let done)? = try JSONValue(reply)["kicked"] else { break }
            kicked += Int(done)
            if done < count { break }
        }
        return kicked
    }
}
