import RoostCore
import RoostModel
import RoostStorage

/// Between which records, and at which times, a request may have been carried out.
struct Window {
    var sequences: ClosedRange<UInt64>
    var times: ArraySlice<Int64>
}

extension Books {
    /// Checks a reply. Throws when no permitted course of events leads to it.
    mutating func reply(_ token: UInt64, _ result: Result<StorageReply, Rejection>) throws(Mismatch) {
        guard let index = calls.firstIndex(where: { $0.token == token }) else {
            throw Mismatch("a reply to request \(token), which is answered or was never made")
        }
        // Where results wait for the write alone, those of before may still leave.
        try require(!hasFailed || acknowledgesWrites, "a reply to request \(token) left after the log had failed")
        repliesCount += 1
        // Why it was refused, the model cannot know beforehand: it took the record of a later request for its own.
        if case .failure(let rejection) = result, calls[index].record != nil,
            isPermitted(rejection, calls[index].request), !reassign(refused: index)
        {
            throw Mismatch("reply to \(calls[index].request.brief): refused (\(rejection)), but it left a record")
        }
        let call = calls[index]
        if let record = call.record { noteAnswered(record) }
        do throws(Mismatch) {
            switch result {
            case .failure(let rejection): try refused(call, index, rejection)
            case .success(let reply): try accepted(call, index, reply)
            }
        } catch {
            throw Mismatch("reply to \(call.request.brief): \(error.text)")
        }
        // Its record still tells between which records the requests around it happened.
        if let record = calls.remove(at: index).record { bound(after: index, record) }
    }

    /// The request at `index` and its record are gone; those behind it came later.
    private mutating func bound(after index: Int, _ record: UInt64) {
        for later in calls.indices where later >= index && calls[later].carriedOutAt == nil {
            calls[later].submittedAfter = max(calls[later].submittedAfter, record)
        }
    }

    func window(_ call: Call, _ index: Int) -> Window {
        var low = max(call.submittedAfter, base)
        var high = newest
        if !call.isUnordered {
            for earlier in calls.prefix(index) { low = max(low, earlier.record ?? 0) }
            for later in calls.dropFirst(index + 1) {
                if let record = later.records.first?.sequence { high = min(high, record - 1) }
            }
        }
        if let time = call.carriedOutAt { return Window(sequences: min(low, high)...high, times: [time]) }
        let times = turns.dropFirst(call.submittedTurn)
        return Window(sequences: min(low, high)...high, times: times.isEmpty ? turns.suffix(1) : times)
    }

    /// Finds a state and a time in which `check` passes, and counts it as known from then on.
    mutating func find(
        _ call: Call, _ index: Int, _ check: (ModelState, BrokerTime) throws(Mismatch) -> Void
    ) throws(Mismatch) {
        let window = window(call, index)
        var problem = Mismatch("no turn was run")
        for sequence in window.sequences {
            let next = sequence < newest ? moment(sequence + 1).time : Int64.max
            let from = moment(sequence).time
            for time in window.times where time <= next && time >= from {
                do throws(Mismatch) {
                    try check(moment(sequence).state, BrokerTime(milliseconds: time))
                    return noteAnswered(sequence)
                } catch {
                    problem = error
                }
            }
        }
        throw problem
    }

    // MARK: refusals

    private mutating func refused(_ call: Call, _ index: Int, _ rejection: Rejection) throws(Mismatch) {
        try require(call.record == nil, "refused (\(rejection)), but there is a record of it")
        if case .keys(let request) = call.request, let watch = request.watch { keyBooks.watches[watch] = nil }
        if isPermitted(rejection, call.request) { return }
        try find(call, index) { [self] (state, now) throws(Mismatch) in
            guard case .refusal(let expected) = state.outlook(for: call.request, at: now, self) else {
                throw Mismatch("refused with \(rejection), but there is no reason for it")
            }
            try requireEqual(rejection, expected, "refusal")
        }
    }

    /// Refusals for reasons that the model does not follow.
    private func isPermitted(_ rejection: Rejection, _ request: StorageRequest) -> Bool {
        switch (rejection, request) {
        case (.shuttingDown, _): isEnding
        case (.outOfDiskSpace, .delete), (.outOfDiskSpace, .deleteByID), (.outOfDiskSpace, .purgeQueue),
            (.outOfDiskSpace, .deleteQueue):
            mayBeFull && isReserveUsedUp
        case (.outOfDiskSpace, .keys(let request)):
            mayBeFull && (isReserveUsedUp || !request.commands.allSatisfy(\.removesKeys))
        case (.outOfDiskSpace, _): mayBeFull
        case (.busy, .receive), (.busy, .peek): mayBeUnread
        case (.busy, .keys(let request)): mayBeUnread && request.mayReadBodies
        case (.outOfMemory, .send), (.outOfMemory, .createQueue), (.outOfMemory, .bury),
            (.outOfMemory, .changeSettings), (.outOfMemory, .keys), (.outOfMemory, .watch):
            hasMemoryLimit
        case (.messageTooLarge(let bytes, let max), .keys): bytes > max && max >= messageBytesMax / 2
        default: false
        }
    }

    // MARK: acceptances

    private mutating func accepted(_ call: Call, _ index: Int, _ reply: StorageReply) throws(Mismatch) {
        switch (call.request, reply) {
        case (.send(let queue, let message), .sent(let sent)):
            if call.record == nil { return try duplicate(call, index, queue, message, sent) }
            try sentReply(call, queue, sent)
        case (.receive(let queue, let options), .received(let messages)):
            if messages.isEmpty {
                try emptyReceive(call, index, queue, options)
            } else if !(try receivedAgain(call, index, queue, options, messages)) {
                try received(queue, options, messages)
            }
        case (.createQueue(let name, _), .queue(let info)):
            if call.record != nil { return try created(call, name, info) }
            try find(call, index) { [self] (state, now) throws(Mismatch) in
                guard case .answer = state.outlook(for: call.request, at: now, self) else {
                    throw Mismatch("a queue is found that should have been made or refused")
                }
                try state.check(info, name, at: now)
            }
        case (.describeQueue(let name), .queue(let info)):
            try find(call, index) { (state, now) throws(Mismatch) in try state.check(info, name, at: now) }
        case (.listQueues(let prefix, let after, let limit), .queues(let infos, let more)):
            try find(call, index) { (state, now) throws(Mismatch) in
                try state.check(infos, more, prefix: prefix, after: after, limit: limit, at: now)
            }
        case (.peek(let name, let options), .peeked(let messages)):
            let newest = state
            try find(call, index) { [self] (state, _) throws(Mismatch) in
                try state.check(messages, name, options, newest: newest, self)
            }
        case (.kick, .count(let count)), (.kickByID, .count(let count)), (.moveByID, .count(let count)):
            try counted(call, index, count)
        case (.startMove, .moveTask(let task)), (.cancelMove, .moveTask(let task)): try told(call, task)
        case (.listMoves(let name, let limit), .moveTasks(let tasks)):
            try find(call, index) { (state, _) throws(Mismatch) in
                let expected = state.queue(named: name).map { state.tasks(from: $0, limit) }
                try requireEqual(tasks, expected, "moves out of \(name)")
            }
        case (.listDeadLetterSources(let name, let after, let limit), .queues(let infos, let more)):
            try find(call, index) { (state, now) throws(Mismatch) in
                let found = state.sources(of: name).filter { name in after.map { $0 < name } ?? true }
                try state.check(infos, more, found, limit: limit, at: now)
            }
        case (.keys(let request), .keys(let replies)):
            try keysReply(call, index, request, replies.map(\.inParts))
        case (.keys(let request), .watchBroken): try watchBroke(request)
        case (.watch(let database, let names, let old), .watching(let number)):
            try watching(call, index, database, names, under: old, number)
        case (.unwatch(let number), .done): keyBooks.watches[number] = nil
        case (.keys, _), (.watch, _), (.unwatch, _), (.send, _), (.receive, _), (.createQueue, _),
            (.describeQueue, _), (.listQueues, _), (.peek, _), (.kick, _), (.kickByID, _), (.moveByID, _),
            (.startMove, _), (.cancelMove, _), (.listMoves, _),
            (.listDeadLetterSources, _):
            throw Mismatch("a reply of another kind: \(reply)")
        default: try done(call, index, reply)
        }
    }

    private mutating func done(_ call: Call, _ index: Int, _ reply: StorageReply) throws(Mismatch) {
        try requireEqual(reply, .done, "reply")
        guard call.record == nil else { return }
        if let record = recordTakenForUnread(call, index) { return noteAnswered(record) }
        try find(call, index) { [self] (state, now) throws(Mismatch) in
            guard case .nothing = state.outlook(for: call.request, at: now, self) else {
                throw Mismatch("done, but there is no record of it")
            }
        }
    }

    /// Its record may have been taken for that of a message that could not be read and went back unasked. In a FIFO
    /// queue the request would be refused after it.
    private func recordTakenForUnread(_ call: Call, _ index: Int) -> UInt64? {
        guard mayBeUnread, case .changeVisibility(_, let handle, .zero) = call.request, let issued = issued(handle)
        else { return nil }
        return window(call, index).sequences.first { sequence in
            guard case .visibility(issued.number, nil) = moment(sequence).note else { return false }
            return true
        }
    }

    private mutating func counted(_ call: Call, _ index: Int, _ count: Int) throws(Mismatch) {
        guard call.record == nil else {
            var sum = 0
            for (_, note) in call.records {
                switch note {
                case .kicked(_, let numbers), .transferred(_, _, let numbers, _): sum += numbers.count
                default: throw Mismatch("its record is not that of a kick or a move")
                }
            }
            try requireEqual(count, sum, "number of messages that it was done to")
            return try checkAllMoved(call)
        }
        try requireEqual(count, 0, "number of messages that it was done to, without a record")
        try find(call, index) { [self] (state, now) throws(Mismatch) in
            guard case .nothing = state.outlook(for: call.request, at: now, self) else {
                throw Mismatch("nothing was kicked or moved, but there was something")
            }
        }
    }

    /// There is room for a few records of some slots at any time.
    private func checkAllMoved(_ call: Call) throws(Mismatch) {
        guard case .moveByID(let name, let target, let ids) = call.request, let record = call.record else { return }
        let after = moment(record).state
        let left = after.queue(named: name).map { after.moves(ids, from: $0, to: target, self) } ?? []
        try require(left.isEmpty, "messages \(left.map(\.number)) were not moved")
    }

    private mutating func told(_ call: Call, _ task: MoveTask) throws(Mismatch) {
        switch call.result {
        case .startedMove(let expected), .endedMove(let expected): try requireEqual(task, expected, "task")
        default: throw Mismatch("accepted, but there is no record of it")
        }
    }

    /// The message is there already, or was: id, number and time are those of the first one.
    private mutating func duplicate(
        _ call: Call, _ index: Int, _ queue: QueueName, _ message: NewMessage, _ sent: SentMessage
    ) throws(Mismatch) {
        let opened = idSeal.open(sent.id)
        try find(call, index) { (state, now) throws(Mismatch) in
            guard let queue = state.queue(named: queue), let first = state.original(of: message, in: queue, at: now)
            else { throw Mismatch("accepted, but there is no record of it, nor of one that it repeats") }
            try requireEqual(opened?.number, first.number, "number in the id of the first message")
            try requireEqual(opened?.slot, first.slot, "slot in the id of the first message")
            try requireEqual(sent.sequence, first.number, "sequence of the first message")
            try requireEqual(sent.sentAt, first.sentAt, "time at which the first message was sent")
        }
    }

    private mutating func sentReply(_ call: Call, _ queue: QueueName, _ sent: SentMessage) throws(Mismatch) {
        guard let record = call.record, case .sent(_, _, let number, _) = call.result else {
            throw Mismatch("accepted, but there is no record of it")
        }
        try requireEqual(sent.sentAt.milliseconds, moment(record).time, "time of the send")
        try requireEqual(idSeal.open(sent.id)?.number, number, "number in the message id")
        try requireEqual(sent.sequence, number, "sequence of the message")
        ids.append((queue, sent.id, number))
    }

    private func created(_ call: Call, _ name: QueueName, _ info: QueueInfo) throws(Mismatch) {
        let moment = moment(call.record ?? base)
        try moment.state.check(info, name, at: BrokerTime(milliseconds: moment.time))
    }

    private mutating func received(
        _ queue: QueueName, _ options: ReceiveOptions, _ messages: [ReceivedMessage]
    ) throws(Mismatch) {
        let numbers = messages.map { idSeal.open($0.id)?.number ?? 0 }
        let place = leases.firstIndex { lease in
            lease.queue == queue
                && lease.messages.contains {
                    $0.number == numbers[0] && $0.receiveCount == messages[0].receiveCount
                        && $0.firstReceivedAt == messages[0].firstReceivedAt
                }
        }
        guard let place else { throw Mismatch("messages \(numbers) were given out, and there is no record of it") }
        let lease = leases.remove(at: place)
        try require(
            lease.queue == queue && Self.fits(lease, options), "the lease of \(numbers) was for another request")
        try noteAttempt(options, lease)
        try require(!lease.isRefused, "messages \(numbers) were given out, but some of their lease went back unasked")
        noteAnswered(lease.sequence)
        try checkLeft(lease, numbers)
        let leased = lease.messages.filter { numbers.contains($0.number) }
        try requireEqual(numbers, leased.map(\.number), "messages in the reply, and their order")
        for (message, expected) in zip(messages, leased) {
            try check(message, expected, lease)
            try issue(message.handle, expected, lease)
        }
    }

    /// A message that was leased and is not in the reply must be gone or damaged by now.
    func checkLeft(_ lease: Lease, _ numbers: [UInt64]) throws(Mismatch) {
        for message in lease.messages where !numbers.contains(message.number) {
            let now = state.find(number: message.number)?.message.state
            try require(
                now == nil || now == .damaged || permits.damage,
                "message \(message.number) was leased, and is missing in the reply with \(numbers)")
        }
    }

    func check(_ message: ReceivedMessage, _ expected: ModelMessage, _ lease: Lease) throws(Mismatch) {
        let name = "message \(expected.number)"
        try require(message.body == expected.message.body, "\(name) has another body")
        try require(message.attributes == expected.message.attributes, "\(name) has other attributes")
        try requireEqual(message.sentAt, expected.sentAt, "\(name): sent at")
        try requireEqual(message.receiveCount, expected.receiveCount, "\(name): receive count")
        try requireEqual(message.firstReceivedAt, expected.firstReceivedAt ?? lease.at, "\(name): first received at")
        try requireEqual(message.sequence, expected.number, "\(name): sequence")
        try requireEqual(message.group, expected.message.group, "\(name): group")
        try requireEqual(
            message.deduplicationID, expected.message.deduplication?.id, "\(name): id for duplicates")
        try requireEqual(message.labels, expected.message.labels, "\(name): labels")
        try requireEqual(
            message.deadLetterSource, lease.sources[expected.number], "\(name): queue that it is a dead letter of")
    }

    private mutating func issue(
        _ handle: ReceiptHandle, _ message: ModelMessage, _ lease: Lease
    ) throws(Mismatch) {
        if lease.isGivenAgain, isIssued(handle, message) { return }
        try issue(
            IssuedHandle(
                handle: handle, queue: lease.queue, queueID: lease.queueID, number: message.number,
                ofMessage: message.handle, leasedAt: lease.at))
    }

    private mutating func emptyReceive(
        _ call: Call, _ index: Int, _ queue: QueueName, _ options: ReceiveOptions
    ) throws(Mismatch) {
        if isEnding || permits.damage || call.isCancelled { return }
        let waited = (turns.last ?? 0) - (call.firstTurn ?? 0)
        do throws(Mismatch) {
            try find(call, index) { [self] (state, now) throws(Mismatch) in
                try Self.empty(waited, options, queue, state)
                let again = state.queue(named: queue).flatMap { repeatable(options, $0, state, now) }
                try require(
                    again == nil || options.wait != .zero, "empty, but what it was given before is still held")
            }
        } catch {
            // What was leased for it may have been removed before it could be read.
            let isGone = leases.contains { lease in
                lease.queue == queue && Self.fits(lease, options) && !lease.isRefused
                    && lease.messages.allSatisfy { state.find(number: $0.number) == nil }
            }
            if !isGone { throw error }
        }
    }

    private static func empty(
        _ waited: Int64, _ options: ReceiveOptions, _ queue: QueueName, _ state: ModelState
    ) throws(Mismatch) {
        guard let found = state.queue(named: queue) else { throw Mismatch("empty, but there is no such queue") }
        let wait = options.wait ?? found.settings.receiveWait
        guard wait > .zero else {
            return try require(!found.isDeliverable, "empty, but there are messages to deliver")
        }
        try require(waited >= wait.count, "empty after \(waited) ms, but it was to wait \(wait.count) ms")
    }
}

// MARK: - Questions

extension ModelState {
    func check(_ info: QueueInfo, _ name: QueueName, at now: BrokerTime) throws(Mismatch) {
        guard let queue = queue(named: name) else { throw Mismatch("queue \(name) is described, and does not exist") }
        var expected = describe(queue)
        expected.waiters = info.waiters
        expected.oldestMessageAge = queue.oldestAvailable.map { max(now - $0, .zero) }
        try requireEqual(info, expected, "description of \(name)")
    }

    func check(
        _ infos: [QueueInfo], _ more: Bool, prefix: String, after: QueueName?, limit: Int, at now: BrokerTime
    ) throws(Mismatch) {
        let found = queues.map(\.name).filter { $0.text.hasPrefix(prefix) }
            .filter { name in after.map { $0 < name } ?? true }.sorted()
        try check(infos, more, found, limit: limit, at: now)
    }

    func check(
        _ infos: [QueueInfo], _ more: Bool, _ found: [QueueName], limit: Int, at now: BrokerTime
    ) throws(Mismatch) {
        try requireEqual(infos.map(\.name), Array(found.prefix(limit)), "queues")
        try requireEqual(more, found.count > limit, "whether there are more queues")
        for info in infos { try check(info, info.name, at: now) }
    }

    /// `newest`: bodies may come from the disk, and a message that is gone by then is left out.
    func check(
        _ messages: [PeekedMessage], _ name: QueueName, _ options: PeekOptions, newest: ModelState, _ books: Books
    ) throws(Mismatch) {
        guard let queue = queue(named: name) else { throw Mismatch("queue \(name) is looked into, and does not exist") }
        let wish = PeekWish(state: options.state, fromTail: options.from == .tail, count: options.count)
        let numbers = messages.map { books.idSeal.open($0.id)?.number ?? 0 }
        let expected = peek(queue, wish).filter { message in
            if numbers.contains(message.number) { return true }
            let now = newest.find(number: message.number)?.message.state
            let isGone = now == nil || now == .damaged && message.state != .damaged
            return !(isGone || books.permits.damage && message.state != .damaged)
        }
        try requireEqual(numbers, expected.map(\.number), "messages of \(name) that are \(options.state)")
        for (message, expected) in zip(messages, expected) { try check(message, expected) }
    }

    private func check(_ message: PeekedMessage, _ expected: ModelMessage) throws(Mismatch) {
        let name = "message \(expected.number)"
        try requireEqual(message.state, expected.state, "\(name): state")
        try requireEqual(message.receiveCount, expected.receiveCount, "\(name): receive count")
        if expected.state == .damaged {
            return try require(message.body.isEmpty, "\(name) is damaged, and has a body")
        }
        try require(message.body == expected.message.body, "\(name) has another body")
        try require(message.attributes == expected.message.attributes, "\(name) has other attributes")
        try requireEqual(message.sentAt, expected.sentAt, "\(name): sent at")
        try requireEqual(message.due, expected.isTimed ? expected.due : nil, "\(name): due")
        try requireEqual(message.group, expected.message.group, "\(name): group")
        try requireEqual(message.burial, expected.burial, "\(name): why it was buried")
        try requireEqual(message.buriedAt, expected.buriedAt, "\(name): when it was buried")
        try requireEqual(message.deadLetterSource, source(of: expected), "\(name): queue that it is a dead letter of")
    }
}
