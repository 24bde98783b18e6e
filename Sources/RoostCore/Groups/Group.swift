import RoostModel

/// The name of a message group as the core keeps it: a keyed hash of 128 bits. The text stands in the messages.
package struct GroupName: Sendable, Hashable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Of messages that have no group, in queues that keep them apart by where they came from.
    package static let none = Self(high: 0, low: 0)
}

/// Where a message was before it became a dead letter. Ids of queues are used again; births are not.
package struct QueueOrigin: Sendable, Hashable {
    package var queue: UInt32
    package var birth: UInt64

    package static let none = Self(queue: MessageSlot.none, birth: 0)
}

/// The messages of one group in one queue, and their turn among the other groups.
///
/// In a FIFO queue a group is what keeps its order. In a standard queue it is what gets its fair share: groups take
/// turns, so that a long backlog of one does not keep the others waiting. Dead letters are in groups by their origin
/// too. A group exists as long as it has messages.
struct Group {
    var isUsed = false
    var queue: UInt32
    var name: GroupName
    var origin: QueueOrigin
    /// Rises with every group and queue that is made.
    var birth: UInt64
    var lane = Lane()
    /// All messages that stand here: in the lane, damaged, or purged and not freed yet.
    var messages: UInt32 = 0
    /// In a FIFO queue none is delivered while one of them is damaged.
    var damaged: UInt32 = 0

    /// Links of the queue's list of groups that have something to deliver.
    var hasTurn = false
    var turnPrevious = MessageSlot.none
    var turnNext = MessageSlot.none
    /// Links of the queue's list of groups, or of its purged ones. For free ids `siblingNext` is the next free one.
    var siblingPrevious = MessageSlot.none
    var siblingNext = MessageSlot.none
    /// Link of the table by name.
    var hashNext = MessageSlot.none
}

/// A list of groups whose links stand in them.
struct GroupList {
    var head = MessageSlot.none
    var tail = MessageSlot.none

    var isEmpty: Bool { head == MessageSlot.none }
}
