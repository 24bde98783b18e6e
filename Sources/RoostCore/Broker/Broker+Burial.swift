package import RoostModel

// Messages that a worker set aside, and their way back.
//
// A buried message is out of the way of receives, until it is kicked or deleted; retention applies to it as to any
// other, for it stays among its lane's messages by age. In a FIFO queue those behind it in its group wait for it: to go
// past it would break their order.

extension Broker {
    /// Only whoever holds the message may bury it.
    package func prepareBury(
        _ handle: ReceiptHandle, in queue: UInt32, _ burial: Burial, now: BrokerTime
    ) throws(Rejection) -> BuryEntry {
        let (bytes, bytesMax) = (burial.countedBytes, Limits.burialBytesMax)
        guard bytes <= bytesMax else { throw .burialTooLong(bytes: bytes, max: bytesMax) }
        guard let receipt = handleSeal.open(handle, queue: queue) else { throw .invalidReceiptHandle }
        guard isMessage(receipt.slot, receipt.number, of: queue), index[receipt.slot].place == .inFlight,
            index[receipt.slot].lease == receipt.lease
        else { throw .messageNotAvailable }
        return BuryEntry(slot: receipt.slot, number: receipt.number, at: now, burial: burial)
    }

    /// The oldest burials. Nil when nothing is buried.
    package func prepareKick(_ maximum: Int, of queue: UInt32, now: BrokerTime) throws(Rejection) -> KickEntry? {
        let accepted = 1...Limits.receiveMessagesMax
        guard accepted.contains(maximum) else { throw .invalidCount(maximum, accepted: accepted) }
        let slots = buriedSlots(of: queue, fromTail: false, maximum)
        return slots.isEmpty ? nil : KickEntry(queue: queue, at: now, slots: slots)
    }

    /// Nil when there is no such message in this queue, or it is not buried.
    package func prepareKick(_ id: MessageID, of queue: UInt32, now: BrokerTime) -> KickEntry? {
        guard let (slot, number) = idSeal.open(id), isMessage(slot, number, of: queue), index[slot].place == .buried
        else { return nil }
        return KickEntry(queue: queue, at: now, slots: [slot])
    }

    /// In the order of burial.
    func buriedSlots(of queue: UInt32, fromTail: Bool, _ maximum: Int) -> [UInt32] {
        var slots: [UInt32] = []
        var slot = fromTail ? queues[queue].buried.tail : queues[queue].buried.head
        while slots.count < maximum, slot != MessageSlot.none {
            slots.append(slot)
            slot = fromTail ? index[slot].previous : index[slot].next
        }
        return slots
    }

    func burial(of slot: UInt32) -> BurialRecord? {
        index[slot].place == .buried ? burials[index[slot].burial] : nil
    }

    mutating func apply(_ entry: BuryEntry) throws(EntryMismatch) {
        let slot = entry.slot
        try requireAlive(slot, number: entry.number, .bury)
        guard index[slot].place == .inFlight else {
            throw EntryMismatch(kind: .bury, reason: "the message in slot \(slot) is held by nobody")
        }
        endLease(slot)
        countIfOftenReceived(slot, -1)
        let queue = queue(of: slot)
        index[slot].place = .buried
        index[slot].burial = burials.create(BurialRecord(slot: slot, at: entry.at, entry.burial))
        queues[queue].buried.append(slot, in: &index)
        count(queue, .buried, 1)
    }

    mutating func apply(_ entry: KickEntry, _ effects: inout Effects) throws(EntryMismatch) {
        try requireLive(entry.queue, .kick)
        for slot in entry.slots {
            // Checked one by one, for a slot that is named twice is buried only once.
            try requireAlive(slot, .kick)
            guard index[slot].place == .buried, queue(of: slot) == entry.queue else {
                throw EntryMismatch(kind: .kick, reason: "the message in slot \(slot) is not buried")
            }
            kick(slot)
        }
        countTotal(entry.queue) { $0.returned += UInt64(entry.slots.count) }
        effects.readyQueues.append(entry.queue)
    }

    /// To its old place, whatever the queue's redelivery is: it did not fail again.
    private mutating func kick(_ slot: UInt32) {
        endBurial(slot)
        countIfOftenReceived(slot, 1)
        // Without a lease in this queue: it is delivered once more even if it had all its receives, and is not a dead
        // letter at once.
        index[slot].deadline = BrokerTime(milliseconds: 0)
        let queue = queue(of: slot)
        count(queue, .ready, 1)
        if queues[queue].isFIFO {
            index[slot].place = .readyInGroup
        } else {
            withLane(index[slot].owner) { $0.insertReturned(slot, in: &$1) }
        }
        refreshTurn(of: slot)
    }

    /// The message must be buried and alive. Its place is to be set by the caller.
    mutating func endBurial(_ slot: UInt32) {
        let queue = queue(of: slot)
        queues[queue].buried.remove(slot, in: &index)
        burials.free(index[slot].burial)
        count(queue, .buried, -1)
    }
}
