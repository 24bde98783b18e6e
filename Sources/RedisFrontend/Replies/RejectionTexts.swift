package import RoostModel

extension Rejection {
    /// The error that a Redis client gets, without the minus sign. Codes are those that clients know.
    package var redisText: String {
        switch self {
        case .outOfMemory: "OOM command not allowed when used memory > 'maxmemory'."
        case .outOfDiskSpace: "MISCONF Errors writing to the AOF file: No space left on device"
        case .busy: "ERR more is waiting to be written than the limit allows. Please try again."
        case .shuttingDown: "ERR the server is shutting down"
        case .storageFailed(let reason): "MISCONF the log could not be written, nothing more is accepted: \(reason)"
        case .invalidQueueName, .queueDoesNotExist, .keyExists: textOfName
        case .messageEmpty, .messageTooLarge, .messageNotText, .invalidDelay, .missingGroup, .invalidGroup,
            .missingDeduplication, .invalidDeduplicationID, .deduplicationWithoutFIFO, .invalidMessageAttributes:
            textOfMessage
        case .invalidReceiptHandle, .receiptHandleExpired, .messageNotAvailable, .invalidVisibilityTimeout:
            textOfLease
        case .cannotAdopt(let name, let reason): "ERR the key '\(name)' cannot become a queue: \(reason)"
        case .bindingOfFIFO: "ERR a FIFO queue cannot be bound to a channel: what is published names no group"
        case .tooManyBindings(let max): "ERR all queues together may have \(max) bindings to channels"
        case .invalidCount(let count, let accepted):
            "ERR the count is \(count), accepted are \(accepted.lowerBound) to \(accepted.upperBound)"
        case .burialTooLong(let bytes, let max): "ERR the reason has \(bytes) bytes, at most \(max) are accepted"
        default: "ERR the storage refused the command: \(self)"
        }
    }

    private var textOfName: String {
        switch self {
        case .invalidQueueName(let text):
            "ERR '\(text.prefix(100))' is no name of a queue: 1 to \(Limits.queueNameBytesMax) of A-Z a-z 0-9 - _"
        case .queueDoesNotExist(let name): "NOQUEUE there is no queue '\(name)'"
        case .keyExists(let name, let type): "BUSYKEY there is a key '\(name)' of type \(type.rawValue)"
        default: "ERR \(self)"
        }
    }

    private var textOfMessage: String {
        switch self {
        case .messageEmpty: "ERR a message needs at least one byte"
        case .messageTooLarge(let bytes, let max):
            "ERR the message has \(bytes) bytes, at most \(max) are accepted"
        case .messageNotText:
            "ERR the message is not text that every client can be given: UTF-8 without control characters"
        case .invalidDelay(let delay, let max):
            "ERR the delay is \(delay.count) ms, accepted are 0 to \(max.count)"
        case .missingGroup: "ERR a message for a FIFO queue needs a GROUP"
        case .invalidGroup(let bytes, let max): "ERR the group has \(bytes) bytes, accepted are 1 to \(max)"
        case .missingDeduplication: "ERR a message for this FIFO queue needs a DEDUP id"
        case .invalidDeduplicationID(let bytes, let max):
            "ERR the DEDUP id has \(bytes) bytes, accepted are 1 to \(max)"
        case .deduplicationWithoutFIFO: "ERR only FIFO queues take a DEDUP id"
        case .invalidMessageAttributes(let text): "ERR \(text)"
        default: "ERR \(self)"
        }
    }

    private var textOfLease: String {
        switch self {
        case .invalidReceiptHandle: "NOLEASE this is no handle of a message of this queue"
        case .receiptHandleExpired: "NOLEASE the lease of this message is over"
        case .messageNotAvailable: "NOLEASE the message is not held by this handle, or gone"
        case .invalidVisibilityTimeout(let timeout, let max):
            "ERR the lease would be \(timeout.count) ms long, accepted are 0 to \(max.count)"
        default: "ERR \(self)"
        }
    }
}
