import RoostCore
import RoostModel
import RoostStorage

/// What a receive with a name was given. Those of one name stand in the order of their records: the last one counts.
struct Attempt: Sendable {
    var name: String
    var lease: Lease
}

/// A receive that is made again with the name of an earlier one gets the same messages with the same handles, however
/// many it asks for, as long as all of them are held with these handles, and for five minutes. Names are forgotten with
/// the process.
extension Books {
    static let attemptWindow = Milliseconds(300_000)

    /// What a receive would be given again.
    func repeatable(
        _ options: ReceiveOptions, _ queue: ModelQueue, _ state: ModelState, _ now: BrokerTime
    ) -> Lease? {
        guard let name = options.attempt else { return nil }
        let attempt = attempts.last { $0.name == name && $0.lease.queueID == queue.id }
        return attempt.flatMap { Self.isRepeatable($0.lease, state, now) ? $0.lease : nil }
    }

    private static func isRepeatable(_ lease: Lease, _ state: ModelState, _ now: BrokerTime) -> Bool {
        now - lease.at < attemptWindow && lease.messages.allSatisfy { isHeld($0, state) }
    }

    /// What a receive got in the end, that is what the next one of its name gets.
    mutating func noteAttempt(_ options: ReceiveOptions, _ lease: Lease) throws(Mismatch) {
        guard let name = options.attempt else { return }
        let earlier = attempts.last {
            $0.name == name && $0.lease.queueID == lease.queueID && $0.lease.sequence < lease.sequence
        }
        if let earlier, Self.isRepeatable(earlier.lease, moment(lease.sequence - 1).state, lease.at) {
            throw Mismatch("new messages for \(name), which still holds \(earlier.lease.messages.map(\.number))")
        }
        // Replies come in another order than leases when bodies have to be read.
        let place = attempts.firstIndex { $0.lease.sequence > lease.sequence } ?? attempts.count
        attempts.insert(Attempt(name: name, lease: lease), at: place)
    }

    /// Leases that may be those of earlier receives of this name: some are not answered yet.
    private func candidates(_ name: String, _ queue: QueueName) -> [Lease] {
        let unanswered = leases.filter { lease in
            lease.queue == queue
                && calls.contains { call in
                    guard case .receive(queue, let options) = call.request else { return false }
                    return options.attempt == name && Self.fits(lease, options)
                }
        }
        return attempts.filter { $0.name == name && $0.lease.queue == queue }.map(\.lease) + unanswered
    }

    /// The visibility timeout of what is given again begins anew.
    func isHeldAgain(_ note: RecordNote, _ before: ModelState, _ now: BrokerTime) -> Bool {
        guard case .visibility(let number, .some(let deadline)) = note else { return false }
        return calls.contains { call in
            guard case .receive(let name, let options) = call.request, let attempt = options.attempt,
                let queue = before.queue(named: name),
                deadline == now + (options.visibilityTimeout ?? queue.settings.visibilityTimeout)
            else { return false }
            return candidates(attempt, name).contains { lease in
                lease.messages.contains { $0.number == number } && Self.isRepeatable(lease, before, now)
            }
        }
    }

    /// False: these messages are not given out again.
    mutating func receivedAgain(
        _ call: Call, _ index: Int, _ queue: QueueName, _ options: ReceiveOptions, _ messages: [ReceivedMessage]
    ) throws(Mismatch) -> Bool {
        guard let name = options.attempt, let first = messages.first else { return false }
        let numbers = messages.map { idSeal.open($0.id)?.number ?? 0 }
        let found = candidates(name, queue).first { lease in
            // One that is not answered yet and fits is this receive's own.
            let isOwed = leases.contains { $0.sequence == lease.sequence }
            return lease.messages.contains { message in
                message.number == numbers[0] && message.receiveCount == first.receiveCount
                    && (isOwed ? !Self.fits(lease, options) : isIssued(first.handle, message))
            }
        }
        guard let lease = found else { return false }
        try find(call, index) { (state, now) throws(Mismatch) in
            try require(Self.isRepeatable(lease, state, now), "messages \(numbers) are given out again, and changed")
        }
        try checkLeft(lease, numbers)
        let leased = lease.messages.filter { numbers.contains($0.number) }
        try requireEqual(numbers, leased.map(\.number), "messages that are given out again, and their order")
        for (message, expected) in zip(messages, leased) { try checkAgain(message, expected, lease) }
        if let place = leases.firstIndex(where: { $0.sequence == lease.sequence }) { leases[place].isGivenAgain = true }
        replaysCount += 1
        return true
    }

    private mutating func checkAgain(
        _ message: ReceivedMessage, _ expected: ModelMessage, _ lease: Lease
    ) throws(Mismatch) {
        var told = message
        // The queue that it is a dead letter of may be gone since, or be another one of that name.
        let isThere = state.queues.contains { $0.serial == expected.group?.origin }
        if told.deadLetterSource == nil, !isThere { told.deadLetterSource = lease.sources[expected.number] }
        try check(told, expected, lease)
        if isIssued(message.handle, expected) { return }
        try issue(
            IssuedHandle(
                handle: message.handle, queue: lease.queue, queueID: lease.queueID, number: expected.number,
                ofMessage: expected.handle, leasedAt: lease.at))
    }

    /// This handle, for this lease of this message.
    func isIssued(_ handle: ReceiptHandle, _ message: ModelMessage) -> Bool {
        issued(handle).map { $0.number == message.number && $0.ofMessage == message.handle } ?? false
    }
}

extension NewMessage {
    /// Whether this is what is kept of the other one.
    func isStored(of wanted: NewMessage) -> Bool {
        body == wanted.body && attributes == wanted.attributes && group == wanted.group
            && deduplication?.id == wanted.deduplication?.id && labels == wanted.labels
    }
}
