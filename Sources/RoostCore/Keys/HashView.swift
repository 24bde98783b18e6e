import RoostModel

/// A hash as commands read it: empty when the key is not there.
struct HashView {
    /// What of the fields an answer holds.
    enum Parts {
        case fields, values
        /// In turn.
        case both
    }

    let map: BytesMap
    let hasher: KeyHasher

    func contains(_ field: Bytes) -> Bool { map.contains(field, hash: hasher.hash(field)) }

    func value(_ field: Bytes) -> Bytes? { map.value(field, hash: hasher.hash(field)) }

    func reply(_ field: Bytes) -> KeyReply { value(field).map { .bytes($0) } ?? .null }

    /// Bytes of the value, without a copy of them.
    func valueLength(_ field: Bytes) -> Int {
        map.withEntry(field, hash: hasher.hash(field)) { values, index in values.withBytes(index) { $0.count } } ?? 0
    }

    func replies(_ fields: [Bytes]) throws(KeyError) -> [KeyReply] {
        var reply = BoundedReply()
        for field in fields { try reply.append(self.reply(field)) }
        return reply.elements
    }

    func all(_ parts: Parts) -> [KeyReply] {
        var found: [KeyReply] = []
        found.reserveCapacity(parts == .both ? 2 * map.count : map.count)
        map.forEach { field, values, index in
            found += parts.replies(field, values, index)
            return true
        }
        return found
    }
}

// MARK: - Random picks

extension HashView {
    func pick(_ random: UInt64) -> KeyReply {
        guard !map.isEmpty else { return .null }
        var picks = RandomPicks(random)
        return map.withEntry(at: picks.below(map.count)) { field, _, _ in .bytes(Bytes(copying: field)) }
    }

    /// - Parameter count: negative for picks that may repeat.
    func pick(_ count: Int64, _ parts: Parts, _ random: UInt64) throws(KeyError) -> [KeyReply] {
        guard !map.isEmpty else { return [] }
        var (picks, reply) = (RandomPicks(random), BoundedReply())
        guard count < 0 else {
            guard count < map.count else { return all(parts) }
            return picks.distinct(Int(count), below: map.count).flatMap { entry(at: $0, parts) }
        }
        try reply.admit(count.magnitude)
        for _ in 0..<count.magnitude {
            for part in entry(at: picks.below(map.count), parts) { try reply.append(part) }
        }
        return reply.elements
    }

    private func entry(at rank: Int, _ parts: Parts) -> [KeyReply] { map.withEntry(at: rank, parts.replies) }
}

extension HashView.Parts {
    fileprivate func replies(_ field: Span<UInt8>, _ values: BytesColumn, _ index: Int) -> [KeyReply] {
        switch self {
        case .fields: [.bytes(Bytes(copying: field))]
        case .values: [.bytes(values.value(index))]
        case .both: [.bytes(Bytes(copying: field)), .bytes(values.value(index))]
        }
    }
}
