import RoostModel
import RoostStorage

/// What a reply says, whichever protocol it is written in.
enum ReplyContent {
    case empty
    case sent(MessageID, body: MD5Sum, attributes: MD5Sum?)
    case received(ArraySlice<ReceivedMessage>, MessageSelection)
    case queueURL(QueueName)
    case queueURLs([QueueInfo], nextAfter: QueueName?)
    case queueAttributes(QueueInfo, QueueAttributeNames)
    case batch(Batch)
}

/// Names that stand in queue URLs and ARNs.
struct ReplyPlace {
    /// The Host header of the request: the client reached this server under that name.
    let host: String
    let account: String
    let region: String

    func arn(of queue: QueueName) -> String { "arn:aws:sqs:\(region):\(account):\(queue.text)" }
}

/// The value of a system attribute of a message.
enum SystemAttributeValue {
    case text(String)
    case number(Int64)
}

extension ReceivedMessage {
    /// Calls `write` with name and value of each system attribute that is wanted.
    func forEachSystemAttribute(
        _ wanted: MessageSystemAttributes, _ place: ReplyPlace, _ write: (StaticString, SystemAttributeValue) -> Void
    ) {
        if wanted.contains(.senderID) { write("SenderId", .text(place.account)) }
        if wanted.contains(.sentTimestamp) { write("SentTimestamp", .number(sentAt.milliseconds)) }
        if wanted.contains(.receiveCount) { write("ApproximateReceiveCount", .number(Int64(receiveCount))) }
        if wanted.contains(.firstReceiveTimestamp) {
            write("ApproximateFirstReceiveTimestamp", .number(firstReceivedAt.milliseconds))
        }
    }
}

extension Batch.Entry {
    /// Why this entry failed, or nil.
    var failure: SQSFault? {
        switch outcome {
        case .failed(let fault): fault
        case .refused(let rejection): RejectionMapping.fault(for: rejection, handle: handle)
        case .waiting, .submitted, .sent, .done: nil
        }
    }
}
