package import RoostModel

/// The one table that turns refusals of the storage into errors of SQS. Texts are those of SQS where it has one.
package enum RejectionMapping {
    /// `handle`: the receipt handle of the request, for texts that repeat it.
    package static func fault(for rejection: Rejection, handle: ReceiptHandle? = nil) -> SQSFault {
        switch rejection {
        case .invalidQueueName:
            invalidQueueName
        case .queueDoesNotExist:
            queueDoesNotExist
        case .queueExists(_, let difference):
            SQSFault(
                .queueNameExists,
                "A queue already exists with the same name and a different value for attribute "
                    + attributeName(of: difference)
            )
        case .tooManyQueues(let max):
            SQSFault(.overLimit, "There are \(max) queues already, the most that this server keeps.")
        case .invalidSetting(let setting, let value, let accepted):
            SQSFault(
                .invalidAttributeValue,
                "Invalid value for the parameter \(attributeName(of: setting)). "
                    + "Reason: Must be between \(accepted.lowerBound) and \(accepted.upperBound), not \(value)."
            )
        case .messageEmpty:
            .missing("MessageBody")
        case .messageTooLarge(_, let max):
            messageTooLarge(max: max)
        case .invalidMessageAttributes(let text):
            SQSFault(.invalidParameterValue, text)
        case .invalidDelay(let delay, _):
            .invalidValue("\(delay.wholeSeconds)", of: "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
        case .invalidVisibilityTimeout(let timeout, let max):
            .invalidValue(
                "\(timeout.wholeSeconds)", of: "VisibilityTimeout",
                "Total VisibilityTimeout for the message is beyond the limit [\(max.wholeSeconds) seconds]."
            )
        case .invalidCount(let count, let accepted):
            .invalidValue(
                "\(count)", of: "MaxNumberOfMessages",
                "Must be between \(accepted.lowerBound) and \(accepted.upperBound), if provided."
            )
        case .reasonTooLong(let bytes, let max):
            SQSFault(.invalidParameterValue, "The reason has \(bytes) bytes; at most \(max) are accepted.")
        case .invalidReceiptHandle:
            invalidReceiptHandle(handle?.description ?? "")
        case .messageNotAvailable:
            .invalidValue(
                handle?.description ?? "", of: "ReceiptHandle",
                "Message does not exist or is not available for visibility timeout change."
            )
        case .receiptHandleExpired:
            .invalidValue(handle?.description ?? "", of: "ReceiptHandle", "The receipt handle has expired.")
        case .missingGroup:
            .missing("MessageGroupId")
        case .invalidGroup:
            .invalidValue(
                "", of: "MessageGroupId",
                "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.")
        case .tooManyGroups(let max):
            SQSFault(.overLimit, "There are \(max) message groups with messages, the most that this server keeps.")
        case .queueTypeIsFixed:
            SQSFault(
                .invalidAttributeValue,
                "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")
        case .backInFIFO:
            SQSFault(
                .invalidAttributeValue,
                "Invalid value for the parameter Redelivery. Reason: A FIFO queue keeps its order.")
        case .missingDeduplication:
            SQSFault(
                .invalidParameterValue,
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                    + "explicitly")
        case .invalidDeduplicationID(_, let max):
            .invalidValue(
                "", of: "MessageDeduplicationId",
                "MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to \(max) in "
                    + "length.")
        case .deduplicationWithoutFIFO:
            SQSFault(
                .invalidParameterValue,
                "The request include parameter that is not valid for this queue type: duplicates are told in FIFO "
                    + "queues only.")
        case .labelTooLong(let bytes, let max):
            SQSFault(.invalidParameterValue, "AWSTraceHeader has \(bytes) bytes; at most \(max) are accepted.")
        case .burialTooLong(let bytes, let max):
            SQSFault(.invalidParameterValue, "The reason has \(bytes) bytes; at most \(max) are accepted.")
        case .invalidDeadLetterTarget(let target, let reason):
            .invalidValue(target.text, of: "RedrivePolicy", deadLetterReason(reason))
        case .invalidReceivesMax(let count, let accepted):
            .invalidValue(
                "\(count)", of: "RedrivePolicy",
                "Invalid value for maxReceiveCount: \(count), valid values are from \(accepted.lowerBound) to "
                    + "\(accepted.upperBound) both inclusive.")
        case .tooManyDeadLetterSources(let count, let max):
            .invalidValue("\(count)", of: "RedriveAllowPolicy", "byQueue needs 1 to \(max) sourceQueueArns.")
        case .propertiesTooLong(let bytes, let max):
            SQSFault(
                .overLimit,
                "Policy, tags and the like of the queue would have \(bytes) bytes, the most that this server keeps is "
                    + "\(max).")
        case .moveIsRunning, .noDeadLetterQueue, .moveTaskDoesNotExist, .moveIsOver, .invalidMoveRate,
            .invalidMoveTarget:
            faultOfMove(for: rejection)
        case .tooManyInFlight(let max):
            SQSFault(
                .overLimit, "The queue has \(max) messages in flight, the most that SQS allows. Delete some first.")
        case .outOfDiskSpace:
            SQSFault(
                .serviceUnavailable,
                "The disk is full: new messages are refused. Receive and delete messages, or free space on the disk; "
                    + "then try again, a restart is not needed.")
        case .outOfMemory:
            SQSFault(
                .serviceUnavailable,
                "The memory limit is reached: new messages are refused. Receive and delete messages and try again, or "
                    + "start the server with a larger --memory-bytes.")
        case .busy:
            SQSFault(.serviceUnavailable, "More is waiting to be written than the limit allows. Please try again.")
        case .shuttingDown:
            SQSFault(.serviceUnavailable, "The server is shutting down.")
        case .storageFailed(let reason):
            SQSFault(.internalFailure, "The log could not be written, nothing is accepted until a restart: \(reason)")
        }
    }

    /// True for refusals that concern a call as a whole, whatever entries it has.
    package static func concernsWholeCall(_ rejection: Rejection) -> Bool {
        switch rejection {
        case .queueDoesNotExist, .missingDeduplication, .shuttingDown, .storageFailed: true
        default: false
        }
    }

    /// True for refusals that pass by themselves: the same call may succeed later.
    package static func isPassing(_ rejection: Rejection) -> Bool {
        switch rejection {
        case .outOfDiskSpace, .outOfMemory, .busy: true
        default: false
        }
    }

    package static func attributeName(of setting: QueueSetting) -> String {
        switch setting {
        case .visibilityTimeout: "VisibilityTimeout"
        case .delay: "DelaySeconds"
        case .retention: "MessageRetentionPeriod"
        case .maximumMessageBytes: "MaximumMessageSize"
        case .receiveWait: "ReceiveMessageWaitTimeSeconds"
        case .redelivery: "Redelivery"
        case .isFIFO: "FifoQueue"
        case .deduplicatesContent: "ContentBasedDeduplication"
        case .deduplicationScope: "DeduplicationScope"
        case .deadLetters: "RedrivePolicy"
        case .deadLetterSources: "RedriveAllowPolicy"
        // Those of SQS are named `sqs.` and the attribute.
        case .property(let name): name.hasPrefix("sqs.") ? String(name.dropFirst(4)) : name
        }
    }

    /// Of the actions about move tasks.
    ///
    /// - Parameter options: of the move that was asked for.
    package static func faultOfMove(for rejection: Rejection, _ options: MoveOptions? = nil) -> SQSFault {
        switch rejection {
        case .queueDoesNotExist(let name):
            resourceNotFound(name == options?.to && name != options?.from ? "DestinationArn" : "SourceArn")
        case .noDeadLetterQueue:
            SQSFault(.invalidParameterValue, "Source queue must be configured as a Dead Letter Queue.")
        case .moveIsRunning:
            SQSFault(
                .invalidParameterValue,
                "There is already a task running. Only one active task is allowed for a source queue arn at a given "
                    + "time.")
        case .moveTaskDoesNotExist: moveTaskDoesNotExist
        case .moveIsOver: SQSFault(.unsupportedOperation, "Only a task that is RUNNING can be cancelled.")
        case .invalidMoveRate(let rate, let accepted):
            .invalidValue(
                "\(rate)", of: "MaxNumberOfMessagesPerSecond",
                "Must be between \(accepted.lowerBound) and \(accepted.upperBound), if provided.")
        case .invalidMoveTarget(let target, let reason):
            .invalidValue(target.text, of: "DestinationArn", reason)
        default: fault(for: rejection)
        }
    }

    package static func resourceNotFound(_ parameter: String) -> SQSFault {
        SQSFault(
            .resourceNotFound, "The resource that you specified for the \(parameter) parameter doesn't exist.")
    }

    package static let moveTaskDoesNotExist = SQSFault(.resourceNotFound, "Task does not exist.")

    static let queueDoesNotExist = SQSFault(.queueDoesNotExist, "The specified queue does not exist.")

    static let invalidQueueName = SQSFault(
        .invalidParameterValue,
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    )

    /// A sentence of what the core says in half a one.
    private static func deadLetterReason(_ reason: String) -> String {
        reason == "there is no such queue"
            ? "Dead letter target does not exist." : "The dead letter target cannot be used: \(reason)."
    }

    static func messageTooLarge(max: Int) -> SQSFault {
        SQSFault(
            .invalidParameterValue,
            "One or more parameters are invalid. Reason: Message must be shorter than \(max) bytes."
        )
    }

    static func invalidReceiptHandle(_ text: String) -> SQSFault {
        SQSFault(.receiptHandleIsInvalid, "The input receipt handle \"\(text)\" is not a valid receipt handle.")
    }
}

extension SQSFault {
    static func missing(_ parameter: String) -> Self {
        Self(.missingParameter, "The request must contain the parameter \(parameter).")
    }

    static func invalidValue(_ value: String, of parameter: String, _ reason: String) -> Self {
        Self(.invalidParameterValue, "Value \(value) for parameter \(parameter) is invalid. Reason: \(reason)")
    }

    static func notYet(_ what: String) -> Self {
        Self(.unsupportedOperation, "\(what) is not supported by this version of the server.")
    }
}
