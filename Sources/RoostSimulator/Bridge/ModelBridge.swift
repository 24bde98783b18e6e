import RoostCore
import RoostModel

/// Commands one after the other, each of which may name queues and keys: from docs/protocols/redis.md.
///
/// It works on a copy of the state, and says what has to be in the log beside changes of keys.
struct ModelBridge {
    private(set) var state: ModelState
    private(set) var effects: [QueueEffect] = []
    let database: UInt8
    let now: BrokerTime
    let messageBytesMax: Int

    init(_ state: ModelState, _ database: UInt8, _ now: BrokerTime, messageBytesMax: Int) {
        self.state = state
        self.database = database
        self.now = now
        self.messageBytesMax = messageBytesMax
    }

    /// - Parameter told: what was answered, which decides random picks if they are permitted. Nil: not known yet.
    /// - Returns: nil where random picks are not known.
    mutating func run(_ request: KeyRequest, told: [KeyReply]?) -> [KeyReply]? {
        var replies: [KeyReply] = []
        for (place, command) in request.commands.enumerated() {
            let told = told.flatMap { $0.indices.contains(place) ? $0[place] : nil }
            if told == nil, command.isRandom { return nil }
            replies.append(run(command, told))
        }
        return replies
    }

    private mutating func run(_ command: KeyCommand, _ told: KeyReply?) -> KeyReply {
        guard concernsQueues(command) else { return runOnKeys(command, told) }
        do throws(KeyError) {
            switch command {
            case .list(let command): return try run(command)
            case .key(let command): return try run(command)
            case .publish(let channel, let body): return try publish(body, to: channel, told)
            case .string(.getMany): return runOnKeys(command)
            case .databases(.flushAll): return flush(command)
            case .databases(.swap(let one, let other)): return try swap(one, other)
            default: throw .wrongType
            }
        } catch {
            return .failure(error)
        }
    }

    private mutating func runOnKeys(_ command: KeyCommand, _ told: KeyReply? = nil) -> KeyReply {
        state.keys.run(command, database, now, told)
    }

    /// With its failure as an error.
    private mutating func tryOnKeys(_ command: KeyCommand) throws(KeyError) -> KeyReply {
        let reply = runOnKeys(command)
        if case .failure(let error) = reply { throw error }
        return reply
    }

    // MARK: names

    /// Place of the queue that a key is.
    private func queue(_ key: Bytes, in database: UInt8? = nil) -> Int? {
        guard database ?? self.database == 0 else { return nil }
        return state.queues.firstIndex { $0.name.key == key }
    }

    private func only(_ key: Bytes) throws(KeyError) -> Int {
        guard let place = queue(key) else { throw .wrongType }
        return place
    }

    private func isSeen(_ place: Int) -> Bool { state.queues[place].readyCount > 0 }

    private func concernsQueues(_ command: KeyCommand) -> Bool {
        guard !state.queues.isEmpty else { return false }
        switch command {
        case .publish(let channel, _): return !state.queues(boundTo: channel).isEmpty
        case .databases(.flushAll): return true
        case .databases(.swap(let one, let other)): return one != other && (one == 0 || other == 0)
        case .databases(.copy(let key, let new, let target, _)):
            return queue(key) != nil || queue(new, in: target) != nil
        case .databases(.move(let key, let target)): return queue(key) != nil || queue(key, in: target) != nil
        case .key(.count), .key(.names), .key(.flush): return database == 0
        default:
            var isNamed = false
            command.forEachKey { key in isNamed = isNamed || queue(key) != nil }
            return isNamed
        }
    }

    // MARK: keys of any type

    private mutating func run(_ command: GenericCommand) throws(KeyError) -> KeyReply {
        switch command {
        case .delete(let keys): return delete(keys)
        case .exists(let keys):
            let others = keys.filter { queue($0) == nil }
            let seen = keys.compactMap { queue($0) }.count { isSeen($0) }
            return runOnKeys(.key(.exists(others))).plus(seen)
        case .type: return .word(.queue)
        case .expiry(let key, _): return .integer(isSeen(try only(key)) ? -1 : -2)
        case .count: return runOnKeys(.key(.count)).plus(state.queues.indices.count { isSeen($0) })
        case .names:
            guard case .array(let names) = runOnKeys(.key(.names(nil))) else { return .nullArray }
            return .array(
                names + state.queues.indices.filter { isSeen($0) }.map { .bytes(state.queues[$0].name.key) })
        case .flush: return flush(.key(.flush))
        default: throw .wrongType
        }
    }

    private mutating func delete(_ keys: [Bytes]) -> KeyReply {
        var queues: [Int] = []
        for key in keys {
            if let place = queue(key), !queues.contains(place) { queues.append(place) }
        }
        let seen = queues.count { isSeen($0) }
        let reply = runOnKeys(.key(.delete(keys.filter { queue($0) == nil })))
        for place in queues { purge(place) }
        return reply.plus(seen)
    }

    private mutating func flush(_ command: KeyCommand) -> KeyReply {
        let reply = runOnKeys(command)
        for place in state.queues.indices.sorted(by: { state.queues[$0].id < state.queues[$1].id }) { purge(place) }
        return reply
    }

    /// A queue stays, with its settings.
    private mutating func purge(_ place: Int) {
        guard state.queues[place].counts != MessageCounts() else { return }
        state.empty(place)
        state.queues[place].purgedBelow = state.lastNumber + 1
        effects.append(.purged(state.queues[place].name))
    }

    private mutating func swap(_ one: UInt8, _ other: UInt8) throws(KeyError) -> KeyReply {
        let coming = max(one, other)
        let isTaken = state.queues.contains {
            state.keys.visible(.init(database: coming, key: $0.name.key), at: now) != nil
        }
        if isTaken { throw .nameOfQueue }
        return runOnKeys(.databases(.swap(one, other)))
    }
}

// MARK: - Lists

extension ModelBridge {
    private mutating func run(_ command: ListCommand) throws(KeyError) -> KeyReply {
        switch command {
        case .push(let key, _, let elements, let onlyExisting):
            return try push(elements, to: try only(key), onlyExisting)
        case .pop(let key, _, let count):
            let place = try only(key)
            if count == 0 { return isSeen(place) ? .array([]) : .nullArray }
            let taken = take(place, atMost: count ?? 1)
            if count == nil { return taken.first ?? .null }
            return taken.isEmpty ? .nullArray : .array(taken)
        case .popFirst(let keys, let end, let count):
            return try popFirst(keys, atMost: count) {
                .list(.popFirst([$0], end, count: count))
            } form: {
                [.array($0)]
            }
        case .popFirstElement(let keys, let end):
            return try popFirst(keys, atMost: 1) {
                .list(.popFirstElement([$0], end))
            } form: {
                $0
            }
        case .move(let from, let fromEnd, let to, let toEnd): return try move(from, fromEnd, to, toEnd)
        case .length(let key): return .integer(Int64(state.queues[try only(key)].readyCount))
        case .element(let key, let index):
            let bodies = bodies(try only(key))
            let place = Int(index < 0 ? index + Int64(bodies.count) : index)
            return bodies.indices.contains(place) ? bodies[place] : .null
        case .range(let key, let start, let end):
            let bodies = bodies(try only(key))
            let first = max(0, Int(start < 0 ? start + Int64(bodies.count) : start))
            let last = min(bodies.count - 1, Int(end < 0 ? end + Int64(bodies.count) : end))
            return .array(first <= last ? Array(bodies[first...last]) : [])
        default: throw .wrongType
        }
    }

    /// Of ready messages; 0 is the oldest one.
    private func bodies(_ place: Int) -> [KeyReply] {
        state.peek(state.queues[place], PeekWish(state: .ready, fromTail: false, count: .max)).map {
            .bytes($0.message.body)
        }
    }

    // MARK: sending

    private mutating func push(_ elements: [Bytes], to place: Int, _ onlyExisting: Bool) throws(KeyError) -> KeyReply {
        let before = state.queues[place].readyCount
        if onlyExisting, before == 0 { return .integer(0) }
        for element in elements { try check(element, for: state.queues[place]) }
        for element in elements { send(element, to: place) }
        return .integer(Int64(state.queues[place].readyCount))
    }

    private mutating func publish(_ body: Bytes, to channel: Bytes, _ told: KeyReply?) throws(KeyError) -> KeyReply {
        let places = state.queues(boundTo: channel)
        let problems = places.compactMap { problem(body, for: state.queues[$0]) }
        // Which of the queues is asked first, nobody is promised.
        if let problem = problems.first(where: { .failure($0) == told }) ?? problems.first { throw problem }
        for place in places { send(body, to: place) }
        return .integer(Int64(places.count))
    }

    private mutating func send(_ body: Bytes, to place: Int) {
        let message = NewMessage(body: body)
        let availableAt = now + state.queues[place].settings.delay
        state.lastNumber += 1
        let new = ModelMessage(
            number: state.lastNumber, slot: .max, sentTo: state.queues[place].id, message: message, sentAt: now,
            availableAt: availableAt, state: .ready, due: availableAt)
        state.place(new, in: place, now)
        effects.append(.sent(state.queues[place].name, message, availableAt: availableAt))
    }

    private func check(_ body: Bytes, for queue: ModelQueue) throws(KeyError) {
        if let problem = problem(body, for: queue) { throw problem }
    }

    private func problem(_ body: Bytes, for queue: ModelQueue) -> KeyError? {
        if queue.settings.isFIFO { return .groupNeeded }
        guard let text = String(validating: body, as: UTF8.self), text.unicodeScalars.allSatisfy(\.isLegal) else {
            return .refused(.messageNotText)
        }
        if body.isEmpty { return .refused(.messageEmpty) }
        let bytesMax = min(queue.settings.maximumMessageBytes, messageBytesMax)
        return body.count > bytesMax ? .refused(.messageTooLarge(bytes: body.count, max: bytesMax)) : nil
    }

    // MARK: taking

    /// Received and deleted in one step, after what would be delivered once too often has gone.
    private mutating func take(_ place: Int, atMost count: Int) -> [KeyReply] {
        moveDeadLetters(place, count)
        let bodies = next(place, atMost: count)
        guard !bodies.isEmpty else { return [] }
        _ = state.take(bodies.count, from: place)
        effects.append(.taken(state.queues[place].name, bodies.count))
        return bodies
    }

    private func next(_ place: Int, atMost count: Int) -> [KeyReply] {
        guard state.queues[place].pause == nil else { return [] }
        var copy = state.queues[place]
        let dead = state.deadLetters(of: copy)?.numbers ?? []
        let numbers = copy.next(min(count, 1000)).prefix { !dead.contains($0) }
        return numbers.compactMap { copy.message($0).map { .bytes($0.message.body) } }
    }

    private mutating func moveDeadLetters(_ place: Int, _ count: Int) {
        var left = 1000
        while left > 0 {
            let queue = state.queues[place]
            guard let (target, dead) = state.deadLetters(of: queue, among: min(count, left)), !dead.isEmpty else {
                return
            }
            for number in dead { state.transfer(number, place, target, .deadLetter, now) }
            left -= dead.count
            effects.append(.deadLetters(queue.name, to: state.queues[target].name, dead.count))
        }
    }

    private mutating func popFirst(
        _ keys: [Bytes], atMost count: Int, _ command: (Bytes) -> KeyCommand, form: ([KeyReply]) -> [KeyReply]
    ) throws(KeyError) -> KeyReply {
        for key in keys {
            guard let place = queue(key) else {
                let reply = try tryOnKeys(command(key))
                if reply != .nullArray { return reply }
                continue
            }
            let taken = take(place, atMost: count)
            if !taken.isEmpty { return .array([.bytes(key)] + form(taken)) }
        }
        return .nullArray
    }

    /// Nothing is taken when the target does not accept it.
    private mutating func move(
        _ from: Bytes, _ fromEnd: ListEnd, _ to: Bytes, _ toEnd: ListEnd
    ) throws(KeyError) -> KeyReply {
        let source = queue(from)
        if let source { moveDeadLetters(source, 1) }
        var later = self
        let taken: KeyReply =
            if let source { later.take(source, atMost: 1).first ?? .null } else {
                try later.tryOnKeys(.list(.pop(from, fromEnd, count: nil)))
            }
        guard case .bytes(let element) = taken else { return .null }
        if let target = queue(to) {
            try check(element, for: state.queues[target])
            later.send(element, to: target)
        } else {
            _ = try later.tryOnKeys(.list(.push(to, toEnd, [element], onlyExisting: false)))
        }
        self = later
        return taken
    }
}

extension ModelState {
    /// Places of the queues that store what is published to the channel.
    func queues(boundTo channel: Bytes) -> [Int] {
        queues.indices.filter { place in
            queues[place].settings.properties.keys.contains { property in
                property.hasPrefix("channel:") && Self.matches(property.dropFirst(8), channel.word)
            }
        }
    }

    /// Patterns here have one star, at the end, or none.
    private static func matches(_ pattern: Substring, _ channel: String) -> Bool {
        pattern.hasSuffix("*") ? channel.hasPrefix(pattern.dropLast()) : channel == pattern
    }
}

extension QueueName {
    /// Its name among the keys.
    var key: Bytes { Bytes(text.utf8) }
}

extension KeyReply {
    fileprivate func plus(_ count: Int) -> Self {
        if case .integer(let sum) = self { .integer(sum + Int64(count)) } else { self }
    }
}

extension Unicode.Scalar {
    /// What SQS takes in a message.
    fileprivate var isLegal: Bool {
        switch value {
        case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }
}
