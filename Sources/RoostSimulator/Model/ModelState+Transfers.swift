import RoostCore
import RoostModel

/// Messages that go to another queue.
extension ModelState {
    mutating func transfer(_ entry: TransferEntry, _ now: BrokerTime) throws(Mismatch) -> RecordNote {
        try requireEqual(entry.at, now, "time of a transfer")
        try require(!entry.slots.isEmpty, "a transfer of nothing")
        let (from, to) = (try index(id: entry.from), try index(id: entry.to))
        try require(from != to, "queue \(queues[from].name) takes its own messages")
        try requireEqual(
            queues[from].settings.isFIFO, queues[to].settings.isFIFO,
            "type of \(queues[from].name), whose messages go to \(queues[to].name)")
        var numbers: [UInt64] = []
        for slot in entry.slots {
            guard let (queue, message) = find(slot: slot), queue == from, message.state == .ready else {
                throw Mismatch("slot \(slot) goes to another queue, and nothing is ready there")
            }
            numbers.append(message.number)
        }
        if entry.purpose == .deadLetter {
            try requireEqual(entry.move, 0, "move that dead letters belong to")
            let dead = deadLetters(of: queues[from])
            try requireEqual(dead?.target, to, "queue of dead letters of \(queues[from].name)")
            try requireEqual(
                numbers, Array((dead?.numbers ?? []).prefix(numbers.count)), "dead letters of \(queues[from].name)")
        }
        let task = entry.move == 0 ? nil : try moveOn(entry.move, numbers, from, to, now)
        for number in numbers { transfer(number, from, to, entry.purpose, now) }
        if let task { return .movedOn(task) }
        return .transferred(queues[from].name, queues[to].name, numbers, isDeadLetter: entry.purpose == .deadLetter)
    }

    mutating func transfer(
        _ number: UInt64, _ from: Int, _ to: Int, _ purpose: TransferEntry.Purpose, _ now: BrokerTime
    ) {
        guard var message = queues[from].message(number) else { return }
        queues[from].remove(number)
        queues[from].totals.movedOut += 1
        queues[to].totals.movedIn += 1
        message.availableAt = now
        message.handle += 1
        message.isReceivedHere = false
        message.isMovedHere = true
        switch purpose {
        case .deadLetter:
            message.group = ModelGroup(name: message.group?.name, origin: queues[from].serial)
            // Held as a span of 24 days either way.
            let most: Int64 = 2_147_483_648
            message.firstReceivedAt = message.firstReceivedAt.map { now + Milliseconds(max(($0 - now).count, -most)) }
        case .redrive:
            let standsApart = message.group?.name != nil || number < queues[to].purgedBelow
            message.group = standsApart ? ModelGroup(name: message.group?.name) : nil
            message.receiveCount = 0
            message.firstReceivedAt = nil
        }
        queues[to].enter(message)
    }

    /// What a receive would hand out once too often, in the order of delivery, and where it goes. Nil: there is no
    /// queue of that name.
    ///
    /// - Parameter maximum: of the messages that are looked at.
    func deadLetters(of queue: ModelQueue, among maximum: Int? = nil) -> (target: Int, numbers: [UInt64])? {
        guard let policy = queue.settings.deadLetters, let target = index(named: policy.target),
            queues[target].id != queue.id, queue.pause == nil,
            queues[target].settings.isFIFO == queue.settings.isFIFO
        else { return nil }
        var copy = queue
        let numbers = copy.next(maximum ?? queue.readyCount).filter { number in
            queue.message(number).map { $0.receiveCount >= policy.receivesMax && $0.isReceivedHere } ?? false
        }
        return (target, numbers)
    }

    /// The queue that the message is a dead letter of, if it is there.
    func source(of message: ModelMessage) -> QueueName? {
        guard let origin = message.group?.origin else { return nil }
        return queues.first { $0.serial == origin }?.name
    }

    func checkDeadLetters(
        _ change: QueueSettingsChange, _ settings: QueueSettings, of name: QueueName
    ) -> Rejection? {
        if case .these(let names) = settings.deadLetterSources, names.count > 10 {
            return .tooManyDeadLetterSources(names.count, max: 10)
        }
        guard let named = change.deadLetters, let policy = named else { return nil }
        if !(1...1000).contains(policy.receivesMax) {
            return .invalidReceivesMax(policy.receivesMax, accepted: 1...1000)
        }
        if policy.target == name { return .invalidDeadLetterTarget(policy.target, reason: "it is the queue itself") }
        guard let target = queue(named: policy.target) else {
            return .invalidDeadLetterTarget(policy.target, reason: "there is no such queue")
        }
        if target.settings.isFIFO != settings.isFIFO {
            return .invalidDeadLetterTarget(policy.target, reason: "both queues must be FIFO, or both standard")
        }
        let isAllowed =
            switch target.settings.deadLetterSources {
            case .all: true
            case .none: false
            case .these(let names): names.contains(name)
            }
        return isAllowed ? nil : .invalidDeadLetterTarget(policy.target, reason: "it does not allow this source")
    }

    /// Where each goes that is ready, in the order of the ids.
    func moves(
        _ ids: [MessageID], from queue: ModelQueue, to target: QueueName?, _ books: Books
    ) -> [(number: UInt64, to: QueueName)] {
        var found: [(number: UInt64, to: QueueName)] = []
        for id in ids {
            guard let opened = books.idSeal.open(id), let message = queue.message(opened.number, slot: opened.slot),
                message.state == .ready, !found.contains(where: { $0.number == message.number }),
                let goal = target ?? source(of: message)
            else { continue }
            found.append((message.number, goal))
        }
        return found
    }
}
