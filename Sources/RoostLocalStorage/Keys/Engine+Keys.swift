import RoostCore
import RoostLog
import RoostModel
import RoostStorage

// Commands on keys, some of which may be queues.

extension Engine {
    /// What became of commands that do not wait.
    private enum Performed {
        case replies([KeyReply])
        case leased(KeyReply, PopLease)
        case needsBodies([NeededBody])
        case noRoom
    }

    /// One command that neither waits nor depends on a watch: the common case.
    mutating func carryOut(
        _ command: KeyCommand, in database: UInt8, _ token: UInt64, _ receiver: Int
    ) throws(Rejection) -> Outcome {
        guard keys.eventClasses.isEmpty, !core.concernsQueues(command, in: database) else {
            return try carryOut(KeyRequest(database: database, [command], leases: true), token, receiver)
        }
        let prepared = try prepare(command, in: database)
        guard try commit(KeysEntry(database: database, effects: prepared.effects)) else { return .noRoom }
        return .reply(.key(prepared.reply))
    }

    /// Of a reply that is told at once. Of a larger one turns count what it takes until it has left.
    private static var bytesAtOnceMax: Int { 4096 }

    /// One command between two turns. Nothing overtakes what waits for room in the log, or what a start left to do.
    /// What others wait for is left to a turn, which may end in the middle.
    mutating func carryOutAtOnce(
        _ command: KeyCommand, in database: UInt8, at time: BrokerTime
    ) -> ReplyAtOnce? {
        guard log.failure == nil, !isShuttingDown, !isHeldUp, followUps.isEmpty, keys.eventClasses.isEmpty,
            !core.concernsQueues(command, in: database)
        else { return nil }
        now = max(now, time)
        guard let prepared = try? prepare(command, in: database), prepared.reply.byteCount <= Self.bytesAtOnceMax
        else { return nil }
        if !prepared.effects.isEmpty {
            let entry = KeysEntry(database: database, effects: prepared.effects)
            guard !isAwaited(entry), let isDone = try? commit(entry), isDone else { return nil }
        }
        return ReplyAtOnce(prepared.reply, isOnDisk: log.appendedSequence <= log.releasableSequence)
    }

    /// Whether somebody may wait for what it brings.
    private func isAwaited(_ entry: KeysEntry) -> Bool {
        guard lines.keyWaiterCount > 0 else { return false }
        return entry.effects.contains { effect in
            guard let key = effect.filledKey else { return effect.namedChange != nil }
            return lines.firstPlace(of: KeyName(database: entry.database, key: key)) != nil
        }
    }

    private mutating func prepare(_ command: KeyCommand, in database: UInt8) throws(Rejection) -> PreparedKeys {
        // Before the call: what changes the engine among its arguments would make it copy the core.
        let (random, growthMax) = (keys.random.next(), growthMax)
        do throws(KeyError) {
            return try core.prepare(command, in: database, now: now, random: random, growthMax: growthMax)
        } catch .outOfMemory {
            throw .outOfMemory
        } catch {
            return PreparedKeys(.failure(error))
        }
    }

    /// - Parameter bodies: what was read for this request.
    mutating func carryOut(
        _ request: KeyRequest, _ token: UInt64, _ receiver: Int, bodies: [BodyLocation: Bytes] = [:]
    ) throws(Rejection) -> Outcome {
        do throws(Rejection) {
            let outcome = try attempt(request, token, receiver, bodies)
            if case .reply = outcome { endWatch(of: request) }
            return outcome
        } catch {
            endWatch(of: request)
            throw error
        }
    }

    private mutating func attempt(
        _ request: KeyRequest, _ token: UInt64, _ receiver: Int, _ bodies: [BodyLocation: Bytes]
    ) throws(Rejection) -> Outcome {
        if let watch = request.watch, isBroken(watch) { return .reply(.watchBroken) }
        switch try perform(request, bodies) {
        case .noRoom: return .noRoom
        case .needsBodies(let needed): return read(needed, for: request, bodies, token, receiver)
        case .leased(let reply, let lease): return .reply(.leased(reply, lease))
        case .replies(let replies):
            guard let wait = request.wait, acceptsWaits, let nothing = replies.first, nothing.isNothing
            else { return .reply(.keys(replies)) }
            join(request, nothing, deadline: wait.timeout.map { self.deadline(after: $0) }, token, receiver)
            return .waiting
        }
    }

    private mutating func perform(
        _ request: KeyRequest, _ bodies: [BodyLocation: Bytes]
    ) throws(Rejection) -> Performed {
        guard !core.concernsQueues(request) else { return try performOnQueues(request, bodies) }
        var events = KeyEventLog(keys.eventClasses)
        let (replies, entry) = try prepare(request, &events)
        guard try commit(entry) else { return .noRoom }
        tell(events.events)
        return .replies(replies)
    }

    private mutating func prepare(
        _ request: KeyRequest, _ events: inout KeyEventLog
    ) throws(Rejection) -> (replies: [KeyReply], entry: KeysEntry) {
        let (random, growthMax) = (keys.random.next(), growthMax)
        do throws(KeyError) {
            return try core.prepare(request, now: now, random: random, growthMax: growthMax, events: &events)
        } catch .outOfMemory {
            throw .outOfMemory
        } catch {
            let replies = request.commands.map { _ in KeyReply.failure(error) }
            return (replies, KeysEntry(database: request.database, effects: []))
        }
    }

    /// What takes something away goes on above the limit, too.
    private var growthMax: Int { memoryBytesMax.map { max(0, $0 - memory.total) } ?? .max }

    /// False: no room in the log.
    private mutating func commit(_ entry: KeysEntry) throws(Rejection) -> Bool {
        guard !entry.effects.isEmpty else { return true }
        let size = entry.size
        guard size <= log.payloadBytesMax else { throw .messageTooLarge(bytes: size, max: log.payloadBytesMax) }
        try requireRoom(for: entry, size)
        guard log.hasRoom(payloadBytes: size) else { return false }
        append(entry, size)
        note(entry)
        return true
    }

    private func requireRoom(for entry: KeysEntry, _ size: Int) throws(Rejection) {
        var (grows, removesKeys) = (false, true)
        entry.effects.visit { effect in
            grows = grows || effect.pointee.grows
            removesKeys = removesKeys && effect.pointee.removesKeys
        }
        if grows {
            try requireMemory()
            try requireSpace(for: .growth, size)
        } else if !removesKeys {
            try requireSpace(for: .receive, size)
        }
    }

    /// As any entry, without the way through `Entry`: it would be copied into one.
    private mutating func append(_ entry: KeysEntry, _ size: Int) {
        _ = log.append(kind: EntryKind.keys.rawValue, payloadBytes: size, at: now) { entry.encode(into: $0) }
        do throws(EntryMismatch) {
            try core.apply(entry)
        } catch {
            // As in `apply(_:at:)`.
            preconditionFailure("the core refused its own entry: \(error)")
        }
    }

    mutating func note(_ entry: KeysEntry) {
        if !keys.watches.isEmpty { tellWatches(entry) }
        guard lines.keyWaiterCount > 0 else { return }
        for effect in entry.effects {
            if let key = effect.filledKey {
                wake(KeyName(database: entry.database, key: key))
            } else if let change = effect.namedChange {
                wake(change)
            }
        }
    }

    private mutating func wake(_ name: KeyName) {
        if lines.firstPlace(of: name) != nil { keys.toServe.append(name) }
    }

    private mutating func wake(_ change: DatabaseChange) {
        switch change {
        case .key(let key, let database): wake(KeyName(database: database, key: key))
        case .all(let databases): keys.toServe += lines.names { databases.contains($0.database) }
        }
    }
}

// MARK: - Queues among the keys

extension Engine {
    private mutating func performOnQueues(
        _ request: KeyRequest, _ bodies: [BodyLocation: Bytes]
    ) throws(Rejection) -> Performed {
        switch try plan(request, bodies) {
        case .needsBodies(let needed): return .needsBodies(needed)
        case .steps(let steps, let replies, let events):
            guard try commit(steps) else { return .noRoom }
            for case .entry(.keys(let entry)) in steps { note(entry) }
            tell(events)
            if case .entry(.lease(let entry))? = steps.last, let reply = replies.last, let lease = lease(of: entry) {
                return .leased(reply, lease)
            }
            return .replies(replies)
        }
    }

    /// What a pop got with safe pop: it is the last thing that its command does.
    private func lease(of entry: LeaseEntry) -> PopLease? {
        core.queueName(entry.queue).map { queue in
            PopLease(queue: queue, handles: entry.slots.map { core.leased($0, by: entry).handle })
        }
    }

    private mutating func plan(
        _ request: KeyRequest, _ bodies: [BodyLocation: Bytes]
    ) throws(Rejection) -> BridgePlan {
        let (random, growthMax) = (keys.random.next(), growthMax)
        do throws(KeyError) {
            return try core.prepareBridge(
                request, bodies: bodies, now: now, random: random, growthMax: growthMax,
                bytesMax: log.payloadBytesMax, events: keys.eventClasses)
        } catch .outOfMemory {
            throw .outOfMemory
        } catch .requestTooLarge(let bytes, let max) {
            throw .messageTooLarge(bytes: bytes, max: max)
        } catch {
            return .steps([], replies: request.commands.map { _ in .failure(error) }, events: [])
        }
    }

    /// The request goes on when the bodies are at hand: mostly that is at once.
    private mutating func read(
        _ needed: [NeededBody], for request: KeyRequest, _ bodies: [BodyLocation: Bytes], _ token: UInt64,
        _ receiver: Int
    ) -> Outcome {
        let messages = needed.map { OutgoingMessage(slot: $0.slot, number: $0.number, location: $0.location) }
        let deadline = request.wait?.timeout.map { self.deadline(after: $0) }
        return begin(
            OutgoingReply(
                receiver: receiver, token: token, kind: .keys(request, bodies, deadline: deadline),
                messages: messages))
    }

    /// What was looked for is read, or cannot be read. Messages that turned out to be damaged are no longer ready with
    /// the next turn, so the commands find others then.
    mutating func goOn(
        _ request: KeyRequest, _ bodies: [BodyLocation: Bytes], deadline: BrokerTime?,
        _ reply: borrowing OutgoingReply
    ) -> Outcome {
        serveWaitersNext(of: request)
        if reply.isCancelled { return .reply(.keys(request.commands.map(\.nothing))) }
        var (request, bodies, isWhole) = (request, bodies, true)
        if let deadline { request.wait?.timeout = max(deadline - now, .zero) }
        for message in reply.messages {
            guard case .here(let content) = message.body else {
                isWhole = false
                continue
            }
            bodies[message.location] = content.body
        }
        guard isWhole else { return askAgain(request, reply.token, reply.receiver) }
        do throws(Rejection) {
            let outcome = try carryOut(request, reply.token, reply.receiver, bodies: bodies)
            guard case .noRoom = outcome else { return outcome }
            return askAgain(request, reply.token, reply.receiver)
        } catch {
            answer(reply.receiver, reply.token, .failure(error))
            return .waiting
        }
    }

    /// While bodies were read for one who waits, others were not served.
    mutating func serveWaitersNext(of request: borrowing KeyRequest) {
        for key in request.wait?.keys ?? [] {
            if let queue = core.queue(at: key, in: request.database) { queuesToServeNext.append(queue) }
        }
    }

    private mutating func askAgain(_ request: KeyRequest, _ token: UInt64, _ receiver: Int) -> Outcome {
        askAgain(Submission(token: token, request: .keys(request)), for: receiver)
        return .waiting
    }
}

// MARK: - Those that wait

extension Engine {
    private mutating func join(
        _ request: KeyRequest, _ nothing: KeyReply, deadline: BrokerTime?, _ token: UInt64, _ receiver: Int
    ) {
        var queues: [KeyName: UInt32] = [:]
        for key in request.wait?.keys ?? [] {
            guard let queue = core.queue(at: key, in: request.database) else { continue }
            queues[KeyName(database: request.database, key: key)] = queue
            // What the command left of dead letters is moved with the next turn.
            if core.hasDeliverable(queue) { queuesToServeNext.append(queue) }
        }
        lines.join(
            WaitingLines.Waiter(
                receiver: receiver, token: token, wish: .keys(request, nothing: nothing), since: now,
                deadline: deadline),
            queues: queues)
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
        var place = lines.firstPlace(of: name)
        while let current = place, core.hasKey(name.key, in: name.database, now: now) {
            place = lines.place(after: current)
            if case .noRoom = serve(lines.waiter(at: current), from: name) { return false }
        }
        return true
    }

    /// What became of one who waits.
    enum Served {
        case served
        /// Bodies are being read for it; it has left the line.
        case reading
        /// There was nothing for it.
        case nothing
        /// It cannot take anything from this key.
        case passedOver
        case noRoom
    }

    mutating func serveKeyWaiter(_ waiter: WaitingLines.Waiter, from queue: UInt32) -> Served {
        core.queueName(queue).map { serve(waiter, from: KeyName(queue: $0)) } ?? .passedOver
    }

    /// One for which there is nothing, because the key holds something of another type, goes on waiting. Others of its
    /// keys are not looked at: they woke nobody.
    private mutating func serve(_ waiter: WaitingLines.Waiter, from name: KeyName) -> Served {
        guard case .keys(let whole, _) = waiter.wish else { return .passedOver }
        var request = whole
        request.commands = whole.commands.map { $0.taking(from: name.key) }
        tally.act(for: waiter.receiver)
        do throws(Rejection) {
            switch try perform(request, [:]) {
            case .noRoom: return .noRoom
            case .needsBodies(let needed):
                lines.remove(receiver: waiter.receiver, token: waiter.token)
                return readOn(needed, for: whole, waiter)
            case .replies(let replies):
                guard let reply = replies.first, !reply.isNothing else { return .nothing }
                if case .failure(.wrongType) = reply, !isTarget(of: request, wrongFor: name) { return .passedOver }
                lines.remove(receiver: waiter.receiver, token: waiter.token)
                answer(waiter, .success(.keys(replies)))
            case .leased(let reply, let lease):
                lines.remove(receiver: waiter.receiver, token: waiter.token)
                answer(waiter, .success(.leased(reply, lease)))
            }
        } catch {
            lines.remove(receiver: waiter.receiver, token: waiter.token)
            answer(waiter, .failure(error))
        }
        return .served
    }

    /// Mostly the bodies are in memory, and it is served at once.
    private mutating func readOn(
        _ needed: [NeededBody], for request: KeyRequest, _ waiter: WaitingLines.Waiter
    ) -> Served {
        var request = request
        request.wait?.timeout = waiter.deadline.map { max($0 - now, .zero) }
        let reading = reads.replyCount
        let outcome = read(needed, for: request, [:], waiter.token, waiter.receiver)
        if case .reply(let reply) = outcome { answer(waiter, .success(reply)) }
        return reads.replyCount > reading ? .reading : .served
    }

    /// Whether it is not the key that woke the command whose type is wrong, but the one where the element is to go.
    private func isTarget(of request: KeyRequest, wrongFor name: KeyName) -> Bool {
        guard case .list(.move)? = request.commands.first else { return false }
        if core.queue(at: name.key, in: name.database) != nil { return true }
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

    /// What one that waits answers when there is nothing.
    var nothing: KeyReply {
        if case .list(.move) = self { return .null }
        return .nullArray
    }
}

extension KeyReply {
    /// What a command that takes something answers when there is nothing.
    fileprivate var isNothing: Bool { self == .null || self == .nullArray }
}
