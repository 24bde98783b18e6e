import RoostModel

/// A rule that does not hold, in words.
struct Mismatch: Error, Sendable {
    var text: String
    init(_ text: String) { self.text = text }
}

func require(_ condition: Bool, _ text: @autoclosure () -> String) throws(Mismatch) {
    if !condition { throw Mismatch(text()) }
}

func requireEqual<Value: Equatable>(
    _ actual: Value, _ expected: Value, _ what: @autoclosure () -> String
) throws(Mismatch) {
    if actual != expected { throw Mismatch("\(what()): expected \(expected), found \(actual)") }
}

struct ModelMessage: Sendable {
    var number: UInt64
    var slot: UInt32
    /// The queue that its record names, wherever the message went since.
    var sentTo: UInt32
    var message: NewMessage
    var sentAt: BrokerTime
    var availableAt: BrokerTime
    var state: MessageState
    /// End of the delay or the lease.
    var due: BrokerTime
    var receiveCount: UInt32 = 0
    var firstReceivedAt: BrokerTime?
    var burial: Burial?
    var buriedAt: BrokerTime?
    /// Handles are void from the next one on; a transfer takes one too.
    var handle = 0
    /// Since it came to this queue.
    var isReceivedHere = false
    /// It came from another queue.
    var isMovedHere = false
    var group: ModelGroup?
}

extension ModelMessage {
    var isTimed: Bool { state == .delayed || state == .inFlight }
}

/// What queues do, as plainly as it can be written: arrays and linear search, nothing shared with the core.
///
/// A queue is one line: messages in flight keep their place in it, so that `redelivery: front` needs no order numbers.
/// It changes by records of the log, one after the other; each is checked first for whether it may be there.
struct ModelQueue: Sendable {
    let id: UInt32
    /// Which queue of all there ever were.
    let serial: Int
    let name: QueueName
    var settings: QueueSettings
    let createdAt: BrokerTime
    var modifiedAt: BrokerTime
    var pause: Pause?
    var totals = MessageTotals()
    /// Ready, in-flight and buried messages in the order of delivery.
    var line: [ModelMessage] = []
    /// Their numbers and those of damaged ones, in the order in which they became available.
    var ages: [UInt64] = []
    /// In the order of sending.
    var delayed: [ModelMessage] = []
    /// In the order in which they were found damaged.
    var damaged: [ModelMessage] = []
    /// Numbers of messages of the line, in the order of burial.
    var burials: [UInt64] = []
    /// Groups that have messages, in the order of their beginning.
    var groups: [ModelGroup] = []
    /// Groups with something to deliver, the next one first.
    var turns: [ModelGroup] = []
    /// Groups that come before the messages without a group.
    var turnsBeforeOthers = 0
    /// The next number when the queue was last purged.
    var purgedBelow: UInt64 = 0

    var readyCount: Int { line.reduce(0) { $0 + ($1.state == .ready ? 1 : 0) } }
    var isDeliverable: Bool { pause == nil && deliverableCount > 0 }

    var counts: MessageCounts {
        let ready = readyCount
        return MessageCounts(
            ready: ready, inFlight: line.count - ready - burials.count, delayed: delayed.count,
            damaged: damaged.count, buried: burials.count)
    }

    var oftenReceivedCount: Int { line.count { $0.state != .buried && $0.receiveCount >= Limits.oftenReceivedMin } }

    /// Availability of the oldest message that is ready, in flight or buried.
    var oldestAvailable: BrokerTime? {
        for number in ages {
            if let message = line.first(where: { $0.number == number }) { return message.availableAt }
        }
        return nil
    }

    func message(_ number: UInt64) -> ModelMessage? {
        line.first { $0.number == number } ?? delayed.first { $0.number == number }
            ?? damaged.first { $0.number == number }
    }

    /// Numbers come again after a crash if what was answered need not survive; with another slot it is another message.
    func message(_ number: UInt64, slot: UInt32) -> ModelMessage? {
        message(number).flatMap { $0.slot == slot ? $0 : nil }
    }

    mutating func remove(_ number: UInt64) {
        line.removeAll { $0.number == number }
        delayed.removeAll { $0.number == number }
        damaged.removeAll { $0.number == number }
        ages.removeAll { $0 == number }
        burials.removeAll { $0 == number }
        forgetEmptyGroups()
        refreshTurns()
    }

    /// The lease or the wish of a receiver ended: back into the line.
    mutating func giveBack(_ place: Int) {
        line[place].state = .ready
        totals.returned += 1
        if settings.redelivery == .back { line.append(line.remove(at: place)) }
        refreshTurns()
    }

    mutating func bury(_ number: UInt64, _ burial: Burial, _ now: BrokerTime) {
        guard let place = line.firstIndex(where: { $0.number == number }) else { return }
        line[place].state = .buried
        line[place].burial = burial
        line[place].buriedAt = now
        burials.append(number)
        refreshTurns()
    }

    /// To its old place, also where what failed goes to the end.
    mutating func kick(_ number: UInt64) {
        guard let place = line.firstIndex(where: { $0.number == number }) else { return }
        line[place].state = .ready
        line[place].isReceivedHere = false
        line[place].burial = nil
        line[place].buriedAt = nil
        burials.removeAll { $0 == number }
        totals.returned += 1
        refreshTurns()
    }

    func expired(at now: BrokerTime) -> [ModelMessage] {
        guard settings.retention != .unlimited else { return [] }
        return ages.compactMap { number in
            line.first { $0.number == number && $0.availableAt + settings.retention <= now }
        }
    }
}

struct ModelState: Sendable {
    var queues: [ModelQueue] = []
    /// Slots of messages that were purged and may not be freed yet.
    var deadSlots: [UInt32] = []
    var lastNumber: UInt64 = 0
    var queuesMade = 0
    /// What was sent to FIFO queues, in the order of sending.
    var remembered: [RememberedMessage] = []
    /// In the order of their ids.
    var tasks: [ModelTask] = []
    var lastTask: UInt64 = 0
    var keys = ModelKeys()

    func index(named name: QueueName) -> Int? { queues.firstIndex { $0.name == name } }
    func queue(named name: QueueName) -> ModelQueue? { queues.first { $0.name == name } }

    func index(id: UInt32) throws(Mismatch) -> Int {
        guard let index = queues.firstIndex(where: { $0.id == id }) else { throw Mismatch("there is no queue \(id)") }
        return index
    }

    /// The living message in this slot.
    func find(slot: UInt32) -> (queue: Int, message: ModelMessage)? {
        for index in queues.indices {
            if let message = queues[index].line.first(where: { $0.slot == slot })
                ?? queues[index].delayed.first(where: { $0.slot == slot })
                ?? queues[index].damaged.first(where: { $0.slot == slot })
            {
                return (index, message)
            }
        }
        return nil
    }

    func find(number: UInt64) -> (queue: Int, message: ModelMessage)? {
        for index in queues.indices {
            if let message = queues[index].message(number) { return (index, message) }
        }
        return nil
    }

    func living(slot: UInt32, number: UInt64) throws(Mismatch) -> (queue: Int, message: ModelMessage) {
        guard let found = find(slot: slot), found.message.number == number else {
            throw Mismatch("a record names message \(number) in slot \(slot), which does not live")
        }
        return found
    }

    /// What time has to end now: messages whose delay or lease is over.
    func due(at now: BrokerTime) -> [ModelMessage] {
        queues.flatMap { queue in
            (queue.delayed + queue.line).filter { $0.isTimed && $0.due <= now }
        }
    }

    func describe(_ queue: ModelQueue) -> QueueInfo {
        QueueInfo(
            name: queue.name, settings: queue.settings, createdAt: queue.createdAt, modifiedAt: queue.modifiedAt,
            counts: queue.counts, totals: queue.totals, oldestMessageAge: nil, pause: queue.pause, waiters: 0,
            oftenReceived: queue.oftenReceivedCount)
    }

    func peek(_ queue: ModelQueue, _ options: PeekWish) -> [ModelMessage] {
        var messages =
            switch options.state {
            case .delayed: queue.grouped(queue.delayed)
            case .ready where queue.groups.isEmpty: queue.line.filter { $0.state == .ready }
            case .ready, .inFlight:
                queue.grouped(
                    queue.ages.compactMap { number in
                        queue.line.first { $0.number == number && $0.state == options.state }
                    })
            case .damaged: queue.damaged
            case .buried: queue.burials.compactMap { queue.message($0) }
            }
        if options.fromTail { messages.reverse() }
        return Array(messages.prefix(options.count))
    }
}

struct PeekWish {
    var state: MessageState
    var fromTail: Bool
    var count: Int
}
