import RoostCore
import RoostLog
import RoostModel
import RoostStorage

// Commands on keys: those that are carried out at once, those that wait, and those that depend on a watch.

extension Engine {
    mutating func carryOut(
        _ request: KeyRequest, _ token: UInt64, _ receiver: Int
    ) throws(Rejection) -> Outcome {
        if let watch = request.watch, keys.watches.isBroken(watch, now: now) {
            keys.watches.remove(watch)
            return .reply(.watchBroken)
        }
        let (replies, entry): ([KeyReply], KeysEntry)
        do throws(Rejection) {
            (replies, entry) = try prepare(request)
            guard try commit(entry) else { return .noRoom }
        } catch {
            if let watch = request.watch { keys.watches.remove(watch) }
            throw error
        }
        if let watch = request.watch { keys.watches.remove(watch) }
        guard let wait = request.wait, acceptsWaits, entry.effects.isEmpty, let nothing = replies.first,
            nothing.isNothing
        else { return .reply(.keys(replies)) }
        let deadline = wait.timeout.map { now + $0 }
        keys.waiters.join(
            KeyWaiters.Waiter(
                receiver: receiver, token: token, request: request, nothing: nothing, deadline: deadline))
        return .waiting
    }

    private mutating func prepare(
        _ request: KeyRequest
    ) throws(Rejection) -> (replies: [KeyReply], entry: KeysEntry) {
        // What takes something away goes on above the limit, too.
        let room = memoryBytesMax.map { max(0, $0 - memory.total) } ?? .max
        do throws(KeyError) {
            return try core.prepare(request, now: now, random: keys.random.next(), growthMax: room)
        } catch .outOfMemory {
            throw .outOfMemory
        } catch {
            let replies = request.commands.map { _ in KeyReply.failure(error) }
            return (replies, KeysEntry(database: request.database, effects: []))
        }
    }

    /// False: no room in the log.
    private mutating func commit(_ entry: KeysEntry) throws(Rejection) -> Bool {
        guard !entry.effects.isEmpty else { return true }
        let size = entry.size
        guard size <= log.payloadBytesMax else { throw .messageTooLarge(bytes: size, max: log.payloadBytesMax) }
        if entry.effects.contains(where: { $0.grows }) {
            try requireMemory()
            try requireSpace(for: .growth, size)
        } else if !entry.effects.allSatisfy({ $0.removesKeys }) {
            try requireSpace(for: .receive, size)
        }
        guard commit(.keys(entry)) else { return false }
        note(entry)
        return true
    }

    private mutating func note(_ entry: KeysEntry) {
        if !keys.watches.isEmpty { tellWatches(entry) }
        guard keys.waiters.count > 0 else { return }
        for effect in entry.effects {
            if let key = effect.filledKey {
                wake(KeyName(database: entry.database, key: key))
            } else if let change = effect.namedChange {
                wake(change)
            }
        }
    }

    private mutating func wake(_ name: KeyName) {
        if keys.waiters.firstPlace(in: name) != nil { keys.toServe.append(name) }
    }

    private mutating func wake(_ change: DatabaseChange) {
        switch change {
        case .key(let key, let database): wake(KeyName(database: database, key: key))
        case .all(let databases): keys.toServe += keys.waiters.names { databases.contains($0.database) }
        }
    }

    private mutating func tellWatches(_ entry: KeysEntry) {
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

// MARK: - Those that wait

extension Engine {
    mutating func timeOutKeyWaiters() {
        while let waiter = keys.waiters.removeTimedOut(at: now) { answerNothing(waiter) }
    }

    mutating func endKeyWaits() {
        while let waiter = keys.waiters.removeAny() { answerNothing(waiter) }
    }

    /// False: it does not wait.
    mutating func cancelKeyWait(_ token: UInt64, of receiver: Int) -> Bool {
        guard let waiter = keys.waiters.remove(receiver: receiver, token: token) else { return false }
        answerNothing(waiter)
        return true
    }

    private mutating func answerNothing(_ waiter: KeyWaiters.Waiter) {
        answer(waiter.receiver, waiter.token, .success(.keys([waiter.nothing])))
    }

    /// Hands out what came, key by key in the order in which they got something, to the oldest waiter first. False: no
    /// room in the log.
    mutating func serveKeyWaiters() -> Bool {
        var served = 0
        // What a waiter moves to another key comes at the end.
        while served < keys.toServe.count, serveWaiters(of: keys.toServe[served]) { served += 1 }
        keys.toServe.removeFirst(served)
        return keys.toServe.isEmpty
    }

    private mutating func serveWaiters(of name: KeyName) -> Bool {
        var place = keys.waiters.firstPlace(in: name)
        while let current = place, core.hasKey(name.key, in: name.database, now: now) {
            place = keys.waiters.place(after: current)
            guard serve(keys.waiters.waiter(at: current), from: name) else { return false }
        }
        return true
    }

    /// One for which there is nothing, because the key holds something of another type, goes on waiting. Others of its
    /// keys are not looked at: they woke nobody.
    private mutating func serve(_ waiter: KeyWaiters.Waiter, from name: KeyName) -> Bool {
        var request = waiter.request
        request.commands = request.commands.map { $0.taking(from: name.key) }
        do throws(Rejection) {
            let (replies, entry) = try prepare(request)
            guard let reply = replies.first, !reply.isNothing else { return true }
            if case .failure(.wrongType) = reply, !isTarget(of: request, wrongFor: name) { return true }
            guard try commit(entry) else { return false }
            answer(waiter.receiver, waiter.token, .success(.keys(replies)))
        } catch {
            answer(waiter.receiver, waiter.token, .failure(error))
        }
        keys.waiters.remove(receiver: waiter.receiver, token: waiter.token)
        return true
    }
}

extension Engine {
    /// Whether it is not the key that woke the command whose type is wrong, but the one where the element is to go.
    private func isTarget(of request: KeyRequest, wrongFor name: KeyName) -> Bool {
        guard case .list(.move)? = request.commands.first else { return false }
        let length = KeyRequest(database: name.database, [.list(.length(name.key))])
        guard let reply = try? core.prepare(length, now: now, random: 0).replies.first else { return false }
        return reply != .failure(.wrongType)
    }
}

extension KeyCommand {
    /// The same from this key alone, for one that takes from the first of several that has something.
    fileprivate func taking(from key: Bytes) -> Self {
        switch self {
        case .list(.popFirst(_, let end, let count)): .list(.popFirst([key], end, count: count))
        case .list(.popFirstElement(_, let end)): .list(.popFirstElement([key], end))
        case .sortedSet(.popFirst(_, let end, let count)): .sortedSet(.popFirst([key], end, count: count))
        case .sortedSet(.popFirstMember(_, let end)): .sortedSet(.popFirstMember([key], end))
        default: self
        }
    }
}

// MARK: - Watches and time

extension Engine {
    mutating func watch(_ database: UInt8, _ watched: [Bytes], under number: UInt64?) throws(Rejection) -> Outcome {
        try requireMemory()
        let names = watched.map { key in
            (KeyName(database: database, key: key), core.expiry(of: key, in: database, now: now))
        }
        return .reply(.watching(keys.watches.add(names, under: number)))
    }

    /// Keys whose time is over, and memory of values that are gone, a slice of each. False: no room in the log.
    mutating func tickKeys(_ budget: Int) -> Bool {
        if core.hasKeyRemains { core.freeKeyRemains(budget) }
        guard let entry = core.prepareExpiry(now: now, atMost: budget) else { return true }
        guard commit(.keys(entry)) else { return false }
        note(entry)
        return true
    }

    var nextKeyTick: BrokerTime? { core.hasKeyRemains ? now : core.nextExpiry }
}

extension KeyReply {
    /// What a command that takes something answers when there is nothing.
    fileprivate var isNothing: Bool { self == .null || self == .nullArray }
}
