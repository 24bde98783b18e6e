import RoostModel

// Messages as elements of a list: the oldest ready one is the first, whichever end a command names.

extension BridgeRehearsal {
    /// How far from either end of a queue commands look.
    private static let placesMax = 100_000

    // MARK: Sending

    mutating func push(_ elements: [Bytes], to queue: UInt32, onlyExisting: Bool) throws(KeyError) -> KeyReply {
        var ready = broker.counts(of: queue).ready
        guard !onlyExisting || ready > 0 else { return .integer(0) }
        // All of them are looked at before the first is sent: none is sent when one is refused.
        if elements.count > 1 { for element in elements { _ = try prepareSend(element, to: queue) } }
        for (place, element) in elements.enumerated() {
            if place > 0 { catchUp() }
            ready += try send(element, to: queue) ? 1 : 0
        }
        return .integer(Int64(ready))
    }

    /// One copy for each queue that is bound, or none at all.
    mutating func publish(_ message: Bytes, to channel: Bytes) throws(KeyError) -> KeyReply {
        let queues = broker.queues.bindings.queues(boundTo: channel)
        for queue in queues { _ = try prepareSend(message, to: queue) }
        for queue in queues {
            catchUp()
            _ = try send(message, to: queue)
        }
        return .integer(Int64(queues.count))
    }

    /// Whether it is ready at once.
    private mutating func send(_ body: Bytes, to queue: UInt32) throws(KeyError) -> Bool {
        let entry = try prepareSend(body, to: queue)
        add(entry, NewMessage(body: body))
        return entry.availableAt <= entry.sentAt
    }

    private func prepareSend(_ body: Bytes, to queue: UInt32) throws(KeyError) -> SendEntry {
        let settings = broker.settings(of: queue)
        guard !settings.isFIFO else { throw .groupNeeded }
        var message = NewMessage(body: body)
        message.needsBytes = settings.contents == .text && !UTF8Text.isLegalText(body)
        do throws(Rejection) {
            return try broker.prepareSend(to: queue, message, now: now)
        } catch .outOfMemory {
            throw .outOfMemory
        } catch {
            throw .refused(error)
        }
    }

    // MARK: Taking

    mutating func pop(_ queue: UInt32, _ count: Int?) -> KeyReply {
        guard count != 0 else { return isSeen(queue) ? .array([]) : .nullArray }
        let elements = take(from: queue, atMost: count ?? 1)
        guard count != nil else { return elements.first ?? .null }
        return elements.isEmpty ? .nullArray : .array(elements)
    }

    /// Received and deleted in one step, or leased with safe pop: then who popped deletes. What was received too often
    /// before goes to the queue of dead letters.
    mutating func take(from queue: UInt32, atMost count: Int) -> [KeyReply] {
        moveDeadLetters(from: queue, count)
        let slots = broker.takeableSlots(of: queue, maximum: count, bytesMax: Self.answeredBytesMax)
        guard !slots.isEmpty else { return [] }
        if leases, broker.settings(of: queue).safePop {
            add(.lease(LeaseEntry(queue: queue, at: now, deadline: now + Limits.popLeaseTimeout, slots: slots)))
        } else {
            add(.take(TakeEntry(queue: queue, at: now, slots: slots)))
        }
        return slots.map { .bytes(body(of: $0)) }
    }

    private mutating func moveDeadLetters(from queue: UInt32, _ count: Int) {
        var left = Limits.deadLettersPerReceiveMax
        while left > 0,
            let entry = broker.prepareDeadLetters(from: queue, maximum: min(count, left), now: now)
        {
            left -= entry.slots.count
            add(.transfer(entry))
            catchUp()
        }
    }

    /// From the first of the keys that has something.
    ///
    /// - Parameter command: the same on a key that is none of a queue.
    /// - Parameter taken: what stands behind the name of the queue in the answer; nil: it has nothing.
    mutating func popFirst(
        _ keys: [Bytes], _ command: ([Bytes]) -> KeyCommand,
        queue taken: (inout Self, UInt32) -> [KeyReply]?
    ) throws(KeyError) -> KeyReply {
        for key in keys {
            if let queue = broker.queue(at: key, in: database) {
                if let elements = taken(&self, queue) { return .array([.bytes(key)] + elements) }
                catchUp()
            } else {
                let reply = try carryOutKeys(command([key]))
                if reply != .nullArray { return reply }
            }
        }
        return .nullArray
    }

    // MARK: Moving

    /// What is moved is found, and the target asked, before anything is done.
    mutating func move(_ from: Bytes, _ fromEnd: ListEnd, _ to: Bytes, _ toEnd: ListEnd) throws(KeyError) -> KeyReply {
        let (element, removal) = try removal(of: from, fromEnd)
        let pop = KeyCommand.list(.pop(from, fromEnd, count: nil))
        guard let element, let removal else { return .null }
        if let queue = broker.queue(at: to, in: database) {
            // A body that is not at hand yet is one that was accepted once.
            let arrival = isWaitingForBodies ? nil : try prepareSend(element, to: queue)
            if case .keys(let entry) = removal { noteEvents(pop, .bytes(element), entry) }
            add(removal)
            if let arrival { add(arrival, NewMessage(body: element)) }
        } else {
            let push = KeyCommand.list(.push(to, toEnd, [element], onlyExisting: false))
            let (reply, arrival) = try prepareKeys(push)
            noteEvents(push, reply, arrival)
            add(removal)
            add(arrival)
        }
        return .bytes(element)
    }

    /// The first or last element, and what takes it away.
    private mutating func removal(of key: Bytes, _ end: ListEnd) throws(KeyError) -> (element: Bytes?, Entry?) {
        if let queue = broker.queue(at: key, in: database) {
            moveDeadLetters(from: queue, 1)
            guard let slot = broker.takeableSlots(of: queue, maximum: 1, bytesMax: Self.answeredBytesMax).first
            else { return (nil, nil) }
            return (body(of: slot), .take(TakeEntry(queue: queue, at: now, slots: [slot])))
        }
        let (reply, entry) = try prepareKeys(.list(.pop(key, end, count: nil)))
        guard case .bytes(let element) = reply else { return (nil, nil) }
        return (element, .keys(entry))
    }

    // MARK: Looking

    mutating func element(of queue: UInt32, at place: Int64) throws(KeyError) -> KeyReply {
        let count = broker.counts(of: queue).ready
        guard let place = position(place, count: count) else { return .null }
        let slots = try slots(of: queue, place..<place + 1, count)
        return slots.first.map { .bytes(body(of: $0)) } ?? .null
    }

    mutating func range(of queue: UInt32, _ start: Int64, _ end: Int64) throws(KeyError) -> KeyReply {
        let count = broker.counts(of: queue).ready
        let slots = try slots(of: queue, clamped(start, end, count: count), count)
        return .array(slots.map { .bytes(body(of: $0)) })
    }

    /// From the end that is nearer.
    private func slots(of queue: UInt32, _ places: Range<Int>, _ count: Int) throws(KeyError) -> [UInt32] {
        guard !places.isEmpty else { return [] }
        let steps = min(places.upperBound, count - places.lowerBound)
        guard steps <= Self.placesMax else { throw .tooFarIntoQueue(max: Self.placesMax) }
        let fromTail = places.upperBound > count - places.lowerBound
        let slots = broker.readySlots(of: queue, fromTail: fromTail, steps)
        // In a queue with groups, the walk over them has an end.
        guard slots.count == steps else { throw .tooFarIntoQueue(max: Broker.peekStepsMax) }
        guard fromTail else { return Array(slots.dropFirst(places.lowerBound)) }
        return slots.dropFirst(count - places.upperBound).reversed()
    }
}
