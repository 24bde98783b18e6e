import RoostModel
import SQSFrontend
import Testing

@Suite struct ErrorTableTests {
    private static func name(_ text: String) -> QueueName {
        guard let name = try? QueueName(text) else { preconditionFailure("a bad name in a test") }
        return name
    }

    /// Every refusal, the SQS error it becomes, and the HTTP status.
    private static let table: [(Rejection, SQSErrorCode, Int)] = [
        (.invalidQueueName("a b"), .invalidParameterValue, 400),
        (.queueDoesNotExist(name("q")), .queueDoesNotExist, 400),
        (.queueExists(name("q"), difference: .delay), .queueNameExists, 400),
        (.keyExists(name("q"), type: .list), .queueNameExists, 400),
        (.messageNotText, .invalidMessageContents, 400),
        (.tooManyQueues(max: 5), .overLimit, 403),
        (.invalidSetting(.retention, value: 1, accepted: 60...90), .invalidAttributeValue, 400),
        (.messageEmpty, .missingParameter, 400),
        (.messageTooLarge(bytes: 9, max: 8), .invalidParameterValue, 400),
        (.invalidMessageAttributes("x"), .invalidParameterValue, 400),
        (.invalidDelay(.seconds(901), max: .seconds(900)), .invalidParameterValue, 400),
        (.invalidVisibilityTimeout(.seconds(1), max: .seconds(43_200)), .invalidParameterValue, 400),
        (.invalidCount(0, accepted: 1...10), .invalidParameterValue, 400),
        (.reasonTooLong(bytes: 2, max: 1), .invalidParameterValue, 400),
        (.invalidReceiptHandle, .receiptHandleIsInvalid, 400),
        (.messageNotAvailable, .invalidParameterValue, 400),
        (.tooManyInFlight(max: 120_000), .overLimit, 403),
        (.receiptHandleExpired, .invalidParameterValue, 400),
        (.missingGroup, .missingParameter, 400),
        (.invalidGroup(bytes: 129, max: 128), .invalidParameterValue, 400),
        (.tooManyGroups(max: 5), .overLimit, 403),
        (.missingDeduplication, .invalidParameterValue, 400),
        (.invalidDeduplicationID(bytes: 129, max: 128), .invalidParameterValue, 400),
        (.deduplicationWithoutFIFO, .invalidParameterValue, 400),
        (.labelTooLong(bytes: 2, max: 1), .invalidParameterValue, 400),
        (.burialTooLong(bytes: 2, max: 1), .invalidParameterValue, 400),
        (.moveIsRunning(name("q")), .invalidParameterValue, 400),
        (.noDeadLetterQueue(name("q")), .invalidParameterValue, 400),
        (.moveTaskDoesNotExist, .resourceNotFound, 404),
        (.moveIsOver, .unsupportedOperation, 400),
        (.invalidMoveRate(0, accepted: 1...500), .invalidParameterValue, 400),
        (.invalidMoveTarget(name("q"), reason: "x"), .invalidParameterValue, 400),
        (.queueTypeIsFixed, .invalidAttributeValue, 400),
        (.invalidDeadLetterTarget(name("q"), reason: "there is no such queue"), .invalidParameterValue, 400),
        (.invalidReceivesMax(0, accepted: 1...1000), .invalidParameterValue, 400),
        (.tooManyDeadLetterSources(11, max: 10), .invalidParameterValue, 400),
        (.propertiesTooLong(bytes: 2, max: 1), .overLimit, 403),
        (.backInFIFO, .invalidAttributeValue, 400),
        (.contentsStayBytes, .invalidAttributeValue, 400),
        (.cannotAdopt(name("q"), reason: "x"), .invalidParameterValue, 400),
        (.bindingOfFIFO, .invalidAttributeValue, 400),
        (.tooManyBindings(max: 5), .overLimit, 403),
        (.outOfDiskSpace, .serviceUnavailable, 503),
        (.outOfMemory, .serviceUnavailable, 503),
        (.busy, .serviceUnavailable, 503),
        (.shuttingDown, .serviceUnavailable, 503),
        (.storageFailed("x"), .internalFailure, 500),
    ]

    @Test func everyRefusalHasItsError() {
        for (rejection, code, status) in Self.table {
            let fault = RejectionMapping.fault(for: rejection)
            #expect(fault.code == code, "\(rejection)")
            #expect(fault.code.row.status.code == status, "\(rejection)")
            #expect(!fault.message.isEmpty)
        }
    }

    @Test func whatIsFullIsToldWithTheWayOut() {
        for (rejection, words) in [(Rejection.outOfDiskSpace, "free space"), (.outOfMemory, "--memory-bytes")] {
            let message = RejectionMapping.fault(for: rejection).message
            #expect(message.contains("Receive and delete messages") && message.contains(words))
        }
    }

    @Test func aMoveSaysWhichQueueIsMissing() {
        let options = MoveOptions(from: Self.name("dlq"), to: Self.name("target"))
        for (missing, parameter) in [("dlq", "SourceArn"), ("target", "DestinationArn")] {
            let fault = RejectionMapping.faultOfMove(for: .queueDoesNotExist(Self.name(missing)), options)
            #expect(fault.code == .resourceNotFound)
            #expect(fault.message == "The resource that you specified for the \(parameter) parameter doesn't exist.")
        }
    }

    @Test func codesAreThoseOfSQS() {
        let expected: [SQSErrorCode: (String, String, Int)] = [
            .queueDoesNotExist: ("com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400),
            .queueNameExists: ("com.amazonaws.sqs#QueueNameExists", "QueueAlreadyExists", 400),
            .overLimit: ("com.amazonaws.sqs#OverLimit", "OverLimit", 403),
            .purgeQueueInProgress: (
                "com.amazonaws.sqs#PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress", 403
            ),
            .queueDeletedRecently: (
                "com.amazonaws.sqs#QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently", 400
            ),
            .resourceNotFound: ("com.amazonaws.sqs#ResourceNotFoundException", "ResourceNotFoundException", 404),
            .emptyBatchRequest: (
                "com.amazonaws.sqs#EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest", 400
            ),
            .receiptHandleIsInvalid: ("com.amazonaws.sqs#ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 400),
            .invalidParameterValue: (
                "com.amazon.coral.service#InvalidParameterValueException", "InvalidParameterValue", 400
            ),
            .missingParameter: (
                "com.amazon.coral.service#MissingRequiredParameterException", "MissingParameter", 400
            ),
            .invalidAction: ("com.amazon.coral.service#InvalidActionException", "InvalidAction", 400),
            .malformedQueryString: (
                "com.amazon.coral.service#MalformedQueryStringException", "MalformedQueryString", 404
            ),
        ]
        for (code, (type, queryCode, status)) in expected {
            #expect("\(code.row.type)" == type)
            #expect("\(code.row.queryCode)" == queryCode)
            #expect(code.row.status.code == status)
        }
    }

    @Test func everyCodeIsComplete() {
        var queryCodes: Set<String> = []
        for code in SQSErrorCode.allCases {
            let row = code.row
            #expect("\(row.type)".contains("#"))
            // botocore needs exactly two parts around the semicolon that follows.
            #expect(!"\(row.queryCode)".contains(";"))
            #expect(queryCodes.insert("\(row.queryCode)").inserted, "\(code)")
            #expect("\(row.status.line)".hasPrefix("\(row.status.code) "))
        }
    }

    @Test func everySettingHasItsName() {
        let names = Set(QueueSetting.fixed.map { RejectionMapping.attributeName(of: $0) })
        #expect(names.count == QueueSetting.fixed.count)
        #expect(RejectionMapping.attributeName(of: .property("sqs.Policy")) == "Policy")
        #expect(RejectionMapping.attributeName(of: .property("other")) == "other")
        #expect(names.contains("MessageRetentionPeriod"))
    }
}
