import RoostCore
import RoostModel

/// What a record tells the books beside the change of state.
enum RecordNote: Sendable {
    case none
    case created(QueueName, QueueSettings)
    case changed(QueueName, QueueSettings)
    case deletedQueue(QueueName)
    case purged(QueueName)
    case paused(QueueName, String)
    case resumed(QueueName)
    case sent(QueueName, NewMessage, number: UInt64, availableAt: BrokerTime)
    case leased(Lease)
    case deleted(number: UInt64)
    case visibility(number: UInt64, deadline: BrokerTime?)
    case buried(number: UInt64, Burial)
    case transferred(QueueName, QueueName, [UInt64], isDeadLetter: Bool)
    /// In this order, of this queue.
    case kicked(QueueName, [UInt64])
    case startedMove(MoveTask)
    /// A slice of a task.
    case movedOn(MoveTask)
    case endedMove(MoveTask)
    case ticked(fired: Int, expired: Int)
    case moved(number: UInt64)
    case damaged(number: UInt64)
    /// Received and deleted in one step.
    case taken(QueueName, [UInt64])
    /// All that happened with the last record of a transaction, in its order.
    case transaction([RecordNote])
    /// The transaction before it does not count.
    case voided
    /// Names under which something was done, and databases of which all was.
    case keys(Set<ModelKeys.Name>, flushed: [UInt8])
    /// Keys that a tick removed.
    case keysExpired(Set<ModelKeys.Name>)
}

/// Messages that were given out together.
struct Lease: Sendable {
    var queue: QueueName
    var queueID: UInt32
    var at: BrokerTime
    var deadline: BrokerTime
    /// As they were right after it.
    var messages: [ModelMessage]
    var readyBefore: Int
    var inFlightBefore: Int
    var defaultTimeout: Milliseconds
    var sequence: UInt64 = 0
    /// A receive of the same name got it again before the first one was answered.
    var isGivenAgain = false
    /// Some of it went back, and nobody asked: a body could not be read, so the receive is refused.
    var isRefused = false
    /// Numbers of the messages that it held no longer at some time. Kept only after a read has failed.
    var ended: Set<UInt64> = []
    /// The queues that its messages were dead letters of, by number.
    var sources: [UInt64: QueueName] = [:]
}

/// What the surroundings of a run permit.
struct Permits: Sendable {
    /// Bytes on the disk were altered.
    var damage = false
    /// Retention does nothing before.
    var retentionHeldUntil: BrokerTime?
}

extension ModelState {
    /// Carries out a record if the rules allow it here.
    mutating func apply(_ record: LoggedRecord, _ permits: Permits) throws(Mismatch) -> RecordNote {
        let now = BrokerTime(milliseconds: record.time)
        return try record.payload.withPayload { payload throws(Mismatch) in
            switch record.kind {
            case 16: try send(payload, now)
            case 20: try move(payload)
            case 21: try damage(payload, permits)
            case 32: try tick(payload, now, permits)
            case 1...6: try changeQueue(record.kind, payload, now)
            case 17...19: try changeMessage(record.kind, payload, now)
            case 22:
                if case .transfer(let entry) = try entry(22, payload) { try transfer(entry, now) } else { .none }
            case 23, 24: try setAside(record.kind, payload, now)
            case 27: if case .take(let entry) = try entry(27, payload) { try take(entry, now) } else { .none }
            case 25, 26: try changeTask(entry(record.kind, payload), now)
            case 40: if case .keys(let entry) = try entry(40, payload) { try changeKeys(entry, now) } else { .none }
            default: throw Mismatch("a record of kind \(record.kind)")
            }
        }
    }

    private func entry(_ kind: UInt8, _ payload: UnsafeRawBufferPointer) throws(Mismatch) -> Entry {
        guard let kind = EntryKind(rawValue: kind) else { throw Mismatch("a record of kind \(kind)") }
        do throws(EntryDecodingError) {
            return try EntryCodec.decode(kind: kind, payload)
        } catch {
            throw Mismatch("a record of kind \(kind) cannot be read: \(error)")
        }
    }

    private mutating func changeQueue(
        _ kind: UInt8, _ payload: UnsafeRawBufferPointer, _ now: BrokerTime
    ) throws(Mismatch) -> RecordNote {
        switch try entry(kind, payload) {
        case .createQueue(let entry):
            try requireEqual(entry.at, now, "time of a new queue")
            try require(index(named: entry.name) == nil, "queue \(entry.name) is made again")
            try require(!queues.contains { $0.id == entry.queue }, "queue number \(entry.queue) is in use")
            queuesMade += 1
            queues.append(
                ModelQueue(
                    id: entry.queue, serial: queuesMade, name: entry.name, settings: entry.settings, createdAt: now,
                    modifiedAt: now))
            return .created(entry.name, entry.settings)
        case .deleteQueue(let entry):
            let index = try index(id: entry.queue)
            empty(index)
            tasks.removeAll { $0.source == queues[index].serial }
            return .deletedQueue(queues.remove(at: index).name)
        case .purgeQueue(let entry):
            let index = try index(id: entry.queue)
            empty(index)
            try require(entry.below > lastNumber, "a purge leaves messages below \(entry.below)")
            queues[index].purgedBelow = entry.below
            return .purged(queues[index].name)
        case .changeSettings(let entry):
            let index = try index(id: entry.queue)
            try requireEqual(entry.at, now, "time of a change of settings")
            try requireEqual(entry.settings.isFIFO, queues[index].settings.isFIFO, "type of \(queues[index].name)")
            queues[index].settings = entry.settings
            queues[index].modifiedAt = now
            return .changed(queues[index].name, entry.settings)
        case .pauseQueue(let entry):
            let index = try index(id: entry.queue)
            try requireEqual(entry.pause.since, now, "time of a pause")
            queues[index].pause = entry.pause
            return .paused(queues[index].name, entry.pause.reason)
        case .resumeQueue(let entry):
            let index = try index(id: entry.queue)
            queues[index].pause = nil
            return .resumed(queues[index].name)
        default: throw Mismatch("a record of kind \(kind)")
        }
    }

    mutating func empty(_ index: Int) {
        deadSlots += (queues[index].line + queues[index].delayed + queues[index].damaged).map(\.slot)
        queues[index].line = []
        queues[index].delayed = []
        queues[index].damaged = []
        queues[index].burials = []
        queues[index].groups = []
        queues[index].turns = []
        queues[index].turnsBeforeOthers = 0
        queues[index].ages = []
        let serial = queues[index].serial
        remembered.removeAll { $0.queue == serial }
    }

    private mutating func send(_ payload: UnsafeRawBufferPointer, _ now: BrokerTime) throws(Mismatch) -> RecordNote {
        let (entry, message) = try decodeSend(payload)
        let index = try index(id: entry.queue)
        try requireEqual(entry.sentAt, now, "time of a send")
        try require(entry.number > lastNumber, "message number \(entry.number) comes after \(lastNumber)")
        try require(find(slot: entry.slot) == nil, "slot \(entry.slot) is in use")
        try checkType(message, entry.number, queues[index], now)
        deadSlots.removeAll { $0 == entry.slot }
        lastNumber = entry.number
        var new = ModelMessage(
            number: entry.number, slot: entry.slot, sentTo: entry.queue, message: message, sentAt: now,
            availableAt: entry.availableAt, state: .ready, due: entry.availableAt)
        new.group = message.group.map { ModelGroup(name: $0) }
        remember(new, in: queues[index])
        if entry.availableAt <= now { try queues[index].checkOrder(new) }
        place(new, in: index, now)
        return .sent(queues[index].name, message, number: entry.number, availableAt: entry.availableAt)
    }

    mutating func place(_ message: ModelMessage, in index: Int, _ now: BrokerTime) {
        queues[index].totals.sent += 1
        guard message.availableAt > now else { return queues[index].enter(message) }
        var delayed = message
        delayed.state = .delayed
        queues[index].enterGroup(delayed.group)
        queues[index].delayed.append(delayed)
    }

    private func decodeSend(_ payload: UnsafeRawBufferPointer) throws(Mismatch) -> (SendEntry, NewMessage) {
        do throws(EntryDecodingError) {
            let entry = try SendRecord.decodeEntry(payload)
            let content = try SendRecord.decodeContent(payload)
            let message = NewMessage(
                body: content.body, attributes: content.attributes, group: content.group,
                deduplication: content.deduplicationID.map { Deduplication(id: $0) }, labels: content.labels)
            return (entry, message)
        } catch {
            throw Mismatch("a send cannot be read: \(error)")
        }
    }

    /// Cleaning changes where a message lies and nothing else.
    private func move(_ payload: UnsafeRawBufferPointer) throws(Mismatch) -> RecordNote {
        let (entry, message) = try decodeSend(payload)
        let found = try living(slot: entry.slot, number: entry.number)
        try require(
            found.message.message == message, "message \(entry.number) was altered when it was moved")
        // The record is that of the send, byte for byte.
        try requireEqual(entry.queue, found.message.sentTo, "queue that moved message \(entry.number) was sent to")
        try requireEqual(entry.sentAt, found.message.sentAt, "time at which moved message \(entry.number) was sent")
        return .moved(number: entry.number)
    }

    private mutating func damage(_ payload: UnsafeRawBufferPointer, _ permits: Permits) throws(Mismatch) -> RecordNote {
        try require(payload.count == 12, "a damage record of \(payload.count) bytes")
        let slot = payload.loadUnaligned(as: UInt32.self)
        let number = payload.loadUnaligned(fromByteOffset: 4, as: UInt64.self)
        let (queue, message) = try living(slot: slot, number: number)
        try require(permits.damage, "message \(number) was found damaged, and nothing was damaged")
        try require(message.state != .damaged, "message \(number) was found damaged twice")
        let before = queues[queue].groups
        queues[queue].remove(number)
        var damaged = message
        damaged.state = .damaged
        queues[queue].damaged.append(damaged)
        if let group = damaged.group, !queues[queue].groups.contains(group) {
            // It had a message all the time, so it keeps its place.
            queues[queue].groups = before
        }
        return .damaged(number: number)
    }
}

// MARK: - Receives, deletes, visibility

extension ModelState {
    private mutating func changeMessage(
        _ kind: UInt8, _ payload: UnsafeRawBufferPointer, _ now: BrokerTime
    ) throws(Mismatch) -> RecordNote {
        switch try entry(kind, payload) {
        case .lease(let entry): return try lease(entry, now)
        case .delete(let entry):
            let (queue, _) = try living(slot: entry.slot, number: entry.number)
            queues[queue].remove(entry.number)
            queues[queue].totals.deleted += 1
            return .deleted(number: entry.number)
        case .changeVisibility(let entry): return try changeVisibility(entry)
        default: throw Mismatch("a record of kind \(kind)")
        }
    }

    private mutating func lease(_ entry: LeaseEntry, _ now: BrokerTime) throws(Mismatch) -> RecordNote {
        let index = try index(id: entry.queue)
        let queue = queues[index]
        try requireEqual(entry.at, now, "time of a lease")
        let next = try givenOut(entry.slots, of: index)
        var lease = Lease(
            queue: queue.name, queueID: queue.id, at: now, deadline: entry.deadline, messages: [],
            readyBefore: queue.deliverableCount, inFlightBefore: queue.counts.inFlight,
            defaultTimeout: queue.settings.visibilityTimeout)
        for number in next {
            guard let place = queues[index].line.firstIndex(where: { $0.number == number }) else { continue }
            queues[index].line[place].state = .inFlight
            queues[index].line[place].due = entry.deadline
            queues[index].line[place].receiveCount += 1
            queues[index].line[place].handle += 1
            queues[index].line[place].isReceivedHere = true
            if queues[index].line[place].firstReceivedAt == nil { queues[index].line[place].firstReceivedAt = now }
            lease.messages.append(queues[index].line[place])
            lease.sources[number] = source(of: queues[index].line[place])
        }
        queues[index].refreshTurns()
        queues[index].totals.received += UInt64(entry.slots.count)
        return .leased(lease)
    }

    /// Takes the turns of what is given out, which must be the next ones.
    private mutating func givenOut(_ slots: [UInt32], of index: Int) throws(Mismatch) -> [UInt64] {
        let queue = queues[index]
        try require(queue.pause == nil, "messages of \(queue.name) are given out during a pause")
        let dead = deadLetters(of: queue)?.numbers ?? []
        let next = queues[index].next(slots.count)
        try requireEqual(
            slots, next.map { queue.message($0)?.slot ?? .max },
            "slots of the messages of \(queue.name) that are given out, oldest first")
        try require(!next.contains(where: dead.contains), "dead letters of \(queue.name) are given out")
        try require(!slots.isEmpty, "nothing of \(queue.name) is given out, in a record")
        return next
    }

    private mutating func take(_ entry: TakeEntry, _ now: BrokerTime) throws(Mismatch) -> RecordNote {
        let index = try index(id: entry.queue)
        try requireEqual(entry.at, now, "time of a pop")
        var copy = self
        _ = try copy.givenOut(entry.slots, of: index)
        return .taken(queues[index].name, take(entry.slots.count, from: index))
    }

    /// Receives and deletes the next ones. Returns their numbers.
    mutating func take(_ count: Int, from index: Int) -> [UInt64] {
        let numbers = queues[index].next(count)
        for number in numbers { queues[index].remove(number) }
        queues[index].totals.received += UInt64(numbers.count)
        queues[index].totals.deleted += UInt64(numbers.count)
        return numbers
    }

    private mutating func changeVisibility(_ entry: ChangeVisibilityEntry) throws(Mismatch) -> RecordNote {
        let (queue, message) = try living(slot: entry.slot, number: entry.number)
        guard let place = queues[queue].line.firstIndex(where: { $0.number == message.number }) else {
            throw Mismatch("the visibility of message \(entry.number) changes, which is \(message.state)")
        }
        try require(message.state != .buried, "the visibility of message \(entry.number) changes, which is buried")
        try require(
            message.state == .inFlight || !queues[queue].settings.isFIFO,
            "the visibility of message \(entry.number) changes, which nobody holds in its FIFO queue")
        if let deadline = entry.deadline {
            queues[queue].line[place].state = .inFlight
            queues[queue].line[place].due = deadline
            queues[queue].line[place].isReceivedHere = true
            queues[queue].refreshTurns()
        } else {
            try require(message.state == .inFlight, "message \(entry.number) is given back, and is not in flight")
            queues[queue].giveBack(place)
        }
        return .visibility(number: entry.number, deadline: entry.deadline)
    }
}

// MARK: - Burials

extension ModelState {
    private mutating func setAside(
        _ kind: UInt8, _ payload: UnsafeRawBufferPointer, _ now: BrokerTime
    ) throws(Mismatch) -> RecordNote {
        switch try entry(kind, payload) {
        case .bury(let entry):
            try requireEqual(entry.at, now, "time of a burial")
            let (queue, message) = try living(slot: entry.slot, number: entry.number)
            try require(message.state == .inFlight, "message \(entry.number) is buried, and is \(message.state)")
            queues[queue].bury(entry.number, entry.burial, now)
            return .buried(number: entry.number, entry.burial)
        case .kick(let entry):
            try requireEqual(entry.at, now, "time of a kick")
            try require(!entry.slots.isEmpty, "a kick of nothing")
            let index = try index(id: entry.queue)
            var numbers: [UInt64] = []
            for slot in entry.slots {
                guard let (queue, message) = find(slot: slot), queue == index, message.state == .buried else {
                    throw Mismatch("slot \(slot) is kicked, where nothing is buried")
                }
                queues[index].kick(message.number)
                numbers.append(message.number)
            }
            return .kicked(queues[index].name, numbers)
        default: throw Mismatch("a record of kind \(kind)")
        }
    }
}

// MARK: - Time

extension ModelState {
    private mutating func tick(
        _ payload: UnsafeRawBufferPointer, _ now: BrokerTime, _ permits: Permits
    ) throws(Mismatch) -> RecordNote {
        guard case .tick(let entry) = try entry(32, payload) else { throw Mismatch("a tick that is none") }
        try requireEqual(entry.at, now, "time of a tick")
        // One that does nothing only moves the log on.
        if entry.isEmpty { return .ticked(fired: 0, expired: 0) }
        let budget = Limits.timersPerTickMax
        try require(entry.fired.count + entry.expired.count + Int(entry.reaped) <= budget, "a tick does too much")
        let expired = try expiring(entry, now, permits)
        try fire(entry, now, isComplete: isComplete(entry, entry.fired.count))
        for message in expired {
            guard let (queue, _) = find(number: message) else { continue }
            queues[queue].remove(message)
            queues[queue].totals.expired += 1
        }
        return .ticked(fired: entry.fired.count, expired: entry.expired.count)
    }

    /// Whether these are all that were due: a tick leaves something only when its budget, one of two, is used up.
    private func isComplete(_ entry: TickEntry, _ count: Int) -> Bool {
        let used = entry.fired.count + entry.expired.count + Int(entry.reaped)
        return count < Limits.timersPerTickMax && used != Limits.timersPerTickBesideSnapshotMax
    }

    /// Delays and leases end when they are over, all of them, earliest first, and no sooner.
    private mutating func fire(_ entry: TickEntry, _ now: BrokerTime, isComplete: Bool) throws(Mismatch) {
        var rest = due(at: now).map(\.number)
        var last = BrokerTime(milliseconds: .min)
        for slot in entry.fired {
            guard let (queue, message) = find(slot: slot) else {
                try require(deadSlots.contains(slot), "a timer in slot \(slot), where nothing is")
                continue
            }
            try require(message.isTimed, "message \(message.number) has no timer")
            try require(
                message.due <= now,
                "the time of message \(message.number) ends at \(now.milliseconds), due at \(message.due.milliseconds)")
            try require(message.due >= last, "timers end in the wrong order")
            last = message.due
            rest.removeAll { $0 == message.number }
            try end(queue, message, now)
        }
        try require(rest.isEmpty || !isComplete, "the time of messages \(rest) is over, but a tick left them")
    }

    private mutating func end(_ queue: Int, _ message: ModelMessage, _ now: BrokerTime) throws(Mismatch) {
        if let place = queues[queue].line.firstIndex(where: { $0.number == message.number }) {
            return queues[queue].giveBack(place)
        }
        queues[queue].delayed.removeAll { $0.number == message.number }
        var available = message
        available.state = .ready
        available.availableAt = now
        try queues[queue].checkOrder(available)
        queues[queue].enter(available)
    }

    /// Numbers of the messages that the tick removes: of each queue the oldest ones, and none too early.
    private func expiring(_ entry: TickEntry, _ now: BrokerTime, _ permits: Permits) throws(Mismatch) -> [UInt64] {
        var numbers: [UInt64] = []
        for slot in entry.expired {
            guard let (_, message) = find(slot: slot) else { throw Mismatch("slot \(slot) expires, where nothing is") }
            numbers.append(message.number)
        }
        if let until = permits.retentionHeldUntil, now < until {
            try require(numbers.isEmpty, "messages expire while retention is held until \(until.milliseconds)")
            return []
        }
        let isComplete = isComplete(entry, entry.fired.count + entry.expired.count)
        for queue in queues {
            let due = queue.expired(at: now)
            for group in [nil] + queue.groups.map(Optional.some) {
                let first = due.filter { $0.group == group }.map(\.number)
                let mine = numbers.filter { queue.message($0)?.group == group && queue.message($0) != nil }
                try requireEqual(
                    mine, isComplete ? first : Array(first.prefix(mine.count)), "messages of \(queue.name) that expire")
            }
        }
        return numbers
    }
}

extension [UInt8] {
    fileprivate func withPayload<Value>(
        _ body: (UnsafeRawBufferPointer) throws(Mismatch) -> Value
    ) throws(Mismatch) -> Value {
        let outcome: Result<Value, Mismatch> = withUnsafeBytes { bytes in
            do throws(Mismatch) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }
}
