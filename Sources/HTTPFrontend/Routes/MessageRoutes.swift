import HTTPTypes
package import Hummingbird
import NIOCore
import RoostModel
import RoostStorage

/// `/api/v1/queues/{name}/...`: messages of a queue.
package struct MessageRoutes: Sendable {
    package let calls: StorageCalls
    package let bodies: BodyReader
    private let keys = IdempotencyKeys()

    package init(calls: StorageCalls, bodies: BodyReader) {
        self.calls = calls
        self.bodies = bodies
    }

    package func add<Context: RequestContext>(to router: Router<Context>) {
        let queue = router.group("api/v1/queues/:name")
        queue.post("messages") { request, context in try await send(request, try queueName(context)) }
        queue.post("receive") { request, context in try await receive(request, try queueName(context)) }
        queue.post("delete") { request, context in try await delete(request, try queueName(context)) }
        queue.post("bury") { request, context in try await bury(request, try queueName(context)) }
        queue.post("kick") { request, context in try await kick(request, try queueName(context)) }
        queue.post("visibility") { request, context in try await changeVisibility(request, try queueName(context)) }
    }

    private func send(_ request: Request, _ name: QueueName) async throws -> Response {
        let body = try await bodies.read(request)
        let trace = TraceContext(request.headers)
        guard let key = try idempotencyKey(request) else { return .json(try await send(body, name, trace).json) }
        return try await keys.once(key, name, body) { try await send(body, name, trace) }
    }

    private func send(_ body: ByteBuffer, _ name: QueueName, _ trace: TraceContext?) async throws -> SendAnswer {
        let completed = { (message: NewMessage) in
            ContentDigest.marked(trace?.added(to: message) ?? message, for: name)
        }
        switch try BodyReader.decode(SendFields.self, from: body) {
        case .one(let message):
            let sent = try await calls.send(completed(message), to: name)
            return SendAnswer(json: JSON(sent), hasStored: true)
        case .batch(let messages):
            let results = await calls.performAll(messages.map { .send(name, completed($0)) })
            let hasStored = results.contains { if case .success = $0 { true } else { false } }
            return SendAnswer(json: batchJSON(results), hasStored: hasStored)
        }
    }

    private func idempotencyKey(_ request: Request) throws -> String? {
        guard let name = HTTPField.Name("Idempotency-Key") else { return nil }
        let values = request.headers[values: name]
        guard let key = values.first else { return nil }
        guard values.count == 1, (1...IdempotencyKeys.keyBytesMax).contains(key.utf8.count) else {
            throw Problem.invalidField(
                "Idempotency-Key may stand there once, with 1 to \(IdempotencyKeys.keyBytesMax) bytes.")
        }
        return key
    }

    private func receive(_ request: Request, _ name: QueueName) async throws -> Response {
        let fields = try await bodies.decodeIfPresent(ReceiveFields.self, from: request)
        let messages = try await calls.receive(name, fields.options)
        return .json(["messages": .array(messages.map { JSON($0) })])
    }

    private func delete(_ request: Request, _ name: QueueName) async throws -> Response {
        switch try await bodies.decode(DeleteFields.self, from: request) {
        case .handles(let texts):
            return .json(try await batch(texts, ReceiptHandle.init, orElse: .invalidHandle) { .delete(name, $0) })
        case .ids(let texts):
            return .json(try await batch(texts, MessageID.init, orElse: .invalidID) { .deleteByID(name, $0) })
        }
    }

    private func bury(_ request: Request, _ name: QueueName) async throws -> Response {
        let fields = try await bodies.decode(BuryFields.self, from: request)
        return .json(
            try await batch(fields.handles, ReceiptHandle.init, orElse: .invalidHandle) {
                .bury(name, $0, fields.burial)
            }
        )
    }

    private func kick(_ request: Request, _ name: QueueName) async throws -> Response {
        switch try await bodies.decode(KickFields.self, from: request) {
        case .count(let count): return .json(["kicked": .count(try await calls.count(.kick(name, count: count)))])
        case .ids(let texts):
            return .json(try await batch(texts, MessageID.init, orElse: .invalidID) { .kickByID(name, $0) })
        }
    }

    private func changeVisibility(_ request: Request, _ name: QueueName) async throws -> Response {
        let fields = try await bodies.decode(VisibilityFields.self, from: request)
        return .json(
            try await batch(fields.handles, ReceiptHandle.init, orElse: .invalidHandle) {
                .changeVisibility(name, $0, timeout: fields.timeout)
            }
        )
    }

    /// One request for each text that can be read; the others get `problem` at their place.
    private func batch<Value>(
        _ texts: [String], _ parse: (String) -> Value?, orElse problem: Problem,
        _ request: (Value) -> StorageRequest
    ) async throws -> JSON {
        let values = texts.map(parse)
        var results = await calls.performAll(values.compactMap { $0.map(request) })[...]
        return batchJSON(
            values.map { value in
                guard value != nil, let result = results.popFirst() else { return .failure(problem) }
                return result.mapError { Problem($0) }
            }
        )
    }
}

extension Problem {
    static let invalidID = Problem.invalidField("An id has the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.")
}

/// The results of a batch, each at the place of its entry.
private func batchJSON(_ results: [Result<StorageReply, Problem>]) -> JSON {
    var failed = 0
    let entries = results.map { result -> JSON in
        switch result {
        case .success(.sent(let sent)): return JSON(sent)
        case .success(.count(let count)): return ["kicked": .bool(count > 0)]
        case .success: return [:]
        case .failure(let problem):
            failed += 1
            return ["error": problem.json]
        }
    }
    return ["results": .array(entries), "failed": .count(failed)]
}

private func batchJSON(_ results: [Result<StorageReply, Rejection>]) -> JSON {
    batchJSON(results.map { $0.mapError { Problem($0) } })
}
