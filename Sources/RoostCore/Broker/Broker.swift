package import RoostModel

/// What the core was configured with.
package struct BrokerConfiguration: Sendable {
    package var sealingKey: SealingKey
    /// No queue takes larger messages, whatever its settings say.
    package var messageBytesMax: Int

    package init(sealingKey: SealingKey, messageBytesMax: Int = Limits.messageBytesMaxDefault) {
        self.sealingKey = sealingKey
        self.messageBytesMax = messageBytesMax
    }
}

/// The core: every queue and the place of every message, as one value.
///
/// It is a state machine in three verbs. `prepare…` checks a request and makes the entry that would carry it out, with
/// time, ids and choices in it, and changes nothing. The entry goes to the log. `apply` carries it out, and decides
/// nothing: live and after a restart it is the same call with the same entry. Questions (`describe`, `peek`) change
/// nothing.
///
/// There is no clock, no disk, no randomness here: time and keys come in as arguments. Bodies are not here either; the
/// core knows where in the log they lie. The cost of an operation does not grow with the number of messages or queues.
package struct Broker: Sendable {
    var queues = QueueTable()
    var groups = GroupTable()
    var index = MessageIndex()
    var burials = BurialTable()
    var moves = MoveTable()
    package internal(set) var databases: Databases
    /// Ends of delays and leases.
    var messageTimers = TimerWheel()
    /// Ends of the retention of the oldest message of each queue.
    var queueTimers = TimerWheel()
    /// The same for groups.
    var groupTimers = TimerWheel()

    /// The number of the next message.
    var nextNumber: UInt64 = 1
    /// Numbers have 48 bits, in slots as in ids and handles.
    static let numberMax: UInt64 = 1 << 48 - 1
    /// The next place at the end of a queue; one counter for all queues.
    var nextOrder: UInt64 = 1
    var deduplication = DeduplicationTable()
    /// Queues with `rearmFrom`.
    var queuesToRearm: [UInt32] = []
    /// Of the next queue or group.
    var nextBirth: UInt64 = 1
    /// From here on places are kept for messages whose delay ends: no new messages, and what is given back returns to
    /// its old place.
    static let orderReserve: UInt64 = numberMax - (1 << 31)
    /// Numbers are used up after 2^48 messages. What comes too late is refused, and never counted round.
    var hasNumbers: Bool { nextNumber <= Self.numberMax && nextOrder < Self.orderReserve }

    /// Sums over all queues that exist.
    package internal(set) var counts = MessageCounts()
    /// Sums over all queues that ever existed.
    package internal(set) var totals = MessageTotals()

    /// No message expires before this moment, whatever the clock says: time for somebody to notice a clock that is
    /// wrong. It belongs to this run and is in no log and no image; only `prepareTick` and `nextTick` look at it.
    package var retentionHeldUntil: BrokerTime?

    let configuration: BrokerConfiguration
    let idSeal: MessageIDSeal
    let handleSeal: ReceiptHandleSeal
    let groupSeal: GroupSeal
    let deduplicationSeal: DeduplicationSeal
    private let anchor = AddressAnchor()

    package init(configuration: BrokerConfiguration) {
        self.configuration = configuration
        databases = Databases(configuration.sealingKey)
        idSeal = MessageIDSeal(configuration.sealingKey)
        handleSeal = ReceiptHandleSeal(configuration.sealingKey)
        groupSeal = GroupSeal(configuration.sealingKey)
        deduplicationSeal = DeduplicationSeal(configuration.sealingKey)
    }

    /// Queues that exist.
    package var queueCount: Int { queues.liveCount }
    /// Messages held, those that wait to be freed included.
    package var messageCount: Int { index.count }
    package var indexBytes: Int { index.residentBytes + groups.residentBytes + burials.residentBytes }
    /// Queues, with names and settings.
    package var queueBytes: Int { queues.residentBytes }
    package var deduplicationBytes: Int { deduplication.residentBytes }
    /// All of them in one look.
    package var memory: (index: Int, keys: Int, deduplication: Int) {
        (indexBytes + queueBytes, keyBytes, deduplicationBytes)
    }

    /// The id under which the queue is known in entries and effects.
    package func queueID(named name: QueueName) throws(Rejection) -> UInt32 {
        guard let id = queues.id(named: name) else { throw .queueDoesNotExist(name) }
        return id
    }

    package func queueName(_ id: UInt32) -> QueueName? { queues.isLive(id) ? queues[id].name : nil }

    /// Whether a receive from this queue would get a message.
    package func hasDeliverable(_ id: UInt32) -> Bool {
        queues.isLive(id) && queues[id].pause == nil && queues[id].hasDeliverable
    }

    package func settings(of id: UInt32) -> QueueSettings { queues[id].settings }

    package func receiveWait(of id: UInt32) -> Milliseconds { queues[id].settings.receiveWait }

    package func messageID(slot: UInt32, number: UInt64) -> MessageID {
        idSeal.seal(slot: slot, number: number)
    }
}

/// What an entry did beyond the core's own state. The engine empties it after each entry.
package struct Effects: Sendable {
    /// Records that no message needs any more.
    package var released: [BodyLocation] = []
    /// Queues that may have got a message to deliver. May name one twice.
    package var readyQueues: [UInt32] = []
    /// Queues that were deleted: their waiters have to be told.
    package var deletedQueues: [UInt32] = []

    package init() {}

    package mutating func removeAll() {
        released.removeAll(keepingCapacity: true)
        readyQueues.removeAll(keepingCapacity: true)
        deletedQueues.removeAll(keepingCapacity: true)
    }
}

extension Broker {
    /// Carries out an entry. `location`: where its record lies; kept for sends and moves only.
    ///
    /// Throws when the entry does not fit the state: then log and state do not belong together, and neither is used on.
    package mutating func apply(
        _ entry: borrowing Entry, at location: BodyLocation, effects: inout Effects
    ) throws(EntryMismatch) {
        switch entry {
        case .createQueue(let entry): try apply(entry)
        case .deleteQueue(let entry): try apply(entry, &effects)
        case .purgeQueue(let entry): try apply(entry)
        case .changeSettings(let entry): try apply(entry)
        case .pauseQueue(let entry): try apply(entry)
        case .resumeQueue(let entry): try apply(entry, &effects)
        case .send(let entry): try apply(entry, at: location, &effects)
        case .lease(let entry): try apply(entry)
        case .delete(let entry): try apply(entry, &effects)
        case .changeVisibility(let entry): try apply(entry, &effects)
        case .move(let entry): try apply(entry, at: location, &effects)
        case .damage(let entry): try apply(entry)
        case .transfer(let entry): try apply(entry, &effects)
        case .bury(let entry): try apply(entry)
        case .kick(let entry): try apply(entry, &effects)
        case .startMove(let entry): try apply(entry)
        case .endMove(let entry): try apply(entry)
        case .tick(let entry): try apply(entry, &effects)
        case .keys(let entry): try apply(entry)
        case .take(let entry): try apply(entry, &effects)
        // It says something of the records behind it, which are carried out one by one.
        case .transaction: break
        }
    }

    func requireLive(_ queue: UInt32, _ kind: EntryKind) throws(EntryMismatch) {
        guard queues.isLive(queue) else { throw EntryMismatch(kind: kind, reason: "there is no queue \(queue)") }
    }

    /// A message that can be delivered, deleted or extended: in use, not purged, its queue not deleted.
    func isAlive(_ slot: UInt32) -> Bool {
        guard index.isUsed(slot), index[slot].place != .dead else { return false }
        let owner = index[slot].owner
        guard !owner.isGroup else { return isAlive(group: owner.id) }
        return queues.isLive(owner.id) && index[slot].number >= queues[owner.id].purgedBelow
    }

    /// Whether the group was not purged, nor its queue deleted.
    func isAlive(group: UInt32) -> Bool {
        let queue = groups[group].queue
        return queues.isLive(queue) && groups[group].birth >= queues[queue].groupsBornFrom
    }

    /// The queue that a message in use stands in.
    @inline(__always)
    func queue(of slot: UInt32) -> UInt32 { queue(of: index[slot].owner) }

    @inline(__always)
    func queue(of owner: Owner) -> UInt32 { owner.isGroup ? groups[owner.id].queue : owner.id }

    /// Changes the lane that a message stands in.
    @inline(__always)
    mutating func withLane(_ owner: Owner, _ change: (inout Lane, inout MessageIndex) -> Void) {
        if owner.isGroup {
            change(&groups[owner.id].lane, &index)
        } else {
            change(&queues[owner.id].lane, &index)
        }
    }

    func requireAlive(_ slot: UInt32, number: UInt64? = nil, _ kind: EntryKind) throws(EntryMismatch) {
        guard isAlive(slot), number == nil || index[slot].number == number else {
            throw EntryMismatch(kind: kind, reason: "there is no such message in slot \(slot)")
        }
    }
}

// MARK: - Counting

extension Broker {
    /// Counts messages of a queue, and of all.
    mutating func count(_ queue: UInt32, _ state: MessageState, _ difference: Int) {
        queues[queue].counts[state] += difference
        counts[state] += difference
        if state == .ready { queues.noteReady(queue, difference) }
    }

    mutating func countTotal(_ queue: UInt32, _ count: (inout MessageTotals) -> Void) {
        count(&queues[queue].totals)
        count(&totals)
    }

    /// The message is ready or in flight in its queue from now on, or (-1) not any more.
    mutating func countIfOftenReceived(_ slot: UInt32, _ difference: Int) {
        guard index[slot].receiveCount >= Limits.oftenReceivedMin else { return }
        queues[queue(of: slot)].oftenReceived += difference
    }

    /// For a broker made from an image.
    mutating func restoreOftenReceived() {
        for (queue, count) in oftenReceivedByQueue() { queues[queue].oftenReceived = count }
    }

    private func oftenReceivedByQueue() -> [UInt32: Int] {
        var counts: [UInt32: Int] = [:]
        index.forEachUsed { slot in
            guard index[slot].receiveCount >= Limits.oftenReceivedMin, isAlive(slot),
                isReady(slot) || index[slot].place == .inFlight
            else { return }
            counts[queue(of: slot), default: 0] += 1
        }
        return counts
    }
}
