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
    package static func refusal(_ error: any Error, queue: QueueName) -> Response {
        let problem = problem(for: error, queue: queue)
        var response = Response.text(problem.detail, status: problem.status)
        if let seconds = problem.retryAfterSeconds { response.headers[.retryAfter] = String(seconds) }
        return response
    }

    private static func problem(for error: any Error, queue: QueueName) -> Problem {
        switch error {
        case Rejection.messageTooLarge(_, let max):
            var problem = Problem(.messageTooLarge(bytes: 0, max: max))
            problem.detail = "Message too large: at most \(max) bytes are accepted."
            return problem
        case let rejection as Rejection: return Problem(rejection)
        case let problem as Problem: return problem
        default: return .internalError
        }
    }
}
