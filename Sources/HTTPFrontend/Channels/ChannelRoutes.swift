package import Hummingbird
import RoostModel
package import RoostStorage

/// `/api/v1/channels` and `/api/v1/bindings`: what is published, and which queues store it.
package struct ChannelRoutes: Sendable {
    package let calls: StorageCalls
    package let bodies: BodyReader
    package let survey: QueueSurvey
    /// Nil: the port that has channels is closed.
    package let directory: (any ChannelDirectory)?

    package func add<Context: RequestContext>(to router: Router<Context>) {
        router.get("api/v1/channels") { request, _ in try list(request) }
        router.post("api/v1/channels/:channel/publish") { request, context in
            try await publish(request, to: PathText.bytes("channel", in: context))
        }
        router.get("api/v1/bindings") { request, _ in try await bindings(request) }
    }

    private func list(_ request: Request) throws -> Response {
        let query = try Query(request, allowed: ["limit", "contains"])
        let limit = try query.wholeNumber("limit", in: 1...1000, default: 100)
        let contains = query.text("contains") ?? ""
        let all = (directory?.channels() ?? []).filter { channel in
            contains.isEmpty || String(decoding: channel.name, as: UTF8.self).contains(contains)
        }
        let sorted = all.sorted { $0.name.lexicographicallyPrecedes($1.name) }
        let channels = sorted.prefix(limit).map { channel in
            JSON.object([
                JSON.text(channel.name, named: "channel"),
                .init(name: "subscribers", value: .count(channel.subscribers)),
            ])
        }
        return .json([
            "channels": .array(channels), "total": .count(sorted.count),
            "patterns": .count(directory?.patternCount ?? 0),
        ])
    }

    /// Queues that are bound to the channel have the message on disk before anybody gets it.
    private func publish(_ request: Request, to channel: Bytes) async throws -> Response {
        let fields = try await bodies.decode(PublishFields.self, from: request)
        var receivers = 0
        if calls.storage.hasBindings {
            let request = KeyRequest([.publish(channel: channel, fields.message)])
            guard case .keys(let replies) = try await calls.async.perform(.keys(request)) else {
                throw UnexpectedReply()
            }
            switch replies.first {
            case .integer(let queues): receivers += Int(queues)
            case .failure(.refused(let rejection)): throw rejection
            default: throw UnexpectedReply()
            }
        }
        receivers += directory?.publish(fields.message, to: channel) ?? 0
        return .json(["receivers": .count(receivers)])
    }

    private func bindings(_ request: Request) async throws -> Response {
        _ = try Query(request, allowed: [])
        let bindings = try await survey.picture().queues.flatMap { queue in
            ChannelBinding.patterns(in: queue.settings.properties).map { pattern -> JSON in
                ["pattern": .string(pattern), "queue": .string(queue.name.text)]
            }
        }
        return .json(["bindings": .array(bindings)])
    }
}

/// Body of `POST publish`.
private struct PublishFields: Decodable {
    var message: Bytes

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: ["message", "message_base64"])
        switch (try fields.text("message"), try fields.text("message_base64")) {
        case (let text?, nil): message = Bytes(text.utf8)
        case (nil, let base64?): message = try MessageFields.bytes(base64: base64, field: "message_base64")
        case (nil, nil): throw Problem.missingField("message (or message_base64)")
        case (_?, _?): throw Problem.invalidField("message and message_base64 exclude each other.")
        }
    }
}
