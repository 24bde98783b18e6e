import RoostCore
import RoostModel
import RoostStorage

// One function for each thing that can be asked.

extension Engine {
    mutating func handle(
        _ request: borrowing StorageRequest, token: UInt64, receiver: Int
    ) throws(Rejection) -> Outcome {
        switch request {
        case .send(let queue, let message): try send(message, to: queue)
        case .receive(let queue, let options): try receive(options, from: queue, token, receiver)
        case .delete(let queue, let handle):
            try delete(core.prepareDelete(handle, in: core.queueID(named: queue)))
        case .deleteByID(let queue, let id):
            try delete(core.prepareDelete(id, in: core.queueID(named: queue)))
        case .changeVisibility(let queue, let handle, let timeout):
            try changeVisibility(handle, in: queue, timeout)
        case .createQueue(let queue, let change): try createQueue(queue, change)
        case .deleteQueue(let queue): done(.deleteQueue(try core.prepareDeleteQueue(queue)))
        case .purgeQueue(let queue): done(.purgeQueue(try core.preparePurgeQueue(queue)))
        case .giveBack(let queue, let handle):
            try giveBack(core.prepareGiveBack(handle, in: core.queueID(named: queue)))
        case .changeSettings(let queue, let change):
            done(.changeSettings(try core.prepareChangeSettings(queue, change, now: now)))
        case .pauseQueue(let queue, let reason):
            done(.pauseQueue(try core.preparePauseQueue(queue, reason: reason, now: now)))
        case .resumeQueue(let queue): done(.resumeQueue(try core.prepareResumeQueue(queue)))
        case .describeQueue(let queue): .reply(.queue(describe(try core.queueID(named: queue))))
        case .listQueues(let prefix, let after, let limit): try listQueues(prefix, after, limit)
        case .peek(let queue, let options): try peek(queue, options, token, receiver)
        }
    }

    private mutating func done(_ entry: Entry) -> Outcome {
        commit(entry) ? .reply(.done) : .noRoom
    }

    private mutating func send(_ message: borrowing NewMessage, to queue: QueueName) throws(Rejection) -> Outcome {
        let entry = try core.prepareSend(to: try core.queueID(named: queue), message, now: now)
        guard try commit(entry, message) else { return .noRoom }
        let id = core.messageID(slot: entry.slot, number: entry.number)
        return .reply(.sent(SentMessage(id: id, sentAt: entry.sentAt, sequence: entry.number)))
    }

    private mutating func delete(_ entry: DeleteEntry?) -> Outcome {
        guard let entry else { return .reply(.done) }
        return done(.delete(entry))
    }

    private mutating func giveBack(_ entry: ChangeVisibilityEntry?) -> Outcome {
        guard let entry else { return .reply(.done) }
        return done(.changeVisibility(entry))
    }

    private mutating func changeVisibility(
        _ handle: ReceiptHandle, in queue: QueueName, _ timeout: Milliseconds
    ) throws(Rejection) -> Outcome {
        let id = try core.queueID(named: queue)
        guard let entry = try core.prepareChangeVisibility(handle, in: id, timeout: timeout, now: now) else {
            return .reply(.done)
        }
        try requireSpace(for: .receive, EntryCodec.size(.changeVisibility(entry)))
        return done(.changeVisibility(entry))
    }

    private mutating func createQueue(
        _ queue: QueueName, _ change: QueueSettingsChange
    ) throws(Rejection) -> Outcome {
        switch try core.prepareCreateQueue(queue, change, now: now) {
        case .existing(let id): return .reply(.queue(describe(id)))
        case .entry(let entry):
            try requireMemory()
            try requireSpace(for: .growth, EntryCodec.size(.createQueue(entry)))
            guard commit(.createQueue(entry)) else { return .noRoom }
            return .reply(.queue(describe(entry.queue)))
        }
    }
}

// MARK: - Receiving

extension Engine {
    mutating func receive(
        _ options: ReceiveOptions, from queue: QueueName, _ token: UInt64, _ receiver: Int
    ) throws(Rejection) -> Outcome {
        let id = try core.queueID(named: queue)
        let wait = options.wait ?? core.receiveWait(of: id)
        try validate(wait)
        if let outcome = try lease(from: id, queue, options, token, receiver, deadline: now + wait) { return outcome }
        guard wait > .zero, acceptsWaits else { return .reply(.received([])) }
        if core.hasDeliverable(id) { queuesToServeNext.append(id) }
        line.join(
            WaitingLine.Waiter(
                queue: id, queueName: queue, receiver: receiver, token: token, options: options, deadline: now + wait))
        return .waiting
    }

    /// Nil when there is nothing to deliver, or only dead letters of which enough were moved for once.
    mutating func lease(
        from queue: UInt32, _ name: QueueName, _ options: ReceiveOptions, _ token: UInt64, _ receiver: Int,
        deadline: BrokerTime
    ) throws(Rejection) -> Outcome? {
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
        if let messages = messagesInMemory(entry) { return .reply(.received(messages)) }
        let leased = entry.slots.map { core.leased($0, by: entry) }
        let messages = leased.enumerated().map { place, leased in
            OutgoingMessage(slot: entry.slots[place], number: leased.number, location: leased.location)
        }
        return begin(
            OutgoingReply(
                receiver: receiver, token: token,
                kind: .received(queue: name, options, leased, deadline: deadline), messages: messages))
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
    private mutating func messagesInMemory(_ entry: borrowing LeaseEntry) -> [ReceivedMessage]? {
        var messages: [ReceivedMessage] = []
        messages.reserveCapacity(entry.slots.count)
        for slot in entry.slots {
            let leased = core.leased(slot, by: entry)
            guard case .trusted(let payload) = bodies.find(leased.location),
                let content = try? SendRecord.decodeContent(payload)
            else { return nil }
            messages.append(
                ReceivedMessage(
                    id: leased.id, handle: leased.handle, body: content.body, attributes: content.attributes,
                    sentAt: content.sentAt, firstReceivedAt: leased.firstReceivedAt,
                    receiveCount: leased.receiveCount, group: content.group, sequence: leased.number,
                    deadLetterSource: leased.deadLetterSource))
        }
        return messages
    }
}

// MARK: - Looking

extension Engine {
    private func describe(_ id: UInt32) -> QueueInfo {
        var info = core.describe(id, now: now)
        info.waiters = line.count(of: id)
        return info
    }

    private func listQueues(_ prefix: String, _ after: QueueName?, _ limit: Int) throws(Rejection) -> Outcome {
        let accepted = 1...Limits.receiveMessagesMax
        guard accepted.contains(limit) else { throw .invalidCount(limit, accepted: accepted) }
        let (ids, more) = core.listQueues(prefix: prefix, after: after, limit: limit)
        return .reply(.queues(ids.map { describe($0) }, more: more))
    }

    private mutating func peek(
        _ queue: QueueName, _ options: PeekOptions, _ token: UInt64, _ receiver: Int
    ) throws(Rejection) -> Outcome {
        let accepted = 1...Limits.receiveMessagesMax
        guard accepted.contains(options.count) else { throw .invalidCount(options.count, accepted: accepted) }
        let id = try core.queueID(named: queue)
        let peeked = core.peek(id, options.state, fromTail: options.from == .tail, count: options.count)
        let messages = peeked.map { peeked in
            var message = OutgoingMessage(slot: peeked.slot, number: peeked.number, location: peeked.location)
            if peeked.state == .damaged {
                message.body = .here(MessageContent(sentAt: peeked.availableAt, group: nil, attributes: [], body: []))
            }
            return message
        }
        return begin(OutgoingReply(receiver: receiver, token: token, kind: .peeked(peeked), messages: messages))
    }
}
