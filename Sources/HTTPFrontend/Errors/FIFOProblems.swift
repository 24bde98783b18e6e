import HTTPTypes
import RoostModel

/// Problems of FIFO queues: groups, duplicates, their type.
extension Problem {
    static let handleExpired = Problem(
        .conflict, "handle_expired", "The handle has expired",
        "The lease of the message is over. In a FIFO queue it can only be deleted while it is in flight: receive it "
            + "again."
    )

    static let missingGroup = Problem(
        .badRequest, "missing_group", "The message has no group", "A message for a FIFO queue needs a group."
    )

    static func invalidGroup(_ bytes: Int, _ max: Int) -> Problem {
        Problem(
            .badRequest, "invalid_group", "The group is not accepted",
            "The name of the group has \(bytes) bytes; accepted are 1 to \(max)."
        )
    }

    static func tooManyGroups(_ max: Int) -> Problem {
        Problem(
            .tooManyRequests, "too_many_groups", "There are too many groups",
            "\(max) groups have messages. Receive and delete messages first."
        )
    }

    static let queueTypeIsFixed = Problem(
        .badRequest, "queue_type_is_fixed", "The type of a queue is fixed",
        "A queue stays FIFO or standard. Create another one."
    )

    static let backInFIFO = Problem(
        .badRequest, "back_in_fifo", "A FIFO queue keeps its order", "redelivery \"back\" is for standard queues only."
    )

    static let missingDeduplication = Problem(
        .badRequest, "missing_deduplication", "The message cannot be told from others",
        "A message for this FIFO queue needs a deduplication_id, or the queue content_based_deduplication."
    )

    static func invalidDeduplicationID(_ bytes: Int, _ max: Int) -> Problem {
        Problem(
            .badRequest, "invalid_deduplication_id", "The deduplication_id is not accepted",
            "The deduplication_id has \(bytes) bytes; accepted are 1 to \(max)."
        )
    }

    static let deduplicationWithoutFIFO = Problem(
        .badRequest, "deduplication_without_fifo", "Only FIFO queues know duplicates",
        "deduplication_id, content_based_deduplication and deduplication_scope are for FIFO queues. Leave them out, or"
            + " use a queue whose name ends in .fifo."
    )
}
