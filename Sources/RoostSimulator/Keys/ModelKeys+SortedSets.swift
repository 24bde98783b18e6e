import RoostModel

extension ModelKeys {
    private func scores(_ name: Name, _ now: BrokerTime) throws(KeyError) -> [Bytes: Double]? {
        guard let key = visible(name, at: now) else { return nil }
        guard case .sortedSet(let scores) = key.value else { throw .wrongType }
        return scores
    }

    mutating func run(
        _ command: SortedSetCommand, _ database: UInt8, _ now: BrokerTime
    ) throws(KeyError) -> KeyReply {
        let name = { (key: Bytes) in Name(database: database, key: key) }
        switch command {
        case .add(let key, let members, let condition, let countsChanged):
            return try add(name(key), members, condition, countsChanged, now)
        case .increment(let key, let step, let condition): return try increment(name(key), step, condition, now)
        case .remove(let key, let members):
            let old = try scores(name(key), now) ?? [:]
            return .integer(Int64(keep(name(key), old.filter { !members.contains($0.key) }, of: old, now)))
        case .removeRange(let key, let bounds):
            let old = try scores(name(key), now) ?? [:]
            let removed = Set(within(bounds, ranked(old)).map(\.member))
            return .integer(Int64(keep(name(key), old.filter { !removed.contains($0.key) }, of: old, now)))
        case .count(let key): return .integer(Int64(try scores(name(key), now)?.count ?? 0))
        case .score(let key, let member): return try scores(name(key), now)?[member].map { .double($0) } ?? .null
        case .rank(let key, let member, let isReversed, withScore: false):
            let members = ranked(try scores(name(key), now) ?? [:])
            guard let rank = members.firstIndex(where: { $0.member == member }) else { return .null }
            return .integer(Int64(isReversed ? members.count - 1 - rank : rank))
        case .countRange(let key, let bounds):
            return .integer(Int64(within(bounds, ranked(try scores(name(key), now) ?? [:])).count))
        case .range(let key, let range, let withScores):
            let members = self.members(range, ranked(try scores(name(key), now) ?? [:]))
            return withScores ? .scored(members) : .array(members.map { .bytes($0.member) })
        case .storeRange(let key, let to, let range):
            return store(members(range, ranked(try scores(name(key), now) ?? [:])), in: name(to))
        default: return try pop(command, name, now)
        }
    }

    private mutating func pop(
        _ command: SortedSetCommand, _ name: (Bytes) -> Name, _ now: BrokerTime
    ) throws(KeyError) -> KeyReply {
        switch command {
        case .pop(let key, let end, let count):
            guard try scores(name(key), now) != nil else { return count == nil ? .array([]) : .scored([]) }
            let taken = try take(name(key), end, count ?? 1, now)
            return count == nil ? pair(taken[0]) : .scored(taken)
        case .popFirst(let keys, let end, let count):
            for key in keys where try scores(name(key), now) != nil {
                return .array([.bytes(key), .array(try take(name(key), end, count, now).map(pair))])
            }
            return .nullArray
        case .popFirstMember(let keys, let end):
            for key in keys where try scores(name(key), now) != nil {
                let taken = try take(name(key), end, 1, now)[0]
                return .array([.bytes(key), .bytes(taken.member), .double(taken.score)])
            }
            return .nullArray
        case .storeCombination(let combination, let to):
            return store(try union(combination, name, now), in: name(to))
        default: return .failure(.noSuchDatabase)
        }
    }

    private func pair(_ member: ScoredMember) -> KeyReply { .array([.bytes(member.member), .double(member.score)]) }

    /// How many went.
    private mutating func keep(
        _ name: Name, _ left: [Bytes: Double], of old: [Bytes: Double], _ now: BrokerTime
    ) -> Int {
        if left.count < old.count { change(name, at: now, .sortedSet(left)) }
        return old.count - left.count
    }

    private mutating func store(_ members: [ScoredMember], in name: Name) -> KeyReply {
        let pairs = members.map { ($0.member, $0.score) }
        put(name, .sortedSet(Dictionary(pairs, uniquingKeysWith: { $1 })), expiry: nil)
        return .integer(Int64(members.count))
    }

    private mutating func take(
        _ name: Name, _ end: ScoreEnd, _ count: Int, _ now: BrokerTime
    ) throws(KeyError) -> [ScoredMember] {
        let old = try scores(name, now) ?? [:]
        let members = end == .lowest ? ranked(old) : ranked(old).reversed()
        let taken = Array(members.prefix(count))
        _ = keep(name, old.filter { member in !taken.contains { $0.member == member.key } }, of: old, now)
        return taken
    }

    private mutating func add(
        _ name: Name, _ members: [ScoredMember], _ condition: AddCondition, _ countsChanged: Bool, _ now: BrokerTime
    ) throws(KeyError) -> KeyReply {
        var scores = try scores(name, now) ?? [:]
        var (count, isChanged) = (0, false)
        for member in members {
            let old = scores[member.member]
            guard isMet(condition, member.score, old), old != member.score else { continue }
            scores[member.member] = member.score
            isChanged = true
            if old == nil || countsChanged { count += 1 }
        }
        if isChanged { change(name, at: now, .sortedSet(scores)) }
        return .integer(Int64(count))
    }

    private mutating func increment(
        _ name: Name, _ step: ScoredMember, _ condition: AddCondition, _ now: BrokerTime
    ) throws(KeyError) -> KeyReply {
        var scores = try scores(name, now) ?? [:]
        let old = scores[step.member]
        let score = (old ?? 0) + step.score
        guard isMet(condition, score, old) else { return .null }
        scores[step.member] = score
        change(name, at: now, .sortedSet(scores))
        return .double(score)
    }

    private func isMet(_ condition: AddCondition, _ new: Double, _ old: Double?) -> Bool {
        guard let old else { return condition.membership != .ifExists }
        if condition.membership == .ifNone { return false }
        switch condition.comparison {
        case .any: return true
        case .ifGreater: return new > old
        case .ifLess: return new < old
        }
    }

    private func within(_ bounds: SortedSetRange.Bounds, _ members: [ScoredMember]) -> [ScoredMember] {
        switch bounds {
        case .ranks(let start, let end):
            let count = Int64(members.count)
            let (first, last) = (start < 0 ? start + count : start, end < 0 ? end + count : end)
            return members.enumerated().filter { first <= $0.offset && $0.offset <= last }.map(\.element)
        case .scores(let low, let high):
            return members.filter { member in
                (low.isIncluded ? member.score >= low.score : member.score > low.score)
                    && (high.isIncluded ? member.score <= high.score : member.score < high.score)
            }
        case .members: return []
        }
    }

    private func members(_ range: SortedSetRange, _ members: [ScoredMember]) -> [ScoredMember] {
        var found: [ScoredMember]
        if range.isReversed, case .ranks = range.bounds {
            found = within(range.bounds, members.reversed())
        } else {
            found = within(range.bounds, members)
            if range.isReversed { found.reverse() }
        }
        guard range.offset >= 0 else { return [] }
        found = Array(found.dropFirst(Int(range.offset)))
        return range.countMax < 0 ? found : Array(found.prefix(Int(range.countMax)))
    }

    /// Of sorted sets and sets, with whole numbers as scores, so that their order does not matter.
    private func union(
        _ combination: SortedSetCombination, _ name: (Bytes) -> Name, _ now: BrokerTime
    ) throws(KeyError) -> [ScoredMember] {
        var sums: [Bytes: Double] = [:]
        for source in combination.sources {
            for (member, score) in try counted(name(source.key), now) {
                let score = score * source.weight
                guard let old = sums[member] else {
                    sums[member] = score
                    continue
                }
                switch combination.aggregate {
                case .sum: sums[member] = old + score
                case .min: sums[member] = min(old, score)
                case .max: sums[member] = max(old, score)
                }
            }
        }
        return ranked(sums)
    }

    private func counted(_ name: Name, _ now: BrokerTime) throws(KeyError) -> [Bytes: Double] {
        guard let key = visible(name, at: now), case .set(let members) = key.value else {
            return try scores(name, now) ?? [:]
        }
        return Dictionary(members.map { ($0, 1) }, uniquingKeysWith: { $1 })
    }
}
