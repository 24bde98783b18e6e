package import RoostModel

/// The one table that turns refusals of the storage into errors of SQS. Texts are those of SQS where it has one.
package enum RejectionMapping {
    /// `handle`: the receipt handle of the request, for texts that repeat it.
    package static func fault(for rejection: Rejection, handle: ReceiptHandle? = nil) -> SQSFault {
        switch rejection {
        case .invalidQueueName: invalidQueueName
        case .queueDoesNotExist: queueDoesNotExist
        case .queueExists(_, let difference): .queueExists(differsIn: attributeName(of: difference))
        case .keyExists(_, let type): .keyExists(type)
        case .tooManyQueues(let max): .tooMany("queues", max)
        case .invalidSetting(let setting, let value, let accepted):
            .invalidSetting(attributeName(of: setting), value, accepted)
        case .messageEmpty: .missing("MessageBody")
        case .messageNotText: .messageNotText
        case .messageTooLarge(_, let max): messageTooLarge(max: max)
        case .invalidMessageAttributes(let text): SQSFault(.invalidParameterValue, text)
        case .invalidDelay(let delay, _): .invalidDelay(delay)
        case .invalidVisibilityTimeout(let timeout, let max): .invalidVisibilityTimeout(timeout, max)
        case .invalidCount(let count, let accepted): .outOfRange(count, of: "MaxNumberOfMessages", accepted)
        case .reasonTooLong(let bytes, let max), .burialTooLong(let bytes, let max): .tooLong("The reason", bytes, max)
        case .invalidReceiptHandle: invalidReceiptHandle(handle?.description ?? "")
        case .messageNotAvailable: .messageNotAvailable(handle)
        case .receiptHandleExpired: .receiptHandleExpired(handle)
        case .missingGroup: .missing("MessageGroupId")
        case .invalidGroup: .invalidIdentifier("MessageGroupId", max: Limits.groupBytesMax)
        case .tooManyGroups(let max): .tooMany("message groups with messages", max)
        case .queueTypeIsFixed: .invalidAttribute("FifoQueue", "Modifying queue type is not supported.")
        case .contentsStayBytes: .invalidAttribute("Contents", "A queue of bytes does not become one of text.")
        case .cannotAdopt(_, let reason): SQSFault(.invalidParameterValue, "The key cannot become a queue: \(reason).")
        case .bindingOfFIFO: .invalidAttribute("Channel", "A FIFO queue cannot be bound to a channel.")
        case .tooManyBindings(let max): .tooMany("bindings to channels", max)
        case .backInFIFO: .invalidAttribute("Redelivery", "A FIFO queue keeps its order.")
        case .missingDeduplication: .missingDeduplication
        case .invalidDeduplicationID(_, let max): .invalidIdentifier("MessageDeduplicationId", max: max)
        case .deduplicationWithoutFIFO: .deduplicationWithoutFIFO
        case .labelTooLong(let bytes, let max): .tooLong("AWSTraceHeader", bytes, max)
        case .invalidDeadLetterTarget(let target, let reason): .invalidDeadLetterTarget(target, reason)
        case .invalidReceivesMax(let count, let accepted): .invalidReceivesMax(count, accepted)
        case .tooManyDeadLetterSources(let count, let max):
            .invalidValue("\(count)", of: "RedriveAllowPolicy", "byQueue needs 1 to \(max) sourceQueueArns.")
        case .propertiesTooLong(let bytes, let max): .propertiesTooLong(bytes, max)
        case .moveIsRunning, .noDeadLetterQueue, .moveTaskDoesNotExist, .moveIsOver, .invalidMoveRate,
            .invalidMoveTarget:
            faultOfMove(for: rejection)
        case .tooManyInFlight(let max): .tooManyInFlight(max)
        case .outOfDiskSpace: .outOfDiskSpace
        case .outOfMemory: .outOfMemory
        case .busy: .busy
        case .shuttingDown: SQSFault(.serviceUnavailable, "The server is shutting down.")
        case .storageFailed(let reason): .storageFailed(reason)
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
        case .contents: "Contents"
        case .isFIFO: "FifoQueue"
        case .deduplicatesContent: "ContentBasedDeduplication"
        case .deduplicationScope: "DeduplicationScope"
        case .deadLetters: "RedrivePolicy"
        case .deadLetterSources: "RedriveAllowPolicy"
        case .safePop: "SafePop"
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
            .outOfRange(rate, of: "MaxNumberOfMessagesPerSecond", accepted)
        case .invalidMoveTarget(let target, let reason):
            .invalidValue(target.text, of: "DestinationArn", reason)
        default: fault(for: rejection)
        }
    }

    package static func resourceNotFound(_ parameter: String, _ hint: String = "") -> SQSFault {
        SQSFault(
            .resourceNotFound,
            "The resource that you specified for the \(parameter) parameter doesn't exist.\(hint)")
    }

    package static let moveTaskDoesNotExist = SQSFault(.resourceNotFound, "Task does not exist.")

    static let queueDoesNotExist = SQSFault(.queueDoesNotExist, "The specified queue does not exist.")

    static let invalidQueueName = SQSFault(
        .invalidParameterValue,
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    )

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
