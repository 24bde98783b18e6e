import RoostModel

/// What queues do, as plainly as it can be written: arrays, linear search, nothing shared with the core.
///
/// It states the rules in another way than the core does, so that both are unlikely to be wrong alike. A queue is one
/// line: messages in flight keep their place in it, so that `redelivery: front` needs no order numbers at all.
struct ReferenceBroker {
    /// What takes turns: messages of one name, and of one queue that they are dead letters of.
    struct Group: Hashable {
        var name: String?
        /// Which queue of all there ever were.
        var origin: Int?
    }

    struct Message {
        let serial: Int
        var group: Group?
        var state: MessageState
        /// While delayed: meaningless.
        var availableAt: BrokerTime
        /// End of the delay or lease.
        var due: BrokerTime
        /// Which deadline was set first.
        var timerSerial = 0
        var receiveCount: UInt32 = 0
        var firstReceivedAt: BrokerTime?
        var burial: Burial?
        var buriedAt: BrokerTime?
        /// Handles of the message are void from the next one on.
        var handle = 0
        /// Since it came to this queue.
        var isReceivedHere = false
    }

    struct Queue {
        let id: UInt32
        /// Which queue of all there ever were.
        let serial: Int
        let name: QueueName
        var settings: QueueSettings
        let createdAt: BrokerTime
        var modifiedAt: BrokerTime
        var pause: Pause?
        var totals = MessageTotals()
        /// Ready and in-flight messages in the order of delivery.
        var line: [Message] = []
        /// Their serials, in the order in which they became available.
        var ages: [Int] = []
        /// In the order of sending.
        var delayed: [Message] = []
        /// In the order in which the damage was found.
        var damaged: [Message] = []
        /// Serials of the messages of the line that are buried, in the order of burial.
        var burials: [Int] = []
        /// Groups that have messages, in the order of their beginning.
        var groups: [Group] = []
        /// Groups with something to deliver, the next one first.
        var turns: [Group] = []
        /// Groups that come before the messages without a group.
        var turnsBeforeOthers = 0
        /// The newest message when the queue was last purged.
        var purgedThrough = 0

        var all: [Message] { line + delayed + damaged }
    }

    var queues: [Queue] = []
    private var lastSerial = 0
    private var lastQueue = 0
    private var lastTimer = 0
    /// Totals of the queues that were deleted.
    private var pastTotals: [MessageTotals] = []
    /// Queues in which a message became ready since this was last emptied.
    var woken: Set<UInt32> = []

    static let twelveHours = Milliseconds(43_200_000)
}

// MARK: - Queues

extension ReferenceBroker {
    func position(named name: QueueName) throws(Rejection) -> Int {
        for position in queues.indices where queues[position].name == name { return position }
        throw .queueDoesNotExist(name)
    }

    func position(id: UInt32) -> Int? { queues.firstIndex { $0.id == id } }

    /// Nil when the queue is there with these settings; else those that it is to be made with.
    func settingsForNew(_ name: QueueName, _ change: QueueSettingsChange) throws(Rejection) -> QueueSettings? {
        guard let position = try? position(named: name) else {
            let settings = try checked(change.applied(to: QueueSettings()))
            try checkDeadLetters(name, change, settings)
            return settings
        }
        let present = queues[position].settings
        if let difference = change.firstDifference(from: present) {
            throw .queueExists(name, difference: difference)
        }
        return nil
    }

    mutating func create(_ id: UInt32, _ name: QueueName, _ settings: QueueSettings, now: BrokerTime) {
        lastQueue += 1
        queues.append(
            Queue(id: id, serial: lastQueue, name: name, settings: settings, createdAt: now, modifiedAt: now))
    }

    mutating func deleteQueue(_ name: QueueName) throws(Rejection) {
        pastTotals.append(queues.remove(at: try position(named: name)).totals)
    }

    mutating func purge(_ name: QueueName) throws(Rejection) {
        let position = try position(named: name)
        queues[position].line = []
        queues[position].ages = []
        queues[position].delayed = []
        queues[position].damaged = []
        queues[position].burials = []
        queues[position].groups = []
        queues[position].turns = []
        queues[position].turnsBeforeOthers = 0
        queues[position].purgedThrough = lastSerial
    }

    mutating func change(_ name: QueueName, _ change: QueueSettingsChange, now: BrokerTime) throws(Rejection) {
        let position = try position(named: name)
        let settings = change.applied(to: queues[position].settings)
        if settings.isFIFO != queues[position].settings.isFIFO { throw .queueTypeIsFixed }
        try checkDeadLetters(name, change, try checked(settings))
        queues[position].settings = settings
        queues[position].modifiedAt = now
    }

    mutating func pause(_ name: QueueName, _ reason: String, now: BrokerTime) throws(Rejection) {
        let position = try position(named: name)
        guard reason.utf8.count <= 1024 else { throw .reasonTooLong(bytes: reason.utf8.count, max: 1024) }
        queues[position].pause = Pause(reason: reason, since: now)
    }

    mutating func resume(_ name: QueueName) throws(Rejection) {
        queues[try position(named: name)].pause = nil
    }

    private func checked(_ settings: QueueSettings) throws(Rejection) -> QueueSettings {
        let hundredYears: Int64 = 3_162_240_000_000
        let rules: [(QueueSetting, Int64, ClosedRange<Int64>)] = [
            (.visibilityTimeout, settings.visibilityTimeout.count, 0...Self.twelveHours.count),
            (.delay, settings.delay.count, 0...hundredYears),
            (.retention, settings.retention.count, 1...Int64.max),
            (.maximumMessageBytes, Int64(settings.maximumMessageBytes), 1...16_777_216),
            (.receiveWait, settings.receiveWait.count, 0...3_600_000),
        ]
        for (setting, value, accepted) in rules where !accepted.contains(value) {
            throw .invalidSetting(setting, value: value, accepted: accepted)
        }
        if settings.isFIFO, settings.redelivery == .back { throw .backInFIFO }
        let bytes = settings.properties.map { $0.utf8.count + $1.utf8.count + 16 }.reduce(0, +)
        if bytes > 49_152 { throw .propertiesTooLong(bytes: bytes, max: 49_152) }
        return settings
    }
}

// MARK: - Messages

extension ReferenceBroker {
    mutating func send(
        to id: UInt32, _ message: NewMessage, now: BrokerTime
    ) throws(Rejection) -> (serial: Int, availableAt: BrokerTime)? {
        guard let queue = position(id: id) else { return nil }
        if message.body.isEmpty { throw .messageEmpty }
        let bytesMax = queues[queue].settings.maximumMessageBytes
        if message.countedBytes > bytesMax { throw .messageTooLarge(bytes: message.countedBytes, max: bytesMax) }
        let delay = message.delay ?? queues[queue].settings.delay
        let delayMax = Milliseconds(3_162_240_000_000)
        if delay < .zero || delay > delayMax { throw .invalidDelay(delay, max: delayMax) }
        if message.group == nil, queues[queue].settings.isFIFO { throw .missingGroup }
        if let bytes = message.group?.utf8.count, bytes < 1 || bytes > 128 {
            throw .invalidGroup(bytes: bytes, max: 128)
        }
        lastSerial += 1
        let group = message.group.map { Group(name: $0) }
        var new = Message(serial: lastSerial, group: group, state: .ready, availableAt: now, due: now + delay)
        if queues[queue].settings.isFIFO,
            let last = queues[queue].delayed.filter({ $0.group == new.group }).map(\.due).max()
        {
            // Whatever is sent behind a delayed message waits for it, late ones included.
            new.due = max(now + max(delay, Milliseconds(1)), last)
        }
        enter(new.group, queue)
        if new.due == now {
            queues[queue].line.append(new)
            queues[queue].ages.append(new.serial)
            if !queues[queue].settings.isFIFO { woken.insert(id) }
        } else {
            new.state = .delayed
            new.timerSerial = nextTimer()
            queues[queue].delayed.append(new)
        }
        queues[queue].totals.sent += 1
        refreshTurns(queue)
        return (new.serial, new.due)
    }

    /// The messages leased, as they are then.
    mutating func lease(
        from id: UInt32, maximum: Int, timeout: Milliseconds?, now: BrokerTime
    ) throws(Rejection) -> [Message] {
        guard let queue = position(id: id) else { return [] }
        if !(1...1000).contains(maximum) { throw .invalidCount(maximum, accepted: 1...1000) }
        let timeout = timeout ?? queues[queue].settings.visibilityTimeout
        try checkVisibility(timeout)
        if queues[queue].pause != nil { return [] }
        var leased: [Message] = []
        for serial in takeTurns(maximum, of: queue) {
            guard let place = queues[queue].line.firstIndex(where: { $0.serial == serial }) else { continue }
            hide(queue, place, until: now + timeout)
            queues[queue].line[place].receiveCount += 1
            queues[queue].line[place].handle += 1
            if queues[queue].line[place].firstReceivedAt == nil {
                queues[queue].line[place].firstReceivedAt = Self.held(now, from: queues[queue].line[place].availableAt)
            }
            leased.append(queues[queue].line[place])
        }
        refreshTurns(queue)
        queues[queue].totals.received += UInt64(leased.count)
        return leased
    }

    /// False when there was nothing to delete. Nil as handle deletes whatever the newest handle is.
    mutating func delete(_ serial: Int, handle: Int?, in id: UInt32) throws(Rejection) -> Bool {
        guard let queue = position(id: id) else { return false }
        if let place = queues[queue].line.firstIndex(where: { $0.serial == serial }) {
            if let handle {
                if queues[queue].line[place].handle != handle { return false }
                let isOver = queues[queue].line[place].state != .inFlight
                if isOver, queues[queue].settings.isFIFO { throw .receiptHandleExpired }
            }
        } else if let place = queues[queue].damaged.firstIndex(where: { $0.serial == serial }) {
            if let handle, queues[queue].damaged[place].handle != handle { return false }
        } else if handle != nil || !queues[queue].delayed.contains(where: { $0.serial == serial }) {
            return false
        }
        remove(serial, from: queue)
        queues[queue].totals.deleted += 1
        return true
    }

    /// False when the message is ready and was to be made ready.
    mutating func changeVisibility(
        _ serial: Int, receivedAt: BrokerTime, in id: UInt32, to timeout: Milliseconds, now: BrokerTime
    ) throws(Rejection) -> Bool {
        try checkVisibility(timeout)
        guard let queue = position(id: id), let place = queues[queue].line.firstIndex(where: { $0.serial == serial })
        else { throw .messageNotAvailable }
        if queues[queue].line[place].state == .buried { throw .messageNotAvailable }
        if queues[queue].line[place].state == .inFlight {
            // The handle holds 16 bits of the second of its receive: what was held 18.2 hours looks new again.
            let held = (now.milliseconds / 1000 - receivedAt.milliseconds / 1000) % 65_536
            let left = Milliseconds(max(Self.twelveHours.count - held * 1000, 0))
            if timeout > left { throw .invalidVisibilityTimeout(timeout, max: left) }
        } else if queues[queue].settings.isFIFO {
            throw .messageNotAvailable
        } else if timeout == .zero {
            return false
        }
        if timeout == .zero { giveBack(queue, place) } else { hide(queue, place, until: now + timeout) }
        refreshTurns(queue)
        return true
    }

    /// False when this handle does not hold the message any more.
    mutating func giveBack(_ serial: Int, handle: Int, in id: UInt32) -> Bool {
        guard let queue = position(id: id),
            let place = queues[queue].line.firstIndex(where: {
                $0.serial == serial && $0.state == .inFlight && $0.handle == handle
            })
        else { return false }
        giveBack(queue, place)
        refreshTurns(queue)
        return true
    }

    private func checkVisibility(_ timeout: Milliseconds) throws(Rejection) {
        if timeout < .zero || timeout > Self.twelveHours {
            throw .invalidVisibilityTimeout(timeout, max: Self.twelveHours)
        }
    }

    private mutating func hide(_ queue: Int, _ place: Int, until due: BrokerTime) {
        queues[queue].line[place].state = .inFlight
        queues[queue].line[place].due = due
        queues[queue].line[place].isReceivedHere = true
        queues[queue].line[place].timerSerial = nextTimer()
    }

    private mutating func giveBack(_ queue: Int, _ place: Int) {
        queues[queue].line[place].state = .ready
        queues[queue].totals.returned += 1
        if !queues[queue].settings.isFIFO { woken.insert(queues[queue].id) }
        if queues[queue].settings.redelivery == .back {
            queues[queue].line.append(queues[queue].line.remove(at: place))
        }
    }

    /// False when it is gone or known to be damaged.
    mutating func damage(_ serial: Int) -> Bool {
        for queue in queues.indices {
            let candidates = queues[queue].line + queues[queue].delayed
            guard var message = candidates.first(where: { $0.serial == serial }) else { continue }
            takeOut(serial, from: queue)
            message.state = .damaged
            queues[queue].damaged.append(message)
            refreshTurns(queue)
            return true
        }
        return false
    }

    mutating func remove(_ serial: Int, from queue: Int) {
        takeOut(serial, from: queue)
        let inUse = queues[queue].all.compactMap(\.group)
        queues[queue].groups.removeAll { !inUse.contains($0) }
        refreshTurns(queue)
    }

    private mutating func takeOut(_ serial: Int, from queue: Int) {
        queues[queue].damaged.removeAll { $0.serial == serial }
        queues[queue].line.removeAll { $0.serial == serial }
        queues[queue].delayed.removeAll { $0.serial == serial }
        queues[queue].ages.removeAll { $0 == serial }
        queues[queue].burials.removeAll { $0 == serial }
    }

    private mutating func nextTimer() -> Int {
        lastTimer += 1
        return lastTimer
    }
}

// MARK: - Turns

extension ReferenceBroker {
    /// What a receive gets, and whose turn it is then.
    mutating func next(_ maximum: Int, of queue: Int) -> [Int] {
        var serials: [Int] = []
        if queues[queue].settings.isFIFO {
            for group in queues[queue].turns { serials += deliverable(queues[queue], group) }
            return Array(serials.prefix(maximum))
        }
        var others = queues[queue].line.filter { $0.state == .ready && $0.group == nil }.map(\.serial)
        while serials.count < maximum {
            if !others.isEmpty, queues[queue].turnsBeforeOthers == 0 || queues[queue].turns.isEmpty {
                serials.append(others.removeFirst())
                queues[queue].turnsBeforeOthers = queues[queue].turns.count
            } else if !queues[queue].turns.isEmpty {
                let group = queues[queue].turns.removeFirst()
                let left = deliverable(queues[queue], group).filter { !serials.contains($0) }
                serials += left.prefix(1)
                if left.count > 1 { queues[queue].turns.append(group) }
                queues[queue].turnsBeforeOthers = max(queues[queue].turnsBeforeOthers - 1, 0)
            } else {
                break
            }
        }
        return serials
    }

    /// What may be delivered of a group, first one first.
    func deliverable(_ queue: Queue, _ group: Group) -> [Int] {
        guard queue.settings.isFIFO else {
            return queue.line.filter { $0.state == .ready && $0.group == group }.map(\.serial)
        }
        var serials: [Int] = []
        if queue.damaged.contains(where: { $0.group == group }) { return [] }
        let members = queue.line.filter { $0.group == group }
        for message in queue.ages.compactMap({ serial in members.first { $0.serial == serial } }) {
            if message.state != .ready { break }
            serials.append(message.serial)
        }
        return serials
    }

    func hasDeliverable(_ queue: Queue) -> Bool {
        if queue.pause != nil { return false }
        guard queue.settings.isFIFO else { return queue.line.contains { $0.state == .ready } }
        return queue.groups.contains { !deliverable(queue, $0).isEmpty }
    }

    /// Groups that have something to deliver now stand behind those that had before.
    mutating func refreshTurns(_ queue: Int) {
        let before = queues[queue]
        queues[queue].turns = before.turns.filter { !deliverable(before, $0).isEmpty }
        for group in queues[queue].groups where !queues[queue].turns.contains(group) {
            if deliverable(queues[queue], group).isEmpty { continue }
            queues[queue].turns.append(group)
            woken.insert(queues[queue].id)
        }
    }
}

// MARK: - Time

extension ReferenceBroker {
    /// Serials of the messages whose delay or lease is over, first deadline first, then first set first.
    func due(at now: BrokerTime) -> [Int] {
        queues.flatMap { $0.delayed + $0.line.filter { $0.state == .inFlight } }
            .filter { $0.due <= now }
            .sorted { ($0.due, $0.timerSerial) < ($1.due, $1.timerSerial) }
            .map(\.serial)
    }

    mutating func fire(_ serial: Int, now: BrokerTime) {
        for queue in queues.indices {
            if let place = queues[queue].line.firstIndex(where: { $0.serial == serial }) {
                giveBack(queue, place)
                return refreshTurns(queue)
            }
            guard let place = queues[queue].delayed.firstIndex(where: { $0.serial == serial }) else { continue }
            var message = queues[queue].delayed.remove(at: place)
            message.state = .ready
            message.availableAt = now
            queues[queue].line.append(message)
            queues[queue].ages.append(serial)
            if !queues[queue].settings.isFIFO { woken.insert(queues[queue].id) }
            refreshTurns(queue)
        }
    }

    /// Serials of the messages of one queue that were kept long enough, oldest first.
    func expired(in queue: Queue, at now: BrokerTime) -> [Int] {
        let old = queue.line.filter { $0.availableAt + queue.settings.retention <= now }.map(\.serial)
        return old.isEmpty ? [] : queue.ages.filter(old.contains)
    }

    mutating func expire(_ serial: Int) {
        for queue in queues.indices where queues[queue].ages.contains(serial) {
            remove(serial, from: queue)
            queues[queue].totals.expired += 1
        }
    }

    /// The first moment at which time does something.
    var nextDue: BrokerTime? {
        queues.flatMap { queue in
            queue.delayed.map(\.due) + queue.line.filter { $0.state == .inFlight }.map(\.due)
                + queue.line.filter { _ in queue.settings.retention != .unlimited }
                .map { $0.availableAt + queue.settings.retention }
        }.min()
    }
}

// MARK: - Questions

extension ReferenceBroker {
    var messageCount: Int { queues.reduce(0) { $0 + $1.all.count } }

    func describe(_ queue: Queue, now: BrokerTime) -> QueueInfo {
        let (ready, buried) = (queue.line.filter { $0.state == .ready }.count, queue.burials.count)
        let counts = MessageCounts(
            ready: ready, inFlight: queue.line.count - ready - buried, delayed: queue.delayed.count,
            damaged: queue.damaged.count, buried: buried)
        return QueueInfo(
            name: queue.name, settings: queue.settings, createdAt: queue.createdAt, modifiedAt: queue.modifiedAt,
            counts: counts, totals: queue.totals,
            oldestMessageAge: queue.line.map { now - $0.availableAt }.max(), pause: queue.pause, waiters: 0,
            oftenReceived: queue.line.count { $0.state != .buried && $0.receiveCount >= 5 })
    }

    /// Of all queues there are, and of all there ever were.
    func sums(now: BrokerTime) -> (counts: MessageCounts, totals: MessageTotals) {
        var (counts, totals) = (MessageCounts(), MessageTotals())
        for state in MessageState.allCases {
            counts[state] = queues.map { describe($0, now: now).counts[state] }.reduce(0, +)
        }
        for part in pastTotals + queues.map(\.totals) {
            totals.sent += part.sent
            totals.received += part.received
            totals.deleted += part.deleted
            totals.returned += part.returned
            totals.expired += part.expired
            totals.movedOut += part.movedOut
            totals.movedIn += part.movedIn
        }
        return (counts, totals)
    }

    func peek(_ queue: Queue, _ state: MessageState, fromTail: Bool, count: Int) -> [Message] {
        var messages =
            switch state {
            case .delayed: grouped(queue, queue.delayed)
            case .damaged: queue.damaged
            case .buried: queue.burials.compactMap { serial in queue.line.first { $0.serial == serial } }
            case .ready where queue.groups.isEmpty: queue.line.filter { $0.state == .ready }
            case .ready, .inFlight:
                grouped(
                    queue,
                    queue.ages.compactMap { serial in queue.line.first { $0.serial == serial && $0.state == state } })
            }
        if fromTail { messages.reverse() }
        return Array(messages.prefix(count))
    }

    /// Those without a group, then group after group.
    private func grouped(_ queue: Queue, _ messages: [Message]) -> [Message] {
        messages.filter { $0.group == nil } + queue.groups.flatMap { group in messages.filter { $0.group == group } }
    }

    func list(prefix: String, after: QueueName?, limit: Int) -> (ids: [UInt32], more: Bool) {
        let found = queues.sorted { $0.name.text < $1.name.text }
            .filter { $0.name.text.hasPrefix(prefix) }
            .filter { queue in after.map { queue.name.text > $0.text } ?? true }
        return (found.prefix(limit).map(\.id), found.count > limit)
    }
}
