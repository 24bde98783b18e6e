import RoostCore
import RoostModel
import Testing

@Suite("Histories of sorted sets")
struct SortedSetHistoryTests {
    @Test(
        "A random history gives what dictionaries give, live and after a replay",
        arguments: [(1, 8, 6000), (2, 60, 3000), (3, 3000, 300)])
    func history(_ seed: UInt64, _ memberCount: Int, _ steps: Int) throws {
        var history = SortedSetHistory(seed: seed, memberCount: memberCount)
        for step in 0..<steps {
            let (command, expected) = history.nextCommand()
            let reply = try history.keys.ask(zset: command)
            try requireEqual(reply, expected, "step \(step), \(command)")
            try history.checkContent("after step \(step), \(command)")
        }
    }
}

/// Commands by chance, and dictionaries that say what they should answer.
private struct SortedSetHistory {
    private typealias Content = [Bytes: Double]

    var keys = KeyspaceHarness()
    private var random: SplitMix64
    private var model: [Bytes: Content] = [:]
    private var expiries: [Bytes: BrokerTime] = [:]
    /// In the last one all scores are the same.
    private let names = ["x", "y", "z"].map(bytes)
    private let members: [Bytes]
    private let scores: [Double] = [-.infinity, -2.5, -1, 0, -0.0, 0.1, 1, 1.5, 2, 1e300, .infinity]

    init(seed: UInt64, memberCount: Int) {
        random = SplitMix64(seed: seed)
        members = (0..<memberCount).map { number in
            number == 0 ? [] : bytes("\(number)") + Bytes(repeating: 0xff, count: number % 11)
        }
    }

    mutating func nextCommand() -> (SortedSetCommand, KeyReply) {
        if random.chance(20) { passTime() }
        let key = random.pick(names)
        switch random.below(16) {
        case 0...3: return add(key)
        case 4: return increment(random.pick(names.dropLast()))
        case 5: return remove(key)
        case 6...8: return range(key)
        case 9: return removeRange(key)
        case 10: return pop(key)
        case 11: return popFirst()
        case 12, 13: return combine()
        case 14: return countIntersection()
        default: return ask(key)
        }
    }

    /// What both keyspaces hold, in both of the trees of each sorted set.
    func checkContent(_ what: @autoclosure () -> String) throws {
        for keys in [keys.keys, keys.replayed] {
            for name in names {
                let expected = ordered(name)
                let range = SortedSetRange(.ranks(0, -1))
                try requireEqual(
                    answer(keys, .sortedSet(.range(name, range, withScores: true))), .scored(expected), what())
                let scan = answer(keys, .sortedSet(.scan(name, ScanOptions(countMin: .max))))
                guard case .page(0, let parts) = scan else { throw Discrepancy("no scan \(what())") }
                let found = try stride(from: 0, to: parts.count, by: 2).map { index in
                    ScoredMember(try #require(FloatText.parseDouble(parts[index + 1])), parts[index])
                }
                try requireEqual(found.sorted(by: Self.isBefore), expected, what())
                let expiry = model[name] == nil ? -2 : expiries[name]?.milliseconds ?? -1
                try requireEqual(answer(keys, .key(.expiry(name))), .integer(expiry), what())
            }
        }
    }

    private func answer(_ keys: Keyspace, _ command: KeyCommand) -> KeyReply {
        keys.prepare(command, now: self.keys.now, random: 0).reply.inParts
    }

    private func ordered(_ key: Bytes) -> [ScoredMember] {
        (model[key] ?? [:]).map { ScoredMember($0.value, $0.key) }.sorted(by: Self.isBefore)
    }

    private static func isBefore(_ left: ScoredMember, _ right: ScoredMember) -> Bool {
        left.score < right.score
            || left.score == right.score && left.member.lexicographicallyPrecedes(right.member)
    }

    private func reply(_ members: [ScoredMember], _ withScores: Bool) -> KeyReply {
        withScores ? .scored(members) : .array(members.map { .bytes($0.member) })
    }
}

// MARK: - Changes

extension SortedSetHistory {
    private mutating func set(_ key: Bytes, _ content: Content) {
        model[key] = content.isEmpty ? nil : content
        if content.isEmpty { expiries[key] = nil }
    }

    private mutating func remove(_ members: [ScoredMember], from key: Bytes) {
        var content = model[key] ?? [:]
        for member in members { content[member.member] = nil }
        set(key, content)
    }

    private mutating func passTime() {
        keys.advance(Int64(random.below(5)))
        for (key, time) in expiries where time <= keys.now { set(key, [:]) }
        let (key, time) = (random.pick(names), keys.now + Milliseconds(Int64(1 + random.below(100))))
        guard random.chance(20), model[key] != nil, (try? keys.ask(.expire(key, at: time, .always))) != nil else {
            return
        }
        expiries[key] = time
    }

    private mutating func condition() -> AddCondition {
        AddCondition(random.pick([.any, .any, .ifNone, .ifExists]), random.pick([.any, .any, .ifGreater, .ifLess]))
    }

    private func isMet(_ condition: AddCondition, _ new: Double, _ old: Double?) -> Bool {
        guard let old else { return condition.membership != .ifExists }
        switch (condition.membership, condition.comparison) {
        case (.ifNone, _): return false
        case (_, .ifGreater): return new > old
        case (_, .ifLess): return new < old
        default: return true
        }
    }

    private mutating func add(_ key: Bytes) -> (SortedSetCommand, KeyReply) {
        var added: [ScoredMember] = []
        for _ in 0...random.below(1 + members.count / 4) {
            added.append(ScoredMember(key == names.last ? 1 : random.pick(scores), random.pick(members)))
        }
        let (condition, countsChanged) = (condition(), random.chance(50))
        var (content, count) = (model[key] ?? [:], Int64(0))
        for new in added where isMet(condition, new.score, content[new.member]) {
            let old = content.updateValue(new.score, forKey: new.member)
            if old == nil || countsChanged && old != new.score { count += 1 }
        }
        set(key, content)
        return (.add(key, added, condition, countsChanged: countsChanged), .integer(count))
    }

    private mutating func increment(_ key: Bytes) -> (SortedSetCommand, KeyReply) {
        let step = ScoredMember(random.pick(scores), random.pick(members))
        let condition = condition()
        let command = SortedSetCommand.increment(key, by: step, condition)
        let old = model[key]?[step.member]
        if old != nil, condition.membership == .ifNone { return (command, .null) }
        let sum = (old ?? 0) + step.score
        if sum.isNaN { return (command, .failure(.scoreNotANumber)) }
        guard isMet(condition, sum, old) else { return (command, .null) }
        model[key, default: [:]][step.member] = sum
        return (command, .double(sum))
    }

    private mutating func remove(_ key: Bytes) -> (SortedSetCommand, KeyReply) {
        let removed = (0...random.below(1 + members.count / 4)).map { _ in random.pick(members) }
        let found = Set(removed).filter { model[key]?[$0] != nil }
        remove(found.map { ScoredMember(0, $0) }, from: key)
        return (.remove(key, removed), .integer(Int64(found.count)))
    }

    private func popped(_ key: Bytes, _ end: ScoreEnd, _ count: Int) -> [ScoredMember] {
        Array((end == .lowest ? ordered(key) : ordered(key).reversed()).prefix(count))
    }

    private mutating func pop(_ key: Bytes) -> (SortedSetCommand, KeyReply) {
        let (end, count) = (random.pick([ScoreEnd.lowest, .highest]), random.below(5))
        let popped = popped(key, end, count)
        remove(popped, from: key)
        return (.pop(key, end, count: count), .scored(popped))
    }

    private mutating func popFirst() -> (SortedSetCommand, KeyReply) {
        let (end, count) = (random.pick([ScoreEnd.lowest, .highest]), 1 + random.below(5))
        let command = SortedSetCommand.popFirst(names, end, count: count)
        guard let key = names.first(where: { model[$0] != nil }) else { return (command, .nullArray) }
        let popped = popped(key, end, count)
        remove(popped, from: key)
        let pairs = popped.map { KeyReply.array([.bytes($0.member), .double($0.score)]) }
        return (command, .array([.bytes(key), .array(pairs)]))
    }
}

// MARK: - Ranges

extension SortedSetHistory {
    private mutating func bounds(_ key: Bytes) -> SortedSetRange.Bounds {
        if key == names.last, random.chance(60) { return .members(memberBound(), memberBound()) }
        if random.chance(50) { return .scores(scoreBound(), scoreBound()) }
        let span = members.count
        return .ranks(Int64(random.below(2 * span) - span), Int64(random.below(2 * span) - span))
    }

    private mutating func scoreBound() -> ScoreBound {
        ScoreBound(random.pick(scores), isIncluded: random.chance(50))
    }

    private mutating func memberBound() -> MemberBound {
        let member = random.pick(members)
        return random.pick([.start, .end, .included(member), .included(member), .excluded(member), .excluded(member)])
    }

    /// Those within the bounds, in the order of the direction.
    private func found(_ key: Bytes, _ bounds: SortedSetRange.Bounds, _ isReversed: Bool = false) -> [ScoredMember] {
        let all = isReversed ? ordered(key).reversed() : ordered(key)
        switch bounds {
        case .ranks(let start, let end):
            let (first, last) = (start < 0 ? start + Int64(all.count) : start, end < 0 ? end + Int64(all.count) : end)
            return all.indices.filter { $0 >= first && $0 <= last }.map { all[$0] }
        case .scores(let low, let high):
            return all.filter {
                (low.isIncluded ? $0.score >= low.score : $0.score > low.score)
                    && (high.isIncluded ? $0.score <= high.score : $0.score < high.score)
            }
        case .members(let low, let high):
            return all.filter { isAbove($0.member, low) && !isAbove($0.member, high, orAt: false) }
        }
    }

    /// - Parameter orAt: whether a member that is included counts as above the bound.
    private func isAbove(_ member: Bytes, _ bound: MemberBound, orAt: Bool = true) -> Bool {
        switch bound {
        case .start: true
        case .end: false
        case .included(let other):
            orAt ? !member.lexicographicallyPrecedes(other) : other.lexicographicallyPrecedes(member)
        case .excluded(let other):
            orAt ? other.lexicographicallyPrecedes(member) : !member.lexicographicallyPrecedes(other)
        }
    }

    private mutating func range(_ key: Bytes) -> (SortedSetCommand, KeyReply) {
        let (bounds, isReversed) = (bounds(key), random.chance(50))
        var range = SortedSetRange(bounds, isReversed: isReversed)
        var found = found(key, bounds, isReversed)
        if random.chance(40) {
            (range.offset, range.countMax) = (Int64(random.below(6) - 1), Int64(random.below(6) - 1))
            found = range.offset < 0 ? [] : Array(found.dropFirst(Int(range.offset)))
            if range.countMax >= 0 { found = Array(found.prefix(Int(range.countMax))) }
        }
        if random.chance(30) {
            let to = random.pick(names.dropLast())
            replace(to, found)
            return (.storeRange(key, to: to, range), .integer(Int64(found.count)))
        }
        let withScores = random.chance(50)
        return (.range(key, range, withScores: withScores), reply(found, withScores))
    }

    private mutating func removeRange(_ key: Bytes) -> (SortedSetCommand, KeyReply) {
        let bounds = bounds(key)
        let found = found(key, bounds)
        if random.chance(40) { return (.countRange(key, bounds), .integer(Int64(found.count))) }
        remove(found, from: key)
        return (.removeRange(key, bounds), .integer(Int64(found.count)))
    }

    private mutating func ask(_ key: Bytes) -> (SortedSetCommand, KeyReply) {
        let (member, isReversed) = (random.pick(members), random.chance(50))
        if random.chance(30) {
            let asked = [member, random.pick(members)]
            return (.scores(key, asked), .array(asked.map { model[key]?[$0].map { .double($0) } ?? .null }))
        }
        if random.chance(20) { return (.count(key), .integer(Int64(model[key]?.count ?? 0))) }
        let all = isReversed ? ordered(key).reversed() : ordered(key)
        let rank = all.firstIndex { $0.member == member }
        let reply = rank.map { KeyReply.array([.integer(Int64($0)), .double(all[$0].score)]) }
        return (.rank(key, member, isReversed: isReversed, withScore: true), reply ?? .nullArray)
    }
}

// MARK: - Several at once

extension SortedSetHistory {
    private mutating func replace(_ key: Bytes, _ content: [ScoredMember]) {
        expiries[key] = nil
        set(key, Content(uniqueKeysWithValues: content.map { ($0.member, $0.score) }))
    }

    private mutating func combine() -> (SortedSetCommand, KeyReply) {
        let sources = (0...random.below(3)).map { _ in
            SortedSetCombination.Source(random.pick(names), weight: random.pick([1, 1, 2, 0, -1, 0.5, .infinity]))
        }
        let combination = SortedSetCombination(
            random.pick([.union, .intersection, .difference]), sources, random.pick([.sum, .min, .max]))
        let result = result(combination).sorted(by: Self.isBefore)
        if random.chance(50) {
            let to = random.pick(names.dropLast())
            replace(to, result)
            return (.storeCombination(combination, to: to), .integer(Int64(result.count)))
        }
        let withScores = random.chance(50)
        return (.combine(combination, withScores: withScores), reply(result, withScores))
    }

    private func result(_ combination: SortedSetCombination) -> [ScoredMember] {
        let contents = combination.sources.map { model[$0.key] ?? [:] }
        if combination.kind == .difference {
            return ordered(combination.sources[0].key).filter { scored in
                contents.dropFirst().allSatisfy { $0[scored.member] == nil }
            }
        }
        let bySize = zip(combination.sources, contents).enumerated()
            .sorted { ($0.element.1.count, $0.offset) < ($1.element.1.count, $1.offset) }
        return Set(contents.flatMap(\.keys)).compactMap { member in
            var score: Double?
            for (_, (source, content)) in bySize {
                guard let part = content[member] else {
                    if combination.kind == .intersection { return nil }
                    continue
                }
                score = together(score, part * source.weight, combination)
            }
            return score.map { ScoredMember($0, member) }
        }
    }

    private func together(_ sum: Double?, _ part: Double, _ combination: SortedSetCombination) -> Double {
        guard let sum else { return part.isNaN ? 0 : part }
        // As Redis has it: in an intersection only the first product that is no number is zero by itself.
        let part = part.isNaN && combination.kind == .union ? 0 : part
        switch combination.aggregate {
        case .sum: return (sum + part).isNaN ? 0 : sum + part
        case .min: return part.isNaN ? sum : Swift.min(sum, part)
        case .max: return part.isNaN ? sum : Swift.max(sum, part)
        }
    }

    private mutating func countIntersection() -> (SortedSetCommand, KeyReply) {
        let keys = (0...random.below(3)).map { _ in random.pick(names) }
        let limit = random.below(4)
        let common = members.count { member in keys.allSatisfy { model[$0]?[member] != nil } }
        return (.countIntersection(keys, limit: limit), .integer(Int64(limit == 0 ? common : min(limit, common))))
    }
}
