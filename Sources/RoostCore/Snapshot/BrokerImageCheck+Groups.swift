import RoostModel

// Groups: their lists, their turns, and that all of them were met.

extension BrokerImageCheck {
    mutating func checkGroups(of id: UInt32, _ tally: inout Tally) throws(BrokerImageError) {
        let queue = broker.queues[id]
        let living = try siblings(queue.groups, of: id)
        let dead = try siblings(queue.deadGroups, of: id)
        groupsMet += living.count + dead.count
        let isRight = living.allSatisfy { broker.isAlive(group: $0) } && !dead.contains { broker.isAlive(group: $0) }
        try Self.require(isRight, "a group of queue \(id) is in the wrong list")
        try Self.require(queue.birth < broker.nextBirth, "queue \(id) is not born yet")
        try Self.require(queue.groupsBornFrom <= broker.nextBirth, "queue \(id) is purged beyond all groups")
        for group in living {
            let lane = broker.groups[group].lane
            let found = try checkLane(lane, of: .group(group), in: queue) { _ in true }
            tally.readyList += found.readyList
            tally.returnedTree += found.returnedTree
            tally.readyInGroup += found.readyInGroup
            tally.inFlight += found.inFlight
            tally.buried += found.buried
            tally.delayed += found.delayed
        }
        for group in dead { try checkDeadGroup(group) }
        try checkTurns(of: id, living)
        let move = queue.moveFrom
        try Self.require(move == MessageSlot.none || living.contains(move), "queue \(id) moves a group of others")
        let rearm = queue.rearmFrom
        try Self.require(rearm == MessageSlot.none || living.contains(rearm), "queue \(id) rearms a group of others")
    }

    private mutating func checkDeadGroup(_ group: UInt32) throws(BrokerImageError) {
        var (withTimer, buried) = (0, 0)
        let belongs = { (message: MessageSlot) in
            if message.place == .inFlight || message.place == .delayed { withTimer += 1 }
            if message.place == .buried { buried += 1 }
            return message.place != .free
        }
        let lane = broker.groups[group].lane
        let met =
            try walk(lane.available, of: .group(group), belongs: belongs)
            + walk(lane.delayed, of: .group(group), belongs: belongs)
        messagesMet += met
        membersMet[Int(group)] += UInt32(met)
        messagesWithTimer += withTimer
        buriedMet += buried
    }

    /// A list of groups. One that checks every `previous` cannot come back to where it was.
    private func siblings(_ list: GroupList, of queue: UInt32) throws(BrokerImageError) -> [UInt32] {
        var (previous, id) = (MessageSlot.none, list.head)
        var ids: [UInt32] = []
        while id != MessageSlot.none {
            guard broker.groups.isUsed(id), broker.groups[id].queue == queue,
                broker.groups[id].birth < broker.nextBirth, broker.groups[id].origin.birth < broker.nextBirth,
                broker.groups[id].siblingPrevious == previous
            else { throw BrokerImageError("a list of groups leads to \(id)") }
            ids.append(id)
            previous = id
            id = broker.groups[id].siblingNext
        }
        try Self.require(list.tail == previous, "a list of groups does not end where it should")
        return ids
    }

    private func checkTurns(of queue: UInt32, _ living: [UInt32]) throws(BrokerImageError) {
        let turns = broker.queues[queue].turns
        var (previous, id, met) = (MessageSlot.none, turns.head, UInt32(0))
        while id != MessageSlot.none {
            guard broker.groups.isUsed(id), broker.groups[id].queue == queue, broker.groups[id].hasTurn,
                broker.groups[id].turnPrevious == previous
            else { throw BrokerImageError("a list of turns leads to group \(id)") }
            met += 1
            previous = id
            id = broker.groups[id].turnNext
        }
        let isWhole = turns.tail == previous && met == broker.queues[queue].turnCount
        try Self.require(isWhole, "the turns of queue \(queue) are not whole")
        for id in living {
            try Self.require(
                broker.groups[id].hasTurn == broker.hasDeliverable(group: id),
                "group \(id) has no turn, or one too many")
        }
    }

    func checkGroupTable() throws(BrokerImageError) {
        let groups = broker.groups
        try Self.require(groupsMet == groups.count, "some groups are in no list")
        for id in 0..<groups.idCount where groups[id].isUsed {
            // Damaged messages of a purged group are among the dead ones of its queue.
            let isDamagedRight = damagedMet[Int(id)] == groups[id].damaged || !broker.isAlive(group: id)
            let isRight = membersMet[Int(id)] == groups[id].messages && isDamagedRight
            try Self.require(isRight, "the members of group \(id) are not as many as it says")
            let isEmpty = groups[id].messages == 0
            try Self.require(!isEmpty || !broker.isAlive(group: id), "group \(id) has no messages")
        }
        var (id, free) = (groups.firstFree, Int(groups.idCount) - groups.count)
        while id != MessageSlot.none {
            guard free > 0, id < groups.idCount, !groups[id].isUsed else {
                throw BrokerImageError("a list of free groups leads to \(id)")
            }
            free -= 1
            id = groups[id].siblingNext
        }
        try Self.require(free == 0, "some free groups are in no list")
    }
}
