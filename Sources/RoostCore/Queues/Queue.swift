package import RoostModel

/// A queue: its settings, the heads of its lists, its counts. Its messages stand in the `MessageIndex`.
package struct Queue {
    enum Life {
        /// No queue has this id.
        case free
        case live
        /// Deleted; its messages are being freed in slices, and its id is not given out before that is done.
        case deleted
    }

    var life = Life.free
    package var name: QueueName
    var settings: QueueSettings
    var createdAt: BrokerTime
    var modifiedAt: BrokerTime
    var pause: Pause?

    /// The messages that belong to no group. None in a FIFO queue.
    var lane = Lane()
    /// Messages whose records cannot be read, in the order in which that was found out.
    var damaged = MessageList<AgeLinks>()
    /// Messages that workers set aside, in the order in which they did. They are in their lanes' `available` too.
    var buried = MessageList<PlaceLinks>()
    /// Purged messages whose slots are not freed yet.
    var dead = MessageList<AgeLinks>()
    /// Messages of the lane with lower numbers were purged.
    var purgedBelow: UInt64 = 0

    /// Rises with every group and queue that is made.
    var birth: UInt64 = 0
    var groups = GroupList()
    /// Groups with something to deliver, the next one first.
    var turns = GroupList()
    var turnCount: UInt32 = 0
    /// How many groups are to have their turn before the lane has the next one.
    var turnsUntilLane: UInt32 = 0
    /// Purged groups whose messages are not freed yet.
    var deadGroups = GroupList()
    /// The retention changed: the timers of this group and the next ones are still to be set anew.
    var rearmFrom = MessageSlot.none
    /// Where the walk of a move over the groups goes on; `none`: at the first one.
    var moveFrom = MessageSlot.none
    /// Groups born before were purged.
    var groupsBornFrom: UInt64 = 0

    var counts = MessageCounts()
    var totals = MessageTotals()
    /// Messages, ready or in flight, that were received `Limits.oftenReceivedMin` times or more. Images do not have it.
    var oftenReceived = 0

    /// Children in the tree of names.
    var nameLeft = MessageSlot.none
    var nameRight = MessageSlot.none
    /// Children in the tree of those with dead letters, by target and name.
    var sourceLeft = MessageSlot.none
    var sourceRight = MessageSlot.none

    /// Link of the list of queues with dead messages.
    var nextQueue = MessageSlot.none
    var isReaping = false

    package init(name: QueueName, settings: QueueSettings, createdAt: BrokerTime) {
        self.name = name
        self.settings = settings
        self.createdAt = createdAt
        self.modifiedAt = createdAt
    }
}

extension Queue {
    /// What stands at a free id.
    static func placeholder(_ name: QueueName) -> Queue {
        Queue(name: name, settings: QueueSettings(), createdAt: BrokerTime(milliseconds: 0))
    }

    var isFIFO: Bool { settings.isFIFO }

    /// Whether a receive would get something, if the queue is not paused.
    var hasDeliverable: Bool { isFIFO ? !turns.isEmpty : counts.ready > 0 }
}
