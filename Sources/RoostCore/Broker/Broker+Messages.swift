package import RoostModel

// Sending, leasing, deleting and extending messages.

extension Broker {
    package func prepareSend(
        to queue: UInt32, _ message: borrowing NewMessage, now: BrokerTime
    ) throws(Rejection) -> SendEntry {
        try validate(message, for: queue)
        let delay = message.delay ?? queues[queue].settings.delay
        guard delay >= .zero, delay <= Limits.delayMax else { throw .invalidDelay(delay, max: Limits.delayMax) }
        let group = try groupName(of: message, for: queue)
        guard let slot = index.freeSlot() else { throw .outOfMemory }
        guard hasNumbers else { throw .storageFailed("all numbers of messages are used up") }
        return SendEntry(
            queue: queue, slot: slot, number: nextNumber, sentAt: now,
            availableAt: available(now, delay, group, in: queue), group: group,
            deduplication: try deduplicationKey(of: message, group, for: queue))
    }

    /// Nil when there is nothing to deliver.
    package func prepareLease(
        from queue: UInt32, maximum: Int, visibilityTimeout: Milliseconds?, now: BrokerTime
    ) throws(Rejection) -> LeaseEntry? {
        let accepted = 1...Limits.receiveMessagesMax
        guard accepted.contains(maximum) else { throw .invalidCount(maximum, accepted: accepted) }
        let timeout = visibilityTimeout ?? queues[queue].settings.visibilityTimeout
        try validate(timeout)
        guard queues[queue].pause == nil, queues[queue].hasDeliverable else { return nil }
        let slots = fitting(untilDeadLetter(deliverableSlots(of: queue, maximum: maximum), of: queue))
        return slots.isEmpty ? nil : LeaseEntry(queue: queue, at: now, deadline: now + timeout, slots: slots)
    }

    /// Nil when the message is gone, or the handle is not its newest one: then there is nothing to do.
    package func prepareDelete(_ handle: ReceiptHandle, in queue: UInt32) throws(Rejection) -> DeleteEntry? {
        guard let receipt = handleSeal.open(handle, queue: queue) else { throw .invalidReceiptHandle }
        guard isMessage(receipt.slot, receipt.number, of: queue),
            index[receipt.slot].lease == receipt.lease
        else { return nil }
        guard !queues[queue].isFIFO || isHeld(receipt.slot) else { throw .receiptHandleExpired }
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
        guard isMessage(receipt.slot, receipt.number, of: queue), index[receipt.slot].place != .damaged,
            index[receipt.slot].place != .buried
        else {
            throw .messageNotAvailable
        }
        if index[receipt.slot].place == .inFlight {
            try validate(total: timeout, of: receipt, now)
        } else if queues[queue].isFIFO {
            throw .messageNotAvailable
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
            index[receipt.slot].lease == receipt.lease
        else { return nil }
        return ChangeVisibilityEntry(slot: receipt.slot, number: receipt.number, deadline: nil)
    }

    /// Nil unless this handle is the newest one and still holds the message. Zero returns it.
    package func prepareRenew(
        _ handle: ReceiptHandle, in queue: UInt32, timeout: Milliseconds, now: BrokerTime
    ) throws(Rejection) -> ChangeVisibilityEntry? {
        try validate(timeout)
        guard let entry = try prepareGiveBack(handle, in: queue) else { return nil }
        guard timeout > .zero else { return entry }
        return try prepareChangeVisibility(handle, in: queue, timeout: timeout, now: now)
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
        if queues[queue].settings.contents == .text {
            guard !message.body.isEmpty else { throw .messageEmpty }
            guard !message.needsBytes else { throw .messageNotText }
        }
        let bytes = message.countedBytes
        let bytesMax = min(queues[queue].settings.maximumMessageBytes, configuration.messageBytesMax)
        guard bytes <= bytesMax else { throw .messageTooLarge(bytes: bytes, max: bytesMax) }
        try validate(message.labels)
        guard !message.attributes.isEmpty else { return }
        try validate(message.attributes)
    }

    private func validate(_ labels: MessageLabels) throws(Rejection) {
        let bytes = max(labels.sender?.utf8.count ?? 0, labels.trace?.utf8.count ?? 0)
        guard bytes <= Limits.labelBytesMax else { throw .labelTooLong(bytes: bytes, max: Limits.labelBytesMax) }
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

    /// Damaged messages are held by nobody, and can be deleted by anybody who had them.
    private func isHeld(_ slot: UInt32) -> Bool { index[slot].place == .inFlight || index[slot].place == .damaged }

    private func groupName(of message: borrowing NewMessage, for queue: UInt32) throws(Rejection) -> GroupName? {
        guard let text = message.group else {
            if queues[queue].isFIFO { throw .missingGroup }
            return nil
        }
        let (bytes, max) = (text.utf8.count, Limits.groupBytesMax)
        guard (1...max).contains(bytes) else { throw .invalidGroup(bytes: bytes, max: max) }
        guard groups.freeID() != nil else { throw .tooManyGroups(max: GroupTable.groupsMax) }
        return groupSeal.seal(text)
    }

    /// In a FIFO group no message becomes available before the one that was sent before it.
    private func available(
        _ now: BrokerTime, _ delay: Milliseconds, _ group: GroupName?, in queue: UInt32
    ) -> BrokerTime {
        guard queues[queue].isFIFO, let group, let id = find(group, in: queue) else { return now + delay }
        let last = groups[id].lane.delayed.tail
        guard last != MessageSlot.none else { return now + delay }
        // The one before may be due and not available yet, when many are due at once.
        return max(now + max(delay, Milliseconds(1)), index[last].availableAt)
    }

    func isMessage(_ slot: UInt32, _ number: UInt64, of queue: UInt32) -> Bool {
        isAlive(slot) && index[slot].number == number && self.queue(of: slot) == queue
    }
}

extension Broker {
    /// What a receiver is told of a message it has just leased, beside the content.
    package struct Leased: Sendable {
        package var slot: UInt32
        package var number: UInt64
        package var id: MessageID
        package var handle: ReceiptHandle
        package var location: BodyLocation
        package var firstReceivedAt: BrokerTime
        package var receiveCount: UInt32
        package var deadLetterSource: QueueName?
        package var contents: QueueContents
    }

    /// Call right after the lease entry was applied.
    package func leased(_ slot: UInt32, by entry: borrowing LeaseEntry) -> Leased {
        let receipt = Receipt(
            slot: slot, number: index[slot].number, lease: index[slot].lease,
            leasedSeconds: UInt16(truncatingIfNeeded: entry.at.milliseconds / 1000))
        return leased(slot, handleSeal.seal(receipt, queue: entry.queue))
    }

    /// What is in flight under this handle.
    package func held(_ handle: ReceiptHandle, in queue: UInt32) -> Leased? {
        guard let receipt = handleSeal.open(handle, queue: queue), isMessage(receipt.slot, receipt.number, of: queue),
            index[receipt.slot].place == .inFlight, index[receipt.slot].lease == receipt.lease
        else { return nil }
        return leased(receipt.slot, handle)
    }

    /// For how long a message that is ready could be received; nil when somebody received it before.
    package func waitedUnreceived(_ slot: UInt32, until time: BrokerTime) -> Milliseconds? {
        index[slot].receiveCount == 0 ? time - index[slot].availableAt : nil
    }

    private func leased(_ slot: UInt32, _ handle: ReceiptHandle) -> Leased {
        Leased(
            slot: slot,
            number: index[slot].number,
            id: idSeal.seal(slot: slot, number: index[slot].number),
            handle: handle,
            location: index[slot].location,
            firstReceivedAt: index[slot].firstReceivedAt,
            receiveCount: index[slot].receiveCount,
            deadLetterSource: deadLetterSource(of: slot),
            contents: queues[queue(of: slot)].settings.contents)
    }

    mutating func apply(
        _ entry: SendEntry, at location: BodyLocation, _ effects: inout Effects
    ) throws(EntryMismatch) {
        try requireLive(entry.queue, .send)
        var message = MessageSlot()
        message.number = entry.number
        message.location = location
        message.availableAt = entry.availableAt
        guard entry.number >= nextNumber, entry.number <= Self.numberMax, !index.isUsed(entry.slot),
            let owner = enter(entry.queue, entry.group), index.use(entry.slot, for: message)
        else {
            throw EntryMismatch(kind: .send, reason: "slot \(entry.slot) or number \(entry.number) is taken")
        }
        index[entry.slot].owner = owner
        nextNumber = entry.number + 1
        remember(entry)
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
            guard isReady(slot), queue(of: slot) == entry.queue else {
                throw EntryMismatch(kind: .lease, reason: "the message in slot \(slot) is not ready")
            }
            removeReady(slot)
            if index[slot].receiveCount == 0 { index[slot].noteFirstReceive(at: entry.at) }
            index[slot].noteReceive()
            if index[slot].receiveCount == Limits.oftenReceivedMin { countIfOftenReceived(slot, 1) }
            startLease(slot, until: entry.deadline)
            passTurn(of: slot)
        }
        countTotal(entry.queue) { $0.received += UInt64(entry.slots.count) }
    }

    mutating func apply(_ entry: TakeEntry, _ effects: inout Effects) throws(EntryMismatch) {
        try requireLive(entry.queue, .take)
        for slot in entry.slots {
            try requireAlive(slot, .take)
            guard isReady(slot), queue(of: slot) == entry.queue else {
                throw EntryMismatch(kind: .take, reason: "the message in slot \(slot) is not ready")
            }
            passTurn(of: slot)
            remove(slot, &effects)
        }
        countTotal(entry.queue) {
            $0.received += UInt64(entry.slots.count)
            $0.deleted += UInt64(entry.slots.count)
        }
    }

    mutating func apply(_ entry: DeleteEntry, _ effects: inout Effects) throws(EntryMismatch) {
        try requireAlive(entry.slot, number: entry.number, .delete)
        countTotal(queue(of: entry.slot)) { $0.deleted += 1 }
        remove(entry.slot, &effects)
    }

    mutating func apply(_ entry: ChangeVisibilityEntry, _ effects: inout Effects) throws(EntryMismatch) {
        try requireAlive(entry.slot, number: entry.number, .changeVisibility)
        switch index[entry.slot].place {
        case .inFlight: endLease(entry.slot)
        case .readyList, .returnedTree, .readyInGroup: removeReady(entry.slot)
        case .free, .dead, .delayed, .damaged, .buried:
            throw EntryMismatch(kind: .changeVisibility, reason: "the message in slot \(entry.slot) was not received")
        }
        if let deadline = entry.deadline {
            startLease(entry.slot, until: deadline)
            refreshTurn(of: entry.slot)
        } else {
            giveBack(entry.slot, &effects)
        }
    }
}

// MARK: - Steps of a message's life

extension Broker {
    func isReady(_ slot: UInt32) -> Bool {
        switch index[slot].place {
        case .readyList, .returnedTree, .readyInGroup: true
        case .free, .delayed, .inFlight, .dead, .damaged, .buried: false
        }
    }

    mutating func startDelay(_ slot: UInt32, until due: BrokerTime) {
        index[slot].place = .delayed
        index[slot].deadline = due
        withLane(index[slot].owner) { $0.delayed.append(slot, in: &$1) }
        let queue = queue(of: slot)
        count(queue, .delayed, 1)
        if queues[queue].isFIFO {
            messageTimers.insertInOrder(slot, in: &index)
        } else {
            messageTimers.insert(slot, in: &index)
        }
    }

    mutating func endDelay(_ slot: UInt32, at now: BrokerTime, _ effects: inout Effects) {
        messageTimers.remove(slot, in: &index)
        withLane(index[slot].owner) { $0.delayed.remove(slot, in: &$1) }
        count(queue(of: slot), .delayed, -1)
        index[slot].availableAt = now
        becomeAvailable(slot, at: now, &effects)
    }

    mutating func becomeAvailable(_ slot: UInt32, at now: BrokerTime, _ effects: inout Effects) {
        withLane(index[slot].owner) { $0.available.append(slot, in: &$1) }
        appendReady(slot)
        armRetention(of: index[slot].owner)
        effects.readyQueues.append(queue(of: slot))
    }

    mutating func startLease(_ slot: UInt32, until deadline: BrokerTime) {
        index[slot].place = .inFlight
        index[slot].deadline = deadline
        messageTimers.insert(slot, in: &index)
        count(queue(of: slot), .inFlight, 1)
    }

    mutating func endLease(_ slot: UInt32) {
        messageTimers.remove(slot, in: &index)
        count(queue(of: slot), .inFlight, -1)
    }

    mutating func giveBack(_ slot: UInt32, _ effects: inout Effects) {
        let queue = queue(of: slot)
        countTotal(queue) { $0.returned += 1 }
        if queues[queue].isFIFO || (queues[queue].settings.redelivery == .back && nextOrder < Self.orderReserve) {
            appendReady(slot)
        } else {
            count(queue, .ready, 1)
            withLane(index[slot].owner) { $0.insertReturned(slot, in: &$1) }
            refreshTurn(of: slot)
        }
        effects.readyQueues.append(queue)
    }

    /// Behind all others of its lane; in a FIFO queue the message keeps its place in the order of its group.
    private mutating func appendReady(_ slot: UInt32) {
        let queue = queue(of: slot)
        count(queue, .ready, 1)
        if queues[queue].isFIFO {
            index[slot].place = .readyInGroup
        } else {
            let order = takeOrder()
            withLane(index[slot].owner) { $0.appendReady(slot, order: order, in: &$1) }
        }
        refreshTurn(of: slot)
    }

    private mutating func removeReady(_ slot: UInt32) {
        withLane(index[slot].owner) { $0.removeReady(slot, in: &$1) }
        count(queue(of: slot), .ready, -1)
    }

    /// Takes a living message out of everything, and its slot out of use.
    mutating func remove(_ slot: UInt32, _ effects: inout Effects) {
        let owner = index[slot].owner
        let hadTurn = owner.isGroup && groups[owner.id].hasTurn
        takeOut(slot)
        // In a FIFO queue it may have been what the others of its group waited for.
        if owner.isGroup, groups[owner.id].hasTurn, !hadTurn { effects.readyQueues.append(groups[owner.id].queue) }
        effects.released.append(index[slot].location)
        index.free(slot)
        leave(owner)
    }

    /// Takes a living message out of the lists and counts of its queue, and out of the timers. It still counts as a
    /// member of its group.
    mutating func takeOut(_ slot: UInt32) {
        let owner = index[slot].owner
        switch index[slot].place {
        case .readyList, .returnedTree, .readyInGroup:
            countIfOftenReceived(slot, -1)
            removeReady(slot)
            withLane(owner) { $0.available.remove(slot, in: &$1) }
        case .inFlight:
            countIfOftenReceived(slot, -1)
            endLease(slot)
            withLane(owner) { $0.available.remove(slot, in: &$1) }
        case .buried:
            endBurial(slot)
            withLane(owner) { $0.available.remove(slot, in: &$1) }
        case .delayed:
            messageTimers.remove(slot, in: &index)
            withLane(owner) { $0.delayed.remove(slot, in: &$1) }
            count(queue(of: owner), .delayed, -1)
        case .damaged:
            let queue = queue(of: owner)
            queues[queue].damaged.remove(slot, in: &index)
            count(queue, .damaged, -1)
            if owner.isGroup { groups[owner.id].damaged -= 1 }
        case .free, .dead: return
        }
        if owner.isGroup { refreshTurn(ofGroup: owner.id) }
    }

    private mutating func takeOrder() -> UInt64 {
        defer { nextOrder += 1 }
        return nextOrder
    }
}
