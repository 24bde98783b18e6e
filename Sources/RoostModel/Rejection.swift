/// A request that was refused. Refused means that nothing happened.
///
/// Each front end owns one table that maps these to its codes and texts. A case carries the value seen and what would
/// have been accepted, so that the text can say how to get there.
package enum Rejection: Error, Sendable, Equatable {
    case invalidQueueName(String)
    case queueDoesNotExist(QueueName)
    /// A queue of this name exists with another value of the setting.
    case queueExists(QueueName, difference: QueueSetting)
    case tooManyQueues(max: Int)
    case invalidSetting(QueueSetting, value: Int64, accepted: ClosedRange<Int64>)
    /// A key of database 0 has this name already: queues and keys share their names.
    case keyExists(QueueName, type: KeyReply.StaticWord)
    case messageEmpty
    /// Not what SQS takes as text: some client could not be given it.
    case messageNotText
    case messageTooLarge(bytes: Int, max: Int)
    /// Too many attributes, or a name or type that is too long. The text says which and what would be accepted.
    case invalidMessageAttributes(String)
    case invalidDelay(Milliseconds, max: Milliseconds)
    case invalidVisibilityTimeout(Milliseconds, max: Milliseconds)
    case invalidCount(Int, accepted: ClosedRange<Int>)
    case reasonTooLong(bytes: Int, max: Int)
    /// Not a handle that this broker made for this queue.
    case invalidReceiptHandle
    /// The message is deleted, expired or purged: its visibility can no longer be changed.
    case messageNotAvailable
    /// The receive named a limit for messages in flight, and it is reached.
    case tooManyInFlight(max: Int)
    /// The lease of this handle is over, in a FIFO queue, which takes that seriously.
    case receiptHandleExpired
    /// A message for a FIFO queue without a group.
    case missingGroup
    case invalidGroup(bytes: Int, max: Int)
    case tooManyGroups(max: Int)
    /// A message for a FIFO queue that could not be told from others.
    case missingDeduplication
    case invalidDeduplicationID(bytes: Int, max: Int)
    /// A message has an id for duplicates, or a queue such a setting, where only FIFO queues have them.
    case deduplicationWithoutFIFO
    case labelTooLong(bytes: Int, max: Int)
    case burialTooLong(bytes: Int, max: Int)
    /// Messages are moved out of this queue already.
    case moveIsRunning(QueueName)
    /// No queue names this one as the target of its dead letters, so there is no way back.
    case noDeadLetterQueue(QueueName)
    case moveTaskDoesNotExist
    /// The move task is over.
    case moveIsOver
    case invalidMoveRate(Int, accepted: ClosedRange<Int>)
    /// The target of a move has to be another queue of the same type.
    case invalidMoveTarget(QueueName, reason: String)
    /// A queue stays FIFO, or standard.
    case queueTypeIsFixed
    /// A queue of bytes does not become one of text.
    case contentsStayBytes
    /// The key of this name cannot become a queue. The text says why.
    case cannotAdopt(QueueName, reason: String)
    /// The target of dead letters has to be another queue of the same type that allows it. The text says what is wrong.
    case invalidDeadLetterTarget(QueueName, reason: String)
    case invalidReceivesMax(Int, accepted: ClosedRange<Int>)
    case tooManyDeadLetterSources(Int, max: Int)
    case propertiesTooLong(bytes: Int, max: Int)
    /// `redelivery: back` is against the order of a FIFO queue.
    case backInFIFO
    /// What is published to a channel has no group.
    case bindingOfFIFO
    case tooManyBindings(max: Int)
    case outOfDiskSpace
    case outOfMemory
    /// More is waiting to be written than the limit allows.
    case busy
    case shuttingDown
    /// The storage engine stopped: the log could not be written. Nothing more is accepted until a restart.
    case storageFailed(String)
}
