import RoostModel

extension Keyspace {
    func prepare(_ command: SortedSetCommand, _ now: BrokerTime, _ random: UInt64) throws(KeyError) -> PreparedKeys {
        switch command {
        case .add(let key, let members, let condition, let countsChanged):
            try add(key, members, condition, countsChanged, now)
        case .increment(let key, let step, let condition): try increment(key, step, condition, now)
        case .remove(let key, let members): try remove(key, members, now)
        case .count(let key): PreparedKeys(.integer(Int64(try sortedSet(key, now)?.count ?? 0)))
        case .score(let key, let member): PreparedKeys(try scores(key, [member], now)[0])
        case .scores(let key, let members): PreparedKeys(.array(try scores(key, members, now)))
        case .rank(let key, let member, let isReversed, let withScore):
            try rank(key, member, isReversed, withScore, now)
        case .countRange(let key, let bounds):
            PreparedKeys(.integer(Int64(try sortedSet(key, now)?.ranks(bounds).count ?? 0)))
        case .range(let key, let range, let withScores):
            PreparedKeys(try self.range(key, range, withScores, now))
        case .storeRange(let key, let to, let range): store(try members(key, range, now), in: to, now)
        case .removeRange(let key, let bounds): try removeRange(key, bounds, now)
        case .pop(let key, let end, let count): try pop(key, end, count, now)
        case .popFirst(let keys, let end, let count): try popFirst(keys, end, count, now)
        case .popFirstMember(let keys, let end): try popFirstMember(keys, end, now)
        case .randomMember(let key):
            PreparedKeys(try randomMembers(key, 1, now, random).first.map { .bytes($0.member) } ?? .null)
        case .randomMembers(let key, let count, let withScores):
            PreparedKeys(reply(try randomMembers(key, count, now, random), withScores))
        case .combine(let combination, let withScores):
            PreparedKeys(reply(try members(of: combination, now), withScores))
        case .storeCombination(let combination, let to): store(try members(of: combination, now), in: to, now)
        case .countIntersection(let keys, let limit): try countIntersection(keys, limit, now)
        case .scan(let key, let options):
            PreparedKeys((try sortedSet(key, now)?.scores ?? ValueMap()).page(options))
        }
    }

    func sortedSet(_ key: Bytes, _ now: BrokerTime) throws(KeyError) -> SortedSetValue? {
        switch record(key, now)?.value {
        case .sortedSet(let box): box[0]
        case nil, .taken: nil
        default: throw .wrongType
        }
    }

    func reply(_ members: [ScoredMember], _ withScores: Bool) -> KeyReply {
        withScores ? .scored(members) : .array(members.map { .bytes($0.member) })
    }

    /// The key holds these and nothing else from now on.
    private func store(_ members: [ScoredMember], in key: Bytes, _ now: BrokerTime) -> PreparedKeys {
        var effects = self.effects(on: key, now, record(key, now) == nil ? [] : [.delete(key)])
        if !members.isEmpty { effects.append(.sortedSet(.put(key, members))) }
        return PreparedKeys(.integer(Int64(members.count)), effects)
    }
}

// MARK: - Scores that change

extension Keyspace {
    private func add(
        _ key: Bytes, _ members: [ScoredMember], _ condition: AddCondition, _ countsChanged: Bool, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        let set = try sortedSet(key, now)
        // A member may be named several times: later ones meet what earlier ones did.
        var (changes, changed) = ([ScoredMember](), [Bytes: Double]())
        var count: Int64 = 0
        for new in members {
            guard !new.score.isNaN else { throw .scoreNotANumber }
            let old = changed[new.member] ?? set?.score(new.member, hasher)
            guard condition.isMet(new.score, old: old), old != new.score else { continue }
            changes.append(new)
            if members.count > 1 { changed[new.member] = new.score }
            if old == nil || countsChanged { count += 1 }
        }
        return PreparedKeys(.integer(count), put(key, changes, isNew: set == nil, now))
    }

    private func put(_ key: Bytes, _ members: [ScoredMember], isNew: Bool, _ now: BrokerTime) -> [KeyEffect] {
        let put = members.isEmpty ? [] : [KeyEffect.sortedSet(.put(key, members))]
        return isNew && !members.isEmpty ? effects(on: key, now, put) : put
    }

    private func increment(
        _ key: Bytes, _ step: ScoredMember, _ condition: AddCondition, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        let set = try sortedSet(key, now)
        let old = set?.score(step.member, hasher)
        if old != nil, condition.membership == .ifNone { return PreparedKeys(.null) }
        let new = ScoredMember((old ?? 0) + step.score, step.member)
        guard !new.score.isNaN else { throw .scoreNotANumber }
        guard condition.isMet(new.score, old: old) else { return PreparedKeys(.null) }
        return PreparedKeys(.double(new.score), put(key, old == new.score ? [] : [new], isNew: set == nil, now))
    }

    private func remove(_ key: Bytes, _ members: [Bytes], _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        guard let set = try sortedSet(key, now) else { return PreparedKeys(.integer(0)) }
        var (found, seen) = ([Bytes](), Set<Bytes>())
        for member in members where set.score(member, hasher) != nil {
            if members.count > 1, !seen.insert(member).inserted { continue }
            found.append(member)
        }
        return PreparedKeys(
            .integer(Int64(found.count)), found.isEmpty ? [] : [.sortedSet(.remove(key, found))])
    }

    private func removeRange(
        _ key: Bytes, _ bounds: SortedSetRange.Bounds, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        guard let set = try sortedSet(key, now) else { return PreparedKeys(.integer(0)) }
        let ranks = set.ranks(bounds)
        return PreparedKeys(.integer(Int64(ranks.count)), removal(key, set, ranks))
    }

    private func removal(_ key: Bytes, _ set: SortedSetValue, _ ranks: Range<Int>) -> [KeyEffect] {
        guard !ranks.isEmpty else { return [] }
        return [ranks.count == set.count ? .delete(key) : .sortedSet(.removeRanks(key, ranks))]
    }
}

// MARK: - Members that are popped

extension Keyspace {
    private func pop(_ key: Bytes, _ end: ScoreEnd, _ count: Int?, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        guard let set = try sortedSet(key, now) else { return PreparedKeys(count == nil ? .array([]) : .scored([])) }
        let (members, effects) = taken(key, set, end, count ?? 1)
        guard count == nil, let member = members.first else { return PreparedKeys(.scored(members), effects) }
        return PreparedKeys(pair(member), effects)
    }

    private func popFirst(
        _ keys: [Bytes], _ end: ScoreEnd, _ count: Int, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        for key in keys {
            guard let set = try sortedSet(key, now) else { continue }
            let (members, effects) = taken(key, set, end, count)
            return PreparedKeys(.array([.bytes(key), .array(members.map(pair))]), effects)
        }
        return PreparedKeys(.nullArray)
    }

    private func popFirstMember(_ keys: [Bytes], _ end: ScoreEnd, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        for key in keys {
            guard let set = try sortedSet(key, now) else { continue }
            let (members, effects) = taken(key, set, end, 1)
            return PreparedKeys(
                .array([.bytes(key)] + members.flatMap { [.bytes($0.member), .double($0.score)] }), effects)
        }
        return PreparedKeys(.nullArray)
    }

    /// From the end on, and what takes them away.
    private func taken(
        _ key: Bytes, _ set: SortedSetValue, _ end: ScoreEnd, _ count: Int
    ) -> ([ScoredMember], [KeyEffect]) {
        let count = max(0, min(count, set.count))
        let ranks = end == .lowest ? 0..<count : set.count - count..<set.count
        return (set.members(ranks, isReversed: end == .highest), removal(key, set, ranks))
    }

    private func pair(_ member: ScoredMember) -> KeyReply { .array([.bytes(member.member), .double(member.score)]) }
}

// MARK: - Questions

extension Keyspace {
    private func scores(_ key: Bytes, _ members: [Bytes], _ now: BrokerTime) throws(KeyError) -> [KeyReply] {
        let set = try sortedSet(key, now)
        return members.map { set?.score($0, hasher).map { .double($0) } ?? .null }
    }

    private func rank(
        _ key: Bytes, _ member: Bytes, _ isReversed: Bool, _ withScore: Bool, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        guard let set = try sortedSet(key, now), let score = set.score(member, hasher),
            let rank = set.order.rank(of: score, member)
        else { return PreparedKeys(withScore ? .nullArray : .null) }
        let reply = KeyReply.integer(Int64(isReversed ? set.count - 1 - rank : rank))
        return PreparedKeys(withScore ? .array([reply, .double(score)]) : reply)
    }

    private func range(
        _ key: Bytes, _ range: SortedSetRange, _ withScores: Bool, _ now: BrokerTime
    ) throws(KeyError) -> KeyReply {
        guard !withScores, let set = try sortedSet(key, now) else {
            return reply(try members(key, range, now), withScores)
        }
        return .strings(set.names(set.ranks(range), isReversed: range.isReversed))
    }

    private func members(_ key: Bytes, _ range: SortedSetRange, _ now: BrokerTime) throws(KeyError) -> [ScoredMember] {
        guard let set = try sortedSet(key, now) else { return [] }
        return set.members(set.ranks(range), isReversed: range.isReversed)
    }

    /// So that a few bytes of a command do not fill the memory with its answer.
    private static var repeatedPicksMax: Int64 { 1 << 20 }

    private func randomMembers(
        _ key: Bytes, _ count: Int64, _ now: BrokerTime, _ random: UInt64
    ) throws(KeyError) -> [ScoredMember] {
        guard let set = try sortedSet(key, now) else { return [] }
        var picks = RandomPicks(random)
        guard count < 0 else {
            return picks.distinct(Int(clamping: count), below: set.count).flatMap { set.members($0..<$0 + 1) }
        }
        guard count >= -Self.repeatedPicksMax else { throw .countOutOfRange }
        var (members, bytes) = ([ScoredMember](), 0)
        for _ in 0..<count.magnitude {
            let rank = picks.below(set.count)
            members += set.members(rank..<rank + 1)
            bytes += members.last?.member.count ?? 0
            guard bytes <= BoundedReply.bytesMaxDefault else { throw .replyTooLong }
        }
        return members
    }
}

// MARK: - Effects

extension Keyspace {
    mutating func apply(_ effect: SortedSetEffect) throws(KeyMismatch) {
        switch effect {
        case .put(let key, let members): try put(key, members)
        case .remove(let key, let members): try remove(key, members)
        case .removeRanks(let key, let ranks): try remove(key, ranks)
        }
    }

    private mutating func put(_ key: Bytes, _ members: [ScoredMember]) throws(KeyMismatch) {
        try require(!members.isEmpty && members.allSatisfy { !$0.score.isNaN }, "no members with scores")
        let hasher = hasher
        try changeSortedSet(key, orIn: .sortedSet([SortedSetValue()])) { set in
            for member in members { set.put(member, hasher) }
        }
    }

    private mutating func remove(_ key: Bytes, _ members: [Bytes]) throws(KeyMismatch) {
        let hasher = hasher
        let (isDone, isEmpty) = try changeSortedSet(key) { set in
            var isDone = true
            for member in members where !set.remove(member, hasher) { isDone = false }
            return (isDone, set.isEmpty)
        }
        if isEmpty { _ = remove(key) }
        try require(isDone, "no such member")
    }

    private mutating func remove(_ key: Bytes, _ ranks: Range<Int>) throws(KeyMismatch) {
        let hasher = hasher
        let (remains, isEmpty) = try changeSortedSet(key) { set -> (KeyRemains?, Bool) in
            guard ranks.lowerBound >= 0, ranks.upperBound <= set.count else { return (nil, false) }
            return (set.remove(ranks, hasher), set.isEmpty)
        }
        guard let remains else { throw KeyMismatch(reason: "no such ranks") }
        bury(remains)
        if isEmpty { _ = remove(key) }
    }

    private mutating func changeSortedSet<Result>(
        _ key: Bytes, orIn new: @autoclosure () -> KeyValue? = nil, _ change: (inout SortedSetValue) -> Result
    ) throws(KeyMismatch) -> Result {
        let result = update(key, orIn: new) { record -> Result? in
            guard case .sortedSet(var box) = record.value else { return nil }
            record.value = .taken
            defer { record.value = .sortedSet(box) }
            return change(&box[0])
        }
        guard let result = result ?? nil else { throw KeyMismatch(reason: "no such sorted set") }
        return result
    }
}

extension AddCondition {
    /// - Parameter old: nil for a member that is not there.
    fileprivate func isMet(_ new: Double, old: Double?) -> Bool {
        guard let old else { return membership != .ifExists }
        guard membership != .ifNone else { return false }
        return switch comparison {
        case .any: true
        case .ifGreater: new > old
        case .ifLess: new < old
        }
    }
}
