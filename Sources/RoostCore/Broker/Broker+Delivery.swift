import RoostModel

// What a receive gets.

extension Broker {
    /// As many of the first ones as fit into one reply, and at least one.
    func fitting(_ slots: [UInt32]) -> [UInt32] {
        var bytes = 0
        for (count, slot) in slots.enumerated() {
            bytes += Int(index[slot].location.length)
            if bytes > Limits.receiveBytesMax { return Array(slots.prefix(max(count, 1))) }
        }
        return slots
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
        var waiting = firstGroups(queue, maximum).map { group in
            groups[group].lane.firstReady(turnCount > maximum ? 1 : maximum, in: index)[...]
        }[...]
        var (slots, groupsLeft): ([UInt32], Int) = ([], turnCount)
        while slots.count < maximum {
            if !lane.isEmpty, untilLane <= 0 || waiting.isEmpty {
                slots.append(lane.removeFirst())
                untilLane = groupsLeft
            } else if var next = waiting.popFirst() {
                slots.append(next.removeFirst())
                untilLane -= 1
                if next.isEmpty { groupsLeft -= turnCount > maximum ? 0 : 1 } else { waiting.append(next) }
            } else {
                break
            }
        }
        return slots
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
