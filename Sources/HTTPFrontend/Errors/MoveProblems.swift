import HTTPTypes
import RoostModel

/// Problems of dead letters, burials, moves, and of what is kept with messages and queues.
extension Problem {
    static func invalidDeadLetterTarget(_ name: QueueName, _ reason: String) -> Problem {
        Problem(
            .badRequest, "invalid_dead_letter_target", "The queue cannot take the dead letters",
            "\"\(name)\" cannot take the dead letters: \(reason)."
        )
    }

    static func invalidReceivesMax(_ value: Int, _ range: ClosedRange<Int>) -> Problem {
        Problem(
            .badRequest, "invalid_max_receives", "The number of receives is not accepted",
            "max_receives is \(value); accepted are \(range.lowerBound) to \(range.upperBound)."
        )
    }

    static func tooManyDeadLetterSources(_ count: Int, _ max: Int) -> Problem {
        Problem(
            .badRequest, "too_many_dead_letter_sources", "There are too many dead-letter sources",
            "dead_letter_sources has \(count) names; at most \(max) are accepted. \"all\" allows every queue."
        )
    }

    static func propertiesTooLong(_ bytes: Int, _ max: Int) -> Problem {
        Problem(
            .badRequest, "properties_too_long", "The properties are too long",
            "The properties of the queue would have \(bytes) bytes; at most \(max) are kept."
        )
    }

    static func labelTooLong(_ bytes: Int, _ max: Int) -> Problem {
        Problem(
            .badRequest, "label_too_long", "The trace is too long",
            "The trace has \(bytes) bytes; at most \(max) are kept."
        )
    }

    static func burialTooLong(_ bytes: Int, _ max: Int) -> Problem {
        Problem(
            .badRequest, "burial_too_long", "The reason is too long",
            "reason, error and by have \(bytes) bytes together; at most \(max) are kept."
        )
    }

    static func moveIsRunning(_ name: QueueName) -> Problem {
        Problem(
            .conflict, "move_is_running", "A move is running",
            "Messages are moved out of \"\(name)\" already. Wait until that is done, or cancel it with POST"
                + " /api/v1/moves/ID/cancel."
        )
    }

    static func noDeadLetterQueue(_ name: QueueName) -> Problem {
        Problem(
            .badRequest, "no_dead_letter_queue", "There is no way back",
            "No queue sends its dead letters to \"\(name)\". Name the target of the move."
        )
    }

    static let moveTaskDoesNotExist = Problem(
        .notFound, "move_does_not_exist", "The move does not exist",
        "There is no move of this id. GET /api/v1/queues/NAME/moves lists those of a queue."
    )

    static let moveIsOver = Problem(
        .conflict, "move_is_over", "The move is over", "The move is over already. What it moved stays moved."
    )

    static func invalidMoveRate(_ rate: Int, _ range: ClosedRange<Int>) -> Problem {
        Problem(
            .badRequest, "invalid_move_rate", "The rate is not accepted",
            "rate is \(rate) messages a second; accepted are \(range.lowerBound) to \(range.upperBound), or null."
        )
    }

    static func invalidMoveTarget(_ name: QueueName, _ reason: String) -> Problem {
        Problem(
            .badRequest, "invalid_move_target", "Messages cannot be moved there",
            "\"\(name)\" cannot take the messages: \(reason)."
        )
    }
}
