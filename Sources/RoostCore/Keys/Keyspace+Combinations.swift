import RoostModel

/// What a sorted set is made of.
private enum Source {
    case sortedSet(SortedSetValue)
    /// Members have score 1.
    case set(ByteSet)
    case nothing

    var count: Int {
        switch self {
        case .sortedSet(let set): set.count
        case .set(let set): set.count
        case .nothing: 0
        }
    }

    func score(_ member: some ByteString & ~Escapable, _ hasher: KeyHasher) -> Double? {
        switch self {
        case .sortedSet(let set): set.score(member, hasher)
        case .set(let set): set.contains(member, hash: hasher.hash(member)) ? 1 : nil
        case .nothing: nil
        }
    }

    /// Visits all members while `body` says so.
    func forEach(_ body: (Double, Span<UInt8>) -> Bool) {
        switch self {
        case .sortedSet(let set): set.order.forEach(in: 0..<set.count, body)
        case .set(let set): set.forEach { member, _, _ in body(1, member) }
        case .nothing: break
        }
    }
}

private struct Weighted {
    var source: Source
    var weight: Double
}

extension Keyspace {
    /// In the order of a sorted set.
    func members(of combination: SortedSetCombination, _ now: BrokerTime) throws(KeyError) -> [ScoredMember] {
        var sources: [Weighted] = []
        for source in combination.sources {
            sources.append(Weighted(source: try self.source(source.key, now), weight: source.weight))
        }
        let members =
            switch combination.kind {
            case .union: union(sorted(sources), combination.aggregate)
            case .intersection: intersection(sorted(sources), combination.aggregate)
            case .difference: difference(sources.map(\.source))
            }
        return members.sorted(by: isBefore)
    }

    func countIntersection(_ keys: [Bytes], _ limit: Int, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        var sources: [Weighted] = []
        for key in keys { sources.append(Weighted(source: try source(key, now), weight: 1)) }
        var count = 0
        let ordered = sorted(sources).map(\.source)
        ordered.first?.forEach { _, member in
            if isMember(member, of: ordered.dropFirst()) { count += 1 }
            return limit <= 0 || count < limit
        }
        return PreparedKeys(.integer(Int64(count)))
    }

    private func source(_ key: Bytes, _ now: BrokerTime) throws(KeyError) -> Source {
        switch record(key, now)?.value {
        case .sortedSet(let box): .sortedSet(box[0])
        case .set(let box): .set(box[0])
        case nil, .taken: .nothing
        default: throw .wrongType
        }
    }

    /// The smallest first, as Redis goes through them: sums of floating-point numbers depend on the order.
    private func sorted(_ sources: [Weighted]) -> [Weighted] {
        sources.enumerated()
            .sorted { ($0.element.source.count, $0.offset) < ($1.element.source.count, $1.offset) }
            .map(\.element)
    }

    private func union(_ sources: [Weighted], _ aggregate: SortedSetCombination.Aggregate) -> [ScoredMember] {
        var scores: [Bytes: Double] = [:]
        for weighted in sources {
            weighted.source.forEach { score, member in
                let (key, score) = (Bytes(copying: member), product(score, weighted.weight))
                scores[key] = scores[key].map { aggregate.of($0, score) } ?? score
                return true
            }
        }
        return scores.map { ScoredMember($0.value, $0.key) }
    }

    private func intersection(_ sources: [Weighted], _ aggregate: SortedSetCombination.Aggregate) -> [ScoredMember] {
        var members: [ScoredMember] = []
        guard let first = sources.first else { return [] }
        first.source.forEach { score, member in
            var sum = product(score, first.weight)
            for other in sources.dropFirst() {
                guard let score = other.source.score(member, hasher) else { return true }
                sum = aggregate.of(sum, score * other.weight)
            }
            members.append(ScoredMember(sum, Bytes(copying: member)))
            return true
        }
        return members
    }

    private func difference(_ sources: [Source]) -> [ScoredMember] {
        var members: [ScoredMember] = []
        sources.first?.forEach { score, member in
            for other in sources.dropFirst() where other.score(member, hasher) != nil { return true }
            members.append(ScoredMember(score, Bytes(copying: member)))
            return true
        }
        return members
    }

    private func isMember(_ member: Span<UInt8>, of sources: ArraySlice<Source>) -> Bool {
        for source in sources where source.score(member, hasher) == nil { return false }
        return true
    }
}

/// Infinity by zero counts as zero.
private func product(_ score: Double, _ weight: Double) -> Double {
    let product = score * weight
    return product.isNaN ? 0 : product
}

extension SortedSetCombination.Aggregate {
    /// The sum of two infinities that cancel each other counts as zero. A second number that is none changes nothing
    /// in the other two.
    fileprivate func of(_ first: Double, _ second: Double) -> Double {
        switch self {
        case .sum: (first + second).isNaN ? 0 : first + second
        case .min: second < first ? second : first
        case .max: second > first ? second : first
        }
    }
}

private func isBefore(_ left: ScoredMember, _ right: ScoredMember) -> Bool {
    guard left.score == right.score else { return left.score < right.score }
    return left.member.withRawBytes { left in right.member.withRawBytes { compareBytes(left, $0) < 0 } }
}
