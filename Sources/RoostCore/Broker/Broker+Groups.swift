import RoostModel

// Groups: who is in which one, and whose turn it is.

extension Broker {
    /// The group of this name that lives; nil when it has no messages.
    func find(_ name: GroupName, from origin: QueueOrigin = .none, in queue: UInt32) -> UInt32? {
        groups.find(name, from: origin, in: queue, bornFrom: queues[queue].groupsBornFrom)
    }

    /// Makes room for one more message of this group, or of none. Nil when there are too many groups.
    mutating func enter(_ queue: UInt32, _ name: GroupName?, from origin: QueueOrigin = .none) -> Owner? {
        guard let name else { return .queue(queue) }
        guard let id = find(name, from: origin, in: queue) ?? makeGroup(name, origin, in: queue) else { return nil }
        groups[id].messages += 1
        return .group(id)
    }

    private mutating func makeGroup(_ name: GroupName, _ origin: QueueOrigin, in queue: UInt32) -> UInt32? {
        guard groups.freeID() != nil else { return nil }
        let id = groups.create(Group(queue: queue, name: name, origin: origin, birth: takeBirth()))
        groups.appendSibling(id, to: &queues[queue].groups)
        return id
    }

    /// A message is no longer of this group; the last one takes the group with it. Purged groups are left to the
    /// reaper.
    mutating func leave(_ owner: Owner) {
        guard owner.isGroup else { return }
        groups[owner.id].messages -= 1
        guard groups[owner.id].messages == 0, isAlive(group: owner.id) else { return }
        disarmRetention(of: owner)
        let queue = groups[owner.id].queue
        if queues[queue].rearmFrom == owner.id { queues[queue].rearmFrom = groups[owner.id].siblingNext }
        if queues[queue].moveFrom == owner.id { queues[queue].moveFrom = groups[owner.id].siblingNext }
        groups.removeSibling(owner.id, from: &queues[queue].groups)
        groups.free(owner.id)
    }

    mutating func takeBirth() -> UInt64 {
        defer { nextBirth += 1 }
        return nextBirth
    }
}

// MARK: - Turns

extension Broker {
    mutating func refreshTurn(of slot: UInt32) {
        let owner = index[slot].owner
        if owner.isGroup { refreshTurn(ofGroup: owner.id) }
    }

    /// Puts the group behind the others that have something to deliver, or takes it out.
    mutating func refreshTurn(ofGroup id: UInt32) {
        let hasDeliverable = hasDeliverable(group: id)
        guard hasDeliverable != groups[id].hasTurn else { return }
        let queue = groups[id].queue
        if hasDeliverable {
            groups.appendTurn(id, to: &queues[queue].turns)
            queues[queue].turnCount += 1
        } else {
            groups.removeTurn(id, from: &queues[queue].turns)
            queues[queue].turnCount -= 1
        }
    }

    func hasDeliverable(group id: UInt32) -> Bool {
        guard queues[groups[id].queue].isFIFO else { return groups[id].lane.hasReady }
        let head = groups[id].lane.available.head
        return groups[id].damaged == 0 && head != MessageSlot.none && index[head].place == .readyInGroup
    }

    /// The message was handed out: others come first now. A FIFO group has no other turn while it is in flight anyway.
    mutating func passTurn(of slot: UInt32) {
        let owner = index[slot].owner
        guard owner.isGroup else {
            queues[owner.id].turnsUntilLane = queues[owner.id].turnCount
            return
        }
        let queue = groups[owner.id].queue
        if groups[owner.id].hasTurn, !queues[queue].isFIFO {
            groups.removeTurn(owner.id, from: &queues[queue].turns)
            groups.appendTurn(owner.id, to: &queues[queue].turns)
        }
        refreshTurn(ofGroup: owner.id)
        if queues[queue].turnsUntilLane > 0 { queues[queue].turnsUntilLane -= 1 }
    }
}
