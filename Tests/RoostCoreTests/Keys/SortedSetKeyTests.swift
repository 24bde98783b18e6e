import RoostCore
import RoostModel
import Testing

@Suite("Sorted sets")
struct SortedSetKeyTests {
    private let key = bytes("set")

    private func set(_ members: KeyValuePairs<String, Double>) throws -> KeyspaceHarness {
        var keys = KeyspaceHarness()
        _ = try keys.add("set", members)
        return keys
    }

    private func all(_ keys: inout KeyspaceHarness, _ key: String = "set") throws -> KeyReply {
        try keys.range(key, SortedSetRange(.ranks(0, -1)), withScores: true)
    }

    @Test(
        "ZADD adds, changes, or neither, and counts what is new or changed",
        arguments: [
            (AddCondition(), 2, 4, [1.5, 0, 5, 7]), (AddCondition(.ifNone), 2, 2, [1, 2, 5, 7]),
            (AddCondition(.ifExists), 0, 2, [1.5, 0, nil, nil]),
            (AddCondition(.any, .ifGreater), 2, 3, [1.5, 2, 5, 7]), (AddCondition(.any, .ifLess), 2, 3, [1, 0, 5, 7]),
            (AddCondition(.ifExists, .ifGreater), 0, 1, [1.5, 2, nil, nil]),
        ])
    func conditions(_ condition: AddCondition, _ new: Int64, _ changed: Int64, _ scores: [Double?]) throws {
        for countsChanged in [false, true] {
            var keys = try set(["a": 1, "b": 2])
            let reply = try keys.add("set", ["a": 1.5, "b": 0, "c": 5, "d": 7], condition, countsChanged)
            #expect(reply == .integer(countsChanged ? changed : new))
            #expect(
                try keys.ask(zset: .scores(key, ["a", "b", "c", "d"].map(bytes)))
                    == .array(scores.map { $0.map { .double($0) } ?? .null }))
        }
    }

    @Test("Ranges of members find those that rise with their scores")
    func membersOfDifferentScores() throws {
        var keys = try set(["a": 1, "b": 2, "c": 3, "d": 4])
        let ranges: [(MemberBound, MemberBound, KeyReply)] = [
            (.included(bytes("b")), .included(bytes("c")), .scored(["b": 2, "c": 3])),
            (.excluded(bytes("b")), .end, .scored(["c": 3, "d": 4])),
            (.start, .excluded(bytes("b")), .scored(["a": 1])),
            (.included(bytes("bb")), .included(bytes("cc")), .scored(["c": 3])),
            (.excluded(bytes("d")), .end, .scored([:])),
        ]
        for (lower, upper, expected) in ranges {
            #expect(try keys.range("set", SortedSetRange(.members(lower, upper)), withScores: true) == expected)
        }
    }

    @Test("A member that is named several times has the last score, and is new once")
    func repeats() throws {
        var keys = KeyspaceHarness()
        #expect(try keys.add("set", ["a": 1, "a": 2, "b": 3, "b": 3]) == .integer(2))
        #expect(try all(&keys) == .scored(["a": 2, "b": 3]))
        #expect(try keys.add("set", ["a": 1, "a": 2, "b": 3], countsChanged: true) == .integer(2))
        #expect(try keys.add("set", ["c": 5, "c": 4, "c": 6], AddCondition(.any, .ifLess)) == .integer(1))
        #expect(try all(&keys) == .scored(["a": 2, "b": 3, "c": 4]))
        #expect(try keys.ask(zset: .remove(key, ["a", "a", "?", "b"].map(bytes))) == .integer(2))
        #expect(try keys.ask(zset: .remove(key, [bytes("c")])) == .integer(1))
        #expect(try keys.ask(.exists([key])) == .integer(0) && keys.replayed.count == 0)
    }

    @Test("Scores grow, under conditions, and never to what is no number")
    func increment() throws {
        var keys = KeyspaceHarness()
        let grow = { (step: Double, condition: AddCondition) in
            try keys.ask(zset: .increment(key, by: ScoredMember(step, bytes("a")), condition))
        }
        #expect(try grow(1, AddCondition(.ifExists)) == .null)
        #expect(try grow(1, AddCondition(.any, .ifLess)) == .double(1))
        #expect(try grow(1, AddCondition(.ifNone)) == .null)
        #expect(try grow(-3, AddCondition(.any, .ifGreater)) == .null)
        #expect(try grow(0, AddCondition(.any, .ifGreater)) == .null)
        #expect(try grow(0, AddCondition()) == .double(1))
        #expect(try grow(-3, AddCondition(.ifExists, .ifLess)) == .double(-2))
        #expect(try grow(.infinity, AddCondition()) == .double(.infinity))
        #expect(try grow(-.infinity, AddCondition()) == .failure(.scoreNotANumber))
        #expect(try grow(-.infinity, AddCondition(.ifNone)) == .null)
        #expect(try all(&keys) == .scored(["a": .infinity]))
    }

    @Test("There is one zero")
    func zero() throws {
        var keys = try set(["a": -0.0, "b": 0])
        guard case .double(let score) = try keys.ask(zset: .score(key, bytes("a"))) else {
            Issue.record("no score")
            return
        }
        #expect(score.sign == .plus)
        #expect(try all(&keys) == .scored(["a": 0, "b": 0]))
        let zero = SortedSetRange.Bounds.scores(.included(-0.0), .included(-0.0))
        #expect(try keys.ask(zset: .countRange(key, zero)) == .integer(2))
    }

    @Test("Ranks from both ends, with the score")
    func ranks() throws {
        var keys = try set(["b": 1, "a": 1, "c": 0])
        let ask = { (member: String, isReversed: Bool, withScore: Bool) in
            try keys.ask(zset: .rank(key, bytes(member), isReversed: isReversed, withScore: withScore))
        }
        #expect(try ask("b", false, false) == .integer(2) && ask("b", true, false) == .integer(0))
        #expect(try ask("c", true, true) == .array([.integer(2), .double(0)]))
        #expect(try ask("?", false, false) == .null && ask("?", false, true) == .nullArray)
    }

    private static let scoreCases: [(ScoreBound, ScoreBound, Int64, Int64, String)] = [
        (.included(2), .included(3), 0, -1, "bcd"), (.excluded(2), .included(3), 0, -1, "d"),
        (.included(2), .excluded(3), 0, -1, "bc"), (.excluded(2), .excluded(2), 0, -1, ""),
        (.excluded(-.infinity), .included(.infinity), 0, -1, "abcdz"), (.included(3), .included(2), 0, -1, ""),
        (.included(-.infinity), .excluded(.infinity), 0, -1, "-abcd"),
        (.included(-.infinity), .included(.infinity), 1, 2, "ab"),
        (.included(-.infinity), .included(.infinity), 6, 2, ""),
        (.included(-.infinity), .included(.infinity), -1, 2, ""), (.included(1), .included(2), 2, .max, "c"),
        (.included(1), .included(2), .max, .max, ""), (.included(1), .included(2), 0, 0, ""),
        (.included(.nan), .included(2), 0, -1, ""),
    ]

    @Test("Ranges of scores: bounds, directions, limits", arguments: scoreCases)
    func scoreRanges(_ test: (ScoreBound, ScoreBound, Int64, Int64, String)) throws {
        let (lower, upper, offset, countMax, names) = test
        var keys = try set(["-": -.infinity, "a": 1, "b": 2, "c": 2, "d": 3, "z": .infinity])
        let bounds = SortedSetRange.Bounds.scores(lower, upper)
        let expected = KeyReply.array(names.map { .text(String($0)) })
        let range = SortedSetRange(bounds, offset: offset, countMax: countMax)
        #expect(try keys.range("set", range) == expected)
        guard offset == 0, countMax == -1 else { return }
        #expect(try keys.ask(zset: .countRange(key, bounds)) == .integer(Int64(names.count)))
        let reversed = KeyReply.array(names.reversed().map { .text(String($0)) })
        #expect(try keys.range("set", SortedSetRange(bounds, isReversed: true)) == reversed)
        #expect(try keys.ask(zset: .removeRange(key, bounds)) == .integer(Int64(names.count)))
        #expect(try keys.ask(zset: .count(key)) == .integer(Int64(6 - names.count)))
    }

    @Test(
        "Ranges of members: bounds and directions",
        arguments: [
            (MemberBound.start, MemberBound.end, ["", "a", "aa", "b", "c"]), (.end, .start, []),
            (.included(bytes("a")), .included(bytes("b")), ["a", "aa", "b"]),
            (.excluded(bytes("a")), .excluded(bytes("b")), ["aa"]), (.included(bytes("ab")), .end, ["b", "c"]),
            (.excluded(bytes("")), .excluded(bytes("a")), []), (.start, .excluded(bytes("")), []),
            (.included(bytes("c")), .included(bytes("a")), []), (.start, .included(bytes("")), [""]),
        ])
    func memberRanges(_ lower: MemberBound, _ upper: MemberBound, _ names: [String]) throws {
        var keys = try set(["": 1, "a": 1, "aa": 1, "b": 1, "c": 1])
        let bounds = SortedSetRange.Bounds.members(lower, upper)
        #expect(try keys.range("set", SortedSetRange(bounds)) == .array(names.map { .text($0) }))
        let last = SortedSetRange(bounds, isReversed: true, offset: 1, countMax: 1)
        #expect(try keys.range("set", last) == .array(names.dropLast().suffix(1).map { .text($0) }))
        #expect(try keys.ask(zset: .countRange(key, bounds)) == .integer(Int64(names.count)))
        #expect(try keys.ask(zset: .removeRange(key, bounds)) == .integer(Int64(names.count)))
        #expect(try keys.ask(zset: .count(key)) == .integer(Int64(5 - names.count)))
    }

    @Test("Ranges of ranks count from the end they begin at")
    func rankRanges() throws {
        var keys = try set(["a": 1, "b": 2, "c": 3, "d": 4])
        #expect(try keys.range("set", SortedSetRange(.ranks(0, -2))) == .texts("a", "b", "c"))
        #expect(try keys.range("set", SortedSetRange(.ranks(0, 1), isReversed: true)) == .texts("d", "c"))
        #expect(try keys.range("set", SortedSetRange(.ranks(-1, .max), isReversed: true)) == .texts("a"))
        #expect(try keys.range("set", SortedSetRange(.ranks(.min, .min))) == .array([]))
        #expect(try keys.range("set", SortedSetRange(.ranks(4, 9), isReversed: true)) == .array([]))
        #expect(try keys.ask(zset: .removeRange(key, .ranks(1, -2))) == .integer(2))
        #expect(try all(&keys) == .scored(["a": 1, "d": 4]))
        #expect(try keys.ask(zset: .removeRange(key, .ranks(0, -1))) == .integer(2))
        #expect(try keys.ask(.exists([key])) == .integer(0) && keys.replayed.count == 0)
    }

    @Test("Popped from both ends, gone when it is empty")
    func pop() throws {
        var keys = try set(["a": 1, "b": 2, "c": 3, "d": 4, "e": 5])
        #expect(try keys.ask(zset: .pop(key, .lowest, count: nil)) == .array([.text("a"), .double(1)]))
        #expect(try keys.ask(zset: .pop(key, .highest, count: 2)) == .scored(["e": 5, "d": 4]))
        #expect(try keys.ask(zset: .pop(key, .highest, count: 0)) == .scored([] as [ScoredMember]))
        let pairs = KeyReply.array([.array([.text("c"), .double(3)]), .array([.text("b"), .double(2)])])
        let names = [bytes("none"), key]
        #expect(try keys.ask(zset: .popFirst(names, .highest, count: 9)) == .array([.text("set"), pairs]))
        #expect(try keys.ask(zset: .popFirst(names, .highest, count: 9)) == .nullArray)
        #expect(try keys.ask(zset: .pop(key, .lowest, count: nil)) == .array([]))
        #expect(keys.keys.count == 0 && keys.replayed.count == 0)
    }

    @Test("What is no sorted set is refused, and nothing happens")
    func wrongType() throws {
        var keys = try set(["a": 1])
        let text = bytes("text")
        _ = try keys.ask(.set(text, bytes("a"), SetOptions()))
        let refused = KeyReply.failure(.wrongType)
        #expect(try keys.ask(StringCommand.get(key)) == refused)
        #expect(try keys.add("text", ["a": 1]) == refused)
        #expect(try keys.ask(zset: .pop(text, .lowest, count: 0)) == refused)
        #expect(try keys.ask(zset: .storeRange(text, to: key, SortedSetRange(.ranks(0, -1)))) == refused)
        #expect(try keys.ask(zset: .countIntersection([bytes("none"), text], limit: 1)) == refused)
        #expect(try all(&keys) == .scored(["a": 1]))
    }

    @Test("An effect that does not fit is refused")
    func mismatch() throws {
        let keys = try set(["a": 1])
        let effects: [SortedSetEffect] = [
            .put(key, [ScoredMember(.nan, [])]), .put(key, []), .remove(key, [bytes("?")]),
            .removeRanks(key, 0..<2), .removeRanks(key, -1..<1), .remove(bytes("none"), [bytes("a")]),
        ]
        for effect in effects {
            var copy = keys.keys
            #expect(throws: KeyMismatch.self) { try copy.apply(.sortedSet(effect)) }
        }
    }
}

extension KeyspaceHarness {
    mutating func ask(zset command: SortedSetCommand) throws -> KeyReply { try ask(.sortedSet(command)) }

    mutating func add(
        _ key: String, _ members: KeyValuePairs<String, Double>, _ condition: AddCondition = AddCondition(),
        _ countsChanged: Bool = false
    ) throws -> KeyReply {
        let members = members.map { ScoredMember($0.value, bytes($0.key)) }
        return try ask(zset: .add(bytes(key), members, condition, countsChanged: countsChanged))
    }

    mutating func add(
        _ key: String, _ members: KeyValuePairs<String, Double>, countsChanged: Bool
    ) throws -> KeyReply { try add(key, members, AddCondition(), countsChanged) }

    mutating func range(_ key: String, _ range: SortedSetRange, withScores: Bool = false) throws -> KeyReply {
        try ask(zset: .range(bytes(key), range, withScores: withScores))
    }
}

extension KeyReply {
    static func scored(_ members: KeyValuePairs<String, Double>) -> Self {
        .scored(members.map { ScoredMember($0.value, RoostCoreTests.bytes($0.key)) })
    }
}
