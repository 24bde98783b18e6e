import RoostModel

/// What commands on keys do to queues, one record each.
enum QueueEffect: Sendable, Equatable {
    case sent(QueueName, NewMessage, availableAt: BrokerTime)
    /// Which ones they are, the record is checked for.
    case taken(QueueName, Int)
    case purged(QueueName)
    case deadLetters(QueueName, to: QueueName, Int)
}

extension RecordNote {
    /// All that happened with the record.
    var parts: [RecordNote] {
        if case .transaction(let notes) = self { notes } else { [self] }
    }

    /// Nil: commands on keys never leave such a record.
    var queueEffects: [QueueEffect]? {
        var effects: [QueueEffect] = []
        for part in parts {
            switch part {
            case .keys, .keysExpired: continue
            case .sent(let queue, let message, _, let availableAt):
                effects.append(.sent(queue, message, availableAt: availableAt))
            case .taken(let queue, let numbers): effects.append(.taken(queue, numbers.count))
            case .purged(let queue): effects.append(.purged(queue))
            case .transferred(let from, let to, let numbers, isDeadLetter: true):
                effects.append(.deadLetters(from, to: to, numbers.count))
            default: return nil
            }
        }
        return effects.publishedInOrder
    }

    /// A pop that found nothing else left these. No reply tells of them.
    var isOfDeadLettersAlone: Bool {
        parts.allSatisfy { if case .transferred(_, _, _, isDeadLetter: true) = $0 { true } else { false } }
    }
}

extension [QueueEffect] {
    /// Copies of what is published go to the queues in an order that nobody is promised: here in that of names.
    var publishedInOrder: Self {
        var sorted = self
        var start = 0
        while start < sorted.count {
            let end = sorted[start...].firstIndex { !$0.isCopy(of: self[start]) } ?? sorted.count
            if end > start + 1 { sorted[start..<end].sort { $0.queue < $1.queue } }
            start = Swift.max(end, start + 1)
        }
        return sorted
    }
}

extension QueueEffect {
    fileprivate var queue: QueueName {
        switch self {
        case .sent(let queue, _, _), .taken(let queue, _), .purged(let queue), .deadLetters(let queue, _, _): queue
        }
    }

    fileprivate func isCopy(of other: Self) -> Bool {
        if case .sent(_, let message, _) = self, case .sent(_, let first, _) = other { message == first } else { false }
    }
}
