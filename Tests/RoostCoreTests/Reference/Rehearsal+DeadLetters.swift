import RoostCore
import RoostModel

/// Messages that go to another queue.
extension Rehearsal {
    /// How often what happened: a comparison of things that never happen would hold too.
    struct Moves {
        var deadLetters = 0
        var deadLettersInOrder = 0
        /// Dead letters that become dead letters once more.
        var onward = 0
        /// Receives of dead letters.
        var received = 0
        /// Delivered once more, for want of a queue, or of one of the same type.
        var kept = 0
        var keptForType = 0
        /// Redriven to the queue they came from, or to another one.
        var home = 0
        var elsewhere = 0
        /// To a queue that was purged since they were sent.
        var olderThanPurge = 0

        var all: [Int] {
            [deadLetters, deadLettersInOrder, onward, received, kept, keptForType, home, elsewhere, olderThanPurge]
        }

        static func + (one: Self, other: Self) -> Self {
            Self(
                deadLetters: one.deadLetters + other.deadLetters,
                deadLettersInOrder: one.deadLettersInOrder + other.deadLettersInOrder,
                onward: one.onward + other.onward, received: one.received + other.received,
                kept: one.kept + other.kept, keptForType: one.keptForType + other.keptForType,
                home: one.home + other.home, elsewhere: one.elsewhere + other.elsewhere,
                olderThanPurge: one.olderThanPurge + other.olderThanPurge)
        }
    }

    /// What the engine does before a receive.
    mutating func moveDeadLetters(of queue: UInt32, _ maximum: Int) throws {
        while true {
            let expected = model.deadLetters(of: queue, maximum: maximum)
            let entry = broker.prepareDeadLetters(from: queue, maximum: maximum, now: now)
            try requireEqual(entry != nil, expected != nil, "whether there are dead letters")
            guard let entry, let expected else { return countKept(queue) }
            try require(
                entry.from == queue && entry.to == expected.target && entry.at == now && entry.purpose == .deadLetter,
                "the entry of dead letters has other values: \(entry)")
            try requireEqual(entry.slots.map { serialOfSlot[$0] }, expected.serials, "the dead letters")
            count(expected.serials, of: queue)
            model.transfer(expected.serials, from: queue, to: expected.target, .deadLetter, now: now)
            try carryOut(.transfer(entry))
        }
    }

    /// Some ready messages go to the queue that the first of them came from, or to any other queue of the type.
    mutating func redrive() throws {
        guard let id = anyQueue(), let place = model.position(id: id) else { return }
        let queue = model.queues[place]
        let ready = queue.line.filter { $0.state == .ready }
        guard !ready.isEmpty else { return }
        let start = random.below(ready.count)
        let chosen = ready[start...].prefix(1 + random.below(5))
        let others = model.queues.filter { $0.id != id && $0.settings.isFIFO == queue.settings.isFIFO }
        let origin = chosen.first.flatMap { model.origin(of: $0) }
        guard let target = random.chance(70) ? origin ?? others.first : others.first, target.id != id,
            target.settings.isFIFO == queue.settings.isFIFO
        else { return }
        if target.id == origin?.id { moves.home += 1 } else { moves.elsewhere += 1 }
        if chosen.contains(where: { $0.serial <= target.purgedThrough && $0.group?.name == nil }) {
            moves.olderThanPurge += 1
        }
        let serials = chosen.map(\.serial)
        let slots = serials.compactMap { serial in serialOfSlot.first { $0.value == serial }?.key }
        let entry = TransferEntry(from: id, to: target.id, at: now, purpose: .redrive, slots: slots)
        model.transfer(serials, from: id, to: target.id, .redrive, now: now)
        try carryOut(.transfer(entry))
    }

    private mutating func count(_ serials: [Int], of id: UInt32) {
        guard let place = model.position(id: id) else { return }
        let queue = model.queues[place]
        if queue.settings.isFIFO {
            moves.deadLettersInOrder += serials.count
        } else {
            moves.deadLetters += serials.count
        }
        moves.onward += queue.line.count { serials.contains($0.serial) && $0.group?.origin != nil }
    }

    private mutating func countKept(_ id: UInt32) {
        guard let place = model.position(id: id), model.queues[place].pause == nil else { return }
        let queue = model.queues[place]
        var copy = model
        guard let first = copy.next(1, of: place).first, model.isReceivedTooOften(first, in: queue) else { return }
        let isThere = model.queues.contains { $0.name == queue.settings.deadLetters?.target }
        if isThere { moves.keptForType += 1 } else { moves.kept += 1 }
    }
}

// MARK: - Choices

extension Rehearsal {
    mutating func randomPolicy() throws -> DeadLetterPolicy {
        let receivesMax = random.chance(3) ? random.pick([0, 1001]) : random.pick([1, 1, 2, 3])
        return DeadLetterPolicy(target: try randomName(), receivesMax: receivesMax)
    }

    mutating func randomSources() throws -> DeadLetterSources {
        switch random.below(4) {
        case 0: return .none
        case 1:
            var sources: [QueueName] = []
            for _ in 0..<random.pick([0, 1, 1, 2, 10, 11]) { sources.append(try randomName()) }
            return .these(sources)
        default: return .all
        }
    }
}
