package import RoostModel

// What time does: delays and leases end, messages expire, dead ones are freed. All of it in slices, each an entry.

extension Broker {
    /// When `prepareTick` has to be called next; nil when nothing waits for time. May be early, never late.
    package func nextTick(now: BrokerTime) -> BrokerTime? {
        if queues.nextToReap != nil || !queuesToRearm.isEmpty { return now }
        let retention = queueTimers.nextDue.orEarlier(groupTimers.nextDue)
        let held = retention.map { max($0, retentionHeldUntil ?? $0) }
        return messageTimers.nextDue.orEarlier(held).orEarlier(nextForgetting)
    }

    /// The next slice of what is due at `now`, or nil. Moves timers along, which is nobody's business but the core's.
    package mutating func prepareTick(now: BrokerTime, budget: Int = Limits.timersPerTickMax) -> TickEntry? {
        var entry = TickEntry(at: now)
        setTimersAnew(budget)
        let isMessagesDone = messageTimers.advance(to: now, budget: budget, in: &index)
        let isQueuesDone = queueTimers.advance(to: now, budget: budget, in: &queues)
        let isGroupsDone = groupTimers.advance(to: now, budget: budget, in: &groups)
        // Small slices first bring all timers to their place, so that each one that fires is full, or the last.
        let isDone = isMessagesDone && isQueuesDone && isGroupsDone
        guard isDone || budget == Limits.timersPerTickMax else { return nil }
        messageTimers.due(in: index) { slot in
            entry.fired.append(slot)
            return entry.fired.count < budget
        }
        let isHeld = retentionHeldUntil.map { now < $0 } ?? false
        if entry.fired.count < budget, !isHeld { collectExpired(now, budget, &entry) }
        let used = entry.fired.count + entry.expired.count
        if used < budget, queues.nextToReap != nil { entry.reaped = UInt32(budget - used) }
        let isForgetting = nextForgetting.map { $0 <= now } ?? false
        return entry.isEmpty && !isForgetting ? nil : entry
    }

    /// Lets the timers follow the log while it is replayed, so that none of them piles up at the start of time.
    package mutating func advanceTimers(to now: BrokerTime) {
        _ = messageTimers.advance(to: now, budget: Limits.timersPerTickMax, in: &index)
        _ = queueTimers.advance(to: now, budget: Limits.timersPerTickMax, in: &queues)
        _ = groupTimers.advance(to: now, budget: Limits.timersPerTickMax, in: &groups)
        // Nobody waits for a turn here, and what is replayed must not pile up.
        while hasKeyRemains { freeKeyRemains(.max) }
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
            countTotal(queue(of: slot)) { $0.expired += 1 }
            remove(slot, &effects)
        }
        reap(entry.reaped, &effects)
        forgetDuplicates(at: entry.at)
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
    /// Sets the lane's timer if it has none. A timer that stands is left, though the message it stood for may be gone:
    /// when it fires, it is set anew. So deleting the oldest message, the most common thing, costs nothing.
    mutating func armRetention(of owner: Owner) {
        let retention = queues[queue(of: owner)].settings.retention
        if owner.isGroup {
            guard groups[owner.id].lane.retentionTimer == nil,
                let due = groups[owner.id].lane.nextRetention(retention, in: index)
            else { return }
            groups[owner.id].lane.retentionTimer = due
            groupTimers.insert(owner.id, in: &groups)
        } else {
            guard queues[owner.id].lane.retentionTimer == nil,
                let due = queues[owner.id].lane.nextRetention(retention, in: index)
            else { return }
            queues[owner.id].lane.retentionTimer = due
            queueTimers.insert(owner.id, in: &queues)
        }
    }

    mutating func disarmRetention(of owner: Owner) {
        if owner.isGroup {
            guard groups[owner.id].lane.retentionTimer != nil else { return }
            groupTimers.remove(owner.id, in: &groups)
            groups[owner.id].lane.retentionTimer = nil
        } else {
            guard queues[owner.id].lane.retentionTimer != nil else { return }
            queueTimers.remove(owner.id, in: &queues)
            queues[owner.id].lane.retentionTimer = nil
        }
    }

    /// The retention of a queue changed: its groups follow in slices.
    mutating func rearmGroups(of queue: UInt32) {
        guard !queues[queue].groups.isEmpty else { return }
        queues[queue].rearmFrom = queues[queue].groups.head
        enterToRearm(queue)
    }

    /// In the order of ids, so that a broker made from an image goes on alike.
    private mutating func enterToRearm(_ queue: UInt32) {
        var (low, high) = (0, queuesToRearm.count)
        while low < high {
            let middle = (low + high) / 2
            if queuesToRearm[middle] < queue { low = middle + 1 } else { high = middle }
        }
        if low == queuesToRearm.count || queuesToRearm[low] != queue { queuesToRearm.insert(queue, at: low) }
    }

    /// For a broker made from an image.
    mutating func restoreQueuesToRearm() {
        for queue in 0..<queues.idCount where queues.isUsed(queue) && queues[queue].rearmFrom != MessageSlot.none {
            queuesToRearm.append(queue)
        }
    }

    private mutating func setTimersAnew(_ budget: Int) {
        var budget = budget
        while budget > 0, let queue = queuesToRearm.last {
            // The queue may be gone meanwhile, and its id free.
            let group = queues.isUsed(queue) ? queues[queue].rearmFrom : MessageSlot.none
            guard group != MessageSlot.none else {
                queuesToRearm.removeLast()
                continue
            }
            budget -= 1
            queues[queue].rearmFrom = groups[group].siblingNext
            disarmRetention(of: .group(group))
            armRetention(of: .group(group))
        }
    }

    /// Looks at as many queues as the budget allows, however few messages the entry still takes: the timer of a queue
    /// may stand for a message that is gone, and behind it are others whose messages fit.
    private mutating func collectExpired(_ now: BrokerTime, _ budget: Int, _ entry: inout TickEntry) {
        let room = budget - entry.fired.count
        var due: [Owner] = []
        queueTimers.due(in: queues) { queue in
            due.append(.queue(queue))
            return due.count < budget
        }
        groupTimers.due(in: groups) { group in
            guard due.count < budget else { return false }
            due.append(.group(group))
            return true
        }
        for owner in due where entry.expired.count < room { collectExpired(of: owner, now, room, &entry) }
    }

    /// Leaves the timer due when the entry has no room for all of the lane's expired messages.
    private mutating func collectExpired(of owner: Owner, _ now: BrokerTime, _ room: Int, _ entry: inout TickEntry) {
        if owner.isGroup, !isAlive(group: owner.id) { return disarmRetention(of: owner) }
        let retention = queues[queue(of: owner)].settings.retention
        var slot = owner.isGroup ? groups[owner.id].lane.available.head : queues[owner.id].lane.available.head
        // The settings may have changed since the timer was set.
        while retention != .unlimited, slot != MessageSlot.none, index[slot].availableAt + retention <= now {
            guard entry.expired.count < room else { return }
            entry.expired.append(slot)
            slot = index[slot].ageNext
        }
        disarmRetention(of: owner)
        guard slot != MessageSlot.none, retention != .unlimited else { return }
        rearm(owner, at: index[slot].availableAt + retention)
    }

    private mutating func rearm(_ owner: Owner, at due: BrokerTime) {
        if owner.isGroup {
            groups[owner.id].lane.retentionTimer = due
            groupTimers.insert(owner.id, in: &groups)
        } else {
            queues[owner.id].lane.retentionTimer = due
            queueTimers.insert(owner.id, in: &queues)
        }
    }
}

// MARK: - Freeing

extension Broker {
    /// Frees dead messages, queue after queue. The end of a queue or group counts as one, so that many empty ones are
    /// bounded too.
    private mutating func reap(_ count: UInt32, _ effects: inout Effects) {
        for _ in 0..<count {
            guard let id = queues.nextToReap else { return }
            let slot = queues[id].dead.head
            if slot != MessageSlot.none {
                queues[id].dead.remove(slot, in: &index)
                free(slot, &effects)
            } else if !queues[id].deadGroups.isEmpty {
                reapGroup(queues[id].deadGroups.head, of: id, &effects)
            } else {
                queues.finishReaping()
            }
        }
    }

    /// One message of a purged group, or the group when it has none.
    private mutating func reapGroup(_ id: UInt32, of queue: UInt32, _ effects: inout Effects) {
        if !groups[id].lane.available.isEmpty {
            let slot = groups[id].lane.available.head
            groups[id].lane.available.remove(slot, in: &index)
            free(slot, &effects)
        } else if !groups[id].lane.delayed.isEmpty {
            let slot = groups[id].lane.delayed.head
            groups[id].lane.delayed.remove(slot, in: &index)
            free(slot, &effects)
        } else {
            disarmRetention(of: .group(id))
            groups.removeSibling(id, from: &queues[queue].deadGroups)
            groups.free(id)
        }
    }

    private mutating func free(_ slot: UInt32, _ effects: inout Effects) {
        if hasTimer(slot) { messageTimers.remove(slot, in: &index) }
        if index[slot].place == .buried { burials.free(index[slot].burial) }
        effects.released.append(index[slot].location)
        let owner = index[slot].owner
        if owner.isGroup { groups[owner.id].messages -= 1 }
        index.free(slot)
    }
}
