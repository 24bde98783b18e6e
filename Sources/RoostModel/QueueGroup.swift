/// What a queue holds of one message group.
package struct QueueGroup: Sendable, Equatable {
    /// Nil: no message of it can be read.
    package var name: String?
    package var counts: MessageCounts
    /// False: there are more than could be counted for one answer.
    package var isWhole: Bool
    /// Of a FIFO queue: nothing of it is delivered before what is in flight, buried or damaged is settled.
    package var isLocked: Bool
    /// The queue that its messages were dead letters of.
    package var deadLetterSource: QueueName?

    package init(
        name: String? = nil, counts: MessageCounts, isWhole: Bool, isLocked: Bool, deadLetterSource: QueueName? = nil
    ) {
        self.name = name
        self.counts = counts
        self.isWhole = isWhole
        self.isLocked = isLocked
        self.deadLetterSource = deadLetterSource
    }
}
