import RoostModel

extension Keyspace {
    func store(
        _ operation: SetOperation, _ keys: [Bytes], _ destination: Bytes, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        let members = try combine(operation, keys, now)
        return PreparedKeys(
            .integer(Int64(members.count)),
            members.isEmpty ? effects(replacing: destination, now, []) : [.set(.put(destination, members))])
    }

    func combine(_ operation: SetOperation, _ keys: [Bytes], _ now: BrokerTime) throws(KeyError) -> [Bytes] {
        let sets = try sets(keys, now)
        return switch operation {
        case .intersection: intersection(sets)
        case .union: union(sets).members
        case .difference: difference(sets).members
        }
    }

    func intersectionCount(_ keys: [Bytes], _ limit: Int, _ now: BrokerTime) throws(KeyError) -> Int {
        var count = 0
        forEachCommon(try sets(keys, now)) { _ in
            count += 1
            return count != limit
        }
        return count
    }

    /// A key that is not there is an empty set. All are looked at: one that is no set is refused in any place.
    private func sets(_ keys: [Bytes], _ now: BrokerTime) throws(KeyError) -> [ByteSet] {
        var sets: [ByteSet] = []
        for key in keys { sets.append(try set(key, now) ?? ByteSet()) }
        return sets
    }

    private func intersection(_ sets: [ByteSet]) -> [Bytes] {
        var members: [Bytes] = []
        forEachCommon(sets) { member in
            members.append(Bytes(copying: member))
            return true
        }
        return members
    }

    /// Visits the members that all sets have, while `visit` says so. Walks the smallest set.
    private func forEachCommon(_ sets: [ByteSet], _ visit: (Span<UInt8>) -> Bool) {
        let sorted = sets.sorted { $0.count < $1.count }
        guard let smallest = sorted.first else { return }
        let others = sorted.dropFirst()
        smallest.forEach { member, _, _ in
            let hash = others.isEmpty ? 0 : hasher.hash(member)
            for other in others where !other.contains(member, hash: hash) { return true }
            return visit(member)
        }
    }

    /// The largest set is not walked: it is copied by its nodes, and the members of the others are added.
    private func union(_ sets: [ByteSet]) -> ByteSet {
        var rest = sets
        guard let largest = rest.indices.max(by: { rest[$0].count < rest[$1].count }) else { return ByteSet() }
        var union = rest.remove(at: largest)
        for set in rest {
            set.forEach { member, _, _ in
                union.insert(member, hash: hasher.hash(member), ())
                return true
            }
        }
        return union
    }

    /// Walks the smaller one of what is left and of each set that is taken away.
    private func difference(_ sets: [ByteSet]) -> ByteSet {
        guard var left = sets.first else { return ByteSet() }
        for set in sets.dropFirst() where !left.isEmpty {
            for member in intersection([left, set]) { left.remove(member, hash: hasher.hash(member)) }
        }
        return left
    }
}
