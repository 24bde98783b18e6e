import RoostModel

/// Whether a broker that was made from an image is one that entries could have made: every link leads where it must,
/// every count is right. After that the broker works as any other does, and nothing in it can trap or go round in
/// circles.
///
/// Lists are walked once each. In a doubly linked list whose first member has no previous one, a walk that checks every
/// `previous` cannot come back to where it was: the member met twice would need two of them. So walks end by
/// themselves. What lies in no list is found by counting.
struct BrokerImageCheck {
    let broker: Broker
    /// Messages met in the lists of ages and of dead ones, in all queues.
    var messagesMet = 0
    /// Of these, the ones that have a timer.
    var messagesWithTimer = 0
    var counts = MessageCounts()

    /// Messages met of each group, by its id.
    var membersMet: [UInt32]
    /// Damaged ones among them.
    var damagedMet: [UInt32]
    /// Buried messages met in all lists of ages.
    var buriedMet = 0
    /// Groups met in the lists of siblings.
    var groupsMet = 0

    static func check(_ broker: borrowing Broker) throws(BrokerImageError) {
        let none = [UInt32](repeating: 0, count: Int(broker.groups.idCount))
        var check = Self(broker: copy broker, membersMet: none, damagedMet: none)
        try check.checkChunks()
        try check.checkQueueTable()
        let queues = check.broker.queues
        for id in 0..<queues.idCount where queues.isUsed(id) { try check.checkMessages(of: id) }
        try check.checkGroupTable()
        try check.checkBurialTable()
        try check.checkMoves()
        try require(check.messagesMet == check.broker.index.count, "some messages are in no list")
        try require(check.counts == check.broker.counts, "the counts of the queues do not add up")
        let ordersLeft = Broker.numberMax + 1 - check.broker.nextOrder
        try require(check.counts.delayed <= ordersLeft, "too few places are left for delayed messages")
        try check.checkTimers()
    }

    @inline(__always)
    static func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws(BrokerImageError) {
        guard condition else { throw BrokerImageError(reason()) }
    }
}

// MARK: - Messages of a queue

extension BrokerImageCheck {
    /// How many messages of each kind the lists of one lane or queue have.
    struct Tally {
        var readyList = 0
        var returnedTree = 0
        var readyInGroup = 0
        var inFlight = 0
        var delayed = 0
        var damaged = 0
        var buried = 0

        var counts: MessageCounts {
            MessageCounts(
                ready: readyList + returnedTree + readyInGroup, inFlight: inFlight, delayed: delayed, damaged: damaged,
                buried: buried)
        }
    }

    private mutating func checkMessages(of id: UInt32) throws(BrokerImageError) {
        let queue = broker.queues[id]
        var found = try checkLane(queue.lane, of: .queue(id), in: queue) { $0.number >= queue.purgedBelow }
        try checkGroups(of: id, &found)
        let broker = broker
        let (damaged, damagedOwners) = try walkOwners(queue.damaged, of: id) { message in
            message.place == .damaged && Self.isAlive(message, in: broker)
        }
        found.damaged += damaged
        for group in damagedOwners { damagedMet[Int(group)] += 1 }
        try checkBuried(of: id, found.buried)
        var (deadWithTimer, deadBuried) = (0, 0)
        _ = try walkOwners(queue.dead, of: id) { message in
            if message.place == .inFlight || message.place == .delayed { deadWithTimer += 1 }
            if message.place == .buried { deadBuried += 1 }
            return message.place != .free && !Self.isAlive(message, in: broker)
        }
        messagesWithTimer += deadWithTimer
        buriedMet += found.buried + deadBuried
        try Self.require(queue.counts == found.counts, "the counts of queue \(id) are wrong")
        for state in MessageState.allCases { counts[state] += found.counts[state] }
    }

    /// The messages of a lane that lives. `isOwn`: what its members have beside their owner.
    mutating func checkLane(
        _ lane: Lane, of owner: Owner, in queue: Queue, isOwn: (MessageSlot) -> Bool
    ) throws(BrokerImageError) -> Tally {
        var tally = Tally()
        let nextOrder = broker.nextOrder
        try Self.require(
            owner.isGroup || !queue.isFIFO || lane.available.isEmpty, "\(owner) has a message without group")
        let available = try walk(lane.available, of: owner) { message in
            switch message.place {
            case .readyList: tally.readyList += 1
            case .returnedTree: tally.returnedTree += 1
            case .readyInGroup: tally.readyInGroup += 1
            case .inFlight, .buried:
                guard queue.isFIFO || (message.order > 0 && message.order < nextOrder) else { return false }
                if message.place == .buried { tally.buried += 1 } else { tally.inFlight += 1 }
            default: return false
            }
            let isReady = message.place != .inFlight && message.place != .buried
            let fits = !isReady || queue.isFIFO == (message.place == .readyInGroup)
            return fits && queue.life == .live && isOwn(message)
        }
        let delayed = try walk(lane.delayed, of: owner) { message in
            tally.delayed += 1
            return message.place == .delayed && queue.life == .live && isOwn(message)
        }
        messagesMet += available + delayed
        if owner.isGroup { membersMet[Int(owner.id)] += UInt32(available + delayed) }
        messagesWithTimer += tally.inFlight + tally.delayed
        try checkReady(lane, owner, tally.readyList)
        try checkReturned(lane, owner, tally.returnedTree)
        return tally
    }

    @inline(__always)
    static func isAlive(_ message: MessageSlot, in broker: Broker) -> Bool {
        let owner = message.owner
        if owner.isGroup { return broker.isAlive(group: owner.id) }
        return broker.queues.isLive(owner.id) && message.number >= broker.queues[owner.id].purgedBelow
    }

    /// How many messages one list has through the age links.
    @inline(__always)
    func walk(
        _ list: MessageList<AgeLinks>, of owner: Owner, belongs: (MessageSlot) -> Bool
    ) throws(BrokerImageError) -> Int {
        try walk(list) { $0.owner == owner && belongs($0) }
    }

    /// A list of messages of a queue that may stand in groups: their number, and the groups of those that do.
    private mutating func walkOwners(
        _ list: MessageList<AgeLinks>, of id: UInt32, belongs: (MessageSlot) -> Bool
    ) throws(BrokerImageError) -> (count: Int, groups: [UInt32]) {
        var owners: [UInt32] = []
        let count = try walk(list) { message in
            let owner = message.owner
            guard owner.isGroup else { return owner.id == id && belongs(message) }
            guard broker.groups.isUsed(owner.id), broker.groups[owner.id].queue == id else { return false }
            owners.append(owner.id)
            return belongs(message)
        }
        messagesMet += count
        for group in owners { membersMet[Int(group)] += 1 }
        return (count, owners)
    }

    @inline(__always)
    private func walk(
        _ list: MessageList<AgeLinks>, belongs: (MessageSlot) -> Bool
    ) throws(BrokerImageError) -> Int {
        var (previous, slot) = (MessageSlot.none, list.head)
        var met = 0
        while slot != MessageSlot.none {
            guard let message = broker.index.message(inUsed: slot), message.agePrevious == previous,
                message.number < broker.nextNumber, belongs(message)
            else { throw BrokerImageError("a list leads to slot \(slot), which does not belong there") }
            met += 1
            previous = slot
            slot = message.ageNext
        }
        try Self.require(list.tail == previous, "a list of messages does not end where it should")
        return met
    }

    private func checkReady(_ lane: Lane, _ owner: Owner, _ count: Int) throws(BrokerImageError) {
        var (previous, slot, order, left) = (MessageSlot.none, lane.ready.head, UInt64(0), count)
        while slot != MessageSlot.none {
            guard let message = broker.index.message(inUsed: slot), message.previous == previous,
                message.owner == owner, message.place == .readyList, Self.isAlive(message, in: broker),
                message.order > order, message.order < broker.nextOrder
            else { throw BrokerImageError("the ready list of \(owner) leads to slot \(slot)") }
            left -= 1
            order = message.order
            previous = slot
            slot = message.next
        }
        try Self.require(lane.ready.tail == previous && left == 0, "the ready list of \(owner) is not whole")
    }

    private func checkReturned(_ lane: Lane, _ owner: Owner, _ count: Int) throws(BrokerImageError) {
        let isWhole = lane.returned.isIntact(in: broker.index, count: count) { slot in
            guard let message = broker.index.message(inUsed: slot) else { return false }
            return message.owner == owner && message.place == .returnedTree && Self.isAlive(message, in: broker)
                && message.order > 0 && message.order < broker.nextOrder
        }
        try Self.require(isWhole, "the tree of returned messages of \(owner) is not one")
    }
}

// MARK: - Timers

extension BrokerImageCheck {
    private func checkTimers() throws(BrokerImageError) {
        let messages = broker.messageTimers.isIntact(in: broker.index, count: messagesWithTimer) { slot in
            guard let message = broker.index.message(inUsed: slot) else { return false }
            return message.place == .inFlight || message.place == .delayed
        }
        try Self.require(messages, "the timers of messages are not a wheel")
        let queues = broker.queues
        let armed = (0..<queues.idCount).count { queues.isUsed($0) && queues[$0].lane.retentionTimer != nil }
        let retention = broker.queueTimers.isIntact(in: queues, count: armed) { id in
            queues.isLive(id) && queues[id].lane.retentionTimer != nil
        }
        try Self.require(retention, "the timers of queues are not a wheel")
        let groups = broker.groups
        let armedGroups = (0..<groups.idCount).reduce(0) { $0 + (groups[$1].lane.retentionTimer == nil ? 0 : 1) }
        let groupRetention = broker.groupTimers.isIntact(in: groups, count: armedGroups) { id in
            groups.isUsed(id) && groups[id].lane.retentionTimer != nil
        }
        try Self.require(groupRetention, "the timers of groups are not a wheel")
    }
}
