import RoostCore
import RoostModel
import Testing

@Suite("Sorted sets made of others")
struct SortedSetCombinationTests {
    private func keys() throws -> KeyspaceHarness {
        var keys = KeyspaceHarness()
        _ = try keys.add("x", ["a": 1, "b": 2, "c": 3, "i": .infinity])
        _ = try keys.add("y", ["b": 20, "c": 10, "d": 5, "e": -1, "i": -.infinity])
        return keys
    }

    private func sources(_ weights: KeyValuePairs<String, Double>) -> [SortedSetCombination.Source] {
        weights.map { SortedSetCombination.Source(bytes($0.key), weight: $0.value) }
    }

    @Test("Scores are weighed and put together; infinities that cancel each other are zero")
    func aggregates() throws {
        let union: [(SortedSetCombination.Aggregate, KeyValuePairs<String, Double>)] = [
            (.sum, ["e": -3, "i": 0, "a": 2, "d": 15, "c": 36, "b": 64]),
            (.min, ["i": -.infinity, "e": -3, "a": 2, "b": 4, "c": 6, "d": 15]),
            (.max, ["e": -3, "a": 2, "d": 15, "c": 30, "b": 60, "i": .infinity]),
        ]
        for (aggregate, scores) in union {
            var keys = try keys()
            let sources = sources(["x": 2, "y": 3])
            let all = scores.map { ScoredMember($0.value, bytes($0.key)) }
            let common = all.filter { ["b", "c", "i"].map(bytes).contains($0.member) }
            for (kind, expected) in [(SortedSetCombination.Kind.union, all), (.intersection, common)] {
                let combination = SortedSetCombination(kind, sources, aggregate)
                #expect(try keys.ask(zset: .combine(combination, withScores: true)) == .scored(expected))
            }
        }
    }

    @Test("Infinity by zero is zero, in all sources")
    func zeroWeight() throws {
        var keys = try keys()
        let none = SortedSetCombination(.intersection, sources(["x": 0, "y": 0]))
        #expect(try keys.ask(zset: .combine(none, withScores: true)) == .scored(["b": 0, "c": 0, "i": 0]))
        let all = SortedSetCombination(.union, sources(["x": 0]))
        #expect(try keys.ask(zset: .combine(all, withScores: true)) == .scored(["a": 0, "b": 0, "c": 0, "i": 0]))
    }

    @Test("A difference keeps the scores of the first")
    func difference() throws {
        var keys = try keys()
        let ask = { (names: [String]) in
            let sources = names.map { SortedSetCombination.Source(bytes($0)) }
            return try keys.ask(zset: .combine(SortedSetCombination(.difference, sources), withScores: true))
        }
        #expect(try ask(["y", "x"]) == .scored(["e": -1, "d": 5]))
        #expect(try ask(["x", "x"]) == .scored([] as [ScoredMember]))
        #expect(try ask(["none", "x"]) == .scored([] as [ScoredMember]))
        #expect(try ask(["x", "none"]) == .scored(["a": 1, "b": 2, "c": 3, "i": .infinity]))
    }

    @Test("The intersection is counted up to a limit")
    func counting() throws {
        var keys = try keys()
        let names = ["x", "y"].map(bytes)
        for (limit, count) in [(0, 3), (1, 1), (3, 3), (4, 3)] {
            #expect(try keys.ask(zset: .countIntersection(names, limit: limit)) == .integer(Int64(count)))
        }
        #expect(try keys.ask(zset: .countIntersection(names + [bytes("none")], limit: 0)) == .integer(0))
    }

    @Test("A destination holds the result alone, whatever it held, and nothing when that is empty")
    func destinations() throws {
        let union = SortedSetCombination(.union, [.init(bytes("x")), .init(bytes("to"))])
        for leftOver in [false, true] {
            for isList in [false, true] {
                var keys = try keys()
                let to = bytes("to")
                if isList {
                    _ = try keys.ask(.push(to, .left, [to], onlyExisting: false))
                } else {
                    _ = try keys.add("to", ["q": 9])
                }
                _ = try keys.ask(.expire(to, at: keys.now + Milliseconds(10), .always))
                if leftOver { keys.advance(10) }
                let range = SortedSetRange(.ranks(0, 1), isReversed: true)
                #expect(try keys.ask(zset: .storeRange(bytes("x"), to: to, range)) == .integer(2))
                #expect(try keys.ask(GenericCommand.expiry(to)) == .integer(-1))
                #expect(try keys.ask(zset: .storeCombination(union, to: to)) == .integer(4))
                let all = SortedSetRange(.ranks(0, -1))
                #expect(
                    try keys.range("to", all, withScores: true) == .scored(["a": 1, "b": 2, "c": 6, "i": .infinity]))
                #expect(try keys.ask(zset: .storeRange(bytes("none"), to: to, all)) == .integer(0))
                #expect(try keys.ask(.type(to)) == .word(.none))
                #expect(keys.keys.count == 2 && keys.replayed.count == 2)
            }
        }
    }

    @Test("Time that is over leaves an empty place, for ZADD too")
    func leftOvers() throws {
        var keys = try keys()
        _ = try keys.ask(.expire(bytes("x"), at: keys.now + Milliseconds(10), .always))
        keys.advance(10)
        #expect(try keys.ask(zset: .count(bytes("x"))) == .integer(0))
        #expect(try keys.add("x", ["a": 7], AddCondition(.ifExists)) == .integer(0))
        #expect(try keys.add("x", ["z": 7]) == .integer(1))
        let all = SortedSetRange(.ranks(0, -1))
        #expect(try keys.range("x", all, withScores: true) == .scored(["z": 7]))
        #expect(try keys.ask(GenericCommand.expiry(bytes("x"))) == .integer(-1))
    }

    @Test("Random picks are members, different ones or as many as are asked for, and all of them come up")
    func random() throws {
        var keys = KeyspaceHarness()
        let key = bytes("set")
        let members = (0..<20).map { ScoredMember(Double($0 / 3), bytes("m\($0)")) }
        _ = try keys.ask(zset: .add(key, members, AddCondition(), countsChanged: false))
        var (single, different, repeated) = (Set<Bytes>(), Set<Bytes>(), Set<Bytes>())
        for _ in 0..<200 {
            if case .bytes(let member) = try keys.ask(zset: .randomMember(key)) { single.insert(member) }
            for (count, expected) in [(5, 5), (-50, 50), (0, 0), (20, 20), (.max, 20)] as [(Int64, Int)] {
                let reply = try keys.ask(zset: .randomMembers(key, count: count, withScores: true))
                guard case .scored(let picks) = reply else { throw Discrepancy("no picks") }
                #expect(picks.count == expected && picks.allSatisfy(members.contains))
                if count > 0 { #expect(Set(picks.map(\.member)).count == expected) }
                if count == 5 { different.formUnion(picks.map(\.member)) }
                if count == -50 { repeated.formUnion(picks.map(\.member)) }
            }
        }
        #expect(single.count == 20 && different.count == 20 && repeated.count == 20)
        #expect(
            try keys.ask(zset: .randomMembers(key, count: .min, withScores: false)) == .failure(.countOutOfRange))
        #expect(try keys.ask(zset: .randomMembers(bytes("none"), count: 3, withScores: false)) == .array([]))
        #expect(try keys.ask(zset: .randomMember(bytes("none"))) == .null)
    }
}
