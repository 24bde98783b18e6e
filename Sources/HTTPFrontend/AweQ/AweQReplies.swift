package import HTTPTypes
package import Hummingbird
package import RoostModel
package import RoostStorage

/// The replies of AweQ, to the letter: texts, key order, headers.
package enum AweQReplies {
    package static let counts = 1...Limits.receiveMessagesMax

    package static let corsHeaders: HTTPFields = [
        .accessControlAllowOrigin: "*",
        .accessControlAllowHeaders: "Origin, X-Requested-With, Content-Type, Accept",
        .accessControlAllowMethods: "POST, GET, OPTIONS, HEAD, DELETE",
    ]

    /// How long an overdue message may wait for its return to the queue. The timer of the core fires within
    /// milliseconds; AweQ tells whole seconds, so this is rounded up.
    package static let rescueInterval = "1s"

    package static let okay: JSON = ["status": "okay"]

    package static func sent(_ message: SentMessage) -> JSON {
        ["status": "okay", "key": .string(message.id.description)]
    }

    package static func received(_ messages: [ReceivedMessage], wanted: Int) -> JSON {
        let text =
            switch messages.count {
            case 0: "No messages available in queue."
            case ..<wanted: "Fewer messages available than requested."
            default: "Requested batch-size available."
            }
        return ["status": "okay", "message": .string(text), "messages": .array(messages.map(entry))]
    }

    private static func entry(_ message: ReceivedMessage) -> JSON {
        [
            "key": .string(message.id.description),
            "timestamp": .time(message.sentAt),
            "retry_count": .count(max(0, Int(message.receiveCount) - 1)),
            // Messages of other protocols may be any bytes. AweQ knows strings only.
            "message": .string(String(decoding: message.body, as: UTF8.self)),
        ]
    }

    package static func stats(_ info: QueueInfo) -> JSON {
        [
            "status": "okay",
            "stats": [
                "queue_length": .count(info.counts.ready),
                "checkouts_count": .count(info.counts.inFlight),
                "checkout_lifetime": .string("\(info.settings.visibilityTimeout.secondsText)s"),
                "rescue_interval": .string(rescueInterval),
            ],
        ]
    }

    package static var contentRequired: Response {
        .text("Message content required.", status: .badRequest, contentType: "text/html; charset=utf-8")
    }

    package static var invalidCount: Response {
        .text(
            "The count must be a whole number from \(counts.lowerBound) to \(counts.upperBound).", status: .badRequest,
            contentType: "text/html; charset=utf-8"
        )
    }

    /// For OPTIONS and HEAD: nothing but the headers.
    package static var empty: Response {
        Response(status: .ok, headers: corsHeaders)
    }

    /// Errors are texts. What a client sent is not repeated in them, and they are no HTML.
    ///
    /// - Parameter maximumMessageBytes: told when a body was refused before the queue saw it.
    package static func refusal(_ error: any Error, maximumMessageBytes: Int) -> Response {
        let problem =
            switch error {
            case Rejection.messageTooLarge(_, let max): tooLarge(max)
            case let problem as Problem where problem.status == .contentTooLarge: tooLarge(maximumMessageBytes)
            case let rejection as Rejection: Problem(rejection)
            case let problem as Problem: problem
            default: Problem.internalError
            }
        var response = Response.text(problem.detail, status: problem.status)
        if let seconds = problem.retryAfterSeconds { response.headers[.retryAfter] = String(seconds) }
        return response
    }

    private static func tooLarge(_ max: Int) -> Problem {
        var problem = Problem.bodyTooLarge(max: max)
        problem.detail = "Message too large: at most \(max) bytes are accepted."
        return problem
    }
}
