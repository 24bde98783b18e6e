package import RoostModel

// Sending, leasing, deleting and extending messages.

extension Broker {
    package func prepareSend(
        to queue: UInt32, _ message: borrowing NewMessage, now: BrokerTime
    ) throws(Rejection) -> SendEntry {
        try validate(message, for: queue)
        let delay = message.delay ?? queues[queue].settings.delay
        guard delay >= .zero, delay <= Limits.delayMax else { throw .invalidDelay(delay, max: Limits.delayMax) }
        guard let slot = index.freeSlot() else { throw .outOfMemory }
        guard hasNumbers else { throw .storageFailed("all numbers of messages are used up") }
        return SendEntry(queue: queue, slot: slot, number: nextNumber, sentAt: now, availableAt: now + delay)
    }

    /// Nil when there is nothing to deliver.
    package func prepareLease(
        from queue: UInt32, maximum: Int, visibilityTimeout: Milliseconds?, now: BrokerTime
    ) throws(Rejection) -> LeaseEntry? {
        let accepted = 1...Limits.receiveMessagesMax
        guard accepted.contains(maximum) else { throw .invalidCount(maximum, accepted: accepted) }
        let timeout = visibilityTimeout ?? queues[queue].settings.visibilityTimeout
        try validate(timeout)
        guard queues[queue].pause == nil, queues[queue].counts.ready > 0 else { return nil }
        let slots = fitting(readySlots(of: queue, maximum: maximum))
        return LeaseEntry(queue: queue, at: now, deadline: now + timeout, slots: slots)
    }

    /// Nil when the message is gone, or the handle is not its newest one: then there is nothing to do.
    package func prepareDelete(_ handle: ReceiptHandle, in queue: UInt32) throws(Rejection) -> DeleteEntry? {
        guard let receipt = handleSeal.open(handle, queue: queue) else { throw .invalidReceiptHandle }
        guard isMessage(receipt.slot, receipt.number, of: queue),
            index[receipt.slot].receiveCount == receipt.receiveCount
        else { return nil }
        return DeleteEntry(slot: receipt.slot, number: receipt.number)
    }

    /// Nil when there is no such message in this queue.
    package func prepareDelete(_ id: MessageID, in queue: UInt32) -> DeleteEntry? {
        guard let (slot, number) = idSeal.open(id), isMessage(slot, number, of: queue) else { return nil }
        return DeleteEntry(slot: slot, number: number)
    }

    /// Nil when the message is to be returned and is ready already.
    package func prepareChangeVisibility(
        _ handle: ReceiptHandle, in queue: UInt32, timeout: Milliseconds, now: BrokerTime
    ) throws(Rejection) -> ChangeVisibilityEntry? {
        try validate(timeout)
        guard let receipt = handleSeal.open(handle, queue: queue) else { throw .invalidReceiptHandle }
        guard isMessage(receipt.slot, receipt.number, of: queue), index[receipt.slot].place != .damaged else {
            throw .messageNotAvailable
        }
        if index[receipt.slot].place == .inFlight {
            try validate(total: timeout, of: receipt, now)
        } else if timeout == .zero {
            return nil
        }
        let deadline = timeout == .zero ? nil : now + timeout
        return ChangeVisibilityEntry(slot: receipt.slot, number: receipt.number, deadline: deadline)
    }

    /// Nil unless this handle is the newest one and still holds the message: whoever got it meanwhile keeps it.
    package func prepareGiveBack(
        _ handle: ReceiptHandle, in queue: UInt32
    ) throws(Rejection) -> ChangeVisibilityEntry? {
        guard let receipt = handleSeal.open(handle, queue: queue) else { throw .invalidReceiptHandle }
        guard isMessage(receipt.slot, receipt.number, of: queue), index[receipt.slot].place == .inFlight,
            index[receipt.slot].receiveCount == receipt.receiveCount
        else { return nil }
        return ChangeVisibilityEntry(slot: receipt.slot, number: receipt.number, deadline: nil)
    }

    /// SQS: a message may be held for 12 hours from its receive, extensions included. It may always be returned.
    private func validate(total timeout: Milliseconds, of receipt: Receipt, _ now: BrokerTime) throws(Rejection) {
        let heldSeconds = UInt16(truncatingIfNeeded: now.milliseconds / 1000) &- receipt.leasedSeconds
        let left = Limits.visibilityTimeoutMax.count - Int64(heldSeconds) * 1000
        let allowed = Milliseconds(max(left, 0))
        guard timeout <= allowed else { throw .invalidVisibilityTimeout(timeout, max: allowed) }
    }

    private func validate(_ timeout: Milliseconds) throws(Rejection) {
        guard timeout >= .zero, timeout <= Limits.visibilityTimeoutMax else {
            throw .invalidVisibilityTimeout(timeout, max: Limits.visibilityTimeoutMax)
        }
    }

    private func validate(_ message: borrowing NewMessage, for queue: UInt32) throws(Rejection) {
        guard !message.body.isEmpty else { throw .messageEmpty }
        let bytes = message.countedBytes
        let bytesMax = min(queues[queue].settings.maximumMessageBytes, configuration.messageBytesMax)
        guard bytes <= bytesMax else { throw .messageTooLarge(bytes: bytes, max: bytesMax) }
        guard !message.attributes.isEmpty else { return }
        try validate(message.attributes)
    }

    private func validate(_ attributes: [MessageAttribute]) throws(Rejection) {
        let (countMax, bytesMax) = (Limits.messageAttributesMax, Limits.attributeNameBytesMax)
        guard attributes.count <= countMax else {
            throw .invalidMessageAttributes("\(attributes.count) attributes; at most \(countMax) are accepted")
        }
        for attribute in attributes {
            let longest = max(attribute.name.utf8.count, attribute.type.utf8.count)
            guard longest <= bytesMax else {
                throw .invalidMessageAttributes("a name or type of \(longest) bytes; at most \(bytesMax) are accepted")
            }
        }
    }

    private func isMessage(_ slot: UInt32, _ number: UInt64, of queue: UInt32) -> Bool {
        isAlive(slot) && index[slot].number == number && index[slot].queue == queue
    }

    /// As many of the first ones as fit into one reply, and at least one.
    func fitting(_ slots: [UInt32]) -> [UInt32] {
        var bytes = 0
        for (count, slot) in slots.enumerated() {
            bytes += Int(index[slot].location.length)
            if bytes > Limits.receiveBytesMax { return Array(slots.prefix(max(count, 1))) }
        }
        return slots
    }

    /// The oldest ready messages: a merge of those that came back and those not delivered yet, by order.
    func readySlots(of queue: UInt32, maximum: Int) -> [UInt32] {
        var slots: [UInt32] = []
        slots.reserveCapacity(min(maximum, queues[queue].counts.ready))
        var fresh = queues[queue].ready.head
        queues[queue].returned.ascend(in: index) { old in
            while slots.count < maximum, fresh != MessageSlot.none, index[fresh].order < index[old].order {
                slots.append(fresh)
                fresh = index[fresh].next
            }
            if slots.count < maximum { slots.append(old) }
            return slots.count < maximum
        }
        while slots.count < maximum, fresh != MessageSlot.none {
            slots.append(fresh)
            fresh = index[fresh].next
        }
        return slots
    }
}

extension Broker {
    /// What a receiver is told of a message it has just leased, beside the content.
    package struct Leased: Sendable {
        package var number: UInt64
        package var id: MessageID
        package var handle: ReceiptHandle
        package var location: BodyLocation
        package var firstReceivedAt: BrokerTime
        package var receiveCount: UInt32
    }

    /// Call right after the lease entry was applied.
    package func leased(_ slot: UInt32, by entry: borrowing LeaseEntry) -> Leased {
        let number = index[slot].number
        let count = index[slot].receiveCount
        let receipt = Receipt(
            slot: slot, number: number, receiveCount: count,
            leasedSeconds: UInt16(truncatingIfNeeded: entry.at.milliseconds / 1000))
        return Leased(
            number: number,
            id: idSeal.seal(slot: slot, number: number),
            handle: handleSeal.seal(receipt, queue: entry.queue),
            location: index[slot].location,
            firstReceivedAt: index[slot].firstReceivedAt,
            receiveCount: count)
    }

    mutating func apply(
        _ entry: SendEntry, at location: BodyLocation, _ effects: inout Effects
    ) throws(EntryMismatch) {
        try requireLive(entry.queue, .send)
        var message = MessageSlot()
        message.number = entry.number
        message.queue = entry.queue
        message.location = location
        message.availableAt = entry.availableAt
        guard entry.number >= nextNumber, entry.number <= Self.numberMax, index.use(entry.slot, for: message) else {
            throw EntryMismatch(kind: .send, reason: "slot \(entry.slot) or number \(entry.number) is taken")
        }
        nextNumber = entry.number + 1
        countTotal(entry.queue) { $0.sent += 1 }
        if entry.availableAt > entry.sentAt {
            startDelay(entry.slot, until: entry.availableAt)
        } else {
            becomeAvailable(entry.slot, at: entry.availableAt, &effects)
        }
    }

    mutating func apply(_ entry: LeaseEntry) throws(EntryMismatch) {
        try requireLive(entry.queue, .lease)
        for slot in entry.slots {
            // Checked one by one, for a slot that is named twice is ready only once.
            try requireAlive(slot, .lease)
            guard isReady(slot), index[slot].queue == entry.queue else {
                throw EntryMismatch(kind: .lease, reason: "the message in slot \(slot) is not ready")
            }
            queues[entry.queue].removeReady(slot, in: &index)
            count(entry.queue, .ready, -1)
            if index[slot].receiveCount == 0 { index[slot].noteFirstReceive(at: entry.at) }
            index[slot].receiveCount &+= 1
            startLease(slot, until: entry.deadline)
        }
        countTotal(entry.queue) { $0.received += UInt64(entry.slots.count) }
    }

    mutating func apply(_ entry: DeleteEntry, _ effects: inout Effects) throws(EntryMismatch) {
        try requireAlive(entry.slot, number: entry.number, .delete)
        countTotal(index[entry.slot].queue) { $0.deleted += 1 }
        remove(entry.slot, &effects)
    }

    mutating func apply(_ entry: ChangeVisibilityEntry, _ effects: inout Effects) throws(EntryMismatch) {
        try requireAlive(entry.slot, number: entry.number, .changeVisibility)
        switch index[entry.slot].place {
        case .inFlight: endLease(entry.slot)
        case .readyList, .returnedTree: removeReady(entry.slot)
        case .free, .dead, .delayed, .damaged:
            throw EntryMismatch(kind: .changeVisibility, reason: "the message in slot \(entry.slot) was not received")
        }
        if let deadline = entry.deadline {
            startLease(entry.slot, until: deadline)
        } else {
            giveBack(entry.slot, &effects)
        }
    }
}

// MARK: - Steps of a message's life

extension Broker {
    func isReady(_ slot: UInt32) -> Bool {
        index[slot].place == .readyList || index[slot].place == .returnedTree
    }

    mutating func startDelay(_ slot: UInt32, until due: BrokerTime) {
        let queue = index[slot].queue
        index[slot].place = .delayed
        index[slot].deadline = due
        queues[queue].delayed.append(slot, in: &index)
        count(queue, .delayed, 1)
        messageTimers.insert(slot, in: &index)
    }

    mutating func endDelay(_ slot: UInt32, at now: BrokerTime, _ effects: inout Effects) {
        let queue = index[slot].queue
        messageTimers.remove(slot, in: &index)
        queues[queue].delayed.remove(slot, in: &index)
        count(queue, .delayed, -1)
        index[slot].availableAt = now
        becomeAvailable(slot, at: now, &effects)
    }

    mutating func becomeAvailable(_ slot: UInt32, at now: BrokerTime, _ effects: inout Effects) {
        let queue = index[slot].queue
        queues[queue].available.append(slot, in: &index)
        queues[queue].appendReady(slot, order: takeOrder(), in: &index)
        count(queue, .ready, 1)
        armRetention(of: queue)
        effects.readyQueues.append(queue)
    }

    mutating func startLease(_ slot: UInt32, until deadline: BrokerTime) {
        index[slot].place = .inFlight
        index[slot].deadline = deadline
        messageTimers.insert(slot, in: &index)
        count(index[slot].queue, .inFlight, 1)
    }

    mutating func endLease(_ slot: UInt32) {
        messageTimers.remove(slot, in: &index)
        count(index[slot].queue, .inFlight, -1)
    }

    mutating func giveBack(_ slot: UInt32, _ effects: inout Effects) {
        let queue = index[slot].queue
        countTotal(queue) { $0.returned += 1 }
        count(queue, .ready, 1)
        switch queues[queue].settings.redelivery {
        case .back where nextOrder < Self.orderReserve:
            queues[queue].appendReady(slot, order: takeOrder(), in: &index)
        case .front, .back: queues[queue].insertReturned(slot, in: &index)
        }
        effects.readyQueues.append(queue)
    }

    private mutating func removeReady(_ slot: UInt32) {
        let queue = index[slot].queue
        queues[queue].removeReady(slot, in: &index)
        count(queue, .ready, -1)
    }

    /// Takes a living message out of everything, and its slot out of use.
    mutating func remove(_ slot: UInt32, _ effects: inout Effects) {
        takeOut(slot)
        effects.released.append(index[slot].location)
        index.free(slot)
    }

    /// Takes a living message out of its queue's lists and counts, and out of the timers.
    mutating func takeOut(_ slot: UInt32) {
        let queue = index[slot].queue
        switch index[slot].place {
        case .readyList, .returnedTree:
            removeReady(slot)
            queues[queue].available.remove(slot, in: &index)
        case .inFlight:
            endLease(slot)
            queues[queue].available.remove(slot, in: &index)
        case .delayed:
            messageTimers.remove(slot, in: &index)
            queues[queue].delayed.remove(slot, in: &index)
            count(queue, .delayed, -1)
        case .damaged:
            queues[queue].damaged.remove(slot, in: &index)
            count(queue, .damaged, -1)
        case .free, .dead: return
        }
    }

    private mutating func takeOrder() -> UInt64 {
        defer { nextOrder += 1 }
        return nextOrder
    }
}
