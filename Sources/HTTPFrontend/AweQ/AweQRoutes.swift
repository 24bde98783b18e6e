import FoundationEssentials
import HTTPTypes
package import Hummingbird
import NIOHTTP1
package import RoostModel
import RoostStorage

/// The AweQ API: four paths over one queue. See docs/protocols/aweq.md.
package struct AweQRoutes: Sendable {
    /// First components of the paths.
    package static let paths: Set<Substring> = ["send-message", "receive-message", "delete-message", "get-stats"]

    /// Of the route that leases messages with a GET.
    static let receivePath = "/receive-message"

    package let queue: QueueName
    package let calls: StorageCalls
    package let bodies: BodyReader
    package let maximumMessageBytes: Int

    package func add<Context: RequestContext>(to router: Router<Context>) {
        router.post("send-message") { request, _ in try await reply { try await send(request) } }
        router.get("receive-message") { request, _ in try await reply { try await receive(request) } }
        router.delete("delete-message/:key") { _, context in
            try await reply { try await delete(context.parameters.get("key") ?? "") }
        }
        router.get("get-stats") { _, _ in try await reply { try await stats() } }
        for path in ["send-message", "receive-message", "delete-message", "delete-message/:key", "get-stats"] {
            // HEAD must not lease messages, so it does not run what GET runs.
            for method in [HTTPRequest.Method.head, .options] {
                router.on(RouterPath(path), method: method) { _, _ in AweQReplies.empty }
            }
        }
    }

    private func send(_ request: Request) async throws -> Response {
        let body = try await bodies.read(request)
        guard let text = try? JSONDecoder().decode(MessageBody.self, from: Data(body.readableBytesView)).message,
            !text.isEmpty
        else { return AweQReplies.contentRequired }
        let message = NewMessage(body: [UInt8](text.utf8))
        let sent = try await calls.send(TraceContext(request.headers)?.added(to: message) ?? message, to: queue)
        return .json(AweQReplies.sent(sent))
    }

    private func receive(_ request: Request) async throws -> Response {
        guard let count = count(request) else { return AweQReplies.invalidCount }
        // A poll of AweQ never waits, whatever the queue says.
        let messages = try await calls.receive(queue, ReceiveOptions(maximum: count, wait: .zero))
        return .json(AweQReplies.received(messages, wanted: count))
    }

    private func delete(_ key: String) async throws -> Response {
        // What is no key of ours cannot be in the queue: as deleted as a message can be.
        if let id = MessageID(key) { try await calls.done(.deleteByID(queue, id)) }
        return .json(AweQReplies.okay)
    }

    private func stats() async throws -> Response {
        .json(AweQReplies.stats(try await calls.describe(queue)))
    }

    /// 1 when it is not given; nil when it is not a number from 1 to 1000.
    private func count(_ request: Request) -> Int? {
        let values = request.uri.queryParameters[values: "count"]
        guard let text = values.first else { return 1 }
        guard values.count == 1, let count = decimal(text), AweQReplies.counts.contains(count) else { return nil }
        return count
    }

    /// Adds the CORS headers, and tells refusals as texts.
    private func reply(_ route: () async throws -> Response) async throws -> Response {
        var response: Response
        do {
            response = try await route()
        } catch let error as HTTPParserError {
            // Hummingbird answers 400 itself and closes.
            throw error
        } catch {
            response = AweQReplies.refusal(error, maximumMessageBytes: maximumMessageBytes)
        }
        response.headers.append(contentsOf: AweQReplies.corsHeaders)
        return response
    }
}

/// Other members are left alone, as AweQ did.
private struct MessageBody: Decodable {
    var message: String
}
