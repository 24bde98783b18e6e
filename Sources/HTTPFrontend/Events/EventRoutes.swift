import HTTPTypes
package import Hummingbird
import NIOCore
import RoostModel

/// `/api/v1/events`: one stream for each open page.
package struct EventRoutes: Sendable {
    private static let namesMax = 100

    package let hub: EventHub

    package func add<Context: RequestContext>(to router: Router<Context>) {
        router.get("api/v1/events") { request, _ in try open(request) }
    }

    private func open(_ request: Request) throws -> Response {
        let query = try Query(request, allowed: ["queues", "channels", "stats"])
        let wish = EventWish(
            queues: Set(try names(query, "queues").map { try QueueName($0) }),
            channels: Dictionary(try names(query, "channels").map { ($0, GlobPattern(Bytes($0.utf8))) }) { $1 },
            hasStats: try query.choice("stats", [("0", false), ("1", true)], default: false))
        let lastID = HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] }
        guard let (id, events) = hub.open(wish, lastID: lastID) else { throw Problem.tooManyStreams }
        let connection = Connection.current
        // The stream ends when the client goes, or when the server wants to shut down.
        let wait = connection?.beginWait { [hub] in hub.close(id) }
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { [hub] writer in
                defer {
                    if let wait { connection?.endWait(wait) }
                    hub.close(id)
                }
                try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
                for await event in events {
                    var buffer = ByteBuffer()
                    event.write(to: &buffer)
                    try await writer.write(buffer)
                }
                try await writer.finish(nil)
            })
    }

    private func names(_ query: Query, _ name: String) throws -> [String] {
        let names = (query.text(name) ?? "").split(separator: ",").map(String.init)
        guard names.count <= Self.namesMax else {
            throw Problem.invalidField("\(name) may have \(Self.namesMax) names.")
        }
        return names
    }
}

extension Problem {
    fileprivate static let tooManyStreams = Problem(
        .tooManyRequests, "too_many_streams", "Too many pages are open",
        "At most \(EventHub.streamsMax) streams of events are served at a time. Close a page.")
}
