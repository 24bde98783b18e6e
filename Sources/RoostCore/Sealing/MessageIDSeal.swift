package import RoostModel

/// Turns the place of a message in the index into its id and back.
///
/// The 122 free bits of a version 4 UUID hold 32 bits of slot, 48 bits of message number and 42 zero bits, permuted by
/// a balanced Feistel network of four rounds with SipHash (Luby and Rackoff: a strong pseudorandom permutation). So two
/// messages never share an id, an id says nothing, and a made-up id has one chance in 2^122 for each living message.
///
/// ```
/// id.high   48 bits left half | 0100 | 12 bits left half        left:  61 bits, of which 60 here
/// id.low    10 | 1 bit left half | 61 bits right half           right: 61 bits
/// ```
package struct MessageIDSeal {
    private let key: (UInt64, UInt64)
    private static let halfMask: UInt64 = 1 << 61 - 1
    private static let numberMask: UInt64 = 1 << 48 - 1
    private static let rounds: UInt64 = 4

    package init(_ key: SealingKey) { self.key = key.ids }

    package func seal(slot: UInt32, number: UInt64) -> MessageID {
        // right: slot and the upper 29 bits of the number; left: the lower 19 bits of the number and 42 zeros.
        var left = (number & 0x7ffff) << 42
        var right = UInt64(slot) << 29 | (number & Self.numberMask) >> 19
        for round in 0..<Self.rounds {
            (left, right) = (right, left ^ mix(right, round))
        }
        return Self.uuid(left, right)
    }

    /// Nil for what this key did not seal.
    package func open(_ id: MessageID) -> (slot: UInt32, number: UInt64)? {
        guard var (left, right) = Self.halves(id) else { return nil }
        for round in (0..<Self.rounds).reversed() {
            (left, right) = (right ^ mix(left, round), left)
        }
        guard left & (1 << 42 - 1) == 0 else { return nil }
        let number = (right & (1 << 29 - 1)) << 19 | left >> 42
        return (UInt32(truncatingIfNeeded: right >> 29), number)
    }

    private func mix(_ half: UInt64, _ round: UInt64) -> UInt64 {
        var hash = SipHash(key: key)
        hash.combine(half | round << 61)
        return hash.finalize() & Self.halfMask
    }

    private static func uuid(_ left: UInt64, _ right: UInt64) -> MessageID {
        let upper = left >> 1
        return MessageID(
            high: (upper >> 12) << 16 | 0x4000 | (upper & 0xfff),
            low: 0x8000_0000_0000_0000 | (left & 1) << 61 | right
        )
    }

    private static func halves(_ id: MessageID) -> (UInt64, UInt64)? {
        guard id.high >> 12 & 0xf == 4, id.low >> 62 == 2 else { return nil }
        let upper = (id.high >> 16) << 12 | (id.high & 0xfff)
        return (upper << 1 | (id.low >> 61 & 1), id.low & halfMask)
    }
}
