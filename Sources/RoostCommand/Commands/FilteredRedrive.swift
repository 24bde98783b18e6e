import Foundation
import NIOHTTP1

/// A redrive of the messages that contain a text: by looking at both ends of the queue and moving ids.
struct FilteredRedrive {
    private static let lookMax = 1000

    let queue: String
    let to: String?
    let rate: Int?
    let filter: String
    let isDry: Bool
    let isJSON: Bool

    func run(_ client: APIClient) async throws {
        let ready = try API.decode(
            QueueDescription.self, try await client.call(.GET, ["queues", queue])
        ).counts.ready
        var bar = ProgressBar(console: Console.current, total: 0)
        var (moved, matching) = (0, 0)
        var look = try await look(client)
        // No more than there were at the start: others may send what matches all the time.
        while !isDry, !look.matches.isEmpty, moved < ready {
            let count = try await move(look.matches, client)
            matching += look.matches.count
            moved += count
            bar.update(moved, label: "\(Text.number(moved)) moved")
            guard count > 0 else { break }
            look = try await self.look(client)
        }
        bar.clear()
        let left = isDry ? ready : max(0, ready - moved)
        try RedriveReport(
            queue: queue, to: to, matching: isDry ? look.matches.count : matching, moved: isDry ? nil : moved,
            notSeen: max(0, left - look.seen)
        ).show(isJSON: isJSON)
    }

    /// Ids that match, the oldest first, and how many messages could be seen.
    private func look(_ client: APIClient) async throws -> (matches: [String], seen: Int) {
        var (seen, matches): (Set<String>, [String]) = ([], [])
        for end in ["head", "tail"] {
            let query = ["from": end, "limit": "\(Self.lookMax)"]
            let reply = try await client.call(.GET, ["queues", queue, "messages"], query: query)
            let messages = try API.decode(MessageList.self, reply).messages.filter { seen.insert($0.id).inserted }
            let found = messages.filter(contains).map(\.id)
            matches += end == "head" ? found : found.reversed()
        }
        return (matches, seen.count)
    }

    private func contains(_ message: IncomingMessage) -> Bool {
        if let body = message.body {
            if body.contains(filter) { return true }
        } else if Data(message.bytes).range(of: Data(filter.utf8)) != nil {
            return true
        }
        return (message.attributes ?? [:]).contains { name, value in
            name.contains(filter) || (value.value ?? value.valueBase64 ?? "").contains(filter)
        }
    }

    /// In slices, so that the rate holds.
    private func move(_ ids: [String], _ client: APIClient) async throws -> Int {
        let slice = min(Self.lookMax, rate ?? Self.lookMax)
        var (moved, rest) = (0, ids[...])
        while !rest.isEmpty {
            let part = rest.prefix(slice)
            rest = rest.dropFirst(part.count)
            var request: [String: JSONValue] = ["ids": .list(part.map { .text($0) })]
            request["to"] = to.map { .text($0) }
            let body = try API.encode(JSONValue.object(request))
            let reply = try await client.call(.POST, ["queues", queue, "move"], body: body)
            if case .integer(let count)? = try JSONValue(reply)["moved"] { moved += Int(count) }
            if let rate { try await Task.sleep(for: .seconds(Double(part.count) / Double(rate))) }
        }
        return moved
    }
}
