/// Every number that bounds what a client may ask for, with its unit in the name and its origin.
/// A front end may be stricter (SQS is); nothing may be looser.
package enum Limits {
    /// SQS: queue names have up to 80 characters, `.fifo` included.
    package static let queueNameBytesMax = 80
    /// SQS since 2025: 1 MiB a message, attributes included, and 1 MiB a batch.
    package static let sqsMessageBytesMax = 1_048_576
    /// SQS: entries in a batch, and messages in one ReceiveMessage.
    package static let sqsBatchEntriesMax = 10
    /// SQS: message attributes a message may carry.
    package static let messageAttributesMax = 10
    /// SQS: bytes of the name and of the type of a message attribute.
    package static let attributeNameBytesMax = 256
    /// Default of `--max-message-bytes`: the AweQ API promises more than SQS.
    package static let messageBytesMaxDefault = 16 * 1_048_576
    /// The AweQ API and the JSON API hand out at most this many messages in one reply.
    package static let receiveMessagesMax = 1000
    /// Bytes of messages that one receive or peek returns, unless a single one is larger: a reply has to fit in memory.
    package static let receiveBytesMax = 32 * 1_048_576
    /// SQS: 12 hours.
    package static let visibilityTimeoutMax = Milliseconds.seconds(43_200)
    /// A receive may wait an hour; SQS allows 20 seconds.
    package static let receiveWaitMax = Milliseconds.seconds(3600)
    /// A message that was popped with safe pop is held so long, from the pop or the last renewal on.
    package static let popLeaseTimeout = Milliseconds.seconds(60)
    /// Messages of one queue that may be in flight to SQS clients: about 120,000 (SQS quota).
    package static let sqsInFlightMessagesMax = 120_000
    /// Due times may lie a hundred years ahead; further away is a mistake in units.
    package static let delayMax = Milliseconds.seconds(100 * 366 * 86_400)
    /// Queue ids are 24 bits wide in the message index (see RoostCore/MessageSlot).
    package static let queuesMax = 1 << 24
    /// Timers that one tick entry may fire, so that a mass expiry never holds up a turn.
    package static let timersPerTickMax = 1000
    /// The same while a snapshot is written: each may be the first to touch some chunks of the index, and so copy them.
    package static let timersPerTickBesideSnapshotMax = 32
    /// Receives before a message becomes a dead letter (SQS).
    package static let deadLetterReceivesMax = 1000
    /// Receives from which on a message that is still there is worth a look: rarely a matter of a slow worker.
    package static let oftenReceivedMin: UInt32 = 5
    /// Queues that a target of dead letters names (SQS).
    package static let deadLetterSourcesMax = 10
    /// Dead letters that one receive moves.
    package static let deadLettersPerReceiveMax = 1000
    /// Names and values of all properties of a queue (policy, tags and the like), and `queuePropertyBytes` for each:
    /// they have to fit into one section of an image.
    package static let queuePropertiesBytesMax = 48 * 1024
    package static let queuePropertyBytes = 16
    /// Of the id that tells duplicates (SQS).
    package static let deduplicationIDBytesMax = 128
    /// A message that is sent again within this time is not stored again (SQS).
    package static let deduplicationWindow = Milliseconds.seconds(300)
    /// Of each label of a message.
    package static let labelBytesMax = 2048
    /// Reason, error and name of the worker of a buried message.
    package static let burialBytesMax = 8 * 1024
    /// Move tasks that are remembered for each source, the newest (SQS lists 10).
    package static let moveTasksPerQueueMax = 10
    /// Messages a second that a move task may be told to move (SQS).
    package static let moveRateMax = 500
    /// Of the name of a message group (SQS).
    package static let groupBytesMax = 128
    /// Characters of a reason given with pause.
    package static let reasonBytesMax = 1024
    /// Bytes of a body that are shown to who follows a queue.
    package static let tailedBytesMax = 64 * 1024
}
