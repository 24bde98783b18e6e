import RoostModel

extension Keyspace {
    func prepare(_ command: SetCommand, _ now: BrokerTime, _ random: UInt64) throws(KeyError) -> PreparedKeys {
        switch command {
        case .add(let key, let members): try add(key, members, now)
        case .remove(let key, let members): try remove(key, members, now)
        case .count(let key): PreparedKeys(.integer(Int64(try set(key, now)?.count ?? 0)))
        case .contains(let key, let member): PreparedKeys(isMember(member, of: try set(key, now)))
        case .containsEach(let key, let members): try containsEach(key, members, now)
        case .members(let key): PreparedKeys(.set(try set(key, now)?.members.map { .bytes($0) } ?? []))
        case .pop(let key, let count): try pop(key, count, now, random)
        case .randomMembers(let key, let count): try randomMembers(key, count, now, random)
        case .move(let from, let to, let member): try move(from, to, member, now)
        case .combine(let operation, let keys):
            PreparedKeys(.set(try combine(operation, keys, now).map { .bytes($0) }))
        case .store(let operation, let keys, let destination): try store(operation, keys, destination, now)
        case .intersectionCount(let keys, let limit):
            PreparedKeys(.integer(Int64(try intersectionCount(keys, limit, now))))
        case .scan(let key, let options): PreparedKeys((try set(key, now) ?? ByteSet()).page(options))
        }
    }

    func set(_ key: Bytes, _ now: BrokerTime) throws(KeyError) -> ByteSet? {
        switch record(key, now)?.value {
        case .set(let box): box[0]
        case nil, .taken: nil
        default: throw .wrongType
        }
    }

    private func isMember(_ member: Bytes, of set: ByteSet?) -> KeyReply {
        .integer(set?.contains(member, hash: hasher.hash(member)) ?? false ? 1 : 0)
    }

    private func containsEach(_ key: Bytes, _ members: [Bytes], _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        let set = try set(key, now)
        return PreparedKeys(.array(members.map { isMember($0, of: set) }))
    }

    private func add(_ key: Bytes, _ members: [Bytes], _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        let set = try set(key, now)
        let new = once(members) { set?.contains($0, hash: hasher.hash($0)) != true }
        guard !new.isEmpty else { return PreparedKeys(.integer(0)) }
        return PreparedKeys(.integer(Int64(new.count)), effects(on: key, now, [.set(.add(key, new))]))
    }

    private func remove(_ key: Bytes, _ members: [Bytes], _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        guard let set = try set(key, now) else { return PreparedKeys(.integer(0)) }
        let found = once(members) { set.contains($0, hash: hasher.hash($0)) }
        return PreparedKeys(.integer(Int64(found.count)), taking(found, from: key, set.count))
    }

    /// The members that fit, each once, in their order.
    private func once(_ members: [Bytes], _ fits: (Bytes) -> Bool) -> [Bytes] {
        guard members.count > 1 else { return members.filter(fits) }
        var seen = Set<Bytes>()
        return members.filter { fits($0) && seen.insert($0).inserted }
    }

    /// - Parameter count: how many the set has.
    private func taking(_ members: [Bytes], from key: Bytes, _ count: Int) -> [KeyEffect] {
        guard !members.isEmpty else { return [] }
        return [members.count == count ? .delete(key) : .set(.remove(key, members))]
    }

    private func move(_ from: Bytes, _ to: Bytes, _ member: Bytes, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        guard let source = try set(from, now) else { return PreparedKeys(.integer(0)) }
        let target = try set(to, now)
        let hash = hasher.hash(member)
        guard source.contains(member, hash: hash) else { return PreparedKeys(.integer(0)) }
        guard from != to else { return PreparedKeys(.integer(1)) }
        let removal = taking([member], from: from, source.count)
        if let target, target.contains(member, hash: hash) { return PreparedKeys(.integer(1), removal) }
        return PreparedKeys(.integer(1), removal + effects(on: to, now, [.set(.add(to, [member]))]))
    }
}

// MARK: - Random picks

extension Keyspace {
    private func pop(
        _ key: Bytes, _ count: Int?, _ now: BrokerTime, _ random: UInt64
    ) throws(KeyError) -> PreparedKeys {
        guard let set = try set(key, now) else { return PreparedKeys(count == nil ? .null : .set([])) }
        let members = picks(of: set, count ?? 1, random)
        let effects = taking(members, from: key, set.count)
        guard count == nil else { return PreparedKeys(.set(members.map { .bytes($0) }), effects) }
        return PreparedKeys(members.first.map { .bytes($0) } ?? .null, effects)
    }

    private func randomMembers(
        _ key: Bytes, _ count: Int?, _ now: BrokerTime, _ random: UInt64
    ) throws(KeyError) -> PreparedKeys {
        guard let set = try set(key, now) else { return PreparedKeys(count == nil ? .null : .array([])) }
        if let count, count < 0 {
            return PreparedKeys(.array(try repeatedPicks(of: set, count.magnitude, random)))
        }
        let members = picks(of: set, count ?? 1, random)
        guard count == nil else { return PreparedKeys(.array(members.map { .bytes($0) })) }
        return PreparedKeys(members.first.map { .bytes($0) } ?? .null)
    }

    /// Different members, all of them if there are not more.
    private func picks(of set: borrowing ByteSet, _ count: Int, _ random: UInt64) -> [Bytes] {
        guard count < set.count else { return set.members }
        var (picks, members) = (RandomPicks(random), [Bytes]())
        for rank in picks.distinct(max(0, count), below: set.count) { members.append(set.member(at: rank)) }
        return members
    }

    private func repeatedPicks(
        of set: borrowing ByteSet, _ count: UInt, _ random: UInt64
    ) throws(KeyError) -> [KeyReply] {
        var (picks, reply) = (RandomPicks(random), BoundedReply())
        for _ in 0..<count { try reply.append(.bytes(set.member(at: picks.below(set.count)))) }
        return reply.elements
    }
}

// MARK: - Effects

extension Keyspace {
    mutating func apply(_ effect: SetEffect) throws(KeyMismatch) {
        switch effect {
        case .add(let key, let members): try add(key, members)
        case .remove(let key, let members): try remove(key, members)
        case .put(let key, let members): try put(key, members)
        }
    }

    private mutating func add(_ key: Bytes, _ members: [Bytes]) throws(KeyMismatch) {
        try require(!members.isEmpty, "a set without members")
        if update(key, { _ in true }) == nil { put(key, KeyRecord(value: .set([ByteSet()]))) }
        let hasher = hasher
        let areNew = changeSet(key) { set in
            members.allSatisfy { set.insert($0, hash: hasher.hash($0), ()) == nil }
        }
        try require(areNew ?? false, "no set to add these members to")
    }

    private mutating func remove(_ key: Bytes, _ members: [Bytes]) throws(KeyMismatch) {
        let hasher = hasher
        var isEmpty = false
        let wereThere = changeSet(key) { set in
            defer { isEmpty = set.isEmpty }
            return members.allSatisfy { set.remove($0, hash: hasher.hash($0)) != nil }
        }
        if isEmpty { _ = remove(key) }
        try require(wereThere ?? false, "no set with these members")
    }

    private mutating func put(_ key: Bytes, _ members: [Bytes]) throws(KeyMismatch) {
        var set = ByteSet()
        for member in members { set.insert(member, hash: hasher.hash(member), ()) }
        try require(!set.isEmpty, "a set without members")
        put(key, KeyRecord(value: .set([set])))
    }

    /// Nil when there is no such set.
    private mutating func changeSet(_ key: Bytes, _ change: (inout ByteSet) -> Bool) -> Bool? {
        update(key) { record in
            guard case .set(var box) = record.value else { return false }
            record.value = .taken
            defer { record.value = .set(box) }
            return change(&box[0])
        }
    }
}

extension ByteSet {
    var members: [Bytes] {
        var members: [Bytes] = []
        members.reserveCapacity(count)
        forEach { member, _, _ in
            members.append(Bytes(copying: member))
            return true
        }
        return members
    }

    func member(at rank: Int) -> Bytes { withEntry(at: rank) { member, _, _ in Bytes(copying: member) } }
}
