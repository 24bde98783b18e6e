import RoostCore
import RoostModel
import Testing

@Suite("Effects on keys in the log")
struct KeyEffectCodecTests {
    private static let effects: [KeyEffect] = [
        .putString(bytes("key"), bytes("value"), expiry: nil),
        .putString([], [], expiry: BrokerTime(milliseconds: 1_800_000_000_000)),
        .splice(bytes("key"), offset: 70_000, bytes("part")),
        .setExpiry(bytes("key"), BrokerTime(milliseconds: 5)), .setExpiry([0, 255, 10], nil),
        .delete(bytes("key")), .rename(bytes("old"), to: bytes("new")), .flush,
        .copy(from: bytes("old"), to: bytes("new")),
        .push(bytes("list"), .left, [bytes("a"), [], [0]]), .push(bytes("list"), .right, [bytes("b")]),
        .setElement(bytes("list"), at: 1 << 40, bytes("c")), .insertElement(bytes("list"), at: 0, bytes("d")),
        .removeElements(bytes("list"), 3..<1 << 33),
        .hash(.put(bytes("hash"), [KeyValuePair(bytes("field"), bytes("value")), KeyValuePair([], [])])),
        .hash(.remove(bytes("hash"), fields: [bytes("field"), []])),
        .set(.add(bytes("set"), [bytes("a"), []])), .set(.remove(bytes("set"), [bytes("a")])),
        .set(.put([], [bytes("a"), bytes("b")])),
        .sortedSet(
            .put(
                bytes("scores"),
                [
                    ScoredMember(1.5, bytes("a")), ScoredMember(-.infinity, []), ScoredMember(.infinity, [0]),
                    ScoredMember(-0.0, bytes("b")), ScoredMember(-.leastNonzeroMagnitude, bytes("c")),
                ])),
        .sortedSet(.remove(bytes("scores"), [bytes("a"), []])), .sortedSet(.removeRanks(bytes("scores"), 0..<1)),
        .databases(.copy(bytes("old"), to: bytes("new"), in: 15)), .databases(.move(bytes("key"), to: 1)),
        .databases(.swap(0, 15)), .databases(.flushAll), .extend(bytes("key"), to: 1 << 29),
    ]

    @Test("What was written is read")
    func roundTrip() throws {
        #expect(try decoded(encoded(Self.effects)) == Self.effects)
        #expect(try decoded(encoded([])) == [])
    }

    @Test("Bytes are as they are drawn")
    func bytesOfOne() {
        #expect(
            encoded([.push(bytes("k"), .right, [bytes("ab")])])
                == [16, 1, 0, 0, 0, 107, 1, 1, 0, 0, 0, 2, 0, 0, 0, 97, 98])
        #expect(encoded([.setExpiry([], nil)]) == [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128])
        #expect(
            encoded([.sortedSet(.put([], [ScoredMember(2, bytes("m"))]))])
                == [64, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 1, 0, 0, 0, 109])
    }

    @Test("Numbers stay as they are: logs hold them")
    func numbers() {
        let numbers = Self.effects.compactMap { encoded([$0]).first }
        #expect(
            numbers == [
                1, 1, 2, 3, 3, 4, 5, 6, 7, 16, 16, 17, 18, 19, 32, 33, 48, 49, 50, 64, 65, 66, 80, 81, 82, 83, 8,
            ])
    }

    @Test("Cut anywhere, an effect is refused", arguments: effects)
    func truncated(_ effect: KeyEffect) {
        let whole = encoded([effect])
        for count in 1..<whole.count {
            #expect(throws: EntryDecodingError.self) { try decoded(whole.prefix(count)) }
        }
    }

    @Test(
        "What makes no sense is refused",
        arguments: [
            KeyEffect.push([], .left, []), .hash(.put([], [])), .hash(.remove([], fields: [])), .set(.add([], [])),
            .set(.remove([], [])), .set(.put([], [])), .sortedSet(.put([], [])), .sortedSet(.remove([], [])),
            .removeElements([], 9..<9), .sortedSet(.removeRanks([], 0..<0)), .setElement([], at: .max, []),
            .insertElement([], at: .max, []), .databases(.move([], to: 16)), .databases(.copy([], to: [], in: 255)),
            .databases(.swap(0, 16)), .databases(.swap(16, 0)), .sortedSet(.put([], [ScoredMember(.nan, [])])),
            .sortedSet(.put([], [ScoredMember(-.signalingNaN, [])])),
        ])
    func senseless(_ effect: KeyEffect) {
        #expect(throws: EntryDecodingError.self) { try decoded(encoded([effect])) }
    }

    @Test("Hostile bytes are refused or read, and nothing else")
    func hostile() throws {
        for kind: UInt8 in [16, 32, 33, 48, 49, 50, 64, 65] {
            let end: [UInt8] = kind == 16 ? [0] : []
            #expect(throws: EntryDecodingError.self) { try decoded([kind, 0, 0, 0, 0] + end + [255, 255, 255, 255]) }
        }
        #expect(throws: EntryDecodingError.self) { try decoded([16, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0]) }
        for kind: UInt8 in [0, 9, 15, 20, 31, 34, 47, 51, 63, 67, 79, 84, 99, 255] {
            #expect(throws: EntryDecodingError.self) { try decoded([kind] + Bytes(repeating: 0, count: 40)) }
        }
        let eight = Bytes(repeating: 255, count: 8)
        for kind: UInt8 in [19, 66] {
            let backwards: [UInt8] = [kind, 0, 0, 0, 0] + [9, 0, 0, 0, 0, 0, 0, 0] + [8, 0, 0, 0, 0, 0, 0, 0]
            #expect(throws: EntryDecodingError.self) { try decoded(backwards) }
            #expect(throws: EntryDecodingError.self) {
                try decoded([kind, 0, 0, 0, 0] + Bytes(repeating: 0, count: 8) + eight)
            }
        }
        var random = SplitMix64(seed: 3)
        for _ in 0..<20_000 {
            var bytes = encoded(Self.effects)
            for _ in 0..<3 { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
            _ = try? decoded(bytes)
        }
    }
}

@Suite("Entries of keys in the log")
struct KeysEntryCodecTests {
    private let entry = KeysEntry(database: 15, effects: [.delete(bytes("key")), .flush])

    private func encoded(_ entry: KeysEntry) -> Bytes {
        var bytes = Bytes(repeating: 0xAA, count: entry.size)
        bytes.withUnsafeMutableBytes { entry.encode(into: $0) }
        return bytes
    }

    private func decoded(_ bytes: some Sequence<UInt8>) throws -> KeysEntry {
        try Array(bytes).withUnsafeBytes { try KeysEntry(decoding: $0) }
    }

    @Test("What was written is read")
    func roundTrip() throws {
        #expect(encoded(entry) == [15, 4, 3, 0, 0, 0] + bytes("key") + [6])
        #expect(try decoded(encoded(entry)) == entry)
        #expect(throws: EntryDecodingError.self, "nothing to do") { try decoded([0]) }
    }

    @Test("Other databases, and entries that end early, are refused")
    func refused() {
        for database: UInt8 in [16, 17, 255] {
            #expect(throws: EntryDecodingError.self) {
                try decoded(encoded(KeysEntry(database: database, effects: [])))
            }
        }
        #expect(throws: EntryDecodingError.self) { try decoded([]) }
        for count in 2..<9 { #expect(throws: EntryDecodingError.self) { try decoded(encoded(entry).prefix(count)) } }
    }
}
