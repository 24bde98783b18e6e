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
        .push(bytes("list"), .left, [bytes("a"), [], [0]]), .push(bytes("list"), .right, [bytes("b")]),
        .setElement(bytes("list"), at: 1 << 40, bytes("c")), .insertElement(bytes("list"), at: 0, bytes("d")),
        .removeElements(bytes("list"), 3..<1 << 33),
    ]

    private func encoded(_ effects: [KeyEffect]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xAA, count: KeyEffectCodec.size(effects))
        bytes.withUnsafeMutableBytes { KeyEffectCodec.encode(effects, into: $0) }
        return bytes
    }

    private func decoded(_ bytes: some Sequence<UInt8>) throws -> [KeyEffect] {
        try Array(bytes).withUnsafeBytes { try KeyEffectCodec.decode($0) }
    }

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
    }

    @Test("Cut anywhere, an effect is refused", arguments: effects)
    func truncated(_ effect: KeyEffect) {
        let whole = encoded([effect])
        for count in 1..<whole.count {
            #expect(throws: EntryDecodingError.self) { try decoded(whole.prefix(count)) }
        }
    }

    @Test("Hostile bytes are refused or read, and nothing else")
    func hostile() throws {
        #expect(throws: EntryDecodingError.self) { try decoded([16, 0, 0, 0, 0, 0, 255, 255, 255, 255]) }
        #expect(throws: EntryDecodingError.self) { try decoded([16, 0, 0, 0, 0, 2, 0, 0, 0, 0]) }
        #expect(throws: EntryDecodingError.self) { try decoded([99]) }
        #expect(throws: EntryDecodingError.self) { try decoded([0]) }
        let backwards: [UInt8] = [19, 0, 0, 0, 0] + [9, 0, 0, 0, 0, 0, 0, 0] + [9, 0, 0, 0, 0, 0, 0, 0]
        #expect(throws: EntryDecodingError.self) { try decoded(backwards) }
        var random = SplitMix64(seed: 3)
        for _ in 0..<20_000 {
            var bytes = encoded(Self.effects)
            for _ in 0..<3 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = try? decoded(bytes)
        }
    }
}
