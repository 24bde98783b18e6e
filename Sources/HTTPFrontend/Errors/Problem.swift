package import HTTPTypes
package import Hummingbird
import RoostStorage

/// A refused request as a client sees it: a problem document (RFC 9457).
package struct Problem: Error, Sendable, Equatable {
    package var status: HTTPResponse.Status
    /// Stable, in snake case. Clients may compare it.
    package var code: String
    /// What kind of thing went wrong: the same for every occurrence.
    package var title: String
    /// The value seen, what would be accepted, and how to get there.
    package var detail: String
    package var retryAfterSeconds: Int?

    package init(
        _ status: HTTPResponse.Status, _ code: String, _ title: String, _ detail: String, retryAfterSeconds: Int? = nil
    ) {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.retryAfterSeconds = retryAfterSeconds
    }

    package var json: JSON {
        [
            "type": .string("urn:roost:problem:\(code)"), "title": .string(title), "status": .count(status.code),
            "detail": .string(detail), "code": .string(code),
        ]
    }

    package var response: Response {
        var response = Response.json(json, status: status, contentType: "application/problem+json")
        if let retryAfterSeconds { response.headers[.retryAfter] = String(retryAfterSeconds) }
        if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer realm=\"roost\"" }
        return response
    }
}

/// The problems that this front end finds itself; those of the storage stand in `Problem.init(_: Rejection)`.
extension Problem {
    package static func invalidJSON(_ detail: String) -> Problem {
        Problem(.badRequest, "invalid_json", "The body cannot be read", detail)
    }

    package static func unknownField(_ name: String, allowed: [String]) -> Problem {
        let list = allowed.isEmpty ? "none" : allowed.joined(separator: ", ")
        return Problem(
            .badRequest, "unknown_field", "A field is not known", "\"\(name)\" is not known here. Known: \(list)."
        )
    }

    package static func missingField(_ name: String) -> Problem {
        Problem(.badRequest, "missing_field", "A field is missing", "\(name) is needed.")
    }

    package static func invalidField(_ detail: String) -> Problem {
        Problem(.badRequest, "invalid_field", "A value is not accepted", detail)
    }

    package static func invalidAttribute(_ detail: String) -> Problem {
        Problem(.badRequest, "invalid_attribute", "A message attribute is not accepted", detail)
    }

    package static func invalidRequest(_ detail: String) -> Problem {
        Problem(.badRequest, "invalid_request", "The head of the request is not accepted", detail)
    }

    package static func bodyTooLarge(max: Int) -> Problem {
        Problem(
            .contentTooLarge, "body_too_large", "The body is too large",
            "A request body may have at most \(max) bytes. Send fewer messages at once."
        )
    }

    package static let incompleteBody = Problem(
        .badRequest, "incomplete_body", "The body is incomplete", "The connection ended before the body did."
    )

    package static let contentEncoding = Problem(
        .unsupportedMediaType, "content_encoding", "Compressed requests are not read",
        "Send the body without Content-Encoding."
    )

    /// The broker is starting.
    static func recovering(_ readiness: Readiness) -> Problem {
        Problem(
            .serviceUnavailable, "recovering", "The broker is starting",
            "\(readiness.recoveredPercent) % of the log is read. Nothing happened. Try again.", retryAfterSeconds: 1
        )
    }

    package static let internalError = Problem(
        .internalServerError, "internal_error", "A fault of the server", "The log of the server tells more."
    )
}
