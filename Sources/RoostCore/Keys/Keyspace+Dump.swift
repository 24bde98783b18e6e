import RoostModel

// DUMP and RESTORE: a value as a whole.

extension Keyspace {
    func restore(
        _ key: Bytes, _ content: KeyContent, _ expiry: RestoredExpiry, _ replaces: Bool, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        let isThere = record(key, now) != nil
        guard replaces || !isThere else { throw .keyExists }
        let time = expiry.time(now)
        // Made and gone at once: what it replaces goes all the same.
        if let time, time <= now { return PreparedKeys(.ok, isThere ? [.delete(key)] : []) }
        var effects = [KeyEffect.all(of: content, at: key)]
        if let time { effects.append(.setExpiry(key, time)) }
        return PreparedKeys(.ok, self.effects(replacing: key, now, effects))
    }
}

extension RestoredExpiry {
    fileprivate func time(_ now: BrokerTime) -> BrokerTime? {
        switch self {
        case .never: nil
        case .after(let span): now + span
        case .at(let time): time
        }
    }
}

extension KeyEffect {
    /// What makes this of a key that is not there. The content is not empty.
    fileprivate static func all(of content: KeyContent, at key: Bytes) -> Self {
        switch content {
        case .string(let text): .putString(key, text, expiry: nil)
        case .list(let elements): .push(key, .right, elements)
        case .hash(let fields): .hash(.put(key, fields))
        case .set(let members): .set(.add(key, members))
        case .sortedSet(let members): .sortedSet(.put(key, members))
        }
    }
}

extension KeyValue {
    var content: KeyContent {
        switch self {
        case .string(let text): .string(text)
        case .list(let box): .list(box[0].elements)
        case .hash(let box): .hash(box[0].fields)
        case .set(let box): .set(box[0].members)
        case .sortedSet(let box): .sortedSet(box[0].order.members)
        // Never seen from outside.
        case .taken: .string([])
        }
    }
}

extension PackedList {
    fileprivate var elements: [Bytes] {
        var elements: [Bytes] = []
        forEach(in: 0..<count) { _, element in
            elements.append(Bytes(copying: element))
            return true
        }
        return elements
    }
}

extension BytesMap {
    fileprivate var fields: [KeyValuePair] {
        var fields: [KeyValuePair] = []
        forEach { field, values, index in
            fields.append(KeyValuePair(Bytes(copying: field), values.value(index)))
            return true
        }
        return fields
    }
}

extension ScoreTree {
    fileprivate var members: [ScoredMember] {
        var members: [ScoredMember] = []
        forEach(in: 0..<count) { score, member in
            members.append(ScoredMember(score, Bytes(copying: member)))
            return true
        }
        return members
    }
}
