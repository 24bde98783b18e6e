/// What a sender hands over: a body, its typed attributes and, if it likes, a delay and a group.
package struct NewMessage: Sendable, Equatable {
    package var body: [UInt8]
    package var attributes: [MessageAttribute]
    /// Nil: the delay of the queue.
    package var delay: Milliseconds?
    /// Needed in a FIFO queue, which keeps the order of each group; in others groups take turns.
    package var group: String?

    package init(
        body: [UInt8], attributes: [MessageAttribute] = [], delay: Milliseconds? = nil, group: String? = nil
    ) {
        self.body = body
        self.attributes = attributes
        self.delay = delay
        self.group = group
    }

    /// Bytes that count against the maximum of a message: body, and name, type and value of each attribute (SQS).
    package var countedBytes: Int {
        attributes.reduce(body.count) { $0 + $1.countedBytes }
    }
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

    package init(
        id: MessageID, handle: ReceiptHandle, body: [UInt8], attributes: [MessageAttribute],
        sentAt: BrokerTime, firstReceivedAt: BrokerTime, receiveCount: UInt32, group: String? = nil,
        sequence: UInt64 = 0, deadLetterSource: QueueName? = nil
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

    package init(
        id: MessageID, state: MessageState, body: [UInt8], attributes: [MessageAttribute],
        sentAt: BrokerTime, receiveCount: UInt32, due: BrokerTime?, group: String? = nil
    ) {
        self.id = id
        self.state = state
        self.body = body
        self.attributes = attributes
        self.sentAt = sentAt
        self.receiveCount = receiveCount
        self.due = due
        self.group = group
    }
}
