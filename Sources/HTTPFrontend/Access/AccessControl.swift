import HTTPTypes
package import Hummingbird
import Logging
import RoostModel

/// Lets in who has the admin token or a session, keeps a read-only API read-only, and writes the audit log.
package struct AccessControl<Context: RequestContext>: RouterMiddleware {
    private let access: AccessConfiguration
    private let sessions: Sessions

    package init(_ access: AccessConfiguration, _ sessions: Sessions) {
        self.access = access
        self.sessions = sessions
    }

    package func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let route = context.endpointPath
        let asked = AskedPath(route ?? request.uri.path)
        if asked == .console, access.console == .off { throw HTTPError(.notFound) }
        let caller = caller(of: request)
        guard asked.isOpen || caller != nil else {
            context.logger.notice("Request refused: no valid token", metadata: Self.place(of: request))
            throw Problem.unauthorized
        }
        guard request.writes(by: route), asked == .api else { return try await next(request, context) }
        let audit = Audit(request, route: route ?? "", caller: caller ?? .anybody)
        guard access.console != .readOnly else {
            audit.write(.forbidden, to: context.logger)
            throw Problem.readOnly
        }
        do {
            let response = try await next(request, context)
            audit.write(response.status, to: context.logger)
            return response
        } catch {
            audit.write(Self.status(of: error), to: context.logger)
            throw error
        }
    }

    /// Nil: somebody who did not prove anything, where that is needed.
    private func caller(of request: Request) -> Caller? {
        guard let token = access.token else { return .anybody }
        if let text = request.bearerToken, token.matches(text) { return .token }
        return request.sessionCookie.flatMap { sessions.name(of: $0) }.map { .session($0) }
    }

    private static func status(of error: any Error) -> HTTPResponse.Status {
        switch error {
        case let problem as Problem: problem.status
        case let rejection as Rejection: Problem(rejection).status
        case let error as HTTPError: error.status
        default: .internalServerError
        }
    }

    static func place(of request: Request) -> Logger.Metadata {
        ["from": "\(Connection.current?.peer ?? "-")", "path": "\(request.uri.path.prefix(300))"]
    }
}

/// Who asks, as far as it is known.
enum Caller {
    case anybody
    case token
    case session(String)

    var text: String {
        switch self {
        case .anybody: "anybody"
        case .token: "token"
        case .session(let name): "session \(name)"
        }
    }
}

/// What a path belongs to.
enum AskedPath {
    /// Health, the version and what a browser needs before it can log in: no data.
    case open
    case console
    case session
    /// Everything else, paths that are not served included.
    case api

    /// - Parameter path: of the route that was found, with names in braces. What clients write may lead to one route in
    ///   several ways (`//`), so it is asked only where it leads to none, and nothing is served.
    init(_ path: String) {
        switch path {
        case "/livez", "/readyz", "/healthz", "/version", "/openapi.json", "/", "/favicon.ico": self = .open
        case "/api/v1/session": self = .session
        default: self = path == "/console" || path.hasPrefix("/console/") ? .console : .api
        }
    }

    var isOpen: Bool { self != .api }
}

extension Request {
    /// The receive of the AweQ API is a GET, and leases messages.
    fileprivate func writes(by route: String?) -> Bool {
        ![.get, .head, .options].contains(method) || (method == .get && route == AweQRoutes.receivePath)
    }

    /// That of `Authorization: Bearer TOKEN`.
    var bearerToken: Substring? {
        guard let text = headers[.authorization] else { return nil }
        let parts = text.split(separator: " ", maxSplits: 1)
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? parts[1] : nil
    }

    var sessionCookie: Substring? {
        for cookie in (headers[.cookie] ?? "").split(separator: ";") {
            let parts = cookie.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == SessionRoutes.cookieName else { continue }
            return parts[1]
        }
        return nil
    }
}

extension Problem {
    static let unauthorized = Problem(
        .unauthorized, "unauthorized", "The admin token is needed",
        "Send it as Authorization: Bearer TOKEN, or log in at /console.")

    static let readOnly = Problem(
        .forbidden, "read_only", "Nothing can be changed here", "The server runs with --console read-only.")
}
