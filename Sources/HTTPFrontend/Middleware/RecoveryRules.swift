package import Hummingbird
package import RoostStorage

/// While the log is read, only what tells about the node is answered. Everything else is refused before its body is
/// read: a client that may try again should not send megabytes in vain.
package struct RecoveryRules<Context: RequestContext>: RouterMiddleware {
    private static var openPaths: Set<String> {
        [
            "/livez", "/readyz", "/healthz", "/version", "/metrics", "/openapi.json", "/api/v1/stats",
            "/api/v1/session",
        ]
    }

    package var storage: any Storage

    package init(storage: any Storage) { self.storage = storage }

    package func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        if case .recovering = storage.readiness, !isOpen(context.endpointPath ?? request.uri.path) {
            throw Problem.recovering(storage.readiness)
        }
        return try await next(request, context)
    }

    /// The console tells how far the reading is.
    private func isOpen(_ path: String) -> Bool {
        Self.openPaths.contains(path) || path == "/console" || path.hasPrefix("/console/")
    }
}
