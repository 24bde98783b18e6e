/// The errors of SQS that this front end answers with. One row each: the shape that JSON clients see, the code of the
/// Query protocol that they see through `x-amzn-query-error`, and the HTTP status.
package enum SQSErrorCode: Sendable, CaseIterable {
    case accessDenied
    case batchEntryIdsNotDistinct
    case batchRequestTooLong
    case conflictingQueryParameter
    case emptyBatchRequest
    case incompleteSignature
    case internalFailure
    case invalidAction
    case invalidAttributeName
    case invalidAttributeValue
    case invalidBatchEntryId
    case invalidClientTokenID
    case invalidMessageContents
    case invalidParameterValue
    case invalidQueryParameter
    case malformedHTTPRequest
    case malformedQueryString
    case missingAuthenticationToken
    case missingParameter
    case noSuchVersion
    case overLimit
    case purgeQueueInProgress
    case queueDeletedRecently
    case queueDoesNotExist
    case queueNameExists
    case receiptHandleIsInvalid
    case requestEntityTooLarge
    case requestExpired
    case requestTimeout
    case resourceNotFound
    case serializationException
    case serviceUnavailable
    case signatureDoesNotMatch
    case tooManyEntriesInBatchRequest
    case unknownOperation
    case unsupportedOperation

    package struct Row: Sendable {
        /// `__type`. Shapes of the SQS model stand in its namespace, those common to all services in coral's.
        package let type: StaticString
        package let queryCode: StaticString
        package let status: HTTPStatus
    }

    package var row: Row {
        switch self {
        case .accessDenied: Row("com.amazon.coral.service#AccessDeniedException", "AccessDenied", .forbidden)
        case .batchEntryIdsNotDistinct:
            Row("com.amazonaws.sqs#BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
        case .batchRequestTooLong:
            Row("com.amazonaws.sqs#BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong")
        case .conflictingQueryParameter:
            Row("com.amazon.coral.service#ConflictingQueryParameterException", "ConflictingQueryParameter")
        case .emptyBatchRequest: Row("com.amazonaws.sqs#EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest")
        case .incompleteSignature: Row("com.amazon.coral.service#IncompleteSignatureException", "IncompleteSignature")
        case .internalFailure: Row("com.amazon.coral.service#InternalFailure", "InternalFailure", .internalServerError)
        case .invalidAction: Row("com.amazon.coral.service#InvalidActionException", "InvalidAction")
        case .invalidAttributeName: Row("com.amazonaws.sqs#InvalidAttributeName", "InvalidAttributeName")
        case .invalidAttributeValue: Row("com.amazonaws.sqs#InvalidAttributeValue", "InvalidAttributeValue")
        case .invalidBatchEntryId:
            Row("com.amazonaws.sqs#InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId")
        case .invalidClientTokenID:
            Row("com.amazon.coral.service#UnrecognizedClientException", "InvalidClientTokenId", .forbidden)
        case .invalidMessageContents: Row("com.amazonaws.sqs#InvalidMessageContents", "InvalidMessageContents")
        case .invalidParameterValue:
            Row("com.amazon.coral.service#InvalidParameterValueException", "InvalidParameterValue")
        case .invalidQueryParameter:
            Row("com.amazon.coral.service#InvalidQueryParameterException", "InvalidQueryParameter")
        case .malformedHTTPRequest:
            Row("com.amazon.coral.service#MalformedHttpRequestException", "MalformedHttpRequest")
        case .malformedQueryString:
            Row("com.amazon.coral.service#MalformedQueryStringException", "MalformedQueryString", .notFound)
        case .missingAuthenticationToken:
            Row(
                "com.amazon.coral.service#MissingAuthenticationTokenException", "MissingAuthenticationToken", .forbidden
            )
        case .missingParameter: Row("com.amazon.coral.service#MissingRequiredParameterException", "MissingParameter")
        case .noSuchVersion: Row("com.amazon.coral.service#NoSuchVersionException", "NoSuchVersion")
        case .overLimit: Row("com.amazonaws.sqs#OverLimit", "OverLimit", .forbidden)
        case .purgeQueueInProgress:
            Row(
                "com.amazonaws.sqs#PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress", .forbidden)
        case .queueDeletedRecently:
            Row("com.amazonaws.sqs#QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently")
        case .resourceNotFound:
            Row("com.amazonaws.sqs#ResourceNotFoundException", "ResourceNotFoundException", .notFound)
        case .queueDoesNotExist: Row("com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
        case .queueNameExists: Row("com.amazonaws.sqs#QueueNameExists", "QueueAlreadyExists")
        case .receiptHandleIsInvalid: Row("com.amazonaws.sqs#ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid")
        case .requestEntityTooLarge:
            Row("com.amazon.coral.service#RequestEntityTooLarge", "RequestEntityTooLarge", .contentTooLarge)
        case .requestExpired: Row("com.amazon.coral.service#RequestExpired", "RequestExpired")
        case .requestTimeout: Row("com.amazon.coral.service#RequestTimeoutException", "RequestTimeout", .requestTimeout)
        case .serializationException: Row("com.amazon.coral.service#SerializationException", "SerializationException")
        case .serviceUnavailable:
            Row("com.amazon.coral.service#ServiceUnavailable", "ServiceUnavailable", .serviceUnavailable)
        case .signatureDoesNotMatch:
            Row("com.amazon.coral.service#InvalidSignatureException", "SignatureDoesNotMatch", .forbidden)
        case .tooManyEntriesInBatchRequest:
            Row("com.amazonaws.sqs#TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest")
        case .unknownOperation: Row("com.amazon.coral.service#UnknownOperationException", "UnknownOperationException")
        case .unsupportedOperation:
            Row("com.amazonaws.sqs#UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation")
        }
    }
}

extension SQSErrorCode.Row {
    fileprivate init(_ type: StaticString, _ queryCode: StaticString, _ status: HTTPStatus = .badRequest) {
        self.init(type: type, queryCode: queryCode, status: status)
    }

    /// True when the client has to change something; false when the same request may succeed later.
    package var isSenderFault: Bool { status.code < 500 }
}

/// An error as a client gets it.
package struct SQSFault: Error, Sendable, Equatable {
    package let code: SQSErrorCode
    package let message: String

    package init(_ code: SQSErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// Status lines that this server writes.
package struct HTTPStatus: Sendable, Equatable {
    package let code: Int
    /// Everything of the status line after the version.
    package let line: StaticString

    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }

    package static let ok = Self(code: 200, line: "200 OK")
    package static let badRequest = Self(code: 400, line: "400 Bad Request")
    package static let forbidden = Self(code: 403, line: "403 Forbidden")
    package static let notFound = Self(code: 404, line: "404 Not Found")
    package static let methodNotAllowed = Self(code: 405, line: "405 Method Not Allowed")
    package static let requestTimeout = Self(code: 408, line: "408 Request Timeout")
    package static let contentTooLarge = Self(code: 413, line: "413 Content Too Large")
    package static let uriTooLong = Self(code: 414, line: "414 URI Too Long")
    package static let unsupportedMediaType = Self(code: 415, line: "415 Unsupported Media Type")
    package static let expectationFailed = Self(code: 417, line: "417 Expectation Failed")
    package static let headerFieldsTooLarge = Self(code: 431, line: "431 Request Header Fields Too Large")
    package static let internalServerError = Self(code: 500, line: "500 Internal Server Error")
    package static let serviceUnavailable = Self(code: 503, line: "503 Service Unavailable")
}
