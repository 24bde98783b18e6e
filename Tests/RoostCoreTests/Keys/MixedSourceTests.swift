import RoostCore
import RoostModel
import Testing

/// Expectations are what redis-server 7.0.15 answered to the same commands.
@Suite("Sets as sources of sorted sets, and SORT of both")
struct MixedSourceTests {
    private func keys() throws -> KeyspaceHarness {
        var keys = KeyspaceHarness()
        _ = try keys.add("z", ["a": 1, "b": 2])
        _ = try keys.ask(.add(bytes("s"), ["a", "b", "c", "d"].map { bytes($0) }))
        _ = try keys.ask(.add(bytes("t"), ["b", "c"].map { bytes($0) }))
        return keys
    }

    private func combination(
        _ kind: SortedSetCombination.Kind, _ sources: KeyValuePairs<String, Double>,
        _ aggregate: SortedSetCombination.Aggregate = .sum
    ) -> SortedSetCombination {
        let sources = sources.map { SortedSetCombination.Source(bytes($0.key), weight: $0.value) }
        return SortedSetCombination(kind, sources, aggregate)
    }

    @Test("Members of sets have score 1, which is weighed and put together as others are")
    func combinations() throws {
        let expected: [(SortedSetCombination, KeyValuePairs<String, Double>)] = [
            (combination(.union, ["z": 1, "s": 1]), ["c": 1, "d": 1, "a": 2, "b": 3]),
            (combination(.union, ["z": 10, "s": 2]), ["c": 2, "d": 2, "a": 12, "b": 22]),
            (combination(.union, ["z": 10, "s": 2], .min), ["a": 2, "b": 2, "c": 2, "d": 2]),
            (combination(.union, ["z": 1, "s": 1], .max), ["a": 1, "c": 1, "d": 1, "b": 2]),
            (combination(.intersection, ["s": 1, "z": 1]), ["a": 2, "b": 3]),
            (combination(.intersection, ["s": 5, "z": 1]), ["a": 6, "b": 7]),
            (combination(.intersection, ["s": 1, "t": 1]), ["b": 2, "c": 2]),
            (combination(.intersection, ["s": 0.5, "t": 2]), ["b": 2.5, "c": 2.5]),
            (combination(.intersection, ["s": 0.5, "t": 2], .max), ["b": 2, "c": 2]),
            (combination(.difference, ["s": 1, "z": 1]), ["c": 1, "d": 1]),
            (combination(.difference, ["z": 1, "t": 1]), ["a": 1]),
            (combination(.difference, ["s": 1, "t": 1]), ["a": 1, "d": 1]),
        ]
        for (combination, scores) in expected {
            var keys = try keys()
            let members = scores.map { ScoredMember($0.value, bytes($0.key)) }
            #expect(try keys.ask(zset: .combine(combination, withScores: true)) == .scored(members))
            #expect(
                try keys.ask(zset: .storeCombination(combination, to: bytes("t"))) == .integer(Int64(members.count)))
            #expect(try keys.range("t", SortedSetRange(.ranks(0, -1)), withScores: true) == .scored(members))
        }
        var keys = try keys()
        #expect(try keys.ask(zset: .countIntersection(["s", "z"].map { bytes($0) }, limit: 0)) == .integer(2))
        #expect(try keys.ask(zset: .countIntersection(["s", "t"].map { bytes($0) }, limit: 1)) == .integer(1))
    }

    @Test("A set can be stored over by what is made of it")
    func overSource() throws {
        var keys = try keys()
        let weighed = combination(.union, ["t": .infinity])
        #expect(try keys.ask(zset: .storeCombination(weighed, to: bytes("t"))) == .integer(2))
        #expect(try keys.ask(.type(bytes("t"))) == .word(.zset))
        let all = SortedSetRange(.ranks(0, -1))
        #expect(try keys.range("t", all, withScores: true) == .scored(["b": .infinity, "c": .infinity]))
    }

    @Test("What is neither is refused")
    func wrongType() throws {
        var keys = try keys()
        _ = try keys.ask(.set(bytes("text"), bytes("x"), SetOptions()))
        for kind in [SortedSetCombination.Kind.union, .intersection, .difference] {
            let mixed = combination(kind, ["s": 1, "text": 1])
            #expect(try keys.ask(zset: .combine(mixed, withScores: false)) == .failure(.wrongType))
            #expect(try keys.ask(zset: .storeCombination(mixed, to: bytes("z"))) == .failure(.wrongType))
        }
    }

    // MARK: SORT

    private func sortable() throws -> KeyspaceHarness {
        var keys = KeyspaceHarness()
        _ = try keys.ask(.add(bytes("s"), ["3", "1", "2"].map { bytes($0) }))
        _ = try keys.add("z", ["1": 30, "2": 20, "3": 10])
        for (key, value) in ["w_1": "5", "w_2": "7", "w_3": "6"] {
            _ = try keys.ask(.set(bytes(key), bytes(value), SetOptions()))
        }
        for (key, fields) in [
            "h_1": ["w": "9", "name": "one"], "h_2": ["w": "8", "name": "two"], "h_3": ["name": "three"],
        ] {
            let pairs = fields.map { KeyValuePair(bytes($0.key), bytes($0.value)) }
            _ = try keys.ask(.hash(.set(bytes(key), pairs)))
        }
        return keys
    }

    private func options(
        by: String? = nil, _ get: String..., offset: Int64 = 0, count: Int64 = -1, down: Bool = false,
        alpha: Bool = false
    ) -> SortOptions {
        SortOptions(
            by: by.map { SortPattern(bytes($0)) }, get: get.map { SortPattern(bytes($0)) }, offset: offset,
            count: count, isDescending: down, isAlphabetic: alpha)
    }

    @Test("Sets and sorted sets, by keys and by fields of hashes, and answering those")
    func sort() throws {
        var keys = try sortable()
        let names = options(by: "h_*->w", "h_*->name", "w_*", "h_*->none", down: true)
        let expected: [(String, SortOptions, String)] = [
            ("s", options(), "1 2 3"), ("s", options(down: true), "3 2 1"),
            ("z", options(), "1 2 3"), ("z", options(down: true), "3 2 1"),
            ("s", options(by: "w_*"), "1 3 2"), ("z", options(by: "w_*", down: true), "2 3 1"),
            ("s", options(by: "h_*->w"), "3 2 1"),
            ("z", options(by: "h_*->w", "#", "h_*->name"), "3 three 2 two 1 one"),
            ("s", names, "one 5 - two 7 - three 6 -"),
            ("z", options(by: "nosort"), "3 2 1"), ("z", options(by: "nosort", down: true), "1 2 3"),
            ("z", options(by: "nosort", offset: 1, count: 1), "2"),
            ("z", options(by: "nosort", offset: 1, count: 2, down: true), "2 3"),
            ("z", options(by: "nosort", "h_*->name"), "three two one"),
            ("z", options(by: "h_*->name", alpha: true), "1 3 2"),
            ("s", options(by: "h_*->name", offset: 0, count: 2, down: true, alpha: true), "2 3"),
        ]
        for (key, options, answer) in expected {
            let found = try keys.ask(.sort(bytes(key), options)).texts.joined(separator: " ")
            #expect(found == answer, "\(key) \(options)")
        }
    }

    @Test("What is stored is a list, with an empty element for what is not there")
    func store() throws {
        var keys = try sortable()
        func stored(_ key: String, _ options: SortOptions) throws -> [String] {
            var options = options
            options.destination = bytes("to")
            let count = try keys.ask(.sort(bytes(key), options))
            let list = try keys.ask(ListCommand.range(bytes("to"), start: 0, end: -1)).texts
            #expect(try count == .integer(Int64(list.count)) && keys.ask(.type(bytes("to"))) == .word(.list))
            return list
        }
        #expect(try stored("s", options(by: "w_*")) == ["1", "3", "2"])
        #expect(
            try stored("z", options(by: "nosort", "#", "h_*->w", down: true)) == ["1", "9", "2", "8", "3", ""])
    }

    @Test("Members that are no numbers are sorted as bytes only, and hashes not at all")
    func noNumbers() throws {
        var keys = try sortable()
        _ = try keys.ask(.add(bytes("s"), [bytes("x")]))
        _ = try keys.add("zz", ["a": 1, "b": 1, "c": 1])
        for key in ["s", "zz"] {
            #expect(try keys.ask(.sort(bytes(key), options())) == .failure(.sortValueNotANumber))
        }
        #expect(try keys.ask(.sort(bytes("s"), options(alpha: true))).texts == ["1", "2", "3", "x"])
        #expect(try keys.ask(.sort(bytes("zz"), options(offset: 1, count: 5, alpha: true))).texts == ["b", "c"])
        #expect(
            try keys.ask(.sort(bytes("zz"), options(by: "nosort", offset: 0, count: 2, down: true))).texts
                == ["c", "b"])
        #expect(
            try keys.ask(.sort(bytes("s"), options(by: "h_*->name"))) == .failure(.sortValueNotANumber))
        #expect(try keys.ask(.sort(bytes("h_1"), options())) == .failure(.wrongType))
    }
}
