import HTTPTypes
package import Hummingbird
package import RoostStorage

/// Counts how long requests take until their reply is made.
package struct RequestClock<Context: RequestContext>: RouterMiddleware {
    private let times: RequestTimes.Shard
    private let clock = ContinuousClock()

    package init(times: RequestTimes) { self.times = times.addShard() }

    package func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = clock.now
        let group = RequestGroup(request.method, context.endpointPath ?? "")
        defer { times.addShared(group, nanoseconds: (clock.now - start).wholeNanoseconds) }
        return try await next(request, context)
    }
}

extension RequestGroup {
    /// By the last words of the path of a route. Paths that are not served count as those of the node.
    package init(_ method: HTTPRequest.Method, _ route: String) {
        let words = route.split(separator: "/")
        let word = words.last { !$0.hasPrefix("{") && !$0.hasPrefix(":") } ?? ""
        self =
            switch word {
            case "messages": method == .post ? .send : .peek
            case "send-message": .send
            case "receive", "receive-message": .receive
            case "delete", "delete-message": .delete
            case "visibility": .visibility
            case "bury", "kick", "move", "moves", "cancel", "dead-letter-sources": .move
            case "search", "groups": .peek
            case "queues", "purge", "pause", "resume", "adopt": .queues
            case "keys": .keys
            default: .node
            }
    }
}

extension Duration {
    /// Zero for what is below, the highest number for what is above.
    fileprivate var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : whole &+ UInt64(attoseconds / 1_000_000_000)
    }
}
