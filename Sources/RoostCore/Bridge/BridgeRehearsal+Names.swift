import RoostModel

// Queues among the names of a database.

extension BridgeRehearsal {
    // MARK: Purging

    /// A queue that is deleted as a key is purged: it stays, with its settings.
    mutating func delete(_ keys: [Bytes]) throws(KeyError) -> KeyReply {
        var (others, queues, count) = ([Bytes](), [UInt32](), Int64(0))
        for key in keys {
            guard let queue = broker.queue(at: key, in: database) else {
                others.append(key)
                continue
            }
            guard !queues.contains(queue) else { continue }
            queues.append(queue)
            if isSeen(queue) { count += 1 }
        }
        if case .integer(let deleted) = try carryOutKeys(.key(.delete(others))) { count += deleted }
        for queue in queues { purge(queue) }
        return .integer(count)
    }

    /// - Parameter command: what does it to the keys.
    mutating func flush(_ command: KeyCommand) throws(KeyError) -> KeyReply {
        let reply = try carryOutKeys(command)
        for queue in broker.queues.liveIDs { purge(queue) }
        return reply
    }

    /// Queues stay in their database, so a key with the name of one cannot come there.
    mutating func swap(_ one: UInt8, _ other: UInt8) throws(KeyError) -> KeyReply {
        let coming = max(one, other)
        if broker.databases.count(of: coming).keys > 0 {
            for queue in broker.queues.liveIDs {
                let name = Bytes(broker.queues[queue].name.text.utf8)
                guard !broker.hasKey(name, in: coming, now: now) else { throw .nameOfQueue }
            }
        }
        return try carryOutKeys(.databases(.swap(one, other)))
    }

    private mutating func purge(_ queue: UInt32) {
        guard broker.counts(of: queue) != MessageCounts() else { return }
        add(.purgeQueue(PurgeQueueEntry(queue: queue, below: broker.nextNumber)))
    }

    // MARK: Asking

    mutating func exists(_ keys: [Bytes]) throws(KeyError) -> KeyReply {
        var (others, count) = ([Bytes](), Int64(0))
        for key in keys {
            if let queue = broker.queue(at: key, in: database) {
                count += isSeen(queue) ? 1 : 0
            } else {
                others.append(key)
            }
        }
        if case .integer(let found) = try carryOutKeys(.key(.exists(others))) { count += found }
        return .integer(count)
    }

    func answer(_ question: KeyQuestion, of queue: UInt32) throws(KeyError) -> KeyReply {
        guard isSeen(queue) else { return .null }
        return switch question {
        case .encoding: .word(.queue)
        case .references: .integer(1)
        case .bytes: .integer(Int64(broker.counts(of: queue).ready * MemoryLayout<MessageSlot>.stride))
        case .idleTime: throw .idleTimeNotTracked
        case .frequency: throw .frequencyNotTracked
        }
    }

    mutating func count() throws(KeyError) -> KeyReply {
        guard case .integer(let keys) = try carryOutKeys(.key(.count)) else { return .integer(0) }
        return .integer(keys + Int64(broker.queues.readyCount))
    }

    mutating func names(_ pattern: GlobPattern?) throws(KeyError) -> KeyReply {
        guard case .array(var names) = try carryOutKeys(.key(.names(pattern))) else { return .array([]) }
        for queue in broker.queues.liveIDs where isSeen(queue) {
            let name = Bytes(broker.queues[queue].name.text.utf8)
            if pattern?.matches(name.span) ?? true { names.append(.bytes(name)) }
        }
        return .array(names)
    }

    // MARK: Picking

    /// How many ids are looked at for a queue that is seen.
    private static let pickStepsMax: UInt32 = 1000

    mutating func randomKey() throws(KeyError) -> KeyReply {
        let (key, _) = try prepareKeys(.key(.random))
        let (queues, keys) = (broker.queues.readyCount, broker.databases.count(of: database).keys)
        guard queues > 0 else { return key }
        let pick = takeRandom()
        guard key == .null || pick % UInt64(queues + keys) < UInt64(queues) else { return key }
        // Without a key to answer, all are looked at.
        let stepsMax = key == .null ? broker.queues.idCount : Self.pickStepsMax
        return seenQueue(from: UInt32(pick >> 33) % broker.queues.idCount, stepsMax) ?? key
    }

    private func seenQueue(from first: UInt32, _ stepsMax: UInt32) -> KeyReply? {
        for step in 0..<stepsMax {
            let id = (first + step) % broker.queues.idCount
            if broker.queues.isLive(id), isSeen(id) { return .bytes(Bytes(broker.queues[id].name.text.utf8)) }
        }
        return nil
    }

    // MARK: Scanning

    /// Ids that one SCAN looks at, whatever its COUNT.
    private static let scanStepsMax = 10_000

    /// Queues come first, by their ids: a cursor up to `Limits.queuesMax` is one more than the id looked at last. Keys
    /// follow; their cursors are hashes, and one that is as low is not handed out.
    mutating func scan(_ options: ScanOptions, _ type: KeyReply.StaticWord?) throws(KeyError) -> KeyReply {
        let (queuesMax, idCount) = (UInt64(Limits.queuesMax), UInt64(broker.queues.idCount))
        guard options.cursor < idCount else {
            var rest = options
            if options.cursor <= queuesMax { rest.cursor = 0 }
            return try scanKeys(rest, type)
        }
        var (found, id) = ([Bytes](), UInt32(truncatingIfNeeded: options.cursor))
        let end = UInt32(min(idCount, options.cursor + UInt64(min(max(1, options.countMin), Self.scanStepsMax))))
        while id < end {
            if let name = name(of: id, options.pattern), type == nil || type == .queue { found.append(name) }
            id += 1
        }
        // One more than the last id leads on to the keys.
        return .page(next: UInt64(id), found)
    }

    private func name(of id: UInt32, _ pattern: GlobPattern?) -> Bytes? {
        guard broker.queues.isLive(id), isSeen(id) else { return nil }
        let name = Bytes(broker.queues[id].name.text.utf8)
        return pattern?.matches(name.span) ?? true ? name : nil
    }

    private mutating func scanKeys(
        _ options: ScanOptions, _ type: KeyReply.StaticWord?
    ) throws(KeyError) -> KeyReply {
        var (options, found) = (options, [Bytes]())
        while true {
            guard case .page(let next, let names) = try carryOutKeys(.key(.scan(options, type: type))) else {
                return .page(next: 0, found)
            }
            found += names
            guard 1...UInt64(Limits.queuesMax) ~= next else { return .page(next: next, found) }
            options.cursor = next
        }
    }
}
