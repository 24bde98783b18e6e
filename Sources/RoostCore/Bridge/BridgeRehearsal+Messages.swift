import RoostModel

// Messages as elements of a list: the oldest ready one is the first, whichever end a command names.

extension BridgeRehearsal {
    /// In one command. Bodies of so many are in memory together.
    private static let takenBytesMax = 64 * 1024 * 1024
    /// How far from either end of a queue commands look.
    private static let placesMax = 100_000

    // MARK: Sending

    mutating func push(_ elements: [Bytes], to queue: UInt32, onlyExisting: Bool) throws(KeyError) -> KeyReply {
        guard !onlyExisting || isSeen(queue) else { return .integer(0) }
        guard elements.count > 1 else {
            for element in elements { try send(element, to: queue) }
            return length(of: queue)
        }
        return try wholly { rehearsal throws(KeyError) in
            for element in elements {
                rehearsal.catchUp()
                try rehearsal.send(element, to: queue)
            }
            return rehearsal.length(of: queue)
        }
    }

    /// One copy for each queue that is bound, or none at all.
    mutating func publish(_ message: Bytes, to channel: Bytes) throws(KeyError) -> KeyReply {
        let queues = broker.queues.bindings.queues(boundTo: channel)
        return try wholly { rehearsal throws(KeyError) in
            for queue in queues {
                rehearsal.catchUp()
                try rehearsal.send(message, to: queue)
            }
            return .integer(Int64(queues.count))
        }
    }

    private mutating func length(of queue: UInt32) -> KeyReply {
        catchUp()
        return .integer(Int64(broker.counts(of: queue).ready))
    }

    private mutating func send(_ body: Bytes, to queue: UInt32) throws(KeyError) {
        guard !broker.settings(of: queue).isFIFO else { throw .groupNeeded }
        let isText = body.withUnsafeBytes { UTF8Text.isValid($0) && UTF8Text.isLegalMessage($0) }
        guard isText else { throw .refused(.messageNotText) }
        let message = NewMessage(body: body)
        do throws(Rejection) {
            add(try broker.prepareSend(to: queue, message, now: now), message)
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

    /// Received and deleted in one step. What was received too often before goes to the queue of dead letters.
    mutating func take(from queue: UInt32, atMost count: Int) -> [KeyReply] {
        moveDeadLetters(from: queue, count)
        let slots = broker.takeableSlots(of: queue, maximum: count, bytesMax: Self.takenBytesMax)
        guard !slots.isEmpty else { return [] }
        add(.take(TakeEntry(queue: queue, at: now, slots: slots)))
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

    mutating func move(_ from: Bytes, _ fromEnd: ListEnd, _ to: Bytes, _ toEnd: ListEnd) throws(KeyError) -> KeyReply {
        try wholly { rehearsal throws(KeyError) in
            guard let element = try rehearsal.takeElement(from, fromEnd) else { return .null }
            rehearsal.catchUp()
            if let queue = rehearsal.broker.queue(at: to, in: rehearsal.database) {
                // The body of a message that is not at hand yet is one that was accepted once.
                if !rehearsal.isWaitingForBodies { try rehearsal.send(element, to: queue) }
            } else {
                _ = try rehearsal.carryOutKeys(.list(.push(to, toEnd, [element], onlyExisting: false)))
            }
            return .bytes(element)
        }
    }

    private mutating func takeElement(_ key: Bytes, _ end: ListEnd) throws(KeyError) -> Bytes? {
        let reply: KeyReply
        if let queue = broker.queue(at: key, in: database) {
            reply = take(from: queue, atMost: 1).first ?? .null
        } else {
            reply = try carryOutKeys(.list(.pop(key, end, count: nil)))
        }
        guard case .bytes(let element) = reply else { return nil }
        return element
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
        let bytes = slots.reduce(0) { $0 + Int(broker.index[$1].location.length) }
        guard bytes <= Self.takenBytesMax else { throw .replyTooLong }
        return .array(slots.map { .bytes(body(of: $0)) })
    }

    /// From the end that is nearer.
    private func slots(of queue: UInt32, _ places: Range<Int>, _ count: Int) throws(KeyError) -> [UInt32] {
        guard !places.isEmpty else { return [] }
        let steps = min(places.upperBound, count - places.lowerBound)
        guard steps <= Self.placesMax else { throw .tooFarIntoQueue(max: Self.placesMax) }
        guard places.upperBound > count - places.lowerBound else {
            return Array(broker.readySlots(of: queue, fromTail: false, places.upperBound).dropFirst(places.lowerBound))
        }
        let newest = broker.readySlots(of: queue, fromTail: true, steps)
        return newest.dropFirst(count - places.upperBound).reversed()
    }
}
