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

    static func check(_ broker: borrowing Broker) throws(BrokerImageError) {
        var check = Self(broker: copy broker)
        try check.checkChunks()
        try check.checkQueueTable()
        for id in 0..<check.broker.queues.idCount { try check.checkMessages(of: id) }
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
    /// How many messages of each kind the lists of one queue have.
    private struct Tally {
        var readyList = 0
        var returnedTree = 0
        var inFlight = 0
        var delayed = 0
        var damaged = 0

        var counts: MessageCounts {
            MessageCounts(ready: readyList + returnedTree, inFlight: inFlight, delayed: delayed, damaged: damaged)
        }
    }

    private mutating func checkMessages(of id: UInt32) throws(BrokerImageError) {
        var tally = Tally()
        let queue = broker.queues[id]
        messagesMet += try walk(queue.available, of: id) { message in
            switch message.place {
            case .readyList: tally.readyList += 1
            case .returnedTree: tally.returnedTree += 1
            case .inFlight:
                guard message.order > 0, message.order < broker.nextOrder else { return false }
                tally.inFlight += 1
            default: return false
            }
            return Self.isAlive(message, in: queue)
        }
        messagesMet += try walk(queue.delayed, of: id) { message in
            tally.delayed += 1
            return message.place == .delayed && Self.isAlive(message, in: queue)
        }
        messagesMet += try walk(queue.damaged, of: id) { message in
            tally.damaged += 1
            return message.place == .damaged && Self.isAlive(message, in: queue)
        }
        var deadWithTimer = 0
        messagesMet += try walk(queue.dead, of: id) { message in
            if message.place == .inFlight || message.place == .delayed { deadWithTimer += 1 }
            return message.place != .free && !Self.isAlive(message, in: queue)
        }
        messagesWithTimer += tally.inFlight + tally.delayed + deadWithTimer
        try Self.require(queue.counts == tally.counts, "the counts of queue \(id) are wrong")
        for state in MessageState.allCases { counts[state] += tally.counts[state] }
        try checkReady(queue, id, tally.readyList)
        try checkReturned(queue, id, tally.returnedTree)
    }

    @inline(__always)
    private static func isAlive(_ message: MessageSlot, in queue: Queue) -> Bool {
        queue.life == .live && message.number >= queue.purgedBelow
    }

    /// How many messages one list has through the age links.
    @inline(__always)
    private func walk(
        _ list: MessageList<AgeLinks>, of id: UInt32, belongs: (MessageSlot) -> Bool
    ) throws(BrokerImageError) -> Int {
        var (previous, slot) = (MessageSlot.none, list.head)
        var met = 0
        while slot != MessageSlot.none {
            guard let message = broker.index.message(inUsed: slot), message.agePrevious == previous,
                message.queue == id, message.number < broker.nextNumber, belongs(message)
            else { throw BrokerImageError("a list of queue \(id) leads to slot \(slot), which does not belong there") }
            met += 1
            previous = slot
            slot = message.ageNext
        }
        try Self.require(list.tail == previous, "a list of queue \(id) does not end where it should")
        return met
    }

    private func checkReady(_ queue: Queue, _ id: UInt32, _ count: Int) throws(BrokerImageError) {
        var (previous, slot, order, left) = (MessageSlot.none, queue.ready.head, UInt64(0), count)
        while slot != MessageSlot.none {
            guard let message = broker.index.message(inUsed: slot), message.previous == previous,
                message.queue == id, message.place == .readyList, Self.isAlive(message, in: queue),
                message.order > order, message.order < broker.nextOrder
            else { throw BrokerImageError("the ready list of queue \(id) leads to slot \(slot)") }
            left -= 1
            order = message.order
            previous = slot
            slot = message.next
        }
        try Self.require(queue.ready.tail == previous && left == 0, "the ready list of queue \(id) is not whole")
    }

    private func checkReturned(_ queue: Queue, _ id: UInt32, _ count: Int) throws(BrokerImageError) {
        let isWhole = queue.returned.isIntact(in: broker.index, count: count) { slot in
            guard let message = broker.index.message(inUsed: slot) else { return false }
            return message.queue == id && message.place == .returnedTree && Self.isAlive(message, in: queue)
                && message.order > 0 && message.order < broker.nextOrder
        }
        try Self.require(isWhole, "the tree of returned messages of queue \(id) is not one")
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
        let armed = (0..<queues.idCount).reduce(0) { $0 + (queues[$1].retentionTimer == nil ? 0 : 1) }
        let retention = broker.queueTimers.isIntact(in: queues, count: armed) { id in
            id < queues.idCount && queues[id].retentionTimer != nil && queues[id].life == .live
        }
        try Self.require(retention, "the timers of queues are not a wheel")
    }
}
