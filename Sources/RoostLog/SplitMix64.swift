/// A small seeded generator (Steele, Lea, Flood 2014): salts from one random number, and crashes from a seed.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The salts of all segments that one process makes, from the random number it got at start.
struct SegmentSalts: Sendable {
    let base: UInt64
    /// `BrokenRule.reuseSalt`
    var isConstant = false

    func salt(ofSegment number: UInt32) -> UInt64 {
        if isConstant { return 1 }
        var generator = SplitMix64(seed: base ^ UInt64(number) << 32)
        return generator.next()
    }

    /// Segment numbers use the upper half.
    func salt(ofSnapshot count: UInt64) -> UInt64 {
        var generator = SplitMix64(seed: ~base ^ count)
        return generator.next()
    }
}

/// What the checksums of a segment start from.
package func checksumSeed(salt: UInt64) -> UInt32 { Checksum.of(word: salt) }
