import RoostModel

/// Members by score, and the score of each: two trees with the same members.
struct SortedSetValue: Sendable {
    private(set) var order = ScoreTree()
    private(set) var scores = ValueMap<Double>()

    var count: Int { order.count }
    var isEmpty: Bool { order.isEmpty }
    var residentBytes: Int { order.residentBytes + scores.residentBytes }

    func score(_ member: some ByteString & ~Escapable, _ hasher: KeyHasher) -> Double? {
        scores.value(member, hash: hasher.hash(member))
    }

    func rank(_ member: Bytes, _ hasher: KeyHasher) -> Int? {
        score(member, hasher).flatMap { order.rank(of: $0, member) }
    }

    mutating func put(_ scored: ScoredMember, _ hasher: KeyHasher) {
        let old = scores.insert(scored.member, hash: hasher.hash(scored.member), scored.score)
        if let old {
            guard old != scored.score else { return }
            order.remove(old, scored.member)
        }
        order.insert(scored.score, scored.member)
    }

    /// False when it is not there.
    mutating func remove(_ member: Bytes, _ hasher: KeyHasher) -> Bool {
        guard let score = scores.remove(member, hash: hasher.hash(member)) else { return false }
        return order.remove(score, member)
    }

    mutating func remove(_ ranks: Range<Int>, _ hasher: KeyHasher) -> KeyRemains {
        Self.remove(ranks, of: order, from: &scores, hasher)
        return .members(order.removeSubrange(ranks))
    }

    private static func remove(
        _ ranks: Range<Int>, of order: borrowing ScoreTree, from scores: inout ValueMap<Double>, _ hasher: KeyHasher
    ) {
        order.forEach(in: ranks) { _, member in
            scores.remove(member, hash: hasher.hash(member))
            return true
        }
    }

    mutating func removeAll() -> [KeyRemains] { [.members(order.removeAll()), .scores(scores.removeAll())] }
}

extension SortedSetValue {
    /// Which ranks lie within bounds.
    func ranks(_ bounds: SortedSetRange.Bounds) -> Range<Int> {
        switch bounds {
        case .ranks(let start, let end): clamped(start, end, count: count)
        case .scores(let lower, let upper): ranks(lower, upper)
        case .members(let lower, let upper): ranks(lower, upper)
        }
    }

    private func ranks(_ lower: ScoreBound, _ upper: ScoreBound) -> Range<Int> {
        guard !lower.score.isNaN, !upper.score.isNaN else { return 0..<0 }
        let start =
            lower.isIncluded ? order.firstRank(scoreAtLeast: lower.score) : order.firstRank(scoreAbove: lower.score)
        let end =
            upper.isIncluded ? order.firstRank(scoreAbove: upper.score) : order.firstRank(scoreAtLeast: upper.score)
        return start < end ? start..<end : 0..<0
    }

    /// By members alone.
    private func ranks(_ lower: MemberBound, _ upper: MemberBound) -> Range<Int> {
        guard !isEmpty else { return 0..<0 }
        let start = rank(lower, isEnd: false)
        let end = rank(upper, isEnd: true)
        return start < end ? start..<end : 0..<0
    }

    private func rank(_ bound: MemberBound, isEnd: Bool) -> Int {
        switch bound {
        case .start: 0
        case .end: count
        case .included(let member): firstRank(member, isAbove: isEnd)
        case .excluded(let member): firstRank(member, isAbove: !isEnd)
        }
    }

    /// Of the first member that is above `member`, or not below it.
    ///
    /// Where scores differ, Redis leaves open what comes. It finds members that rise with their scores, and so does
    /// this.
    private func firstRank(_ member: Bytes, isAbove: Bool) -> Int {
        let score = order.withEntry(at: 0) { score, _ in score }
        guard order.withEntry(at: count - 1, { last, _ in last != score }) else {
            return isAbove
                ? order.firstRank(of: score, memberAbove: member) : order.firstRank(of: score, memberAtLeast: member)
        }
        var (start, end) = (0, count)
        while start < end {
            let middle = start + (end - start) / 2
            let difference = order.withEntry(at: middle) { _, other in
                other.withRawBytes { left in member.withUnsafeBytes { compareBytes(left, $0) } }
            }
            if difference < 0 || isAbove && difference == 0 { start = middle + 1 } else { end = middle }
        }
        return start
    }

    /// Which ranks a range asks for, counted from the lowest score whatever its direction.
    func ranks(_ range: SortedSetRange) -> Range<Int> {
        var ranks = ranks(range.bounds)
        if case .ranks = range.bounds, range.isReversed { ranks = count - ranks.upperBound..<count - ranks.lowerBound }
        guard range.offset >= 0, range.offset < ranks.count else { return 0..<0 }
        let offset = Int(range.offset)
        let left = Int64(ranks.count - offset)
        let taken = Int(range.countMax < 0 ? left : min(left, range.countMax))
        let end = ranks.upperBound - offset
        return range.isReversed ? end - taken..<end : ranks.lowerBound + offset..<ranks.lowerBound + offset + taken
    }

    /// The same without their scores.
    func names(_ ranks: Range<Int>, isReversed: Bool = false) -> ByteStrings {
        let meanBytes = order.byteCount / max(1, order.count) + 1
        var names = ByteStrings(reserving: ranks.count, bytes: ranks.count * meanBytes)
        let collect = { (_: Double, member: Span<UInt8>) in
            names.append(member)
            return true
        }
        if isReversed { order.forEachReversed(in: ranks, collect) } else { order.forEach(in: ranks, collect) }
        return names
    }

    func members(_ ranks: Range<Int>, isReversed: Bool = false) -> [ScoredMember] {
        var members: [ScoredMember] = []
        members.reserveCapacity(ranks.count)
        let collect = { (score: Double, member: Span<UInt8>) in
            members.append(ScoredMember(score, Bytes(copying: member)))
            return true
        }
        if isReversed { order.forEachReversed(in: ranks, collect) } else { order.forEach(in: ranks, collect) }
        return members
    }
}
