import RedisFrontend
import RoostModel
import Testing

@Suite("Requests on hashes, sets and sorted sets")
struct CollectionCommandTests {
    @Test("Hashes")
    func hashes() throws {
        let pairs = [KeyValuePair(bytes("f"), bytes("v")), KeyValuePair(bytes("g"), bytes("w"))]
        #expect(try parse("hset k f v g w") == .hash(.set(bytes("k"), pairs)))
        #expect(try parse("HMSET k f v g w") == .hash(.set(bytes("k"), pairs, countsNew: false)))
        #expect(try parse("hincrby k f -7") == .hash(.increment(bytes("k"), field: bytes("f"), by: -7)))
        #expect(try parse("hincrbyfloat k f 1e2") == .hash(.incrementFloat(bytes("k"), field: bytes("f"), by: 100)))
        #expect(try parse("hrandfield k") == .hash(.pick(bytes("k"))))
        #expect(try parse("hrandfield k -3") == .hash(.pickMany(bytes("k"), count: -3, withValues: false)))
        #expect(
            try parse("hrandfield k -4611686018427387903 WithValues")
                == .hash(.pickMany(bytes("k"), count: -4_611_686_018_427_387_903, withValues: true)))
    }

    @Test("Sets")
    func sets() throws {
        #expect(try parse("smove a b m") == .set(.move(from: bytes("a"), to: bytes("b"), bytes("m"))))
        #expect(try parse("spop k") == .set(.pop(bytes("k"), count: nil)))
        #expect(try parse("spop k 9223372036854775807") == .set(.pop(bytes("k"), count: .max)))
        #expect(try parse("srandmember k -5") == .set(.randomMembers(bytes("k"), count: -5)))
        #expect(try parse("sdiffstore d a b") == .set(.store(.difference, bytes("a", "b"), in: bytes("d"))))
        #expect(try parse("sintercard 2 a b") == .set(.intersectionCount(bytes("a", "b"), limit: 0)))
        #expect(
            try parse("sintercard 2 limit limit limit 1 LIMIT 3")
                == .set(.intersectionCount(bytes("limit", "limit"), limit: 3)))
    }

    @Test(
        "ZADD with its flags, in any order",
        arguments: [
            ("", AddCondition(), false), ("NX", AddCondition(.ifNone), false), ("xx", AddCondition(.ifExists), false),
            ("gt CH", AddCondition(.any, .ifGreater), true), ("ch lt", AddCondition(.any, .ifLess), true),
            ("GT xx", AddCondition(.ifExists, .ifGreater), false), ("nx ch nx", AddCondition(.ifNone), true),
        ])
    func add(_ flags: String, _ condition: AddCondition, _ countsChanged: Bool) throws {
        let members = [ScoredMember(1.5, bytes("nx")), ScoredMember(-.infinity, bytes("m"))]
        let words = flags.isEmpty ? "" : flags + " "
        #expect(
            try parse("zadd k \(words)1.5 nx -inf m")
                == .sortedSet(.add(bytes("k"), members, condition, countsChanged: countsChanged)))
        let increment = SortedSetCommand.increment(bytes("k"), by: members[0], condition)
        #expect(try parse("zadd k \(words)incr 1.5 nx") == .sortedSet(increment))
        #expect(try parse("zadd k INCR \(words)1.5 nx") == .sortedSet(increment))
    }

    @Test("Members of sorted sets")
    func members() throws {
        #expect(
            try parse("zincrby k 2 m")
                == .sortedSet(.increment(bytes("k"), by: ScoredMember(2, bytes("m")), AddCondition())))
        #expect(
            try parse("zrevrank k m withscore")
                == .sortedSet(.rank(bytes("k"), bytes("m"), isReversed: true, withScore: true)))
        #expect(
            try parse("zrank k m")
                == .sortedSet(.rank(bytes("k"), bytes("m"), isReversed: false, withScore: false)))
        #expect(try parse("zpopmin k") == .sortedSet(.pop(bytes("k"), .lowest, count: nil)))
        #expect(try parse("zpopmax k 0") == .sortedSet(.pop(bytes("k"), .highest, count: 0)))
        #expect(
            try parse("zmpop 2 min max MAX count 4")
                == .sortedSet(.popFirst(bytes("min", "max"), .highest, count: 4)))
        #expect(
            try parse("zrandmember k -2 withscores")
                == .sortedSet(.randomMembers(bytes("k"), count: -2, withScores: true)))
    }

    @Test("Ranges, lower bound first whatever the direction")
    func ranges() throws {
        let scores = SortedSetRange.Bounds.scores(.excluded(1), .included(.infinity))
        let members = SortedSetRange.Bounds.members(.included(bytes("a")), .excluded(bytes("")))
        let expected: KeyValuePairs<String, SortedSetRange> = [
            "zrange k 1 -2": SortedSetRange(.ranks(1, -2)),
            "zrange k 1 -2 REV": SortedSetRange(.ranks(1, -2), isReversed: true),
            "zrevrange k 1 -2": SortedSetRange(.ranks(1, -2), isReversed: true),
            "zrange k 1 -2 limit 7 -1": SortedSetRange(.ranks(1, -2)),
            "zrange k (1 +inf byscore": SortedSetRange(scores),
            "zrange k inf (1 rev BYSCORE limit 2 3": SortedSetRange(
                scores, isReversed: true, offset: 2, countMax: 3),
            "zrangebyscore k (1 inf limit -1 -2": SortedSetRange(scores, offset: -1, countMax: -2),
            "zrevrangebyscore k Infinity (1": SortedSetRange(scores, isReversed: true),
            "zrange k [a ( bylex": SortedSetRange(members),
            "zrevrangebylex k ( [a limit 0 1": SortedSetRange(members, isReversed: true, countMax: 1),
            "zrangebylex k - +": SortedSetRange(.members(.start, .end)),
        ]
        for (request, range) in expected {
            #expect(try parse(request) == .sortedSet(.range(bytes("k"), range, withScores: false)), "\(request)")
        }
        let range = SortedSetRange(scores, countMax: 9)
        #expect(
            try parse("zrange k (1 inf withscores limit 0 9 byscore")
                == .sortedSet(.range(bytes("k"), range, withScores: true)))
        #expect(
            try parse("zrangestore to k (1 inf limit 0 9 byscore")
                == .sortedSet(.storeRange(bytes("k"), to: bytes("to"), range)))
        #expect(try parse("zcount k (1 inf") == .sortedSet(.countRange(bytes("k"), scores)))
        #expect(try parse("zlexcount k [a (") == .sortedSet(.countRange(bytes("k"), members)))
        #expect(try parse("zremrangebyrank k 0 -1") == .sortedSet(.removeRange(bytes("k"), .ranks(0, -1))))
    }

    @Test("Bounds of scores are what strtod takes, so that empty is zero and too large is infinite")
    func looseBounds() throws {
        let expected: KeyValuePairs<String, SortedSetRange.Bounds> = [
            #""" ("#: .scores(.included(0), .excluded(0)),
            "-1e999 (1e999": .scores(.included(-.infinity), .excluded(.infinity)),
            #"" 0x10" 1e-999"#: .scores(.included(16), .included(0)),
        ]
        for (text, bounds) in expected {
            #expect(try parse("zcount k \(text)") == .sortedSet(.countRange(bytes("k"), bounds)), "\(text)")
        }
        for text in [#"" " 1"#, #"1 "1 ""#, "1 ((1", "1 -nan", "1 0x", "1 1e5x"] {
            #expect(faultText("zcount k \(text)") == "ERR min or max is not a float", "\(text)")
        }
    }

    @Test("Combinations")
    func combinations() throws {
        let plain = [SortedSetCombination.Source(bytes("a")), SortedSetCombination.Source(bytes("weights"))]
        let weighed = zip(plain, [2.5, -.infinity]).map { SortedSetCombination.Source($0.key, weight: $1) }
        #expect(
            try parse("zunion 2 a weights")
                == .sortedSet(.combine(SortedSetCombination(.union, plain), withScores: false)))
        #expect(
            try parse("zinter 2 a weights withscores aggregate max weights 2.5 -inf")
                == .sortedSet(.combine(SortedSetCombination(.intersection, weighed, .max), withScores: true)))
        #expect(
            try parse("zdiff 2 a weights WITHSCORES")
                == .sortedSet(.combine(SortedSetCombination(.difference, plain), withScores: true)))
        #expect(
            try parse("zunionstore to 2 a weights WEIGHTS 1 1 weights 2.5 -inf aggregate MIN")
                == .sortedSet(.storeCombination(SortedSetCombination(.union, weighed, .min), to: bytes("to"))))
        #expect(
            try parse("zintercard 2 a b limit 5") == .sortedSet(.countIntersection(bytes("a", "b"), limit: 5)))
    }
}
