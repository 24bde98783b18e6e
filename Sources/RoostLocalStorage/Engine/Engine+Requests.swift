import RoostCore
import RoostLog
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
        case .delete(let queue, let handle): try delete(handle, in: queue)
        case .deleteByID(let queue, let id): try delete(id, in: queue)
        case .changeVisibility(let queue, let handle, let timeout):
            try changeVisibility(handle, in: queue, timeout)
        case .createQueue(let queue, let change): try createQueue(queue, change)
        case .adoptQueue(let queue, let adoption): try adopt(queue, adoption)
        case .deleteQueue(let queue): done(.deleteQueue(try core.prepareDeleteQueue(queue)))
        case .purgeQueue(let queue): done(.purgeQueue(try core.preparePurgeQueue(queue)))
        case .giveBack(let queue, let handle): try giveBack(handle, in: queue)
        case .renew(let queue, let handle, let timeout): try renew(handle, in: queue, timeout)
        case .changeSettings(let queue, let change):
            try changeSettings(core.prepareChangeSettings(queue, change, now: now))
        case .pauseQueue(let queue, let reason):
            try pause(core.preparePauseQueue(queue, reason: reason, now: now))
        case .resumeQueue(let queue): done(.resumeQueue(try core.prepareResumeQueue(queue)))
        case .describeQueue(let queue): .reply(.queue(describe(try core.queueID(named: queue))))
        case .listQueues(let prefix, let after, let limit): try listQueues(prefix, after, limit)
        case .peek(let queue, let options): try peek(queue, options, token, receiver)
        case .browse(let queue, let options): try browse(queue, options, token, receiver)
        case .look(let queue, let id): try look(queue, id, token, receiver)
        case .listGroups(let queue, let after, let limit): try listGroups(queue, after, limit, token, receiver)
        case .tailQueues(let tail): self.tail(tail, for: receiver)
        case .listWaiters(let limit): try listWaiters(limit)
        case .bury(let queue, let handle, let burial): try bury(handle, in: queue, burial)
        case .kick(let queue, let count): try kick(queue, count: count)
        case .kickByID(let queue, let id): try kick(queue, id)
        case .listDeadLetterSources(let queue, let after, let limit): try listDeadLetterSources(queue, after, limit)
        case .startMove(let options): try startMove(options)
        case .listMoves(let queue, let limit): try listMoves(queue, limit)
        case .cancelMove(let id): try cancelMove(id)
        case .moveByID(let queue, let to, let ids): try moveByID(queue, to, ids)
        case .key(let command, let database): try carryOut(command, in: database, token, receiver)
        case .keys(let request): try carryOut(request, token, receiver)
        case .watch(let database, let keys, let number): try watch(database, keys, under: number)
        case .watchToRemove(let database, let key): watchWithoutRoom(database, [key], under: nil)
        case .unwatch(let number): unwatch(number)
        case .tellKeyEvents(let classes): tellKeyEvents(classes, to: receiver)
        case .barrier: .reply(.done)
        }
    }

    private mutating func unwatch(_ number: UInt64) -> Outcome {
        keys.watches.remove(number)
        return .reply(.done)
    }

    private mutating func done(_ entry: Entry) -> Outcome {
        commit(entry) ? .reply(.done) : .noRoom
    }

    private mutating func send(_ message: borrowing NewMessage, to queue: QueueName) throws(Rejection) -> Outcome {
        do throws(Rejection) {
            return try sendWhole(message, to: queue)
        } catch .messageTooLarge where message.spareAttributes > 0 {
            return try sendWhole(message.withoutSpareAttributes, to: queue)
        }
    }

    private mutating func sendWhole(
        _ message: borrowing NewMessage, to queue: QueueName
    ) throws(Rejection) -> Outcome {
        let target = try core.queueID(named: queue)
        let entry = try core.prepareSend(to: target, message, now: now)
        if let original = core.original(of: entry) {
            return .reply(.sent(SentMessage(id: original.id, sentAt: original.sentAt, sequence: original.number)))
        }
        guard try commit(entry, message) else { return .noRoom }
        let id = core.messageID(slot: entry.slot, number: entry.number)
        return .reply(.sent(SentMessage(id: id, sentAt: entry.sentAt, sequence: entry.number)))
    }

    /// Policies and tags are as long as many messages. More of them is refused like new messages are: they stay in
    /// memory and in every snapshot, of which there are three for a while.
    private mutating func changeSettings(_ entry: ChangeSettingsEntry) throws(Rejection) -> Outcome {
        let (bytes, growth) = (EntryCodec.size(.changeSettings(entry)), core.growth(by: entry))
        if growth > 0 {
            try requireMemory()
            try requireSpace(for: .growth, bytes + 3 * growth)
        } else {
            try requireSpace(for: .receive, bytes)
        }
        return done(.changeSettings(entry))
    }

    private mutating func pause(_ entry: PauseQueueEntry) throws(Rejection) -> Outcome {
        try requireSpace(for: .receive, EntryCodec.size(.pauseQueue(entry)))
        return done(.pauseQueue(entry))
    }

    private mutating func delete(_ handle: ReceiptHandle, in queue: QueueName) throws(Rejection) -> Outcome {
        let id = try core.queueID(named: queue)
        return try delete(core.prepareDelete(handle, in: id))
    }

    private mutating func delete(_ message: MessageID, in queue: QueueName) throws(Rejection) -> Outcome {
        let id = try core.queueID(named: queue)
        return delete(core.prepareDelete(message, in: id))
    }

    private mutating func delete(_ entry: DeleteEntry?) -> Outcome {
        guard let entry else { return .reply(.done) }
        return done(.delete(entry))
    }

    private mutating func giveBack(_ handle: ReceiptHandle, in queue: QueueName) throws(Rejection) -> Outcome {
        let id = try core.queueID(named: queue)
        guard let entry = try core.prepareGiveBack(handle, in: id) else { return .reply(.done) }
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

    private mutating func renew(
        _ handle: ReceiptHandle, in queue: QueueName, _ timeout: Milliseconds
    ) throws(Rejection) -> Outcome {
        let id = try core.queueID(named: queue)
        guard let entry = try core.prepareRenew(handle, in: id, timeout: timeout, now: now) else {
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
            lines.noteCreated(entry.queue, named: KeyName(queue: queue))
            return .reply(.queue(describe(entry.queue)))
        }
    }
}

// MARK: - From a list

extension Engine {
    private mutating func adopt(_ queue: QueueName, _ adoption: Adoption) throws(Rejection) -> Outcome {
        let steps = try core.prepareAdoption(
            of: queue, adoption, now: now, bytesMax: log.payloadBytesMax, frameBytes: Self.frameBytesMax)
        do throws(Rejection) {
            guard try commit(steps) else { return .noRoom }
        } catch .messageTooLarge(let bytes, let max) {
            throw .cannotAdopt(queue, reason: Broker.tooLarge(bytes: bytes, max: max))
        }
        for case .entry(.keys(let entry)) in steps { note(entry) }
        let id = try core.queueID(named: queue)
        lines.noteCreated(id, named: KeyName(queue: queue))
        return .reply(.queue(describe(id)))
    }
}

// MARK: - Looking

extension Engine {
    /// `count`: how many queues are described for one reply.
    private func describe(_ id: UInt32, count: Int = 1) -> QueueInfo {
        let groups = min(Broker.describedGroupsMax, Broker.listedGroupsMax / max(count, 1))
        var info = core.describe(id, now: now, groups: groups)
        info.waiters = lines.count(of: id)
        return info
    }

    private func listWaiters(_ limit: Int) throws(Rejection) -> Outcome {
        let accepted = 1...Limits.receiveMessagesMax
        guard accepted.contains(limit) else { throw .invalidCount(limit, accepted: accepted) }
        let waiters = lines.oldestReceives(limit).compactMap { waiter -> WaitingReceive? in
            guard case .receive(_, let name, _) = waiter.wish else { return nil }
            return WaitingReceive(
                queue: name, door: tally.door(of: waiter.receiver), since: waiter.since, until: waiter.deadline)
        }
        return .reply(.waiters(waiters, total: lines.count - lines.keyWaiterCount))
    }

    private func listQueues(_ prefix: String, _ after: QueueName?, _ limit: Int) throws(Rejection) -> Outcome {
        let accepted = 1...Limits.receiveMessagesMax
        guard accepted.contains(limit) else { throw .invalidCount(limit, accepted: accepted) }
        let (ids, more) = core.listQueues(prefix: prefix, after: after, limit: limit)
        return .reply(.queues(ids.map { describe($0, count: ids.count) }, more: more))
    }

    private func listDeadLetterSources(
        _ queue: QueueName, _ after: QueueName?, _ limit: Int
    ) throws(Rejection) -> Outcome {
        let accepted = 1...Limits.receiveMessagesMax
        guard accepted.contains(limit) else { throw .invalidCount(limit, accepted: accepted) }
        let target = try core.queueID(named: queue)
        let (ids, more) = core.deadLetterSources(of: target, after: after, limit: limit)
        return .reply(.queues(ids.map { describe($0, count: ids.count) }, more: more))
    }

    private mutating func peek(
        _ queue: QueueName, _ options: PeekOptions, _ token: UInt64, _ receiver: Int
    ) throws(Rejection) -> Outcome {
        let accepted = 1...Limits.receiveMessagesMax
        guard accepted.contains(options.count) else { throw .invalidCount(options.count, accepted: accepted) }
        let id = try core.queueID(named: queue)
        let peeked = core.peek(id, options.state, fromTail: options.from == .tail, count: options.count)
        let messages = peeked.map { OutgoingMessage(peeked: $0) }
        return begin(OutgoingReply(receiver: receiver, token: token, kind: .peeked(peeked), messages: messages))
    }

    private mutating func browse(
        _ queue: QueueName, _ options: BrowseOptions, _ token: UInt64, _ receiver: Int
    ) throws(Rejection) -> Outcome {
        let accepted = 1...Limits.receiveMessagesMax
        guard accepted.contains(options.count) else { throw .invalidCount(options.count, accepted: accepted) }
        let id = try core.queueID(named: queue)
        let (found, next) = core.browse(
            id, options.state, fromTail: options.from == .tail, count: options.count, after: options.after)
        let messages = found.map { OutgoingMessage(peeked: $0) }
        return begin(
            OutgoingReply(receiver: receiver, token: token, kind: .browsed(found, next: next), messages: messages))
    }

    private mutating func look(
        _ queue: QueueName, _ id: MessageID, _ token: UInt64, _ receiver: Int
    ) throws(Rejection) -> Outcome {
        let place = try core.queueID(named: queue)
        guard let found = core.look(at: id, in: place) else { throw .messageNotAvailable }
        return begin(
            OutgoingReply(
                receiver: receiver, token: token, kind: .peeked([found]), messages: [OutgoingMessage(peeked: found)]))
    }

    /// The name of a group stands in its messages: one of each is read.
    private mutating func listGroups(
        _ queue: QueueName, _ after: BrowsePlace?, _ limit: Int, _ token: UInt64, _ receiver: Int
    ) throws(Rejection) -> Outcome {
        let accepted = 1...Limits.receiveMessagesMax
        guard accepted.contains(limit) else { throw .invalidCount(limit, accepted: accepted) }
        let id = try core.queueID(named: queue)
        let (found, next) = core.groups(of: id, after: after, limit: limit)
        let messages = found.map { group -> OutgoingMessage in
            guard let message = group.message else { return .unreadable }
            return OutgoingMessage(peeked: message)
        }
        return begin(
            OutgoingReply(receiver: receiver, token: token, kind: .groups(found, next: next), messages: messages))
    }
}

extension OutgoingMessage {
    /// In the place of one that cannot be read.
    fileprivate static var unreadable: Self { Self(slot: 0, number: 0, location: .none, body: .left) }

    fileprivate init(peeked: Broker.Peeked) {
        self.init(slot: peeked.slot, number: peeked.number, location: peeked.location)
        if peeked.state == .damaged {
            body = .here(MessageContent(sentAt: peeked.availableAt, attributes: [], body: []))
        }
    }
}
