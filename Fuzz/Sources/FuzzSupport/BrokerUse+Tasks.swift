import FuzzRunner
import RoostCore
import RoostModel

// What a broker does for task queues, and moves.

extension BrokerUse {
    mutating func bury(_ pick: Int) throws {
        guard let (queue, handle) = handles.popLast(), broker.queueName(queue) != nil else { return }
        let texts = Burial(reason: pick & 1 == 0 ? "" : "fuzz", error: String(repeating: "e", count: pick), by: "me")
        try carryOut(.bury(broker.prepareBury(handle, in: queue, texts, now: now)))
    }

    mutating func kick(_ queue: UInt32, _ pick: Int) throws {
        let buried = broker.peek(queue, .buried, fromTail: pick & 2 != 0, count: 3)
        if pick & 1 == 0 {
            if let entry = try broker.prepareKick(1 + pick % 8, of: queue, now: now) { try carryOut(.kick(entry)) }
        } else if let message = buried.last, let entry = broker.prepareKick(message.id, of: queue, now: now) {
            try carryOut(.kick(entry))
        }
    }

    mutating func startMove(from name: QueueName, _ pick: Int) throws {
        var options = MoveOptions(from: name, rate: pick & 1 == 0 ? nil : 1 + pick)
        if pick & 2 != 0 { options.to = try Self.name(pick / 8) }
        options.needsDeadLetterQueue = pick & 4 != 0
        try carryOut(.startMove(broker.prepareStartMove(options, now: now)))
    }

    /// As the engine steps them: each that runs, until it has nothing to do for now.
    mutating func stepMoves(_ pick: Int) throws {
        for (id, _) in broker.runningMoves.prefix(4) {
            for _ in 0..<1 + pick % 8 {
                guard let step = broker.prepareMoveStep(id, maximum: 1 + pick / 8, now: now) else { break }
                switch step {
                case .transfer(let entry):
                    try carryOut(.transfer(entry))
                    Reach.note(broker.moveTask(id)?.to == nil ? "moved messages back" : "moved messages to a queue")
                case .end(let entry): try carryOut(.endMove(entry))
                case .more, .later: continue
                }
            }
        }
    }

    mutating func cancelMove(_ pick: Int) throws {
        guard let id = broker.runningMoves.first?.id else { return }
        try carryOut(.endMove(broker.prepareCancelMove(id + UInt64(pick & 1), now: now)))
    }

    mutating func moveByID(from queue: UInt32, _ pick: Int) throws {
        let ids = broker.peek(queue, .ready, fromTail: pick & 1 != 0, count: 1 + pick % 4).map(\.id)
        let to = pick & 2 == 0 ? nil : try Self.name(pick / 8)
        // One twice: it goes once.
        let entries = try broker.prepareMoveByID(from: queue, to: to, ids + ids.prefix(1), now: now)
        for entry in entries { try carryOut(.transfer(entry)) }
        if !entries.isEmpty { Reach.note("moved messages by id") }
    }
}
