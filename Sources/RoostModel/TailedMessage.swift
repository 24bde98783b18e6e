/// A message as somebody sees it who follows what is sent to a queue.
package struct TailedMessage: Sendable, Equatable {
    package var queue: QueueName
    package var id: MessageID
    package var sentAt: BrokerTime
    /// As `ReceivedMessage.sequence`.
    package var sequence: UInt64
    /// At most `Limits.tailedBytesMax` bytes of it.
    package var body: [UInt8]
    /// Of the whole body.
    package var bodyBytes: Int
    package var attributes: [MessageAttribute]
    package var group: String?
    /// Messages that were sent to the queue since the last one that was shown, and were not shown.
    package var leftOut: Int

    package init(
        queue: QueueName, id: MessageID, sentAt: BrokerTime, sequence: UInt64, body: [UInt8], bodyBytes: Int,
        attributes: [MessageAttribute], group: String?, leftOut: Int
    ) {
        self.queue = queue
        self.id = id
        self.sentAt = sentAt
        self.sequence = sequence
        self.body = body
        self.bodyBytes = bodyBytes
        self.attributes = attributes
        self.group = group
        self.leftOut = leftOut
    }
}
