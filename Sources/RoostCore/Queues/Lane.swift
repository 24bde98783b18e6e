import RoostModel

/// One line of messages: all of a queue that belong to no group, or those of one group.
struct Lane {
    /// Ready messages by order: sent, no longer delayed, or returned to the back. Not in FIFO queues.
    var ready = MessageList<PlaceLinks>()
    /// Ready messages that came back to their old place. Not in FIFO queues.
    var returned = Treap()
    /// Ready, in-flight and buried messages by the time they became available: in a group of a FIFO queue the order of
    /// sending.
    var available = MessageList<AgeLinks>()
    var delayed = MessageList<AgeLinks>()

    /// Links of the timer for retention; armed while `retentionTimer` is not nil.
    var retentionTimer: BrokerTime?
    var timerPrevious = MessageSlot.none
    var timerNext = MessageSlot.none

    var hasReady: Bool { !ready.isEmpty || !returned.isEmpty }

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
        switch index[slot].place {
        case .readyList: ready.remove(slot, in: &index)
        case .returnedTree: returned.remove(slot, in: &index)
        default: break
        }
    }

    /// The oldest ready messages: a merge of those that came back and those not delivered yet, by order.
    func firstReady(_ maximum: Int, in index: borrowing MessageIndex) -> [UInt32] {
        var slots: [UInt32] = []
        var fresh = ready.head
        returned.ascend(in: index) { old in
            while slots.count < maximum, fresh != MessageSlot.none, index[fresh].order < index[old].order {
                slots.append(fresh)
                fresh = index[fresh].next
            }
            if slots.count < maximum { slots.append(old) }
            return slots.count < maximum
        }
        while slots.count < maximum, fresh != MessageSlot.none {
            slots.append(fresh)
            fresh = index[fresh].next
        }
        return slots
    }

    /// The newest ready messages, newest first.
    func lastReady(_ maximum: Int, in index: borrowing MessageIndex) -> [UInt32] {
        var slots: [UInt32] = []
        var fresh = ready.tail
        returned.descend(in: index) { old in
            while slots.count < maximum, fresh != MessageSlot.none, index[fresh].order > index[old].order {
                slots.append(fresh)
                fresh = index[fresh].previous
            }
            if slots.count < maximum { slots.append(old) }
            return slots.count < maximum
        }
        while slots.count < maximum, fresh != MessageSlot.none {
            slots.append(fresh)
            fresh = index[fresh].previous
        }
        return slots
    }

    /// Of a FIFO group: what may be delivered now. The first ones that are ready, up to one that is not.
    func firstInOrder(_ maximum: Int, in index: borrowing MessageIndex) -> [UInt32] {
        var slots: [UInt32] = []
        var slot = available.head
        while slots.count < maximum, slot != MessageSlot.none, index[slot].place == .readyInGroup {
            slots.append(slot)
            slot = index[slot].ageNext
        }
        return slots
    }

    /// When the oldest message will have been kept long enough; nil when nothing expires.
    func nextRetention(_ retention: Milliseconds, in index: borrowing MessageIndex) -> BrokerTime? {
        guard !available.isEmpty, retention != .unlimited else { return nil }
        return index[available.head].availableAt + retention
    }
}
