import RoostCore
import RoostLog
import RoostModel
import RoostStorage

// Receiving: from leases to replies.

extension Engine {
    mutating func receive(
        _ options: ReceiveOptions, from queue: QueueName, _ token: UInt64, _ receiver: Int
    ) throws(Rejection) -> Outcome {
        let id = try core.queueID(named: queue)
        let wait = options.wait ?? core.receiveWait(of: id)
        try validate(wait)
        let deadline = self.deadline(after: wait)
        if let outcome = try lease(from: id, queue, options, token, receiver, deadline: deadline) { return outcome }
        guard wait > .zero, acceptsWaits else { return .reply(.received([])) }
        if core.hasDeliverable(id) { queuesToServeNext.append(id) }
        lines.join(
            WaitingLines.Waiter(
                receiver: receiver, token: token, wish: .receive(queue: id, queue, options), since: now,
                deadline: deadline))
        return .waiting
    }

    /// Nil when there is nothing to deliver, or only dead letters of which enough were moved for once.
    mutating func lease(
        from queue: UInt32, _ name: QueueName, _ options: ReceiveOptions, _ token: UInt64, _ receiver: Int,
        deadline: BrokerTime
    ) throws(Rejection) -> Outcome? {
        if let repeated = heldBefore(from: queue, options) {
            guard try holdAgain(repeated, from: queue, options) else { return .noRoom }
            return deliver(repeated, name, options, token, receiver, deadline: deadline, isRepeated: true)
        }
        if let inFlightMax = options.inFlightMax, core.counts(of: queue).inFlight >= inFlightMax {
            throw .tooManyInFlight(max: inFlightMax)
        }
        // Refused before anything is moved: refused means that nothing happened.
        var prepared = try prepareLease(from: queue, options)
        switch try moveDeadLetters(from: queue, options.maximum) {
        case nil: return .noRoom
        case 0: break
        default: prepared = try prepareLease(from: queue, options)
        }
        guard let entry = prepared else { return nil }
        try requireSpace(for: .receive, EntryCodec.size(.lease(entry)))
        guard commit(.lease(entry)) else { return .noRoom }
        let leased = entry.slots.map { core.leased($0, by: entry) }
        if let attempt = options.attempt { attempts.note(attempt, of: queue, leased.map(\.handle), at: now) }
        return deliver(leased, name, options, token, receiver, deadline: deadline)
    }

    private mutating func deliver(
        _ leased: [Broker.Leased], _ name: QueueName, _ options: ReceiveOptions, _ token: UInt64, _ receiver: Int,
        deadline: BrokerTime, isRepeated: Bool = false
    ) -> Outcome {
        if let messages = messagesInMemory(leased) { return .reply(.received(messages)) }
        let messages = leased.map { OutgoingMessage(slot: $0.slot, number: $0.number, location: $0.location) }
        return begin(
            OutgoingReply(
                receiver: receiver, token: token,
                kind: .received(queue: name, options, leased, deadline: deadline), isRepeated: isRepeated,
                messages: messages))
    }

    /// What an earlier receive of this name was given, if all of it is still held with the same handles.
    private func heldBefore(from queue: UInt32, _ options: ReceiveOptions) -> [Broker.Leased]? {
        guard let attempt = options.attempt, let handles = attempts.handles(attempt, of: queue, at: now)
        else { return nil }
        let leased = handles.compactMap { core.held($0, in: queue) }
        return leased.isEmpty || leased.count != handles.count ? nil : leased
    }

    /// Their visibility timeout begins anew. On a full disk they are held as long as before. False: no room in the log.
    private mutating func holdAgain(
        _ leased: [Broker.Leased], from queue: UInt32, _ options: ReceiveOptions
    ) throws(Rejection) -> Bool {
        let timeout = options.visibilityTimeout ?? core.settings(of: queue).visibilityTimeout
        var entries: [ChangeVisibilityEntry] = []
        for message in leased where timeout > .zero {
            let entry = try core.prepareChangeVisibility(message.handle, in: queue, timeout: timeout, now: now)
            if let entry { entries.append(entry) }
        }
        let bytes = entries.reduce(0) { $0 + EntryCodec.size(.changeVisibility($1)) + Self.frameBytesMax }
        guard isDiskFull || log.hasRoom(payloadBytes: min(bytes, log.payloadBytesMax)) else { return false }
        for entry in entries { _ = commit(.changeVisibility(entry)) }
        return true
    }

    private func prepareLease(from queue: UInt32, _ options: ReceiveOptions) throws(Rejection) -> LeaseEntry? {
        try core.prepareLease(
            from: queue, maximum: options.maximum, visibilityTimeout: options.visibilityTimeout, now: now)
    }

    /// What a receive would get once too often goes to the queue of dead letters. How many; nil: no room in the log.
    private mutating func moveDeadLetters(from queue: UInt32, _ maximum: Int) throws(Rejection) -> Int? {
        var moved = 0
        while moved < Limits.deadLettersPerReceiveMax {
            let count = min(maximum, Limits.deadLettersPerReceiveMax - moved)
            guard let entry = core.prepareDeadLetters(from: queue, maximum: count, now: now) else { break }
            try requireSpace(for: .receive, EntryCodec.size(.transfer(entry)))
            guard commit(.transfer(entry)) else { return nil }
            moved += entry.slots.count
        }
        return moved
    }

    private func validate(_ wait: Milliseconds) throws(Rejection) {
        let accepted = 0...Limits.receiveWaitMax.count
        guard accepted.contains(wait.count) else {
            throw .invalidSetting(.receiveWait, value: wait.count, accepted: accepted)
        }
    }

    /// The common case: all bodies are in memory. Nil when one is not.
    private mutating func messagesInMemory(_ leased: [Broker.Leased]) -> [ReceivedMessage]? {
        var messages: [ReceivedMessage] = []
        messages.reserveCapacity(leased.count)
        for leased in leased {
            guard case .trusted(let payload) = bodies.find(leased.location),
                let content = try? SendRecord.decodeContent(payload)
            else { return nil }
            messages.append(
                ReceivedMessage(
                    id: leased.id, handle: leased.handle, body: content.body, attributes: content.attributes,
                    sentAt: content.sentAt, firstReceivedAt: leased.firstReceivedAt,
                    receiveCount: leased.receiveCount, group: content.group, sequence: leased.number,
                    deadLetterSource: leased.deadLetterSource, deduplicationID: content.deduplicationID,
                    labels: content.labels, contents: leased.contents))
        }
        return messages
    }
}
