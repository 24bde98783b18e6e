/// What a sender hands over: a body, its typed attributes and, if it likes, a delay and a group.
package struct NewMessage: Sendable, Equatable {
    package var body: [UInt8]
    package var attributes: [MessageAttribute]
    /// So many of the last attributes are left out when the message would be too large with them: the sender did not
    /// ask for them.
    package var spareAttributes = 0
    /// Nil: the delay of the queue.
    package var delay: Milliseconds?
    /// Needed in a FIFO queue, which keeps the order of each group; in others groups take turns.
    package var group: String?
    /// Needed in a FIFO queue, and only there.
    package var deduplication: Deduplication?
    package var labels: MessageLabels
    /// The front end found that the body is no legal text: only a queue of bytes takes the message. The JSON API, which
    /// may send any bytes to any queue, does not say so.
    package var needsBytes: Bool

    package init(
        body: [UInt8], attributes: [MessageAttribute] = [], delay: Milliseconds? = nil, group: String? = nil,
        deduplication: Deduplication? = nil, labels: MessageLabels = MessageLabels(), needsBytes: Bool = false
    ) {
        self.body = body
        self.attributes = attributes
        self.delay = delay
        self.group = group
        self.deduplication = deduplication
        self.labels = labels
        self.needsBytes = needsBytes
    }

    /// Bytes that count against the maximum of a message: body, and name, type and value of each attribute (SQS).
    package var countedBytes: Int {
        attributes.reduce(body.count) { $0 + $1.countedBytes }
    }

    package var withoutSpareAttributes: NewMessage {
        var message = self
        message.attributes.removeLast(min(max(spareAttributes, 0), attributes.count))
        message.spareAttributes = 0
        return message
    }
}

/// What makes a message the same as an earlier one of the queue: it is accepted, and not stored, for
/// `Limits.deduplicationWindow` after that.
package struct Deduplication: Sendable, Equatable {
    /// 1 to `Limits.deduplicationIDBytesMax` bytes.
    package var id: String
    /// The id is a digest of the body, made because the sender named none: for queues that allow this.
    package var isOfContent: Bool

    package init(id: String, isOfContent: Bool = false) {
        self.id = id
        self.isOfContent = isOfContent
    }

    /// That of a message whose sender named no id.
    ///
    /// - Parameter contentSum: the SHA-256 sum of the body, without the attributes (SQS). All front ends have it from
    ///   here, so that they see the same duplicates.
    package init(contentSum: UnsafeRawBufferPointer) {
        let id = String(unsafeUninitializedCapacity: 2 &* contentSum.count) { target in
            for (index, byte) in contentSum.enumerated() {
                target[2 &* index] = hexDigit(byte >> 4)
                target[2 &* index &+ 1] = hexDigit(byte & 15)
            }
            return 2 &* contentSum.count
        }
        self.init(id: id, isOfContent: true)
    }
}

/// What a front end keeps with a message, outside its attributes. Each at most `Limits.labelBytesMax` bytes.
package struct MessageLabels: Sendable, Equatable {
    /// Who sent it, as the front end names its clients.
    package var sender: String?
    /// For tracing through systems (SQS: AWSTraceHeader).
    package var trace: String?

    package init(sender: String? = nil, trace: String? = nil) {
        self.sender = sender
        self.trace = trace
    }

    package var isEmpty: Bool { sender == nil && trace == nil }
}

/// A typed attribute of a message, kept and returned as it came.
package struct MessageAttribute: Sendable, Equatable {
    package enum Value: Sendable, Equatable {
        case text(String)
        case binary([UInt8])
    }

    package var name: String
    /// The whole type with its label, for example `Number.price`.
    package var type: String
    package var value: Value

    package init(name: String, type: String, value: Value) {
        self.name = name
        self.type = type
        self.value = value
    }

    package var countedBytes: Int {
        let valueBytes =
            switch value {
            case .text(let text): text.utf8.count
            case .binary(let bytes): bytes.count
            }
        return name.utf8.count + type.utf8.count + valueBytes
    }
}

/// The place of a message in its life. Moved and deleted messages are gone from the queue.
package enum MessageState: UInt8, Sendable, CaseIterable {
    case delayed = 1
    case ready = 2
    case inFlight = 3
    /// The body on disk does not match its checksum, or cannot be read.
    case damaged = 4
    /// Set aside by a worker that could not do it, until it is kicked or deleted.
    case buried = 5
}

/// Why a message was set aside.
package struct Burial: Sendable, Equatable {
    /// In short, for people. All three texts together have at most `Limits.burialBytesMax` bytes.
    package var reason: String
    /// What went wrong, for example a stack trace. May be empty.
    package var error: String
    /// The worker that gave up. May be empty.
    package var by: String

    package init(reason: String, error: String = "", by: String = "") {
        self.reason = reason
        self.error = error
        self.by = by
    }
}

/// A message as a receiver gets it, leased until its visibility timeout ends.
package struct ReceivedMessage: Sendable, Equatable {
    package var id: MessageID
    package var handle: ReceiptHandle
    package var body: [UInt8]
    package var attributes: [MessageAttribute]
    package var sentAt: BrokerTime
    package var firstReceivedAt: BrokerTime
    /// Counts this receive: 1 the first time.
    package var receiveCount: UInt32
    package var group: String?
    /// Rises with every message that is sent, in all queues together.
    package var sequence: UInt64
    /// The queue that the message was a dead letter of.
    package var deadLetterSource: QueueName?
    package var deduplicationID: String?
    package var labels: MessageLabels
    /// Those of the queue that it was received from.
    package var contents: QueueContents

    package init(
        id: MessageID, handle: ReceiptHandle, body: [UInt8], attributes: [MessageAttribute],
        sentAt: BrokerTime, firstReceivedAt: BrokerTime, receiveCount: UInt32, group: String? = nil,
        sequence: UInt64 = 0, deadLetterSource: QueueName? = nil, deduplicationID: String? = nil,
        labels: MessageLabels = MessageLabels(), contents: QueueContents = .text
    ) {
        self.id = id
        self.handle = handle
        self.body = body
        self.attributes = attributes
        self.sentAt = sentAt
        self.firstReceivedAt = firstReceivedAt
        self.receiveCount = receiveCount
        self.group = group
        self.sequence = sequence
        self.deadLetterSource = deadLetterSource
        self.deduplicationID = deduplicationID
        self.labels = labels
        self.contents = contents
    }
}

/// A message as an onlooker sees it. Peeking never counts as a receive.
package struct PeekedMessage: Sendable, Equatable {
    package var id: MessageID
    package var state: MessageState
    /// Empty when the message is damaged.
    package var body: [UInt8]
    package var attributes: [MessageAttribute]
    package var sentAt: BrokerTime
    package var receiveCount: UInt32
    /// End of the delay or of the lease; nil while the message is ready or damaged.
    package var due: BrokerTime?
    package var group: String?
    /// Of a buried message, and when it was.
    package var burial: Burial?
    package var buriedAt: BrokerTime?
    /// The queue that the message was a dead letter of.
    package var deadLetterSource: QueueName?
    /// Nil while it was not received.
    package var firstReceivedAt: BrokerTime?
    /// As `ReceivedMessage.sequence`.
    package var sequence: UInt64
    package var deduplicationID: String?
    package var labels: MessageLabels
    /// Where a look page by page goes on behind it.
    package var place: BrowsePlace?

    package init(
        id: MessageID, state: MessageState, body: [UInt8], attributes: [MessageAttribute],
        sentAt: BrokerTime, receiveCount: UInt32, due: BrokerTime?, group: String? = nil,
        burial: Burial? = nil, buriedAt: BrokerTime? = nil, deadLetterSource: QueueName? = nil,
        firstReceivedAt: BrokerTime? = nil, sequence: UInt64 = 0, deduplicationID: String? = nil,
        labels: MessageLabels = MessageLabels(), place: BrowsePlace? = nil
    ) {
        self.id = id
        self.state = state
        self.body = body
        self.attributes = attributes
        self.sentAt = sentAt
        self.receiveCount = receiveCount
        self.due = due
        self.group = group
        self.burial = burial
        self.buriedAt = buriedAt
        self.deadLetterSource = deadLetterSource
        self.firstReceivedAt = firstReceivedAt
        self.sequence = sequence
        self.deduplicationID = deduplicationID
        self.labels = labels
        self.place = place
    }
}
