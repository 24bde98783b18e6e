/// The exact value of a long double with 17 decimals: the whole part, and what is behind the point in units of 10^-17,
/// rounded half to even.
struct FixedPoint {
    static let decimalsMax = 17
    private static let unit: UInt64 = 100_000_000_000_000_000

    /// In groups of 18 decimal digits, the lowest first. At most 275 of them: 10^4932 is the largest long double.
    private var whole: [UInt64]
    private var decimals: UInt64 = 0

    var isZero: Bool { decimals == 0 && whole == [0] }

    /// Of the magnitude of a finite number.
    init(_ number: LongDouble) {
        whole = [0]
        // Smaller ones round to zero. So there is no need to care for those without a leading bit.
        guard number.magnitude >= 0x1p-64 else { return }
        let leadingBit: UInt64 = 1 << UInt64(LongDouble.significandBitCount)
        let significand = number.significandBitPattern | leadingBit
        let exponent = Int(number.exponent) &- LongDouble.significandBitCount
        if exponent >= 0 {
            whole = Self.decimalGroups(significand, shiftedBy: exponent)
        } else {
            split(significand, at: 0 &- exponent)
        }
    }

    /// `fractionBits` (1 to 127) of the significand are behind the point.
    private mutating func split(_ significand: UInt64, at fractionBits: Int) {
        // Swift shifts by 64 or more to zero.
        var above = significand >> fractionBits
        let fraction = significand & ~(~0 << fractionBits)
        let product = UInt128(fraction) * UInt128(Self.unit)
        let half = UInt128(1) << (fractionBits &- 1)
        let rest = product & (half | (half - 1))
        decimals = UInt64(truncatingIfNeeded: product >> fractionBits)
        if rest > half || (rest == half && decimals & 1 == 1) { decimals &+= 1 }
        if decimals == Self.unit {
            decimals = 0
            above &+= 1
        }
        whole = Self.decimalGroups(above, shiftedBy: 0)
    }

    private static func decimalGroups(_ significand: UInt64, shiftedBy shift: Int) -> [UInt64] {
        let group: UInt64 = 1_000_000_000_000_000_000
        // 64 bits each, the lowest first.
        var words = [UInt64](repeating: 0, count: shift / 64 &+ 2)
        words[shift / 64] = significand << (shift % 64)
        words[shift / 64 &+ 1] = significand >> (64 &- shift % 64)
        var groups: [UInt64] = []
        repeat {
            while let last = words.last, last == 0 { words.removeLast() }
            var remainder: UInt64 = 0
            for index in words.indices.reversed() {
                (words[index], remainder) = group.dividingFullWidth((remainder, words[index]))
            }
            groups.append(remainder)
        } while words.contains { $0 != 0 }
        return groups
    }

    func append(to bytes: inout [UInt8]) {
        IntegerText.append(whole.last ?? 0, to: &bytes)
        for group in whole.dropLast().reversed() { Self.append(group, digits: 18, to: &bytes) }
        guard decimals > 0 else { return }
        var (shown, digits) = (decimals, Self.decimalsMax)
        while shown % 10 == 0 {
            shown /= 10
            digits &-= 1
        }
        bytes.append(UInt8(ascii: "."))
        Self.append(shown, digits: digits, to: &bytes)
    }

    /// With zeros in front.
    private static func append(_ number: UInt64, digits: Int, to bytes: inout [UInt8]) {
        IntegerText.withDigits(number) { text in
            bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, digits &- text.count)))
            bytes.append(contentsOf: text)
        }
    }
}
