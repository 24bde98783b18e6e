import HTTPTypes
package import RoostModel

/// The one table from what the storage refuses to what a client of the JSON API sees.
extension Problem {
    package init(_ rejection: Rejection) {
        switch rejection {
        case .invalidQueueName(let text): self = .invalidQueueName(text)
        case .queueDoesNotExist(let name): self = .queueDoesNotExist(name)
        case .queueExists(let name, let setting): self = .queueExists(name, setting)
        case .keyExists(let name, let type): self = .keyExists(name, type)
        case .tooManyQueues(let max): self = .tooManyQueues(max)
        case .invalidSetting(let setting, let value, let range): self = .invalidSetting(setting, value, range)
        case .messageEmpty:
            self = Problem(.badRequest, "message_empty", "The message is empty", "A message needs at least one byte.")
        case .messageNotText:
            self = Problem(
                .badRequest, "message_not_text", "The message is not text",
                "This queue takes text that every client can be given: UTF-8 without control characters.")
        case .messageTooLarge(let bytes, let max): self = .messageTooLarge(bytes, max)
        case .invalidMessageAttributes(let text): self = .invalidAttribute(text)
        case .invalidDelay(let value, let max):
            self = .outOfRange("invalid_delay", "delay_seconds", value, max)
        case .invalidVisibilityTimeout(let value, let max):
            self = .outOfRange("invalid_visibility_timeout", "visibility_timeout_seconds", value, max)
        case .invalidCount(let value, let range): self = .invalidCount(value, range)
        case .reasonTooLong(let bytes, let max): self = .reasonTooLong(bytes, max)
        case .invalidReceiptHandle: self = .invalidHandle
        case .messageNotAvailable: self = .messageNotAvailable
        case .receiptHandleExpired: self = .handleExpired
        case .missingGroup: self = .missingGroup
        case .invalidGroup(let bytes, let max): self = .invalidGroup(bytes, max)
        case .tooManyGroups(let max): self = .tooManyGroups(max)
        case .missingDeduplication: self = .missingDeduplication
        case .invalidDeduplicationID(let bytes, let max): self = .invalidDeduplicationID(bytes, max)
        case .deduplicationWithoutFIFO: self = .deduplicationWithoutFIFO
        case .labelTooLong(let bytes, let max): self = .labelTooLong(bytes, max)
        case .burialTooLong(let bytes, let max): self = .burialTooLong(bytes, max)
        case .moveIsRunning(let name): self = .moveIsRunning(name)
        case .noDeadLetterQueue(let name): self = .noDeadLetterQueue(name)
        case .moveTaskDoesNotExist: self = .moveTaskDoesNotExist
        case .moveIsOver: self = .moveIsOver
        case .invalidMoveRate(let rate, let range): self = .invalidMoveRate(rate, range)
        case .invalidMoveTarget(let name, let reason): self = .invalidMoveTarget(name, reason)
        case .queueTypeIsFixed: self = .queueTypeIsFixed
        case .contentsStayBytes: self = .contentsStayBytes
        case .cannotAdopt(let name, let reason): self = .cannotAdopt(name, reason)
        case .invalidDeadLetterTarget(let name, let reason): self = .invalidDeadLetterTarget(name, reason)
        case .invalidReceivesMax(let value, let range): self = .invalidReceivesMax(value, range)
        case .tooManyDeadLetterSources(let count, let max): self = .tooManyDeadLetterSources(count, max)
        case .propertiesTooLong(let bytes, let max): self = .propertiesTooLong(bytes, max)
        case .bindingOfFIFO:
            self = Problem(
                .badRequest, "binding_of_fifo", "A FIFO queue cannot be bound to a channel",
                "What is published names no message group. Bind a standard queue.")
        case .tooManyBindings(let max):
            self = Problem(
                .conflict, "too_many_bindings", "There are too many bindings",
                "All queues together may have \(max) bindings to channels. Take some away first.")
        case .backInFIFO: self = .backInFIFO
        case .tooManyInFlight(let max): self = .tooManyInFlight(max)
        case .outOfDiskSpace: self = .outOfDiskSpace
        case .outOfMemory: self = .outOfMemory
        case .busy: self = .busy("busy", "Too much waits to be written")
        case .shuttingDown: self = .busy("shutting_down", "The broker is shutting down")
        case .storageFailed(let reason): self = .storageFailed(reason)
        }
    }

    private static func invalidQueueName(_ text: String) -> Problem {
        Problem(
            .badRequest, "invalid_queue_name", "The queue name is not accepted",
            "\"\(text.prefix(100))\" is not a queue name. Use 1 to \(Limits.queueNameBytesMax) of A-Z a-z 0-9 - _, with"
                + " or without .fifo at the end."
        )
    }

    private static func queueDoesNotExist(_ name: QueueName) -> Problem {
        Problem(
            .notFound, "queue_does_not_exist", "The queue does not exist",
            "There is no queue \"\(name)\". Create it with PUT /api/v1/queues/\(name)."
        )
    }

    private static func queueExists(_ name: QueueName, _ setting: QueueSetting) -> Problem {
        Problem(
            .conflict, "queue_exists", "The queue exists with other settings",
            "The queue \"\(name)\" exists with another \(setting.fieldName). Change it with PATCH, or leave it out."
        )
    }

    private static func keyExists(_ name: QueueName, _ type: KeyReply.StaticWord) -> Problem {
        let adopt = type == .list ? " POST /api/v1/queues/\(name)/adopt makes a queue of a list." : ""
        return Problem(
            .conflict, "key_exists", "There is a key of this name",
            "\"\(name)\" is a \(type.rawValue) of the Redis protocol, and queues share their names with its keys. Take"
                + " another name, or delete the key.\(adopt)"
        )
    }

    private static let contentsStayBytes = Problem(
        .badRequest, "contents_stay_bytes", "A queue of bytes stays one",
        "contents can be changed from text to bytes, not back. Create another queue."
    )

    private static func cannotAdopt(_ name: QueueName, _ reason: String) -> Problem {
        Problem(
            .conflict, "cannot_adopt", "The key cannot become a queue",
            "\"\(name)\" cannot become a queue: \(reason)."
        )
    }

    private static func tooManyQueues(_ max: Int) -> Problem {
        Problem(
            .conflict, "too_many_queues", "There are too many queues", "There may be \(max) queues. Delete one first."
        )
    }

    private static func invalidSetting(
        _ setting: QueueSetting, _ value: Int64, _ range: ClosedRange<Int64>
    ) -> Problem {
        Problem(
            .badRequest, "invalid_setting", "The setting is not accepted",
            "\(setting.fieldName) is \(setting.text(of: value)); accepted are \(setting.text(of: range.lowerBound)) to"
                + " \(setting.text(of: range.upperBound))."
        )
    }

    private static func messageTooLarge(_ bytes: Int, _ max: Int) -> Problem {
        Problem(
            .contentTooLarge, "message_too_large", "The message is too large",
            "The message has \(bytes) bytes with its attributes; this queue takes \(max) (maximum_message_bytes)."
        )
    }

    private static func outOfRange(
        _ code: String, _ field: String, _ value: Milliseconds, _ max: Milliseconds
    ) -> Problem {
        Problem(
            .badRequest, code, "A time is not accepted",
            "\(field) is \(value.secondsText); accepted are 0 to \(max.secondsText)."
        )
    }

    private static func invalidCount(_ value: Int, _ range: ClosedRange<Int>) -> Problem {
        Problem(
            .badRequest, "invalid_count", "A count is not accepted",
            "The count is \(value); accepted are \(range.lowerBound) to \(range.upperBound)."
        )
    }

    private static func reasonTooLong(_ bytes: Int, _ max: Int) -> Problem {
        Problem(
            .badRequest, "reason_too_long", "The reason is too long",
            "The reason has \(bytes) bytes; at most \(max) are kept."
        )
    }

    package static let invalidHandle = Problem(
        .badRequest, "invalid_handle", "The handle is not accepted",
        "This is not a handle that this broker gave out for this queue. Use the handle of the latest receive."
    )

    private static let messageNotAvailable = Problem(
        .notFound, "message_not_available", "The message is not available",
        "The message is deleted, expired, purged or buried."
    )

    private static func tooManyInFlight(_ max: Int) -> Problem {
        Problem(
            .tooManyRequests, "too_many_in_flight", "Too many messages are in flight",
            "\(max) messages are in flight. Delete some first."
        )
    }

    private static let outOfDiskSpace = Problem(
        .init(code: 507, reasonPhrase: "Insufficient Storage"), "out_of_disk_space", "The disk is full",
        "New messages are refused. Receive and delete messages, or free space on the disk; sends go on by themselves"
            + " when there is room.",
        retryAfterSeconds: 5
    )

    private static let outOfMemory = Problem(
        .serviceUnavailable, "out_of_memory", "The memory limit is reached",
        "New messages are refused. Receive and delete messages, or start the broker with a larger --memory-bytes.",
        retryAfterSeconds: 5
    )

    private static func busy(_ code: String, _ title: String) -> Problem {
        Problem(.serviceUnavailable, code, title, "\(title). Nothing happened. Try again.", retryAfterSeconds: 1)
    }

    private static func storageFailed(_ reason: String) -> Problem {
        Problem(
            .internalServerError, "storage_failed", "The storage has stopped",
            "\(reason). Nothing is accepted until the broker is restarted."
        )
    }
}
