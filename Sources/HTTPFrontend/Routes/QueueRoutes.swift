package import Hummingbird
import RoostModel
import RoostStorage

/// `/api/v1/queues`: queues and their settings.
package struct QueueRoutes: Sendable {
    package let calls: StorageCalls
    package let bodies: BodyReader
    package let survey: QueueSurvey

    package func add<Context: RequestContext>(to router: Router<Context>) {
        let queues = router.group("api/v1/queues")
        queues.get { request, _ in try await list(request) }
        queues.put(":name") { request, context in try await create(request, try queueName(context)) }
        queues.get(":name") { _, context in try await describe(try queueName(context)) }
        queues.patch(":name") { request, context in try await change(request, try queueName(context)) }
        queues.delete(":name") { _, context in try await end(.deleteQueue(try queueName(context))) }
        queues.post(":name/adopt") { request, context in try await adopt(request, try queueName(context)) }
        queues.post(":name/purge") { _, context in try await end(.purgeQueue(try queueName(context))) }
        queues.post(":name/pause") { request, context in try await pause(request, try queueName(context)) }
        queues.post(":name/resume") { _, context in try await resume(try queueName(context)) }
    }

    private func list(_ request: Request) async throws -> Response {
        let query = try Query(
            request, allowed: ["prefix", "after", "limit", "sort", "order", "contains", "offset"])
        if ["sort", "order", "contains", "offset"].contains(where: { query.text($0) != nil }) {
            return try await sorted(query)
        }
        let after = try query.text("after").map { try QueueName($0) }
        let limit = try query.wholeNumber("limit", in: 1...1000, default: 100)
        let (list, more) = try await calls.queues(prefix: query.text("prefix") ?? "", after: after, limit: limit)
        return .json(JSON(list, more: more))
    }

    /// A list that is not in the order of names cannot go on after a name: pages are told by `offset`.
    private func sorted(_ query: Query) async throws -> Response {
        guard query.text("after") == nil else {
            throw Problem.invalidField("after goes with the order of names only. Use offset.")
        }
        let list = SortedQueues(
            order: try query.choice("sort", QueueOrder.allCases.map { ($0.rawValue, $0) }, default: .name),
            isDescending: try query.choice("order", [("asc", false), ("desc", true)], default: false),
            contains: query.text("contains") ?? "", prefix: query.text("prefix") ?? "",
            offset: try query.wholeNumber("offset", in: 0...QueueSurvey.queuesMax, default: 0),
            limit: try query.wholeNumber("limit", in: 1...1000, default: 100))
        return .json(list.json(try await survey.picture()))
    }

    private func create(_ request: Request, _ name: QueueName) async throws -> Response {
        let settings = try await bodies.decodeIfPresent(SettingsFields.self, from: request)
        return .json(JSON(try await calls.queue(.createQueue(name, settings.checked(with: name, isNew: true)))))
    }

    private func adopt(_ request: Request, _ name: QueueName) async throws -> Response {
        let fields = try await bodies.decodeIfPresent(AdoptFields.self, from: request)
        let settings = try fields.settings?.checked(with: name, isNew: true) ?? QueueSettingsChange()
        let adoption = Adoption(settings: settings, first: fields.first)
        return .json(JSON(try await calls.queue(.adoptQueue(name, adoption))))
    }

    private func describe(_ name: QueueName) async throws -> Response {
        .json(JSON(try await calls.describe(name)))
    }

    private func change(_ request: Request, _ name: QueueName) async throws -> Response {
        let settings = try await bodies.decode(SettingsFields.self, from: request)
        try await calls.done(.changeSettings(name, settings.checked(with: name, isNew: false)))
        return try await describe(name)
    }

    private func pause(_ request: Request, _ name: QueueName) async throws -> Response {
        let fields = try await bodies.decodeIfPresent(PauseFields.self, from: request)
        try await calls.done(.pauseQueue(name, reason: fields.reason))
        return try await describe(name)
    }

    private func resume(_ name: QueueName) async throws -> Response {
        try await calls.done(.resumeQueue(name))
        return try await describe(name)
    }

    private func end(_ request: StorageRequest) async throws -> Response {
        try await calls.done(request)
        return .json([:])
    }
}

/// Body of `POST adopt`.
private struct AdoptFields: Decodable {
    var settings: SettingsFields?
    var first: ListEnd

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: ["settings", "first"])
        settings = try fields.value("settings", as: SettingsFields.self)
        switch try fields.text("first") {
        case nil, "head": first = .left
        case "tail": first = .right
        default: throw Problem.invalidField("first must be \"head\" or \"tail\".")
        }
    }
}

private struct PauseFields: Decodable {
    var reason: String

    init(from decoder: any Decoder) throws {
        reason = try StrictFields(decoder, allowed: ["reason"]).text("reason") ?? ""
    }
}

/// The queue that the path names.
func queueName(_ context: some RequestContext) throws -> QueueName {
    try QueueName(context.parameters.get("name") ?? "")
}
