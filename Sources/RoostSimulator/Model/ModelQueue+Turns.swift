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

    private func deliverable(_ group: ModelGroup?) -> [UInt64] {
        line.filter { $0.state == .ready && $0.group == group }.map(\.number)
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
