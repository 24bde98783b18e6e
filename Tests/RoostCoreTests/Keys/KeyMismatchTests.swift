import RoostCore
import RoostModel
import Testing

@Suite("Effects that do not fit the keys")
struct KeyMismatchTests {
    private var databases = Databases.forTests()
    private var random = SplitMix64(seed: 0)
    private let now = BrokerTime(milliseconds: 1000)

    @Test("Random effects, some with bytes that were changed, are carried out or refused", arguments: UInt64(1)...4)
    mutating func randomEffects(_ seed: UInt64) throws {
        random = SplitMix64(seed: seed)
        var (done, refused) = (0, 0)
        for step in 0..<20_000 {
            var bytes = encoded([effect()])
            if random.chance(30) { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
            guard let effects = try? decoded(bytes) else { continue }
            do throws(KeyMismatch) {
                try databases.apply(KeysEntry(database: 0, effects: effects))
                done += 1
            } catch {
                refused += 1
            }
            if step % 500 == 0 { try look() }
        }
        try look()
        #expect(done > 3000 && refused > 3000)
    }

    /// All that reads the keys: none of it traps, and what refused effects left behind has an image too.
    private mutating func look() throws {
        _ = databases[0].nextExpiry
        _ = databases[0].expired(now, atMost: 100)
        let restored = try databases.restored()
        #expect(restored[0].content(now) == databases[0].content(now))
        #expect(restored[0].count == databases[0].count)
    }

    private mutating func name() -> Bytes { bytes(["", "a", "b", "c", "d"][random.below(5)]) }

    private mutating func texts() -> [Bytes] {
        (0...random.below(3)).map { _ in random.chance(3) ? random.bytes(5000) : bytes("\(random.below(12))") }
    }

    private mutating func position() -> Int { [0, 0, 0, 1, 1, 2, 3, 9, 1 << 40, .max - 1][random.below(10)] }

    private mutating func range() -> Range<Int> {
        let start = min(position(), .max - 2)
        return start..<max(start + 1, min(position(), .max - 1))
    }

    private mutating func expiry() -> BrokerTime? {
        let times: [Int64?] = [nil, .min + 1, -1, 0, 999, 5000, 1 << 53 + 1, .max - 1, .max]
        return times[random.below(times.count)].map { BrokerTime(milliseconds: $0) }
    }

    private mutating func effect() -> KeyEffect {
        let (key, texts) = (name(), texts())
        switch random.below(40) {
        case 0..<2: return .putString(key, texts[0], expiry: expiry())
        case 2..<4: return .splice(key, offset: random.below(8), texts[0])
        case 4..<6: return .setExpiry(key, expiry())
        case 6..<8: return .delete(key)
        case 8: return .extend(key, to: random.below(9000))
        case 9: return .rename(key, to: name())
        case 10: return .copy(from: key, to: name())
        case 11: return random.chance(10) ? .flush : .delete(key)
        case 12..<16: return .push(key, random.chance(50) ? .left : .right, texts)
        case 16, 17: return .setElement(key, at: position(), texts[0])
        case 18, 19: return .insertElement(key, at: position(), texts[0])
        case 20, 21: return .removeElements(key, range())
        case 22..<25: return .hash(.put(key, texts.map { KeyValuePair($0, $0 + texts[0]) }))
        case 25..<28: return .hash(.remove(key, fields: texts))
        case 28, 29: return .set(.add(key, texts))
        case 30, 31: return .set(.remove(key, texts))
        case 32: return .set(.put(key, texts))
        case 33..<36: return .sortedSet(.put(key, texts.map { ScoredMember(score(), $0) }))
        case 36, 37: return .sortedSet(.remove(key, texts))
        default: return .sortedSet(.removeRanks(key, range()))
        }
    }

    private mutating func score() -> Double { [0, -0.0, 1, 1, -2.5, .infinity, -.infinity][random.below(7)] }

    /// A string, a list, a hash, a set and a sorted set, each of one element.
    private static let keys: [KeyEffect] = [
        .putString(bytes("string"), bytes("x"), expiry: nil), .push(bytes("list"), .left, [bytes("x")]),
        .hash(.put(bytes("hash"), [KeyValuePair(bytes("x"), [])])), .set(.add(bytes("set"), [bytes("x")])),
        .sortedSet(.put(bytes("scores"), [ScoredMember(1, bytes("x"))])),
    ]

    @Test(
        "Refused",
        arguments: [
            KeyEffect.splice(bytes("none"), offset: 0, []), .splice(bytes("list"), offset: 0, []),
            .splice(bytes("string"), offset: 2, []), .splice(bytes("string"), offset: -1, []),
            .splice(bytes("string"), offset: .max, bytes("x")), .extend(bytes("none"), to: 1),
            .extend(bytes("list"), to: 1), .extend(bytes("string"), to: 0), .extend(bytes("string"), to: -1),
            .extend(bytes("string"), to: 512 << 20 + 1), .extend(bytes("string"), to: .max),
            .setExpiry(bytes("none"), nil), .delete(bytes("none")), .rename(bytes("none"), to: bytes("set")),
            .copy(from: bytes("none"), to: bytes("set")), .push(bytes("set"), .left, [[]]),
            .push(bytes("none"), .left, []), .push(bytes("list"), .left, []),
            .setElement(bytes("list"), at: 1, []), .setElement(bytes("list"), at: -1, []),
            .setElement(bytes("list"), at: .max, []), .setElement(bytes("none"), at: 0, []),
            .insertElement(bytes("list"), at: 2, []), .insertElement(bytes("list"), at: -1, []),
            .insertElement(bytes("list"), at: .max, []), .removeElements(bytes("list"), 0..<2),
            .removeElements(bytes("list"), -1..<1), .removeElements(bytes("hash"), 0..<1),
            .hash(.put(bytes("list"), [KeyValuePair([], [])])), .hash(.put(bytes("none"), [])),
            .hash(.remove(bytes("hash"), fields: [bytes("y")])),
            .hash(.remove(bytes("hash"), fields: [bytes("x"), bytes("x")])),
            .hash(.remove(bytes("none"), fields: [[]])),
            .set(.add(bytes("hash"), [[]])), .set(.add(bytes("set"), [bytes("x")])), .set(.add(bytes("none"), [])),
            .set(.remove(bytes("set"), [bytes("y")])), .set(.remove(bytes("set"), [bytes("x"), bytes("x")])),
            .set(.remove(bytes("scores"), [bytes("x")])), .set(.put(bytes("set"), [])),
            .sortedSet(.put(bytes("set"), [ScoredMember(1, [])])), .sortedSet(.put(bytes("none"), [])),
            .sortedSet(.put(bytes("scores"), [ScoredMember(.nan, [])])),
            .sortedSet(.remove(bytes("scores"), [bytes("y")])),
            .sortedSet(.remove(bytes("scores"), [bytes("x"), bytes("x")])),
            .sortedSet(.removeRanks(bytes("scores"), 0..<2)), .sortedSet(.removeRanks(bytes("scores"), -1..<1)),
            .sortedSet(.removeRanks(bytes("none"), 0..<1)),
        ])
    mutating func refused(_ effect: KeyEffect) throws {
        try databases.apply(KeysEntry(database: 0, effects: Self.keys))
        #expect(throws: KeyMismatch.self) { try databases.apply(KeysEntry(database: 0, effects: [effect])) }
        // No value is left without elements.
        #expect(try databases.restored()[0].content(now) == databases[0].content(now))
    }

    @Test("The last time there is does not overflow")
    mutating func lastTime() throws {
        let key = bytes("key")
        try databases.apply(
            KeysEntry(database: 0, effects: [.putString(key, [], expiry: BrokerTime(milliseconds: .max))]))
        #expect(databases[0].nextExpiry == BrokerTime(milliseconds: .max))
        try databases.apply(KeysEntry(database: 0, effects: [.delete(key)]))
        #expect(databases[0].nextExpiry == nil)
    }
}
