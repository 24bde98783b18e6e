package import RoostModel

// Queues among the keys: those of the default account stand in database 0 under their names.

extension Broker {
    /// The database that queues are in.
    package static let queueDatabase: UInt8 = 0

    /// The queue that a key is.
    package func queue(at key: Bytes, in database: UInt8) -> UInt32? {
        database == Self.queueDatabase ? queues.id(named: key) : nil
    }

    /// Whether any queue is bound to channels.
    package var hasBindings: Bool { !queues.bindings.isEmpty }

    /// Whether a command has to do with queues. If one of a request has, `prepareBridge` has to prepare it.
    package func concernsQueues(_ request: borrowing KeyRequest) -> Bool {
        request.commands.contains { concernsQueues($0, in: request.database) }
    }

    package func concernsQueues(_ command: KeyCommand, in database: UInt8) -> Bool {
        guard queueCount > 0 else { return false }
        switch command {
        case .publish(let channel, _): return !queues.bindings.queues(boundTo: channel).isEmpty
        case .databases(let command): return concernsQueues(command, database)
        case .key(.count), .key(.random), .key(.scan), .key(.names), .key(.flush):
            return database == Self.queueDatabase
        default:
            guard database == Self.queueDatabase else { return false }
            var isFound = false
            command.forEachKey { key in isFound = isFound || queue(at: key, in: database) != nil }
            return isFound
        }
    }

    private func concernsQueues(_ command: DatabaseCommand, _ database: UInt8) -> Bool {
        switch command {
        case .flushAll: true
        case .swap(let one, let other): one != other && (one == Self.queueDatabase || other == Self.queueDatabase)
        case .copy(let key, let new, let target, _): queue(at: key, in: database) ?? queue(at: new, in: target) != nil
        case .move(let key, let target): queue(at: key, in: database) ?? queue(at: key, in: target) != nil
        }
    }

    /// As `prepare` does for keys alone.
    ///
    /// - Parameter bodies: that an earlier plan of this request needed, as far as they were found.
    /// - Parameter bytesMax: of all records together. What needs more is refused before all of it is made.
    /// - Parameter events: the events of keys that are wanted; queues have none.
    package func prepareBridge(
        _ request: borrowing KeyRequest, bodies: [BodyLocation: Bytes], now: BrokerTime, random: UInt64,
        growthMax: Int, bytesMax: Int, events: KeyEventClasses = []
    ) throws(KeyError) -> BridgePlan {
        var rehearsal = BridgeRehearsal(
            self, database: request.database, leases: request.leases, bodies: bodies, now: now, random: random,
            growthMax: growthMax, bytesMax: bytesMax, events: events)
        var replies: [KeyReply] = []
        for command in request.commands {
            replies.append(try rehearsal.perform(command))
            if let refusal = rehearsal.refusal { throw refusal }
        }
        return rehearsal.plan(replies)
    }

    /// What changes with everything that happens to the ready messages of a queue: for WATCH.
    package func history(of id: UInt32) -> QueueHistory {
        QueueHistory(counts: queues[id].counts, totals: queues[id].totals, birth: queues[id].birth)
    }
}

package struct QueueHistory: Sendable, Equatable {
    fileprivate var counts: MessageCounts
    fileprivate var totals: MessageTotals
    fileprivate var birth: UInt64
}
