import RoostModel

extension Keyspace {
    func prepare(_ command: HashCommand, _ now: BrokerTime, _ random: UInt64) throws(KeyError) -> PreparedKeys {
        switch command {
        case .set(let key, let pairs, let countsNew): try setFields(key, pairs, countsNew, now)
        case .setNew(let key, let field, let value): try setNewField(key, field, value, now)
        case .get(let key, let field): PreparedKeys(try hash(key, now).reply(field))
        case .getMany(let key, let fields): PreparedKeys(.array(try hash(key, now).replies(fields)))
        case .getAll(let key): PreparedKeys(.map(try hash(key, now).all(.both)))
        case .fields(let key): PreparedKeys(.array(try hash(key, now).all(.fields)))
        case .values(let key): PreparedKeys(.array(try hash(key, now).all(.values)))
        case .length(let key): PreparedKeys(.integer(Int64(try hash(key, now).map.count)))
        case .exists(let key, let field): PreparedKeys(.integer(try hash(key, now).contains(field) ? 1 : 0))
        case .valueLength(let key, let field): PreparedKeys(.integer(Int64(try hash(key, now).valueLength(field))))
        case .remove(let key, let fields): try removeFields(key, fields, now)
        case .increment(let key, let field, let step): try increment(key, field, step, now)
        case .incrementFloat(let key, let field, let step): try incrementFloat(key, field, step, now)
        case .pick(let key): PreparedKeys(try hash(key, now).pick(random))
        case .pickMany(let key, let count, withValues: false):
            PreparedKeys(.array(try hash(key, now).pick(count, .fields, random)))
        case .pickMany(let key, let count, withValues: true):
            PreparedKeys(.pairs(try hash(key, now).pick(count, .both, random)))
        case .scan(let key, let options): PreparedKeys(try hash(key, now).map.page(options))
        }
    }

    private func hash(_ key: Bytes, _ now: BrokerTime) throws(KeyError) -> HashView {
        switch record(key, now)?.value {
        case .hash(let box): HashView(map: box[0], hasher: hasher)
        case nil, .taken: HashView(map: BytesMap(), hasher: hasher)
        default: throw .wrongType
        }
    }

    private func setFields(
        _ key: Bytes, _ pairs: [KeyValuePair], _ countsNew: Bool, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        let hash = try hash(key, now)
        let put = pairs.isEmpty ? [] : [KeyEffect.hash(.put(key, pairs))]
        let effects = hash.map.isEmpty ? effects(on: key, now, put) : put
        guard countsNew else { return PreparedKeys(.ok, effects) }
        if pairs.count == 1 { return PreparedKeys(.integer(hash.contains(pairs[0].key) ? 0 : 1), effects) }
        // A field that is named twice is new once.
        let new = Set(pairs.lazy.map(\.key).filter { !hash.contains($0) })
        return PreparedKeys(.integer(Int64(new.count)), effects)
    }

    private func setNewField(
        _ key: Bytes, _ field: Bytes, _ value: Bytes, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        guard try !hash(key, now).contains(field) else { return PreparedKeys(.integer(0)) }
        return PreparedKeys(.integer(1), put(key, field, value, now))
    }

    private func put(_ key: Bytes, _ field: Bytes, _ value: Bytes, _ now: BrokerTime) -> [KeyEffect] {
        effects(on: key, now, [.hash(.put(key, [KeyValuePair(field, value)]))])
    }

    private func removeFields(_ key: Bytes, _ fields: [Bytes], _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        let hash = try hash(key, now)
        var seen = Set<Bytes>()
        let found = fields.filter { hash.contains($0) && seen.insert($0).inserted }
        return PreparedKeys(
            .integer(Int64(found.count)), found.isEmpty ? [] : [.hash(.remove(key, fields: found))])
    }

    private func increment(
        _ key: Bytes, _ field: Bytes, _ step: Int64, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        let sum = try sum(try hash(key, now).value(field), step, .hashValueNotAnInteger)
        return PreparedKeys(.integer(sum), put(key, field, Bytes(String(sum).utf8), now))
    }

    private func incrementFloat(
        _ key: Bytes, _ field: Bytes, _ step: LongDouble, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        let text = try sum(try hash(key, now).value(field), step, .hashValueNotAFloat)
        return PreparedKeys(.bytes(text), put(key, field, text, now))
    }
}

// MARK: - Effects

extension Keyspace {
    mutating func apply(_ effect: HashEffect) throws(KeyMismatch) {
        switch effect {
        case .put(let key, let pairs): try put(key, pairs)
        case .remove(let key, let fields): try removeFields(key, fields)
        }
    }

    private mutating func put(_ key: Bytes, _ pairs: [KeyValuePair]) throws(KeyMismatch) {
        try require(!pairs.isEmpty, "a hash without fields")
        try changeHash(key, orIn: .emptyHash) { map, hasher in
            for pair in pairs { map.insert(pair.key, hash: hasher.hash(pair.key), pair.value) }
            return true
        }
    }

    private mutating func removeFields(_ key: Bytes, _ fields: [Bytes]) throws(KeyMismatch) {
        var isEmpty = false
        defer { if isEmpty { _ = remove(key) } }
        try changeHash(key) { map, hasher in
            let areThere = fields.allSatisfy { map.remove($0, hash: hasher.hash($0)) != nil }
            isEmpty = map.isEmpty
            return areThere
        }
    }

    /// `change` says whether the hash was as it has to be.
    private mutating func changeHash(
        _ key: Bytes, orIn new: @autoclosure () -> KeyValue? = nil, _ change: (inout BytesMap, KeyHasher) -> Bool
    ) throws(KeyMismatch) {
        let hasher = hasher
        let isDone = update(key, orIn: new) { record in
            guard case .hash(var box) = record.value else { return false }
            record.value = .taken
            let isDone = change(&box[0], hasher)
            record.value = .hash(box)
            return isDone
        }
        try require(isDone ?? false, "no such hash")
    }
}
