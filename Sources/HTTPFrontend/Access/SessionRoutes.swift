import HTTPTypes
package import Hummingbird
import Logging

/// Login of browsers: the token for a cookie that scripts cannot read and other sites cannot send.
package struct SessionRoutes: Sendable {
    package static let cookieName = "roost_session"

    private let access: AccessConfiguration
    private let sessions: Sessions
    private let bodies: BodyReader

    package init(_ access: AccessConfiguration, _ sessions: Sessions, _ bodies: BodyReader) {
        self.access = access
        self.sessions = sessions
        self.bodies = bodies
    }

    package func add<Context: RequestContext>(to router: Router<Context>) {
        let session = router.group("api/v1/session")
        session.get { request, _ in state(request) }
        session.post { request, context in try await logIn(request, context.logger) }
        session.delete { request, _ in logOut(request) }
    }

    private func state(_ request: Request) -> Response {
        let isIn = access.token == nil || request.sessionCookie.flatMap { sessions.name(of: $0) } != nil
        return .json([
            "token_required": .bool(access.token != nil), "authenticated": .bool(isIn),
            "read_only": .bool(access.console == .readOnly),
        ])
    }

    private func logIn(_ request: Request, _ logger: Logger) async throws -> Response {
        let fields = try await bodies.decode(SessionFields.self, from: request)
        let place: Logger.Metadata = ["audit": "true", "from": "\(Connection.current?.peer ?? "-")"]
        guard access.token?.matches(fields.token) ?? true else {
            logger.notice("Login refused: wrong token", metadata: place)
            throw Problem.unauthorized
        }
        logger.info("Login", metadata: place)
        var response = Response.json(["authenticated": .bool(true)])
        response.headers[.setCookie] = cookie(sessions.begin(), seconds: Sessions.secondsMax)
        return response
    }

    private func logOut(_ request: Request) -> Response {
        if let cookie = request.sessionCookie { sessions.end(cookie) }
        var response = Response.json(["authenticated": .bool(false)])
        response.headers[.setCookie] = cookie("", seconds: 0)
        return response
    }

    private func cookie(_ value: String, seconds: Int64) -> String {
        "\(Self.cookieName)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict"
            + (access.isSecure ? "; Secure" : "")
    }
}

private struct SessionFields: Decodable {
    var token: String

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: ["token"])
        guard let token = try fields.text("token") else { throw Problem.missingField("token") }
        self.token = token
    }
}
