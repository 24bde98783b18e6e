import RoostModel

/// What takes turns in a queue, beside the messages without a group that were sent to it.
struct ModelGroup: Sendable, Hashable {
    /// Nil: dead letters, or messages that were sent on their way again and are older than the last purge of the queue.
    var name: String?
    /// The queue that its messages are dead letters of, of all there ever were.
    var origin: Int?
}

extension ModelQueue {
    /// Numbers of what a receive gets, and whose turn it is then.
    mutating func next(_ maximum: Int) -> [UInt64] {
        // FIFO: as many as there are of the first group, then of the next one.
        if settings.isFIFO { return Array(turns.flatMap(deliverable).prefix(maximum)) }
        var numbers: [UInt64] = []
        var others = deliverable(nil)
        while numbers.count < maximum {
            if !others.isEmpty, turnsBeforeOthers == 0 || turns.isEmpty {
                numbers.append(others.removeFirst())
                turnsBeforeOthers = turns.count
            } else if !turns.isEmpty {
                let group = turns.removeFirst()
                let left = deliverable(group).filter { !numbers.contains($0) }
                numbers += left.prefix(1)
                if left.count > 1 { turns.append(group) }
                turnsBeforeOthers = max(turnsBeforeOthers - 1, 0)
            } else {
                break
            }
        }
        return numbers
    }

    /// Of a group of a FIFO queue: the first ones, up to one that somebody holds or set aside, and none while one is
    /// damaged.
    func deliverable(_ group: ModelGroup?) -> [UInt64] {
        let members = line.filter { $0.group == group }
        guard settings.isFIFO else { return members.filter { $0.state == .ready }.map(\.number) }
        if damaged.contains(where: { $0.group == group }) { return [] }
        return members.prefix { $0.state == .ready }.map(\.number)
    }

    var deliverableCount: Int { settings.isFIFO ? turns.flatMap(deliverable).count : readyCount }

    /// Some message is ready, and others of its group are in front of it.
    var isBlocked: Bool { settings.isFIFO && readyCount > deliverableCount }

    /// In a FIFO queue a message becomes available after those of its group that were sent to the queue before it.
    /// Those that came from another queue stand where they came in.
    func checkOrder(_ message: ModelMessage) throws(Mismatch) {
        guard settings.isFIFO else { return }
        let early = delayed.first { $0.group == message.group && $0.number < message.number }
        let late = line.first { $0.group == message.group && $0.number > message.number && !$0.isMovedHere }
        try require(
            early == nil && late == nil,
            "message \(message.number) of a FIFO group becomes available out of order: before"
                + " \(early?.number ?? 0), or after \(late?.number ?? 0)")
    }

    /// Groups that have something to deliver now stand behind those that had before.
    mutating func refreshTurns() {
        guard !groups.isEmpty || !turns.isEmpty else { return }
        turns = turns.filter { !deliverable($0).isEmpty }
        for group in groups where !turns.contains(group) && !deliverable(group).isEmpty { turns.append(group) }
    }

    mutating func enter(_ message: ModelMessage) {
        enterGroup(message.group)
        line.append(message)
        ages.append(message.number)
        refreshTurns()
    }

    mutating func enterGroup(_ group: ModelGroup?) {
        if let group, !groups.contains(group) { groups.append(group) }
    }

    mutating func forgetEmptyGroups() {
        guard !groups.isEmpty else { return }
        let used = (line + delayed + damaged).compactMap(\.group)
        groups.removeAll { !used.contains($0) }
    }

    /// Those without a group, then group after group.
    func grouped(_ messages: [ModelMessage]) -> [ModelMessage] {
        guard !groups.isEmpty else { return messages }
        return messages.filter { $0.group == nil } + groups.flatMap { group in messages.filter { $0.group == group } }
    }
}
