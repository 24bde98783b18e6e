import RoostCore
import RoostModel

/// Messages that go to another queue.
extension ReferenceBroker {
    /// What a receive would hand out once too often, and the queue for it.
    func deadLetters(of id: UInt32, maximum: Int) -> (target: UInt32, serials: [Int])? {
        guard let queue = position(id: id), let target = deadLetterTarget(of: queues[queue]) else { return nil }
        if queues[queue].pause != nil { return nil }
        var copy = self
        let next = copy.next(min(max(maximum, 1), 1000), of: queue)
        let serials = next.filter { isDeadLetter($0, of: queues[queue]) }
        return serials.isEmpty ? nil : (target, serials)
    }

    /// Takes the turns of what a receive gets: all up to the first that is to be moved.
    mutating func takeTurns(_ maximum: Int, of queue: Int) -> [Int] {
        var copy = self
        let all = copy.next(maximum, of: queue)
        let wanted = all.prefix { !isDeadLetter($0, of: queues[queue]) }
        return next(wanted.count, of: queue)
    }

    private func isDeadLetter(_ serial: Int, of queue: Queue) -> Bool {
        guard deadLetterTarget(of: queue) != nil else { return false }
        return isReceivedTooOften(serial, in: queue)
    }

    func isReceivedTooOften(_ serial: Int, in queue: Queue) -> Bool {
        guard let policy = queue.settings.deadLetters else { return false }
        return queue.line.contains {
            $0.serial == serial && $0.receiveCount >= policy.receivesMax && $0.isReceivedHere
        }
    }

    /// A queue of the same type that has this name now, whenever it was made.
    private func deadLetterTarget(of queue: Queue) -> UInt32? {
        queues.first {
            $0.name == queue.settings.deadLetters?.target && $0.id != queue.id
                && $0.settings.isFIFO == queue.settings.isFIFO
        }?.id
    }

    mutating func transfer(
        _ serials: [Int], from source: UInt32, to target: UInt32, _ purpose: TransferEntry.Purpose, now: BrokerTime
    ) {
        guard let from = position(id: source), let to = position(id: target) else { return }
        for serial in serials {
            guard var message = queues[from].line.first(where: { $0.serial == serial }) else { continue }
            remove(serial, from: from)
            queues[from].totals.movedOut += 1
            queues[to].totals.movedIn += 1
            message.availableAt = now
            message.firstReceivedAt = message.firstReceivedAt.map { Self.held($0, from: now) }
            message.isReceivedHere = false
            message.handle += 1
            message.group = group(of: message, from, to, purpose)
            if purpose == .redrive {
                message.receiveCount = 0
                message.firstReceivedAt = nil
            }
            enter(message.group, to)
            queues[to].line.append(message)
            queues[to].ages.append(serial)
            if !queues[to].settings.isFIFO { woken.insert(target) }
            refreshTurns(to)
        }
    }

    /// What is older than the last purge of a queue stands apart from the messages without a group that were sent to
    /// it.
    private func group(of message: Message, _ from: Int, _ to: Int, _ purpose: TransferEntry.Purpose) -> Group? {
        let name = message.group?.name
        if purpose == .deadLetter { return Group(name: name, origin: queues[from].serial) }
        return name == nil && message.serial > queues[to].purgedThrough ? nil : Group(name: name)
    }

    mutating func enter(_ group: Group?, _ queue: Int) {
        if let group, !queues[queue].groups.contains(group) { queues[queue].groups.append(group) }
    }

    /// A first receive as it is held: the span from when the message became available has 31 bits either way, 24 days.
    static func held(_ time: BrokerTime, from start: BrokerTime) -> BrokerTime {
        start + Milliseconds(min(max((time - start).count, -2_147_483_648), 2_147_483_647))
    }

    /// The queue that the message is a dead letter of, if it is there.
    func origin(of message: Message) -> Queue? { queues.first { $0.serial == message.group?.origin } }
}

// MARK: - Settings

extension ReferenceBroker {
    func checkDeadLetters(
        _ name: QueueName, _ change: QueueSettingsChange, _ settings: QueueSettings
    ) throws(Rejection) {
        if case .these(let names) = settings.deadLetterSources, names.count > 10 {
            throw .tooManyDeadLetterSources(names.count, max: 10)
        }
        guard let named = change.deadLetters, let policy = named else { return }
        if !(1...1000).contains(policy.receivesMax) {
            throw .invalidReceivesMax(policy.receivesMax, accepted: 1...1000)
        }
        if let reason = refusal(of: policy.target, for: name, settings) {
            throw .invalidDeadLetterTarget(policy.target, reason: reason)
        }
    }

    private func refusal(of target: QueueName, for name: QueueName, _ settings: QueueSettings) -> String? {
        if target == name { return "it is the queue itself" }
        guard let target = queues.first(where: { $0.name == target })?.settings else { return "there is no such queue" }
        if target.isFIFO != settings.isFIFO { return "both queues must be FIFO, or both standard" }
        let isAllowed =
            switch target.deadLetterSources {
            case .all: true
            case .none: false
            case .these(let names): names.contains(name)
            }
        return isAllowed ? nil : "it does not allow this source"
    }
}
