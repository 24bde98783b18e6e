/// Commands on strings as rows of bits: the first is the highest of the first byte.
package enum BitCommand: Sendable, Equatable {
    case get(Bytes, at: Int)
    /// Answers the old one.
    case set(Bytes, at: Int, Bool)
    /// How many are set.
    case count(Bytes, BitRange?)
    /// Where the first one is that is set, or is not. Without an end zeros follow the string.
    case position(Bytes, of: Bool, BitRange?)
    case combine(BitOperation, [Bytes], to: Bytes)
    case fields(Bytes, [BitFieldStep])

    /// One more than the highest place of a bit.
    package static let placesMax = 1 << 32
}

/// Both ends included, counted from the end when negative.
package struct BitRange: Sendable, Equatable {
    package var start: Int64
    /// Nil: to the end of the string.
    package var end: Int64?
    /// Of bits; of bytes otherwise.
    package var isOfBits: Bool

    package init(_ start: Int64, _ end: Int64?, isOfBits: Bool = false) {
        self.start = start
        self.end = end
        self.isOfBits = isOfBits
    }
}

package enum BitOperation: Sendable {
    case and, or, xor
    /// Of one string.
    case not
}

/// A number in a row of bits, the highest bit first.
package struct BitField: Sendable, Equatable {
    package var isSigned: Bool
    /// From 1 to 64, or 63 without a sign.
    package var width: Int
    /// Below `BitCommand.placesMax`.
    package var place: Int

    package init(isSigned: Bool, width: Int, place: Int) {
        self.isSigned = isSigned
        self.width = width
        self.place = place
    }
}

package struct BitFieldStep: Sendable, Equatable {
    package enum Action: Sendable, Equatable {
        case get
        /// Answers the old number.
        case set(Int64, BitOverflow)
        /// Answers the new one.
        case increment(Int64, BitOverflow)
    }

    package var field: BitField
    package var action: Action

    package init(_ field: BitField, _ action: Action) {
        self.field = field
        self.action = action
    }
}

/// What becomes of a number that has no room in its field.
package enum BitOverflow: Sendable {
    /// The lower bits of it.
    case wrap
    /// The highest or the lowest that there is.
    case saturate
    /// Nothing is written, and the answer is null.
    case fail
}
