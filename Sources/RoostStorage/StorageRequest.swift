package import RoostModel

/// One thing asked of the storage. A batch of a protocol is so many requests with so many tokens.
package enum StorageRequest: Sendable {
    /// Creates the queue, or finds it when it exists with the settings named. Answers `.queue`.
    indirect case createQueue(QueueName, QueueSettingsChange)
    /// Makes a queue of a list of Redis, with its elements as messages, all or nothing. Answers `.queue`.
    indirect case adoptQueue(QueueName, Adoption)
    /// Answers `.done` at once; memory is freed in slices afterwards.
    case deleteQueue(QueueName)
    /// Removes all messages, in flight and delayed too. Answers `.done`.
    case purgeQueue(QueueName)
    /// Answers `.done`.
    indirect case changeSettings(QueueName, QueueSettingsChange)
    /// Answers `.done`.
    case pauseQueue(QueueName, reason: String)
    /// Answers `.done`.
    case resumeQueue(QueueName)
    /// Answers `.queue`.
    case describeQueue(QueueName)
    /// In the order of names. Answers `.queues`.
    case listQueues(prefix: String, after: QueueName?, limit: Int)

    /// Answers `.sent`.
    case send(QueueName, NewMessage)
    /// Leases messages. Answers `.received`, empty when the wait ended without one.
    case receive(QueueName, ReceiveOptions)
    /// Answers `.done`, also when the message is gone.
    case delete(QueueName, ReceiptHandle)
    /// Receives that wait for a message, at most `limit`, those that have waited longest first. Answers `.waiters`.
    case listWaiters(limit: Int)
    /// Deletes by id, ready, delayed or in flight. Answers `.done`, also when there is no such message.
    case deleteByID(QueueName, MessageID)
    /// Sets the time left of the lease to `timeout` from now; zero returns the message. Answers `.done`.
    case changeVisibility(QueueName, ReceiptHandle, timeout: Milliseconds)
    /// Returns a message whose reply could not be delivered, if this handle still holds it. Answers `.done`.
    case giveBack(QueueName, ReceiptHandle)
    /// Sets the time left of the lease to `timeout` from now, if this handle still holds the message: whoever got it
    /// meanwhile keeps it. Answers `.done`.
    case renew(QueueName, ReceiptHandle, timeout: Milliseconds)
    /// Looks without leasing or counting. Answers `.peeked`.
    case peek(QueueName, PeekOptions)
    /// The same page by page, however far from the end. Answers `.browsed`.
    indirect case browse(QueueName, BrowseOptions)
    /// One message in whatever state. Answers `.peeked`, with one unless it was found damaged just now.
    case look(QueueName, MessageID)
    /// Groups in the order of their birth. Answers `.groups`.
    indirect case listGroups(QueueName, after: BrowsePlace?, limit: Int)
    /// From now on whoever asked, and nobody else, gets completions with token 0 and `.tailed` of what is sent to these
    /// queues and no others, each when it is on disk: of a fast queue a sample, and `.tailRest`. Answers `.done`.
    case tailQueues([QueueName])

    /// Sets a message aside that this handle holds. Answers `.done`.
    indirect case bury(QueueName, ReceiptHandle, Burial)
    /// Returns buried messages to their place, the oldest burial first, at most `Limits.receiveMessagesMax`. Answers
    /// `.count`.
    case kick(QueueName, count: Int)
    /// The same for one message. Answers `.count`, 0 when there is no such message that is buried.
    case kickByID(QueueName, MessageID)

    /// Queues whose dead letters go to this one, in the order of names. Answers `.queues`.
    case listDeadLetterSources(QueueName, after: QueueName?, limit: Int)
    /// Moves what is ready to another queue, in the background. Answers `.moveTask`.
    indirect case startMove(MoveOptions)
    /// The newest moves out of this queue first. Answers `.moveTasks`.
    case listMoves(QueueName, limit: Int)
    /// What is moved stays moved. Answers `.moveTask`.
    case cancelMove(id: UInt64)
    /// Moves these messages now, as far as they are ready, at most `Limits.receiveMessagesMax`; `to` as in
    /// `MoveOptions`. Answers `.count`.
    indirect case moveByID(QueueName, to: QueueName?, [MessageID])

    /// One command on keys that does not wait: nearly all are, so it takes the shortest way. Answers `.key`, or
    /// `.leased` what it popped of a queue with safe pop.
    case key(KeyCommand, database: UInt8)
    /// Commands on keys. Answers `.keys`, `.watchBroken`, or `.leased` where the request says that it leases. One that
    /// waits is answered when it got something, with what it answers to nothing when its time is over or `cancel` is
    /// called.
    case keys(KeyRequest)
    /// Watches keys: more of them under a number that was given before. Answers `.watching`.
    indirect case watch(database: UInt8, [Bytes], under: UInt64?)
    /// Watches one key that is to be removed under the watch: also above the limit of memory. Answers `.watching`.
    indirect case watchToRemove(database: UInt8, Bytes)
    /// Answers `.done`, also when there is no such watch.
    case unwatch(UInt64)
    /// From now on whoever asked, and nobody else, gets completions with token 0 and `.keyEvents`, each when what it
    /// tells of is on disk; without classes there are none. Answers `.done`.
    case tellKeyEvents(KeyEventClasses)
    /// Answered when what was carried out before is on disk (`Storage.carryOutAtOnce`): never earlier, even if refused.
    case barrier
}

package struct ReceiveOptions: Sendable, Equatable {
    /// Messages wanted, 1 to `Limits.receiveMessagesMax`.
    package var maximum: Int
    /// Nil: that of the queue.
    package var visibilityTimeout: Milliseconds?
    /// Nil: that of the queue. Zero: do not wait.
    package var wait: Milliseconds?
    /// When as many messages of the queue are in flight, the receive is refused with `.tooManyInFlight`. Nil: no limit.
    package var inFlightMax: Int?
    /// Of a FIFO queue: a receive with the name of an earlier one, made again within `Limits.deduplicationWindow`
    /// because its reply was lost, gets the same messages with the same handles, as long as nobody touched them.
    package var attempt: String?

    package init(
        maximum: Int, visibilityTimeout: Milliseconds? = nil, wait: Milliseconds? = nil, inFlightMax: Int? = nil,
        attempt: String? = nil
    ) {
        self.maximum = maximum
        self.visibilityTimeout = visibilityTimeout
        self.wait = wait
        self.inFlightMax = inFlightMax
        self.attempt = attempt
    }
}

package struct PeekOptions: Sendable, Equatable {
    package enum End: Sendable { case head, tail }

    package var state: MessageState
    /// Head: the next to be delivered (or due) first. Tail: the last first.
    package var from: End
    /// 1 to `Limits.receiveMessagesMax`.
    package var count: Int

    package init(state: MessageState = .ready, from: End = .head, count: Int) {
        self.state = state
        self.from = from
        self.count = count
    }
}

package struct BrowseOptions: Sendable, Equatable {
    package var state: MessageState
    /// As in `PeekOptions`.
    package var from: PeekOptions.End
    /// 1 to `Limits.receiveMessagesMax`.
    package var count: Int
    /// Where the last page ended, with the same state and end.
    package var after: BrowsePlace?

    package init(state: MessageState, from: PeekOptions.End = .head, count: Int, after: BrowsePlace? = nil) {
        self.state = state
        self.from = from
        self.count = count
        self.after = after
    }
}

package enum StorageReply: Sendable, Equatable {
    case done
    case sent(SentMessage)
    case received([ReceivedMessage])
    case peeked([PeekedMessage])
    /// `next` is where to go on, also when the page is empty; nil: there are no more.
    indirect case browsed([PeekedMessage], next: BrowsePlace?)
    indirect case groups([QueueGroup], next: BrowsePlace?)
    /// The answer to nothing: see `StorageRequest.tailQueues`.
    indirect case tailed(TailedMessage)
    /// The same: a second is over in which more messages were sent to the queue than were shown.
    indirect case tailRest(QueueName, leftOut: Int)
    indirect case queue(QueueInfo)
    /// `more` tells that the limit cut the list.
    case queues([QueueInfo], more: Bool)
    /// How many messages it was done to.
    case count(Int)
    /// `total`: how many wait.
    case waiters([WaitingReceive], total: Int)
    indirect case moveTask(MoveTask)
    case moveTasks([MoveTask])
    case key(KeyReply)
    /// One for each command.
    case keys([KeyReply])
    /// Of a single command that popped messages of a queue with safe pop: they are leased to who asked.
    indirect case leased(KeyReply, PopLease)
    case watching(UInt64)
    /// Something that was watched changed: nothing was done.
    case watchBroken
    /// The answer to nothing: see `StorageRequest.tellKeyEvents`.
    case keyEvents([KeyEvent])
}

/// Messages that were popped, and are not deleted before who popped them goes on.
package struct PopLease: Sendable, Equatable {
    package var queue: QueueName
    package var handles: [ReceiptHandle]

    package init(queue: QueueName, handles: [ReceiptHandle]) {
        self.queue = queue
        self.handles = handles
    }
}

extension StorageReply {
    /// About what it takes in memory beside itself: what is long in it.
    package var byteCount: Int {
        switch self {
        case .key(let reply): reply.byteCount
        case .leased(let reply, _): reply.byteCount
        case .keys(let replies): replies.reduce(0) { $0 + $1.byteCount }
        case .received(let messages): messages.reduce(0) { $0 + $1.body.count }
        case .peeked(let messages): messages.reduce(0) { $0 + $1.body.count }
        case .browsed(let messages, _): messages.reduce(0) { $0 + $1.body.count }
        case .tailed(let message): message.body.count
        default: 0
        }
    }
}

package struct SentMessage: Sendable, Equatable {
    package var id: MessageID
    package var sentAt: BrokerTime
    /// As `ReceivedMessage.sequence`.
    package var sequence: UInt64

    package init(id: MessageID, sentAt: BrokerTime, sequence: UInt64 = 0) {
        self.id = id
        self.sentAt = sentAt
        self.sequence = sequence
    }
}
