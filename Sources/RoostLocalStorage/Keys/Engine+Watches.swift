import RoostCore
import RoostModel
import RoostStorage

// Keys that are watched, and what time does with keys.

extension Engine {
    mutating func watch(_ database: UInt8, _ watched: [Bytes], under number: UInt64?) throws(Rejection) -> Outcome {
        try requireMemory()
        return watchWithoutRoom(database, watched, under: number)
    }

    mutating func watchWithoutRoom(_ database: UInt8, _ watched: [Bytes], under number: UInt64?) -> Outcome {
        let watched = watched.map { key in
            KeyWatches.Watched(
                name: KeyName(database: database, key: key),
                expiry: core.expiry(of: key, in: database, now: now), history: history(key, database))
        }
        return .reply(.watching(keys.watches.add(watched, under: number)))
    }

    /// Nil: no queue.
    private func history(_ key: Bytes, _ database: UInt8) -> QueueHistory? {
        core.queue(at: key, in: database).map { core.history(of: $0) }
    }

    func isBroken(_ watch: UInt64) -> Bool {
        keys.watches.isBroken(watch, now: now) { history($0.key, $0.database) }
    }

    mutating func endWatch(of request: borrowing KeyRequest) {
        if let watch = request.watch { keys.watches.remove(watch) }
    }

    mutating func tellWatches(_ entry: KeysEntry) {
        for effect in entry.effects {
            guard let changed = effect.changedKeys else {
                keys.watches.noteChange(of: entry.database)
                continue
            }
            for key in changed { keys.watches.noteChange(of: KeyName(database: entry.database, key: key)) }
            if let change = effect.namedChange { tellWatches(change) }
        }
    }

    private mutating func tellWatches(_ change: DatabaseChange) {
        switch change {
        case .key(let key, let database): keys.watches.noteChange(of: KeyName(database: database, key: key))
        case .all(let databases): for database in databases { keys.watches.noteChange(of: database) }
        }
    }
}

// MARK: - Time

extension Engine {
    /// Keys whose time is over, and memory of values that are gone, a slice of each. False: no room in the log.
    mutating func tickKeys(_ budget: Int) -> Bool {
        if core.hasKeyRemains { core.freeKeyRemains(budget) }
        guard let entry = core.prepareExpiry(now: now, atMost: budget) else { return true }
        guard commit(.keys(entry)) else { return false }
        note(entry)
        tellExpired(entry)
        return true
    }

    var nextKeyTick: BrokerTime? { core.hasKeyRemains ? now : core.nextExpiry }
}
