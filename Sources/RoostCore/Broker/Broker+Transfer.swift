package import RoostModel

// Messages that go to another queue: dead letters, and their way back.

extension Broker {
    /// What a receive of at most `maximum` messages would hand out once too often. Nil when there is nothing to move,
    /// or no queue to move it to.
    package func prepareDeadLetters(from queue: UInt32, maximum: Int, now: BrokerTime) -> TransferEntry? {
        guard queues[queue].pause == nil, queues[queue].hasDeliverable,
            let (target, policy) = deadLetterTarget(of: queue)
        else { return nil }
        let slots = deliverableSlots(of: queue, maximum: min(max(maximum, 1), Limits.receiveMessagesMax))
        let dead = slots.filter { isDeadLetter($0, policy) }
        guard !dead.isEmpty else { return nil }
        return TransferEntry(from: queue, to: target, at: now, purpose: .deadLetter, slots: dead)
    }

    /// What is due to be moved, and was not yet, is not delivered, nor is anything behind it.
    func untilDeadLetter(_ slots: [UInt32], of queue: UInt32) -> [UInt32] {
        guard queues[queue].settings.deadLetters != nil, let (_, policy) = deadLetterTarget(of: queue),
            let first = slots.firstIndex(where: { isDeadLetter($0, policy) })
        else { return slots }
        return Array(slots[..<first])
    }

    private func isDeadLetter(_ slot: UInt32, _ policy: DeadLetterPolicy) -> Bool {
        index[slot].receiveCount >= policy.receivesMax && index[slot].wasReceivedHere
    }

    /// Nil when no dead letter can be moved: messages then stay, and are delivered. Each may need a group of its own.
    private func deadLetterTarget(of queue: UInt32) -> (UInt32, DeadLetterPolicy)? {
        guard let policy = queues[queue].settings.deadLetters, let target = queues.id(named: policy.target),
            target != queue, queues[target].isFIFO == queues[queue].isFIFO,
            queues[queue].settings.contents.fits(into: queues[target].settings.contents),
            groups.count + Limits.receiveMessagesMax <= GroupTable.groupsMax, hasNumbers
        else { return nil }
        return (target, policy)
    }

    /// The queue that the message was a dead letter of, while that queue exists.
    func deadLetterSource(of slot: UInt32) -> QueueName? {
        let owner = index[slot].owner
        guard owner.isGroup, groups[owner.id].origin != .none else { return nil }
        let origin = groups[owner.id].origin
        guard queues.isLive(origin.queue), queues[origin.queue].birth == origin.birth else { return nil }
        return queues[origin.queue].name
    }

    mutating func apply(_ entry: TransferEntry, _ effects: inout Effects) throws(EntryMismatch) {
        try requireLive(entry.from, .transfer)
        try requireLive(entry.to, .transfer)
        try requireMove(of: entry)
        guard entry.from != entry.to, queues[entry.from].isFIFO == queues[entry.to].isFIFO else {
            throw EntryMismatch(
                kind: .transfer, reason: "queue \(entry.to) cannot take messages of queue \(entry.from)")
        }
        for slot in entry.slots {
            try requireAlive(slot, .transfer)
            guard isReady(slot), queue(of: slot) == entry.from else {
                throw EntryMismatch(kind: .transfer, reason: "the message in slot \(slot) cannot be moved")
            }
            try transfer(slot, entry, &effects)
        }
        noteMove(of: entry)
    }

    private mutating func transfer(
        _ slot: UInt32, _ entry: TransferEntry, _ effects: inout Effects
    ) throws(EntryMismatch) {
        let old = index[slot].owner
        takeOut(slot)
        guard let owner = enter(entry.to, name(of: slot, for: entry), from: origin(for: entry)) else {
            throw EntryMismatch(kind: .transfer, reason: "there are too many groups")
        }
        leave(old)
        index[slot].owner = owner
        index[slot].noteTransfer(at: entry.at)
        if entry.purpose == .redrive { index[slot].forgetReceives() }
        countIfOftenReceived(slot, 1)
        countTotal(entry.from) { $0.movedOut += 1 }
        countTotal(entry.to) { $0.movedIn += 1 }
        becomeAvailable(slot, at: entry.at, &effects)
    }

    private func origin(for entry: TransferEntry) -> QueueOrigin {
        entry.purpose == .redrive ? .none : QueueOrigin(queue: entry.from, birth: queues[entry.from].birth)
    }

    /// The name of the message's group in its new queue. Messages without a group get one there, of no name: those of
    /// each origin stand together, and those that are older than the last purge of the queue stand apart.
    private func name(of slot: UInt32, for entry: TransferEntry) -> GroupName? {
        let old = index[slot].owner
        let name = old.isGroup ? groups[old.id].name : .none
        let mayStandAlone = entry.purpose == .redrive && !queues[entry.to].isFIFO
        return name == .none && mayStandAlone && index[slot].number >= queues[entry.to].purgedBelow ? nil : name
    }
}
