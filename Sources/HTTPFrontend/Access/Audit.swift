import HTTPTypes
import Hummingbird
import Logging
import RoostStorage

/// A line of the log for each action that changes something: who did what from where, and how it ended. Bodies and
/// secrets are not in it.
struct Audit {
    private var metadata: Logger.Metadata
    private let level: Logger.Level

    init(_ request: Request, route: String, caller: Caller) {
        metadata = [
            "audit": "true", "by": "\(caller.text)", "from": "\(Connection.current?.peer ?? "-")",
            "method": "\(request.method.rawValue)", "path": "\(request.uri.path.prefix(300))",
        ]
        if let trace = TraceContext(request.headers) { metadata["trace_id"] = "\(trace.traceID)" }
        level = Self.level(of: RequestGroup(request.method, route))
    }

    /// What workers do all the time would hide the rest.
    private static func level(of group: RequestGroup) -> Logger.Level {
        switch group {
        case .send, .receive, .delete, .visibility: .debug
        default: .info
        }
    }

    func write(_ status: HTTPResponse.Status, to logger: Logger) {
        logger.log(level: level, "action", metadata: metadata.merging(["status": "\(status.code)"]) { $1 })
    }
}
