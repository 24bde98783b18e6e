package import RoostModel

// Messages that go to another queue: dead letters, and their way back.

extension Broker {
    /// What a receive of at most `maximum` messages would hand out once too often. Nil when there is nothing to move, or
    /// no queue to move it to.
    package func prepareDeadLetters(from queue: UInt32, maximum: Int, now: BrokerTime) -> TransferEntry? {
        guard let policy = queues[queue].settings.deadLetters, queues[queue].pause == nil,
            queues[queue].hasDeliverable, let target = deadLetterTarget(policy, of: queue)
        else { return nil }
        let slots = deliverableSlots(of: queue, maximum: min(max(maximum, 1), Limits.receiveMessagesMax)).filter {
            slot in
            index[slot].receiveCount >= policy.receivesMax
        }
        guard !slots.isEmpty, groups.count + slots.count <= GroupTable.groupsMax else { return nil }
        return TransferEntry(from: queue, to: target, at: now, purpose: .deadLetter, slots: slots)
    }

    private func deadLetterTarget(_ policy: DeadLetterPolicy, of queue: UInt32) -> UInt32? {
        guard let target = queues.id(named: policy.target), target != queue,
            queues[target].isFIFO == queues[queue].isFIFO
        else { return nil }
        return target
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
        for slot in entry.slots {
            try requireAlive(slot, .transfer)
            guard isReady(slot), queue(of: slot) == entry.from, entry.from != entry.to else {
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
        let firstReceivedAt = index[slot].firstReceivedAt
        index[slot].availableAt = entry.at
        index[slot].noteFirstReceive(at: firstReceivedAt)
        if entry.purpose == .redrive { index[slot].forgetReceives() }
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
        guard name == .none, entry.purpose == .redrive, index[slot].number >= queues[entry.to].purgedBelow else {
            return name
        }
        return nil
    }
}
