import RoostCore
import RoostModel

extension Rehearsal {
    mutating func send() throws {
        guard let queue = anyQueue() else { return try createQueue() }
        guard model.messageCount < Self.backlogMax else { return try deleteByID() }
        let message = randomMessage(for: queue)
        let expected = outcome { () throws(Rejection) in try model.send(to: queue, message, now: now) }
        let actual = outcome { () throws(Rejection) in try broker.prepareSend(to: queue, message, now: now) }
        guard let (sent, entry) = try bothAgree("a send", expected, actual), let sent else { return }
        try require(
            entry.queue == queue && entry.sentAt == now && entry.availableAt == sent.availableAt,
            "the entry of a send has other values: \(entry)")
        serialOfSlot[entry.slot] = sent.serial
        let id = broker.messageID(slot: entry.slot, number: entry.number)
        idOfSerial[sent.serial] = id
        numberOfSerial[sent.serial] = entry.number
        locationOfSerial[sent.serial] = recording.nextLocation
        try carryOut(.send(entry), message)
    }

    mutating func lease() throws {
        guard let queue = anyQueue() else { return }
        let maximum = random.chance(3) ? random.pick([0, -1, 1001]) : random.pick([1, 1, 2, 3, 10, 10, 1000])
        let timeout = random.chance(60) ? randomVisibility() : nil
        if random.chance(90) { try moveDeadLetters(of: queue, maximum) }
        let expected = outcome { () throws(Rejection) in
            try model.lease(from: queue, maximum: maximum, timeout: timeout, now: now)
        }
        let actual = outcome { () throws(Rejection) in
            try broker.prepareLease(from: queue, maximum: maximum, visibilityTimeout: timeout, now: now)
        }
        guard let (leased, entry) = try bothAgree("a lease", expected, actual) else { return }
        try requireEqual(entry != nil, !leased.isEmpty, "whether there was something to lease")
        guard let entry else { return }
        try requireEqual(entry.slots.map { serialOfSlot[$0] }, leased.map(\.serial), "the messages leased")
        try require(
            entry.queue == queue && entry.at == now && leased.allSatisfy { $0.due == entry.deadline },
            "the entry of a lease has other values: \(entry)")
        try carryOut(.lease(entry))
        for (slot, message) in zip(entry.slots, leased) { try take(slot, message, entry) }
    }

    private mutating func take(_ slot: UInt32, _ message: ReferenceBroker.Message, _ entry: LeaseEntry) throws {
        let leased = broker.leased(slot, by: entry)
        try requireEqual(leased.id, idOfSerial[message.serial], "the id of a leased message")
        try requireEqual(leased.location, locationOfSerial[message.serial], "the location of a leased message")
        try requireEqual(leased.receiveCount, message.receiveCount, "the receive count")
        try requireEqual(leased.firstReceivedAt, message.firstReceivedAt, "the time of the first receive")
        let origin = model.origin(of: message)?.name
        try requireEqual(leased.deadLetterSource, origin, "the queue that a message is a dead letter of")
        if message.group?.origin != nil { moves.received += 1 }
        try require(everIssued.insert(leased.handle).inserted, "a handle was issued twice")
        let issued = Issued(
            handle: leased.handle, queue: entry.queue, serial: message.serial,
            number: message.handle, receivedAt: now)
        if handles.count == 300 { handles.remove(at: random.below(200)) }
        handles.append(issued)
    }

    mutating func deleteByHandle() throws {
        guard let issued = anyHandle() else { return }
        let queue = random.chance(90) ? issued.queue : anyQueue() ?? issued.queue
        guard model.position(id: queue) != nil else { return }
        let handle = random.chance(97) ? issued.handle : flipped(issued.handle)
        let actual = outcome { () throws(Rejection) in try broker.prepareDelete(handle, in: queue) }
        guard queue == issued.queue, handle == issued.handle else {
            try requireEqual(actual, .failure(.invalidReceiptHandle), "deleting with a handle of something else")
            return
        }
        let expected = outcome { () throws(Rejection) in
            try model.delete(issued.serial, handle: issued.number, in: queue)
        }
        guard let (isDeleted, entry) = try bothAgree("a delete", expected, actual) else { return }
        try carryOut(deletion: entry, of: issued.serial, isDeleted)
    }

    mutating func deleteByID() throws {
        let serial = random.chance(50) ? anyHandle()?.serial : anyWaitingSerial()
        guard let serial, let id = idOfSerial[serial], let queue = anyQueue(holding: serial) else { return }
        let isDeleted = try model.delete(serial, handle: nil, in: queue)
        try carryOut(deletion: broker.prepareDelete(id, in: queue), of: serial, isDeleted)
    }

    private mutating func carryOut(deletion entry: DeleteEntry?, of serial: Int, _ isDeleted: Bool) throws {
        try requireEqual(entry != nil, isDeleted, "whether there was something to delete")
        guard let entry else { return }
        try requireEqual(serialOfSlot[entry.slot], serial, "the message deleted")
        try carryOut(.delete(entry), releases: [serial])
    }

    mutating func changeVisibility() throws {
        guard let issued = anyHandle() else { return }
        let queue = random.chance(90) ? issued.queue : anyQueue() ?? issued.queue
        guard model.position(id: queue) != nil else { return }
        let timeout = random.chance(25) ? .zero : randomVisibility()
        let expected = outcome { () throws(Rejection) in
            if queue != issued.queue, timeout >= .zero, timeout <= ReferenceBroker.twelveHours {
                throw .invalidReceiptHandle
            }
            return try model.changeVisibility(
                issued.serial, receivedAt: issued.receivedAt, in: queue, to: timeout, now: now)
        }
        let actual = outcome { () throws(Rejection) in
            try broker.prepareChangeVisibility(issued.handle, in: queue, timeout: timeout, now: now)
        }
        guard let (changed, entry) = try bothAgree("a change of visibility", expected, actual) else { return }
        try requireEqual(entry != nil, changed, "whether there was something to change")
        guard let entry else { return }
        try requireEqual(entry.deadline, timeout == .zero ? nil : now + timeout, "the new deadline")
        try carryOut(.changeVisibility(entry))
    }

    mutating func giveBack() throws {
        guard let issued = anyHandle(), model.position(id: issued.queue) != nil else { return }
        let isHeld = model.giveBack(issued.serial, handle: issued.number, in: issued.queue)
        let entry = try broker.prepareGiveBack(issued.handle, in: issued.queue)
        try requireEqual(entry != nil, isHeld, "whether there was something to give back")
        guard let entry else { return }
        try requireEqual(entry.deadline, nil, "the deadline of what was given back")
        try carryOut(.changeVisibility(entry))
    }
}

// MARK: - Choices

extension Rehearsal {
    mutating func anyQueue() -> UInt32? { model.queues.isEmpty ? nil : random.pick(model.queues).id }

    /// Half of the time one of the newest.
    mutating func anyHandle() -> Issued? {
        guard !handles.isEmpty else { return nil }
        return random.chance(50) ? random.pick(handles) : random.pick(handles.suffix(20))
    }

    mutating func anyWaitingSerial() -> Int? {
        guard let id = anyQueue(), let place = model.position(id: id) else { return nil }
        let messages = model.queues[place].all
        return messages.isEmpty ? nil : random.pick(messages).serial
    }

    /// Mostly the queue that the message is in.
    private mutating func anyQueue(holding serial: Int) -> UInt32? {
        let holder = model.queues.first { $0.all.contains { $0.serial == serial } }
        return random.chance(90) ? holder?.id ?? anyQueue() : anyQueue()
    }

    private mutating func randomMessage(for queue: UInt32) -> NewMessage {
        var message = NewMessage(body: random.bytes(random.chance(2) ? 0 : 1 + random.below(24)))
        let isFIFO = model.position(id: queue).map { model.queues[$0].settings.isFIFO } ?? false
        if random.chance(isFIFO ? 98 : 40) { message.group = random.pick(groups) }
        if random.chance(1) { message.group = String(repeating: "g", count: random.pick([0, 128, 129])) }
        if random.chance(40) { message.delay = randomDelay() }
        if random.chance(10) {
            let bytes = random.bytes(random.below(12))
            message.attributes = [
                MessageAttribute(name: "trace", type: "Binary.x", value: .binary(bytes)),
                MessageAttribute(name: "größe", type: "String", value: .text(String(bytes.count))),
            ]
        }
        return message
    }

    mutating func randomDelay() -> Milliseconds {
        switch random.below(20) {
        case ..<6: .zero
        case ..<12: Milliseconds(Int64(1 + random.below(50)))
        case ..<16: .seconds(Int64(random.below(900)))
        case ..<18: .seconds(Int64(random.below(400_000)))
        case 18: .seconds(31_536_000)
        default: random.pick([Milliseconds(-1), Limits.delayMax, Limits.delayMax + 1])
        }
    }

    mutating func randomVisibility() -> Milliseconds {
        switch random.below(20) {
        case 0: .zero
        case ..<8: Milliseconds(Int64(1 + random.below(100)))
        case ..<14: .seconds(Int64(1 + random.below(120)))
        case ..<19: .seconds(Int64(1 + random.below(43_200)))
        default: random.pick([Milliseconds(-1), Limits.visibilityTimeoutMax, Limits.visibilityTimeoutMax + 1])
        }
    }

    mutating func flipped(_ handle: ReceiptHandle) -> ReceiptHandle {
        var handle = handle
        let bit: UInt64 = 1 << UInt64(random.below(64))
        switch random.below(3) {
        case 0: handle.words.0 ^= bit
        case 1: handle.words.1 ^= bit
        default: handle.words.2 ^= bit
        }
        return handle
    }
}

private func + (span: Milliseconds, more: Int64) -> Milliseconds { Milliseconds(span.count + more) }
