package import RoostModel

// What time does: delays and leases end, messages expire, dead ones are freed. All of it in slices, each an entry.

extension Broker {
    /// When `prepareTick` has to be called next; nil when nothing waits for time. May be early, never late.
    package func nextTick(now: BrokerTime) -> BrokerTime? {
        if queues.nextToReap != nil { return now }
        let retention = queueTimers.nextDue.map { max($0, retentionHeldUntil ?? $0) }
        guard let message = messageTimers.nextDue else { return retention }
        return min(message, retention ?? message)
    }

    /// The next slice of what is due at `now`, or nil. Moves timers along, which is nobody's business but the core's.
    package mutating func prepareTick(now: BrokerTime, budget: Int = Limits.timersPerTickMax) -> TickEntry? {
        var entry = TickEntry(at: now)
        let isMessagesDone = messageTimers.advance(to: now, budget: budget, in: &index)
        let isQueuesDone = queueTimers.advance(to: now, budget: budget, in: &queues)
        // Small slices first bring all timers to their place, so that each one that fires is full, or the last.
        guard isMessagesDone && isQueuesDone || budget == Limits.timersPerTickMax else { return nil }
        messageTimers.due(in: index) { slot in
            entry.fired.append(slot)
            return entry.fired.count < budget
        }
        let isHeld = retentionHeldUntil.map { now < $0 } ?? false
        if entry.fired.count < budget, !isHeld { collectExpired(now, budget, &entry) }
        let used = entry.fired.count + entry.expired.count
        if used < budget, queues.nextToReap != nil { entry.reaped = UInt32(budget - used) }
        return entry.isEmpty ? nil : entry
    }

    /// Lets the timers follow the log while it is replayed, so that none of them piles up at the start of time.
    package mutating func advanceTimers(to now: BrokerTime) {
        _ = messageTimers.advance(to: now, budget: Limits.timersPerTickMax, in: &index)
    }

    mutating func apply(_ entry: TickEntry, _ effects: inout Effects) throws(EntryMismatch) {
        for slot in entry.fired {
            guard hasTimer(slot) else { throw EntryMismatch(kind: .tick, reason: "slot \(slot) has no timer") }
            fire(slot, at: entry.at, &effects)
        }
        for slot in entry.expired {
            try requireAlive(slot, .tick)
            guard index[slot].place != .damaged else {
                throw EntryMismatch(kind: .tick, reason: "the message in slot \(slot) is damaged and does not expire")
            }
            countTotal(index[slot].queue) { $0.expired += 1 }
            remove(slot, &effects)
        }
        reap(entry.reaped, &effects)
    }

    private func hasTimer(_ slot: UInt32) -> Bool {
        index.isUsed(slot) && (index[slot].place == .inFlight || index[slot].place == .delayed)
    }

    private mutating func fire(_ slot: UInt32, at now: BrokerTime, _ effects: inout Effects) {
        guard isAlive(slot) else {
            // Purged while it was delayed or in flight: it only leaves the wheel, the reaper frees it.
            messageTimers.remove(slot, in: &index)
            index[slot].place = .dead
            return
        }
        if index[slot].place == .delayed {
            endDelay(slot, at: now, &effects)
        } else {
            endLease(slot)
            giveBack(slot, &effects)
        }
    }
}

// MARK: - Retention

extension Broker {
    /// Sets the queue's timer if it has none. A timer that stands is left, though the message it stood for may be gone:
    /// when it fires, it is set anew. So deleting the oldest message, the most common thing, costs nothing.
    mutating func armRetention(of id: UInt32) {
        guard queues[id].retentionTimer == nil, let due = queues[id].nextRetention(in: index) else { return }
        queues[id].retentionTimer = due
        queueTimers.insert(id, in: &queues)
    }

    mutating func disarmRetention(of id: UInt32) {
        guard queues[id].retentionTimer != nil else { return }
        queueTimers.remove(id, in: &queues)
        queues[id].retentionTimer = nil
    }

    /// Looks at as many queues as the budget allows, however few messages the entry still takes: the timer of a queue
    /// may stand for a message that is gone, and behind it are others whose messages fit.
    private mutating func collectExpired(_ now: BrokerTime, _ budget: Int, _ entry: inout TickEntry) {
        let room = budget - entry.fired.count
        var dueQueues: [UInt32] = []
        queueTimers.due(in: queues) { queue in
            dueQueues.append(queue)
            return dueQueues.count < budget
        }
        for queue in dueQueues where entry.expired.count < room {
            collectExpired(of: queue, now, room, &entry)
        }
    }

    /// Leaves the timer due when the entry has no room for all of the queue's expired messages.
    private mutating func collectExpired(of id: UInt32, _ now: BrokerTime, _ room: Int, _ entry: inout TickEntry) {
        let retention = queues[id].settings.retention
        var slot = queues[id].available.head
        while slot != MessageSlot.none, index[slot].availableAt + retention <= now {
            guard entry.expired.count < room else { return }
            entry.expired.append(slot)
            slot = index[slot].ageNext
        }
        disarmRetention(of: id)
        guard slot != MessageSlot.none, retention != .unlimited else { return }
        queues[id].retentionTimer = index[slot].availableAt + retention
        queueTimers.insert(id, in: &queues)
    }

    /// Frees dead messages, queue after queue. The end of a queue counts as one, so that many empty ones are bounded
    /// too.
    private mutating func reap(_ count: UInt32, _ effects: inout Effects) {
        for _ in 0..<count {
            guard let id = queues.nextToReap else { return }
            let slot = queues[id].dead.head
            guard slot != MessageSlot.none else {
                queues.finishReaping()
                continue
            }
            queues[id].dead.remove(slot, in: &index)
            if hasTimer(slot) { messageTimers.remove(slot, in: &index) }
            effects.released.append(index[slot].location)
            index.free(slot)
        }
    }
}
