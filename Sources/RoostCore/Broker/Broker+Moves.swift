package import RoostModel

// Moves in the background: what is asked of them, and what becomes of them.

extension Broker {
    package func prepareStartMove(_ options: MoveOptions, now: BrokerTime) throws(Rejection) -> StartMoveEntry {
        let from = try queueID(named: options.from)
        let rates = 1...Limits.moveRateMax
        if let rate = options.rate, !rates.contains(rate) { throw .invalidMoveRate(rate, accepted: rates) }
        if options.needsDeadLetterQueue, deadLetterSources(of: from, after: nil, limit: 1).ids.isEmpty {
            throw .noDeadLetterQueue(options.from)
        }
        if let to = options.to { _ = try requireMoveTarget(to, of: from) }
        guard moves.running(from: from) == nil else { throw .moveIsRunning(options.from) }
        guard moves.runningCount < MoveTable.runningMax else { throw .busy }
        return StartMoveEntry(
            id: moves.nextID, from: from, at: now, rate: options.rate, toMove: queues[from].counts.ready, to: options.to
        )
    }

    package func prepareCancelMove(_ id: UInt64, now: BrokerTime) throws(Rejection) -> EndMoveEntry {
        guard let record = moves[id] else { throw .moveTaskDoesNotExist }
        guard record.isRunning else { throw .moveIsOver }
        return EndMoveEntry(id: id, at: now, status: .cancelled)
    }

    func requireMoveTarget(_ name: QueueName, of from: UInt32) throws(Rejection) -> UInt32 {
        let to = try queueID(named: name)
        guard to != from else { throw .invalidMoveTarget(name, reason: "it is the queue itself") }
        guard queues[to].isFIFO == queues[from].isFIFO else {
            throw .invalidMoveTarget(name, reason: "both queues must be FIFO, or both standard")
        }
        guard queues[from].settings.contents.fits(into: queues[to].settings.contents) else {
            throw .invalidMoveTarget(name, reason: Self.contentsDiffer)
        }
        return to
    }

    package func moveTask(_ id: UInt64) -> MoveTask? { moves[id].map { task($0) } }

    /// The newest moves out of this queue first.
    package func moveTasks(from queue: UInt32, limit: Int) -> [MoveTask] {
        moves.records.lazy.reversed().filter { $0.from == queue }.prefix(limit).map { task($0) }
    }

    package var runningMoveCount: Int { moves.runningCount }

    /// Moves that run, with the rate that they were given.
    package var runningMoves: [(id: UInt64, rate: Int?)] {
        guard moves.runningCount > 0 else { return [] }
        return moves.records.lazy.filter(\.isRunning).map { ($0.id, $0.rate) }
    }

    /// Moves of a queue that is gone are forgotten, so the source is there.
    private func task(_ record: MoveRecord) -> MoveTask {
        MoveTask(
            id: record.id, from: queues[record.from].name, to: record.to, rate: record.rate, status: record.status,
            moved: record.moved, toMove: record.toMove, startedAt: record.startedAt, finishedAt: record.finishedAt)
    }

    /// Queues whose dead letters go to this one, in the order of names: at most `limit`, after `after`.
    package func deadLetterSources(
        of queue: UInt32, after: QueueName?, limit: Int
    ) -> (ids: [UInt32], more: Bool) {
        var (ids, more): ([UInt32], Bool) = ([], false)
        queues.listSources(of: queues[queue].name, after: after) { id in
            guard ids.count < limit else {
                more = true
                return false
            }
            ids.append(id)
            return true
        }
        return (ids, more)
    }
}

extension Broker {
    mutating func apply(_ entry: StartMoveEntry) throws(EntryMismatch) {
        try requireLive(entry.from, .startMove)
        guard entry.id == moves.nextID, moves.running(from: entry.from) == nil else {
            throw EntryMismatch(kind: .startMove, reason: "move \(entry.id) is not the next one, or another one runs")
        }
        queues[entry.from].moveFrom = MessageSlot.none
        moves.add(
            MoveRecord(
                id: entry.id, from: entry.from, to: entry.to, rate: entry.rate, toMove: entry.toMove,
                startedAt: entry.at))
    }

    mutating func apply(_ entry: EndMoveEntry) throws(EntryMismatch) {
        guard moves[entry.id]?.isRunning == true, entry.status != .running else {
            throw EntryMismatch(kind: .endMove, reason: "move \(entry.id) does not run")
        }
        _ = moves.change(entry.id) { record in
            record.status = entry.status
            record.finishedAt = entry.at
        }
    }

    func requireMove(of entry: TransferEntry) throws(EntryMismatch) {
        guard entry.move != 0 else { return }
        guard let record = moves[entry.move], record.isRunning, record.from == entry.from, entry.purpose == .redrive
        else {
            throw EntryMismatch(kind: .transfer, reason: "it belongs to move \(entry.move), which does not run")
        }
    }

    mutating func noteMove(of entry: TransferEntry) {
        guard entry.move != 0 else { return }
        _ = moves.change(entry.move) { record in
            record.moved += entry.slots.count
            record.pass.hasMoved = true
        }
    }
}
