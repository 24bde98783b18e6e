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

    /// Ready messages by order: sent, no longer delayed, or returned to the back.
    var ready = MessageList<PlaceLinks>()
    /// Ready messages that came back to their old place.
    var returned = Treap()
    /// Ready and in-flight messages by the time they became available.
    var available = MessageList<AgeLinks>()
    var delayed = MessageList<AgeLinks>()
    /// Messages whose records cannot be read, in the order in which that was found out.
    var damaged = MessageList<AgeLinks>()
    /// Purged messages whose slots are not freed yet.
    var dead = MessageList<AgeLinks>()
    /// Messages with lower numbers were purged.
    var purgedBelow: UInt64 = 0

    var counts = MessageCounts()
    var totals = MessageTotals()

    /// Links of the timer for retention; armed while `retentionTimer` is not nil.
    var retentionTimer: BrokerTime?
    var timerPrevious = MessageSlot.none
    var timerNext = MessageSlot.none

    /// Children in the tree of names.
    var nameLeft = MessageSlot.none
    var nameRight = MessageSlot.none

    /// Link of the list of queues with dead messages, or of free ids.
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
    /// Puts a message behind all others. The order must be higher than any before.
    mutating func appendReady(_ slot: UInt32, order: UInt64, in index: inout MessageIndex) {
        index[slot].order = order
        index[slot].place = .readyList
        ready.append(slot, in: &index)
    }

    /// Puts a message back where its order says.
    mutating func insertReturned(_ slot: UInt32, in index: inout MessageIndex) {
        index[slot].place = .returnedTree
        returned.insert(slot, in: &index)
    }

    mutating func removeReady(_ slot: UInt32, in index: inout MessageIndex) {
        if index[slot].place == .readyList {
            ready.remove(slot, in: &index)
        } else {
            returned.remove(slot, in: &index)
        }
    }

    /// When the oldest message will have been kept long enough; nil when nothing expires.
    func nextRetention(in index: borrowing MessageIndex) -> BrokerTime? {
        guard !available.isEmpty, settings.retention != .unlimited else { return nil }
        return index[available.head].availableAt + settings.retention
    }
}
