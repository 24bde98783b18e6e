import Foundation
import NIOHTTP1

/// A redrive of the messages that contain a text: the server looks and moves, a piece with each request.
struct FilteredRedrive {
    private struct Piece: Decodable {
        var moved: Int?
        var wouldMove: Int?
        var searched: Int
        var of: Int
        var nextAfter: String?
    }

    let queue: String
    let to: String?
    let rate: Int?
    let filter: String
    let isDry: Bool
    let isJSON: Bool

    func run(_ client: APIClient) async throws {
        var bar = ProgressBar(console: Console.current, total: 0)
        var count = 0
        var after: String?
        repeat {
            let piece = try await move(after: after, client)
            let part = piece.moved ?? piece.wouldMove ?? 0
            count += part
            after = piece.nextAfter
            let place = "\(Text.number(piece.searched)) of \(Text.number(piece.of))"
            bar.update(count, label: "\(Text.number(count)) found in \(place)")
            if let rate, !isDry, after != nil {
                try await Task.sleep(for: .seconds(Double(part) / Double(rate)))
            }
        } while after != nil
        bar.clear()
        try RedriveReport(queue: queue, to: to, matching: count, moved: isDry ? nil : count).show(isJSON: isJSON)
    }

    private func move(after: String?, _ client: APIClient) async throws -> Piece {
        var request: [String: JSONValue] = [
            "filter": .object(["text": .text(filter)]), "dry_run": .bool(isDry),
        ]
        request["to"] = to.map { .text($0) }
        request["after"] = after.map { .text($0) }
        let body = try API.encode(JSONValue.object(request))
        return try API.decode(Piece.self, try await client.call(.POST, ["queues", queue, "moves"], body: body))
    }
}
