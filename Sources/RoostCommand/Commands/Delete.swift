package import ArgumentParser
import NIOHTTP1

package struct Delete: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Delete messages by handle or by id.",
        discussion: """
            A handle comes with each receive. An id is that of send or peek, and deletes the message in any state. A \
            message that is gone already is no error.

            Examples:
              roost delete orders q1JZy3...
              roost delete orders --id 0b0f1c7e-6a4b-4d0e-9e2b-0f4bfc2d6c11
            """
    )

    @OptionGroup package var name: QueueArgument
    @Argument(help: "Handles of messages that were received.")
    package var handles: [String] = []
    @Option(name: .customLong("id"), parsing: .upToNextOption, help: "Ids of messages.")
    package var ids: [String] = []
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func validate() throws {
        if handles.isEmpty, ids.isEmpty { throw ValidationError("Give handles, or ids with --id.") }
        guard handles.count <= 1000, ids.count <= 1000 else {
            throw ValidationError("Accepted are up to 1000 handles and 1000 ids.")
        }
    }

    package func run() async throws {
        let outcome = try await client.withClient { client in
            var outcome = Acknowledgement.Outcome()
            for (kind, values) in [("handles", handles), ("ids", ids)] where !values.isEmpty {
                let part = try await Acknowledgement.delete(kind, values, in: name.queue, client)
                outcome.accepted += part.accepted
                outcome.failed += part.failed
                outcome.firstError = outcome.firstError ?? part.firstError
            }
            return outcome
        }
        try outcome.tell("deleted", as: "accepted", json: client.json)
    }
}

/// What was done to messages by handle or id.
enum Acknowledgement {
    struct Outcome {
        var accepted = 0
        /// A reason for each that was refused.
        var failed: [String] = []
        var firstError: CommandError?

        /// Writes what became of the messages, and throws the first refusal.
        ///
        /// - Parameter done: what was done to them: `deleted`.
        /// - Parameter field: the name of their number in the document. Nil: `done`.
        func tell(_ done: String, as field: String? = nil, json: Bool) throws {
            let console = Console.current
            if json {
                let document: [String: JSONValue] = [
                    field ?? done: .integer(Int64(accepted)), "failed": .list(failed.map { .text($0) }),
                ]
                console.out(try JSONValue.object(document).rendered())
            } else {
                failed.forEach { console.error("not \(done): \($0)\n") }
                console.error("\(done) \(Text.plural(accepted, "message"))\n")
            }
            if let firstError { throw firstError }
        }
    }

    /// `kind`: `handles` or `ids`.
    static func delete(
        _ kind: String, _ values: [String], in queue: String, _ client: APIClient
    ) async throws -> Outcome {
        try await post("delete", kind, values, in: queue, client)
    }

    /// Sets the time that is left of leases; 0 returns the messages.
    static func changeVisibility(
        of handles: [String], to seconds: JSONValue, in queue: String, _ client: APIClient
    ) async throws -> Outcome {
        let more = ["visibility_timeout_seconds": seconds]
        return try await post("visibility", "handles", handles, more: more, in: queue, client)
    }

    /// One request of a queue for many messages, with more fields if wanted.
    static func post(
        _ path: String, _ kind: String, _ values: [String], more: [String: JSONValue] = [:], in queue: String,
        _ client: APIClient
    ) async throws -> Outcome {
        let fields = more.merging([kind: .list(values.map { .text($0) })]) { $1 }
        let reply = try await client.call(
            .POST, ["queues", queue, path], body: try API.encode(JSONValue.object(fields)))
        let results = try API.decode(EntryResults.self, reply).results
        var outcome = Outcome()
        for (value, result) in zip(values, results) {
            if let error = result.error {
                outcome.failed.append("\(value): \(Text.harmless(error.detail))")
                outcome.firstError = outcome.firstError ?? error.commandError
            } else if result.kicked != false {
                outcome.accepted += 1
            }
        }
        return outcome
    }
}
