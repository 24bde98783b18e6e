package import Hummingbird
import RoostModel
import RoostStorage

/// Dead letters and what moves messages from one queue to another.
package struct MoveRoutes: Sendable {
    package let calls: StorageCalls
    package let bodies: BodyReader

    package func add<Context: RequestContext>(to router: Router<Context>) {
        let queue = router.group("api/v1/queues/:name")
        queue.get("dead-letter-sources") { request, context in try await sources(request, try queueName(context)) }
        queue.get("moves") { request, context in try await list(request, try queueName(context)) }
        queue.post("moves") { request, context in try await start(request, try queueName(context)) }
        queue.post("move") { request, context in try await moveByID(request, try queueName(context)) }
        router.post("api/v1/moves/:id/cancel") { _, context in try await cancel(context.parameters.get("id") ?? "") }
    }

    private func sources(_ request: Request, _ name: QueueName) async throws -> Response {
        let query = try Query(request, allowed: ["after", "limit"])
        let after = try query.text("after").map { try QueueName($0) }
        let limit = try query.wholeNumber("limit", in: 1...1000, default: 100)
        let (list, more) = try await calls.queues(.listDeadLetterSources(name, after: after, limit: limit))
        return .json(JSON(list, more: more))
    }

    private func list(_ request: Request, _ name: QueueName) async throws -> Response {
        let query = try Query(request, allowed: ["limit"])
        let limit = try query.wholeNumber("limit", in: 1...Limits.moveTasksPerQueueMax, default: 10)
        let moves = try await calls.moves(.listMoves(name, limit: limit))
        return .json(["moves": .array(moves.map { JSON($0) })])
    }

    private func start(_ request: Request, _ name: QueueName) async throws -> Response {
        let fields = try await bodies.decodeIfPresent(MoveFields.self, from: request)
        if let text = fields.text { return .json(try await moveFiltered(text, fields, from: name)) }
        if fields.isDryRun { return .json(try await rehearse(fields, from: name)) }
        return .json(JSON(try await calls.move(.startMove(MoveOptions(from: name, to: fields.to, rate: fields.rate)))))
    }

    /// What a move would find now. A target that cannot be is refused as the move would be.
    private func rehearse(_ fields: MoveFields, from name: QueueName) async throws -> JSON {
        guard let to = fields.to else { return try await countReturning(fields, from: name) }
        let queue = try await calls.describe(name)
        let target = try await calls.describe(to)
        guard to != name, target.settings.isFIFO == queue.settings.isFIFO else {
            throw Rejection.invalidMoveTarget(to, reason: "it has to be another queue of the same type")
        }
        return [
            "would_move": .count(queue.counts.ready), "searched": .count(0), "of": .count(queue.counts.ready),
            "next_after": nil,
        ]
    }

    /// Messages that say where they came from, as far as one search goes: the others would stay.
    private func countReturning(_ fields: MoveFields, from name: QueueName) async throws -> JSON {
        var search = Search(counting: .origin, states: [.ready])
        if let after = fields.after { try search.goOn(after: after) }
        try await search.run(in: name, calls)
        return search.json(count: search.foundCount, as: "would_move", of: try await calls.describe(name).counts)
    }

    /// At once, as many as one search finds: `next_after` goes on.
    private func moveFiltered(_ text: String, _ fields: MoveFields, from name: QueueName) async throws -> JSON {
        var search = Search(text: [UInt8](text.utf8), states: [.ready], limit: Search.limitMax)
        if let after = fields.after { try search.goOn(after: after) }
        try await search.run(in: name, calls)
        let ids = search.found.filter { fields.to != nil || $0.deadLetterSource != nil }.map(\.id)
        let count =
            if fields.isDryRun || ids.isEmpty { ids.count } else {
                try await calls.count(.moveByID(name, to: fields.to, ids))
            }
        return search.json(
            count: count, as: fields.isDryRun ? "would_move" : "moved", of: try await calls.describe(name).counts)
    }

    private func moveByID(_ request: Request, _ name: QueueName) async throws -> Response {
        let fields = try await bodies.decode(MoveByIDFields.self, from: request)
        return .json(["moved": .count(try await calls.count(.moveByID(name, to: fields.to, fields.ids)))])
    }

    private func cancel(_ id: String) async throws -> Response {
        guard let id = UInt64(id) else { throw Problem.invalidField("The id of a move is a whole number.") }
        return .json(JSON(try await calls.move(.cancelMove(id: id))))
    }
}
