import RoostModel

// Texts of the errors that `RejectionMapping` chooses. Those of SQS where it has one.

extension SQSFault {
    static func missing(_ parameter: String) -> Self {
        Self(.missingParameter, "The request must contain the parameter \(parameter).")
    }

    static func invalidValue(_ value: String, of parameter: String, _ reason: String) -> Self {
        Self(.invalidParameterValue, "Value \(value) for parameter \(parameter) is invalid. Reason: \(reason)")
    }

    static func invalidAttribute(_ name: String, _ reason: String) -> Self {
        Self(.invalidAttributeValue, "Invalid value for the parameter \(name). Reason: \(reason)")
    }

    static func notYet(_ what: String) -> Self {
        Self(.unsupportedOperation, "\(what) is not supported by this version of the server.")
    }

    static func outOfRange<Bound>(_ value: Bound, of parameter: String, _ accepted: ClosedRange<Bound>) -> Self {
        .invalidValue(
            "\(value)", of: parameter,
            "Must be between \(accepted.lowerBound) and \(accepted.upperBound), if provided.")
    }

    static func tooLong(_ what: String, _ bytes: Int, _ max: Int) -> Self {
        Self(.invalidParameterValue, "\(what) has \(bytes) bytes; at most \(max) are accepted.")
    }

    static func tooMany(_ what: String, _ max: Int) -> Self {
        Self(.overLimit, "There are \(max) \(what) already, the most that this server keeps.")
    }

    static func invalidIdentifier(_ parameter: String, max: Int) -> Self {
        .invalidValue(
            "", of: parameter,
            "\(parameter) can only include alphanumeric and punctuation characters. 1 to \(max) in length.")
    }
}

// MARK: - Queues

extension SQSFault {
    static func queueExists(differsIn attribute: String) -> Self {
        Self(
            .queueNameExists,
            "A queue already exists with the same name and a different value for attribute \(attribute)")
    }

    /// Queues and keys of the Redis protocol share their names.
    static func keyExists(_ type: KeyReply.StaticWord) -> Self {
        Self(.queueNameExists, "A key of type \(type.rawValue) already exists with the same name")
    }

    static var messageNotText: Self {
        Self(
            .invalidMessageContents,
            "Invalid characters found. Valid unicode characters are "
                + "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
    }

    static func invalidSetting(_ name: String, _ value: Int64, _ accepted: ClosedRange<Int64>) -> Self {
        .invalidAttribute(name, "Must be between \(accepted.lowerBound) and \(accepted.upperBound), not \(value).")
    }

    static func propertiesTooLong(_ bytes: Int, _ max: Int) -> Self {
        Self(
            .overLimit,
            "Policy, tags and the like of the queue would have \(bytes) bytes, the most that this server keeps is "
                + "\(max).")
    }

    static func invalidDeadLetterTarget(_ target: QueueName, _ reason: String) -> Self {
        // A sentence of what the core says in half a one.
        let sentence =
            reason == "there is no such queue"
            ? "Dead letter target does not exist." : "The dead letter target cannot be used: \(reason)."
        return .invalidValue(target.text, of: "RedrivePolicy", sentence)
    }

    static func invalidReceivesMax(_ count: Int, _ accepted: ClosedRange<Int>) -> Self {
        .invalidValue(
            "\(count)", of: "RedrivePolicy",
            "Invalid value for maxReceiveCount: \(count), valid values are from \(accepted.lowerBound) to "
                + "\(accepted.upperBound) both inclusive.")
    }
}

// MARK: - Messages

extension SQSFault {
    static func invalidDelay(_ delay: Milliseconds) -> Self {
        .invalidValue("\(delay.wholeSeconds)", of: "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
    }

    static func invalidVisibilityTimeout(_ timeout: Milliseconds, _ max: Milliseconds) -> Self {
        .invalidValue(
            "\(timeout.wholeSeconds)", of: "VisibilityTimeout",
            "Total VisibilityTimeout for the message is beyond the limit [\(max.wholeSeconds) seconds].")
    }

    static func messageNotAvailable(_ handle: ReceiptHandle?) -> Self {
        .invalidValue(
            handle?.description ?? "", of: "ReceiptHandle",
            "Message does not exist or is not available for visibility timeout change.")
    }

    static func receiptHandleExpired(_ handle: ReceiptHandle?) -> Self {
        .invalidValue(handle?.description ?? "", of: "ReceiptHandle", "The receipt handle has expired.")
    }

    static let missingDeduplication = Self(
        .invalidParameterValue,
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")

    static let deduplicationWithoutFIFO = Self(
        .invalidParameterValue,
        "The request include parameter that is not valid for this queue type: duplicates are told in FIFO queues only.")

    static func tooManyInFlight(_ max: Int) -> Self {
        Self(.overLimit, "The queue has \(max) messages in flight, the most that SQS allows. Delete some first.")
    }
}

// MARK: - The server

extension SQSFault {
    static let outOfDiskSpace = Self(
        .serviceUnavailable,
        "The disk is full: new messages are refused. Receive and delete messages, or free space on the disk; then try "
            + "again, a restart is not needed.")

    static let outOfMemory = Self(
        .serviceUnavailable,
        "The memory limit is reached: new messages are refused. Receive and delete messages and try again, or start "
            + "the server with a larger --memory-bytes.")

    static let busy = Self(
        .serviceUnavailable, "More is waiting to be written than the limit allows. Please try again.")

    static func storageFailed(_ reason: String) -> Self {
        Self(.internalFailure, "The log could not be written, nothing is accepted until a restart: \(reason)")
    }
}
