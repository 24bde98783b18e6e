import RoostModel

// What commands do, from the documentation of Redis: the reply, and the keys afterwards.

extension ModelKeys {
    /// - Parameter told: what was answered, which decides random picks if they are permitted. Nil: not known yet.
    mutating func run(
        _ command: KeyCommand, _ database: UInt8, _ now: BrokerTime, _ told: KeyReply?
    ) -> KeyReply {
        do throws(KeyError) {
            switch command {
            case .string(let command): return try run(command, database, now)
            case .list(let command): return try run(command, database, now)
            case .hash(let command): return try run(command, database, now)
            case .set(let command): return try run(command, database, now, told)
            case .sortedSet(let command): return try run(command, database, now)
            case .key(let command): return try run(command, database, now)
            case .databases(let command): return try run(command, database, now)
            case .bits: return .failure(.noSuchDatabase)
            // None is bound to it.
            case .publish: return .integer(0)
            }
        } catch {
            return .failure(error)
        }
    }

    // MARK: strings

    private func string(_ name: Name, _ now: BrokerTime) throws(KeyError) -> Bytes? {
        guard let key = visible(name, at: now) else { return nil }
        guard case .string(let text) = key.value else { throw .wrongType }
        return text
    }

    private mutating func run(
        _ command: StringCommand, _ database: UInt8, _ now: BrokerTime
    ) throws(KeyError) -> KeyReply {
        let name = { (key: Bytes) in Name(database: database, key: key) }
        switch command {
        case .get(let key): return reply(try string(name(key), now))
        case .set(let key, let value, let options): return try set(name(key), value, options, now)
        case .getAndExpire(let key, let change):
            guard let text = try string(name(key), now) else { return .null }
            expire(name(key), at: change.time(now, old: keys[name(key)]?.expiry), now)
            return .bytes(text)
        case .getAndDelete(let key):
            guard let text = try string(name(key), now) else { return .null }
            keys[name(key)] = nil
            return .bytes(text)
        case .append(let key, let value):
            let text = (try string(name(key), now) ?? []) + value
            change(name(key), at: now, .string(text))
            return .integer(Int64(text.count))
        case .length(let key): return .integer(Int64(try string(name(key), now)?.count ?? 0))
        case .setRange(let key, let offset, let value): return try setRange(name(key), offset, value, now)
        case .increment(let key, let step):
            let sum = try sum(try string(name(key), now), step, .notAnInteger)
            change(name(key), at: now, .string(Bytes(String(sum).utf8)))
            return .integer(sum)
        case .getMany(let keys): return .array(keys.map { reply((try? string(name($0), now)) ?? nil) })
        case .setMany(let pairs, let onlyNew):
            if onlyNew, pairs.contains(where: { visible(name($0.key), at: now) != nil }) { return .integer(0) }
            for pair in pairs { keys[name(pair.key)] = ModelKey(value: .string(pair.value), expiry: nil) }
            return onlyNew ? .integer(1) : .ok
        default: return .failure(.noSuchDatabase)
        }
    }

    private func reply(_ text: Bytes?) -> KeyReply { text.map { .bytes($0) } ?? .null }

    private mutating func set(
        _ name: Name, _ value: Bytes, _ options: SetOptions, _ now: BrokerTime
    ) throws(KeyError) -> KeyReply {
        let old = visible(name, at: now)
        let answer: KeyReply = options.answersOld ? reply(try string(name, now)) : .ok
        if options.condition == .ifNone && old != nil || options.condition == .ifExists && old == nil {
            return options.answersOld ? answer : .null
        }
        let time = options.expiry.time(now, old: old?.expiry)
        keys[name] = ModelKey(value: .string(value), expiry: nil)
        expire(name, at: time, now)
        return answer
    }

    private mutating func setRange(
        _ name: Name, _ offset: Int, _ value: Bytes, _ now: BrokerTime
    ) throws(KeyError) -> KeyReply {
        var text = try string(name, now) ?? []
        if value.isEmpty { return .integer(Int64(text.count)) }
        let missing = max(0, offset + value.count - text.count)
        text += Bytes(repeating: 0, count: missing)
        text.replaceSubrange(offset..<offset + value.count, with: value)
        change(name, at: now, .string(text))
        return .integer(Int64(text.count))
    }

    private func sum(_ text: Bytes?, _ step: Int64, _ error: KeyError) throws(KeyError) -> Int64 {
        guard let value = Int64(String(decoding: text ?? [48], as: UTF8.self)) else { throw error }
        let (sum, overflow) = value.addingReportingOverflow(step)
        guard !overflow else { throw .overflow }
        return sum
    }

    /// Nil: never. A time that is over: now.
    private mutating func expire(_ name: Name, at time: BrokerTime?, _ now: BrokerTime) {
        if let time, time <= now { keys[name] = nil } else { keys[name]?.expiry = time }
    }

    // MARK: hashes

    private func hash(_ name: Name, _ now: BrokerTime) throws(KeyError) -> [Bytes: Bytes] {
        guard let key = visible(name, at: now) else { return [:] }
        guard case .hash(let fields) = key.value else { throw .wrongType }
        return fields
    }

    private mutating func run(
        _ command: HashCommand, _ database: UInt8, _ now: BrokerTime
    ) throws(KeyError) -> KeyReply {
        let name = { (key: Bytes) in Name(database: database, key: key) }
        switch command {
        case .set(let key, let pairs, let countsNew):
            var fields = try hash(name(key), now)
            let before = fields.count
            for pair in pairs { fields[pair.key] = pair.value }
            change(name(key), at: now, .hash(fields))
            return countsNew ? .integer(Int64(fields.count - before)) : .ok
        case .setNew(let key, let field, let value):
            var fields = try hash(name(key), now)
            guard fields[field] == nil else { return .integer(0) }
            fields[field] = value
            change(name(key), at: now, .hash(fields))
            return .integer(1)
        case .get(let key, let field): return reply(try hash(name(key), now)[field])
        case .getAll(let key):
            return .map(try hash(name(key), now).flatMap { [.bytes($0.key), .bytes($0.value)] })
        case .length(let key): return .integer(Int64(try hash(name(key), now).count))
        case .exists(let key, let field): return .integer(try hash(name(key), now)[field] == nil ? 0 : 1)
        case .remove(let key, let removed):
            var fields = try hash(name(key), now)
            let before = fields.count
            for field in removed { fields[field] = nil }
            if fields.count < before { change(name(key), at: now, .hash(fields)) }
            return .integer(Int64(before - fields.count))
        case .increment(let key, let field, let step):
            var fields = try hash(name(key), now)
            let sum = try sum(fields[field], step, .hashValueNotAnInteger)
            fields[field] = Bytes(String(sum).utf8)
            change(name(key), at: now, .hash(fields))
            return .integer(sum)
        default: return .failure(.noSuchDatabase)
        }
    }

    // MARK: keys of any type

    private mutating func run(
        _ command: GenericCommand, _ database: UInt8, _ now: BrokerTime
    ) throws(KeyError) -> KeyReply {
        let name = { (key: Bytes) in Name(database: database, key: key) }
        switch command {
        case .delete(let keys): return .integer(Int64(keys.count { remove(name($0), now) }))
        case .exists(let keys): return .integer(Int64(keys.count { visible(name($0), at: now) != nil }))
        case .type(let key): return .word(visible(name(key), at: now)?.value.word ?? .none)
        case .expire(let key, let time, let condition): return expire(name(key), time, condition, now)
        case .expireAfter(let key, let span, let condition): return expire(name(key), now + span, condition, now)
        case .persist(let key):
            guard visible(name(key), at: now)?.expiry != nil else { return .integer(0) }
            keys[name(key)]?.expiry = nil
            return .integer(1)
        case .expiry(let key, .milliseconds):
            guard let key = visible(name(key), at: now) else { return .integer(-2) }
            return .integer(key.expiry?.milliseconds ?? -1)
        case .rename(let key, let new, let onlyNew):
            guard let held = visible(name(key), at: now) else { throw .noSuchKey }
            if onlyNew, visible(name(new), at: now) != nil { return .integer(0) }
            keys[name(key)] = nil
            keys[name(new)] = held
            return onlyNew ? .integer(1) : .ok
        case .copy(let key, let new, let replaces): return try copy(name(key), to: name(new), replaces, now)
        case .count: return .integer(Int64(names(in: database).count))
        case .names:
            return .array(visible(at: now).keys.filter { $0.database == database }.map { .bytes($0.key) })
        case .flush:
            for name in names(in: database) { keys[name] = nil }
            return .ok
        default: return .failure(.noSuchDatabase)
        }
    }

    private mutating func remove(_ name: Name, _ now: BrokerTime) -> Bool {
        guard visible(name, at: now) != nil else { return false }
        keys[name] = nil
        return true
    }

    private mutating func expire(
        _ name: Name, _ time: BrokerTime, _ condition: ExpiryCondition, _ now: BrokerTime
    ) -> KeyReply {
        guard let key = visible(name, at: now) else { return .integer(0) }
        let isMet =
            switch (condition, key.expiry) {
            case (.always, _), (.ifNone, nil), (.ifSome, .some), (.ifEarlier, nil): true
            case (.ifLater, .some(let old)): time > old
            case (.ifEarlier, .some(let old)), (.ifSomeEarlier, .some(let old)): time < old
            default: false
            }
        guard isMet else { return .integer(0) }
        expire(name, at: time, now)
        return .integer(1)
    }

    private mutating func copy(
        _ name: Name, to new: Name, _ replaces: Bool, _ now: BrokerTime
    ) throws(KeyError) -> KeyReply {
        guard name != new else { throw .sameObject }
        guard let key = visible(name, at: now), replaces || visible(new, at: now) == nil else { return .integer(0) }
        keys[new] = key
        return .integer(1)
    }

    private mutating func run(
        _ command: DatabaseCommand, _ database: UInt8, _ now: BrokerTime
    ) throws(KeyError) -> KeyReply {
        switch command {
        case .copy(let key, let new, let target, let replaces):
            return try copy(
                Name(database: database, key: key), to: Name(database: target, key: new), replaces, now)
        case .move(let key, let target):
            let (name, new) = (Name(database: database, key: key), Name(database: target, key: key))
            guard target != database else { throw .sameObject }
            guard let held = visible(name, at: now), visible(new, at: now) == nil else { return .integer(0) }
            keys[name] = nil
            keys[new] = held
            return .integer(1)
        case .swap(let one, let other):
            if one != other { _ = swap(one, other) }
            return .ok
        case .flushAll:
            keys = [:]
            return .ok
        }
    }
}

extension ModelValue {
    var word: KeyReply.StaticWord {
        switch self {
        case .string: .string
        case .list: .list
        case .hash: .hash
        case .set: .set
        case .sortedSet: .zset
        }
    }
}

extension ExpiryChange {
    fileprivate func time(_ now: BrokerTime, old: BrokerTime?) -> BrokerTime? {
        switch self {
        case .keep: old
        case .remove: nil
        case .after(let span): now + span
        case .at(let time): time
        }
    }
}

extension KeyRequest {
    /// Commands that may change something, most of them do.
    var changes: Int {
        commands.count { command in
            switch command {
            case .list(.push), .string(.set), .string(.increment), .hash(.set), .sortedSet(.add): true
            default: false
            }
        }
    }
}

extension KeyCommand {
    /// What it does is not known before it is done.
    var isRandom: Bool {
        if case .set(.pop) = self { true } else { false }
    }

    /// Goes on as long as there is any space.
    var removesKeys: Bool {
        switch self {
        case .key(.delete), .key(.flush): true
        default: false
        }
    }

    /// Replies that have no order are put into one.
    func ordered(_ reply: KeyReply) -> KeyReply {
        switch (self, reply) {
        case (_, .set(let members)): return .set(members.sorted { $0.text < $1.text })
        case (.key(.names), .array(let names)): return .array(names.sorted { $0.text < $1.text })
        case (_, .map(let list)):
            let pairs = stride(from: 0, to: list.count - 1, by: 2).map { (list[$0], list[$0 + 1]) }
            return .map(pairs.sorted { $0.0.text < $1.0.text }.flatMap { [$0.0, $0.1] })
        default: return reply
        }
    }
}

extension KeyReply {
    /// For an order, and for people.
    var text: String {
        guard case .bytes(let bytes) = self else { return "\(self)" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
