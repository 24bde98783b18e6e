import Foundation
import NIOHTTP1

/// Starts a move and follows it to its end.
struct MoveRun {
    private static let lookInterval = Duration.milliseconds(200)

    let from: String
    /// Nil: each message back to where it was a dead letter.
    let to: String?
    let rate: Int?
    let isJSON: Bool

    func run(_ client: APIClient, waits: Bool) async throws {
        var request: [String: JSONValue] = [:]
        request["to"] = to.map { .text($0) }
        request["rate"] = rate.map { .integer(Int64($0)) }
        var reply = try await client.call(
            .POST, ["queues", from, "moves"], body: try API.encode(JSONValue.object(request)))
        var task = try API.decode(MoveDescription.self, reply)
        if waits { (task, reply) = try await follow(task, reply, client) }
        try show(task, reply)
    }

    private func follow(
        _ started: MoveDescription, _ reply: Data, _ client: APIClient
    ) async throws -> (MoveDescription, Data) {
        let console = Console.current
        if started.status == "running", console.errorIsTerminal {
            console.error(
                "The server moves them. Ctrl-C ends the waiting, roost moves cancel \(started.id) the move.\n")
        }
        var bar = ProgressBar(console: console, total: started.toMove)
        defer { bar.clear() }
        var (task, document) = (started, reply)
        while task.status == "running" {
            try await Task.sleep(for: Self.lookInterval)
            let list = try await client.call(.GET, ["queues", from, "moves"])
            let index = try API.decode(MoveList.self, list).moves.firstIndex { $0.id == started.id }
            guard let index else {
                throw CommandError(.failed, "the server knows nothing of move \(started.id) any more")
            }
            task = try API.decode(MoveList.self, list).moves[index]
            document = try (JSONValue(list)["moves"]?.items?[index]).map { try JSONEncoder().encode($0) } ?? document
            bar.update(task.moved, label: "\(Text.number(task.moved)) moved")
        }
        return (task, document)
    }

    private func show(_ task: MoveDescription, _ reply: Data) throws {
        let console = Console.current
        if isJSON {
            console.out(try JSONValue(reply).rendered())
        } else if task.status == "running" {
            console.error("move \(task.id) is running. See how far it is with: roost moves list \(from)\n")
        } else {
            console.error("moved \(Text.plural(task.moved, "message")) from \(from) \(MoveWords.target(task))\n")
        }
        guard task.status == "failed" || task.status == "cancelled" else { return }
        throw CommandError(
            .failed, "the move ended before its end: \(MoveWords.end(task))", nextStep: MoveWords.nextStep(task))
    }
}

enum MoveWords {
    static func target(_ task: MoveDescription) -> String {
        task.to.map { "to \(Text.harmless($0))" } ?? "back to where they came from"
    }

    static func end(_ task: MoveDescription) -> String {
        switch (task.status, task.failure) {
        case ("failed", "queue_is_gone"): "a queue is gone, or is of another type now"
        case ("failed", "unknown_origin"): "what is left does not say where it came from, or that queue is gone"
        case ("cancelled", _): "it was cancelled"
        case (let status, let failure): Text.harmless(failure ?? status)
        }
    }

    static func nextStep(_ task: MoveDescription) -> String? {
        guard task.failure == "unknown_origin" else { return nil }
        return "Name a queue for them: roost move \(Text.harmless(task.from)) QUEUE"
    }
}
