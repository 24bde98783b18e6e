import RoostModel

// The table of moves.

extension BrokerImageCheck {
    func checkMoves() throws(BrokerImageError) {
        var (last, running) = (UInt64(0), Set<UInt32>())
        var perSource: [UInt32: Int] = [:]
        for record in broker.moves.records {
            try Self.require(record.id > last && record.id < broker.moves.nextID, "move \(record.id) is out of order")
            try Self.require(broker.queues.isLive(record.from), "move \(record.id) is of a queue that is not there")
            last = record.id
            perSource[record.from, default: 0] += 1
            guard record.isRunning else { continue }
            try Self.require(running.insert(record.from).inserted, "two moves out of queue \(record.from) run")
        }
        let isRight = perSource.values.allSatisfy { $0 <= Limits.moveTasksPerQueueMax }
        try Self.require(isRight && running.count <= MoveTable.runningMax, "there are too many moves")
    }
}
