package import Hummingbird
import RoostModel
import RoostStorage

/// Looking at messages of a queue, without leasing or counting.
package struct BrowseRoutes: Sendable {
    package let calls: StorageCalls

    package func add<Context: RequestContext>(to router: Router<Context>) {
        let queue = router.group("api/v1/queues/:name")
        queue.get("messages") { request, context in try await peek(request, try queueName(context)) }
        queue.get("messages/:id") { request, context in
            try await look(request, try queueName(context), context.parameters.get("id") ?? "")
        }
        queue.get("search") { request, context in try await search(request, try queueName(context)) }
        queue.get("groups") { request, context in try await groups(request, try queueName(context)) }
    }

    private func peek(_ request: Request, _ name: QueueName) async throws -> Response {
        let query = try Query(request, allowed: ["state", "from", "limit", "after"])
        let state = try query.choice("state", MessageState.allCases.map { ($0.name, $0) }, default: .ready)
        let from = try query.choice("from", [("head", PeekOptions.End.head), ("tail", .tail)], default: .head)
        let options = BrowseOptions(
            state: state, from: from,
            count: try query.wholeNumber("limit", in: 1...Limits.receiveMessagesMax, default: 10),
            after: try query.text("after").map { try PageCursor($0, state, from).place })
        let (messages, next) = try await calls.browse(name, options)
        let cursor = next.map { JSON.string(PageCursor(state: state, from: from, place: $0).description) }
        return .json(["messages": .array(messages.map { JSON($0) }), "next_after": cursor ?? nil])
    }

    private func look(_ request: Request, _ name: QueueName, _ text: String) async throws -> Response {
        _ = try Query(request, allowed: [])
        guard let id = MessageID(text) else { throw Problem.invalidID }
        guard let message = try await calls.look(name, id) else { throw Rejection.messageNotAvailable }
        return .json(JSON(message))
    }

    private func search(_ request: Request, _ name: QueueName) async throws -> Response {
        let query = try Query(request, allowed: ["text", "state", "limit", "after"])
        guard let text = query.text("text") else { throw Problem.missingField("text") }
        guard (1...Search.textBytesMax).contains(text.utf8.count) else {
            throw Problem.invalidField("text must have 1 to \(Search.textBytesMax) bytes.")
        }
        let states: [MessageState]? = try query.choice(
            "state", MessageState.allCases.map { ($0.name, [$0]) }, default: nil)
        var search = Search(
            text: [UInt8](text.utf8), states: states ?? Search.states,
            limit: try query.wholeNumber("limit", in: 1...Search.limitMax, default: 20))
        if let after = query.text("after") { try search.goOn(after: after) }
        try await search.run(in: name, calls)
        return .json(search.json(of: try await calls.describe(name).counts))
    }

    private func groups(_ request: Request, _ name: QueueName) async throws -> Response {
        let query = try Query(request, allowed: ["limit", "after"])
        let limit = try query.wholeNumber("limit", in: 1...Limits.receiveMessagesMax, default: 100)
        let after = try query.text("after").map { text in
            guard let place = BrowsePlace(text) else { throw Problem.invalidCursor }
            return place
        }
        let (groups, next) = try await calls.groups(name, after: after, limit: limit)
        return .json([
            "groups": .array(groups.map { JSON($0) }), "next_after": next.map { .string($0.description) } ?? nil,
        ])
    }
}

extension Problem {
    static let invalidCursor = Problem.invalidField(
        "after must be the next_after of the page before, asked for with the same state and end.")
}

extension JSON {
    fileprivate init(_ group: QueueGroup) {
        self = [
            "group": group.name.map(JSON.string) ?? nil, "ready": .count(group.counts.ready),
            "in_flight": .count(group.counts.inFlight), "delayed": .count(group.counts.delayed),
            "damaged": .count(group.counts.damaged), "buried": .count(group.counts.buried),
            "locked": .bool(group.isLocked), "counted": .bool(group.isWhole),
            "dead_letter_source": group.deadLetterSource.map { .string($0.text) } ?? nil,
        ]
    }
}
