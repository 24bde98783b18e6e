import RoostModel

// What a receive gets.

extension Broker {
    /// As many of the first ones as fit into one reply, and at least one.
    func fitting(_ slots: [UInt32], _ bytesMax: Int = Limits.receiveBytesMax) -> [UInt32] {
        var bytes = 0
        for (count, slot) in slots.enumerated() {
            bytes += Int(index[slot].location.length)
            if bytes > bytesMax { return Array(slots.prefix(max(count, 1))) }
        }
        return slots
    }

    /// What a pop gets.
    func takeableSlots(of queue: UInt32, maximum: Int, bytesMax: Int) -> [UInt32] {
        guard queues[queue].pause == nil, queues[queue].hasDeliverable else { return [] }
        let countMax = min(maximum, Limits.receiveMessagesMax)
        let slots = untilDeadLetter(deliverableSlots(of: queue, maximum: countMax), of: queue)
        return fitting(slots, bytesMax)
    }

    /// What a receive gets: at most `maximum` messages, in the order in which they are handed out.
    func deliverableSlots(of queue: UInt32, maximum: Int) -> [UInt32] {
        if queues[queue].isFIFO { return inOrderOfGroups(queue, maximum) }
        guard queues[queue].turnCount > 0 else { return queues[queue].lane.firstReady(maximum, in: index) }
        return inTurns(queue, maximum)
    }

    /// FIFO: as many as there are of the first group, then of the next one (SQS).
    private func inOrderOfGroups(_ queue: UInt32, _ maximum: Int) -> [UInt32] {
        var slots: [UInt32] = []
        var group = queues[queue].turns.head
        while slots.count < maximum, group != MessageSlot.none {
            slots += groups[group].lane.firstInOrder(maximum - slots.count, in: index)
            group = groups[group].turnNext
        }
        return slots
    }

    /// One of each group in turn. The messages without a group are one group more.
    private func inTurns(_ queue: UInt32, _ maximum: Int) -> [UInt32] {
        let turnCount = Int(queues[queue].turnCount)
        var lane = queues[queue].lane.firstReady(maximum, in: index)[...]
        var untilLane = Int(queues[queue].turnsUntilLane)
        // When not all groups get a turn, none gets two.
        let share = turnCount > maximum ? 1 : maximum
        var waiting = firstGroups(queue, maximum).map { lookFurther(Share(group: $0), share) }[...]
        var (slots, groupsLeft): ([UInt32], Int) = ([], turnCount)
        while slots.count < maximum {
            if !lane.isEmpty, untilLane <= 0 || waiting.isEmpty {
                slots.append(lane.removeFirst())
                untilLane = groupsLeft
            } else if var next = waiting.popFirst() {
                slots.append(next.slots.removeFirst())
                untilLane -= 1
                if next.slots.isEmpty { next = lookFurther(next, share) }
                if next.slots.isEmpty { groupsLeft -= turnCount > maximum ? 0 : 1 } else { waiting.append(next) }
            } else {
                break
            }
        }
        return slots
    }

    /// What a group adds to one receive.
    private struct Share {
        let group: UInt32
        /// How far was looked.
        var looked = 0
        /// Not taken yet of what was found.
        var slots: ArraySlice<UInt32> = []
    }

    /// Few messages at first, then more: with 1,000 groups only one of each is taken.
    private func lookFurther(_ share: Share, _ maximum: Int) -> Share {
        let further = min(max(4 * share.looked, 1), maximum)
        guard further > share.looked else { return share }
        let slots = groups[share.group].lane.firstReady(further, in: index).dropFirst(share.looked)
        return Share(group: share.group, looked: further, slots: slots)
    }

    private func firstGroups(_ queue: UInt32, _ maximum: Int) -> [UInt32] {
        var ids: [UInt32] = []
        var group = queues[queue].turns.head
        while ids.count < maximum, group != MessageSlot.none {
            ids.append(group)
            group = groups[group].turnNext
        }
        return ids
    }
}
