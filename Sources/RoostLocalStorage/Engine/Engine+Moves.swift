import RoostCore
import RoostLog
import RoostModel
import RoostStorage

// Moves in the background, and of single messages.

extension Engine {
    mutating func startMove(_ options: MoveOptions) throws(Rejection) -> Outcome {
        let entry = try core.prepareStartMove(options, now: now)
        try requireSpace(for: .growth, EntryCodec.size(.startMove(entry)))
        return commit(.startMove(entry)) ? try moveTask(entry.id) : .noRoom
    }

    func listMoves(_ queue: QueueName, _ limit: Int) throws(Rejection) -> Outcome {
        let accepted = 1...Limits.receiveMessagesMax
        guard accepted.contains(limit) else { throw .invalidCount(limit, accepted: accepted) }
        let id = try core.queueID(named: queue)
        return .reply(.moveTasks(core.moveTasks(from: id, limit: limit)))
    }

    mutating func cancelMove(_ id: UInt64) throws(Rejection) -> Outcome {
        let entry = try core.prepareCancelMove(id, now: now)
        guard commit(.endMove(entry)) else { return .noRoom }
        moves.forget(id)
        return try moveTask(id)
    }

    private func moveTask(_ id: UInt64) throws(Rejection) -> Outcome {
        guard let task = core.moveTask(id) else { throw .moveTaskDoesNotExist }
        return .reply(.moveTask(task))
    }

    /// An entry for each target. When the log has room for the first ones only, the others stay for another request.
    mutating func moveByID(_ queue: QueueName, _ to: QueueName?, _ ids: [MessageID]) throws(Rejection) -> Outcome {
        let source = try core.queueID(named: queue)
        let entries = try core.prepareMoveByID(from: source, to: to, ids, now: now)
        let bytes = entries.reduce(0) { $0 + EntryCodec.size(.transfer($1)) + Self.frameBytesMax }
        try requireSpace(for: .receive, bytes)
        guard entries.isEmpty || log.hasRoom(payloadBytes: min(bytes, log.payloadBytesMax)) else { return .noRoom }
        var count = 0
        for entry in entries {
            guard commit(.transfer(entry)) else { break }
            count += entry.slots.count
        }
        return .reply(.count(count))
    }

    /// About what a record has beside its payload.
    static var frameBytesMax: Int { 48 }
}

// MARK: - Slices

extension Engine {
    /// When a move goes on; nil when none runs.
    var nextMoveDue: BrokerTime? {
        guard core.runningMoveCount > 0, !isShuttingDown else { return nil }
        return moves.next(core.runningMoves)?.due
    }

    /// At most one slice of one move. False: no room in the log.
    mutating func performMove() -> Bool {
        guard core.runningMoveCount > 0, !isShuttingDown else { return true }
        let running = core.runningMoves
        moves.forget(allBut: running)
        guard let (id, rate, due) = moves.next(running), due <= now else { return true }
        let sliceMax = isSnapshotUnderWay ? MoveSchedule.sliceBesideSnapshotMax : MoveSchedule.sliceMax
        let step = core.prepareMoveStep(id, maximum: min(MoveSchedule.slice(rate), sliceMax), now: now)
        switch step {
        case .transfer(let entry):
            guard !isDiskFull || hasSpace(for: .receive, EntryCodec.size(.transfer(entry))) else {
                moves.putOff(id, MoveSchedule.retry, now: now)
                return true
            }
            guard commit(.transfer(entry)) else { return false }
            moves.moved(id, entry.slots.count, rate, now: now)
        case .end(let entry):
            guard commit(.endMove(entry)) else { return false }
            moves.forget(id)
        case .more: moves.putOff(id, .zero, now: now)
        case .later: moves.putOff(id, MoveSchedule.retry, now: now)
        case nil: moves.forget(id)
        }
        return true
    }
}
