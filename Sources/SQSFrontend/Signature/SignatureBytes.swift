/// The 32 bytes of a SHA-256 sum or a signature.
package struct SignatureBytes: Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Nil unless it is 64 digits, the letters small: AWS takes no others.
    init?(hex: UnsafeRawBufferPointer) {
        guard hex.count == 64 else { return nil }
        var isRight = true
        func number(_ place: Int) -> UInt64 {
            let digits = UInt64(bigEndian: hex.loadUnaligned(fromByteOffset: place &* 8, as: UInt64.self))
            let number = Self.number(of: digits)
            isRight = isRight && Self.digits(of: number) == digits
            return UInt64(number)
        }
        func word(_ place: Int) -> UInt64 { number(place &* 2) << 32 | number(place &* 2 &+ 1) }
        words = (word(0), word(1), word(2), word(3))
        guard isRight else { return nil }
    }

    /// Nil unless there are 32.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        }
        words = (word(0), word(1), word(2), word(3))
    }

    /// Takes the same time wherever the difference is, so that a signature cannot be guessed byte by byte.
    func isEqual(to other: Self) -> Bool {
        let difference =
            (words.0 ^ other.words.0) | (words.1 ^ other.words.1) | (words.2 ^ other.words.2)
            | (words.3 ^ other.words.3)
        return difference == 0
    }

    /// As 64 small digits.
    func withHex<Result>(_ use: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { digits in
            func write(_ word: UInt64, _ place: Int) {
                let high = Self.digits(of: UInt32(truncatingIfNeeded: word >> 32))
                let low = Self.digits(of: UInt32(truncatingIfNeeded: word))
                digits.storeBytes(of: high.bigEndian, toByteOffset: place &* 16, as: UInt64.self)
                digits.storeBytes(of: low.bigEndian, toByteOffset: place &* 16 &+ 8, as: UInt64.self)
            }
            write(words.0, 0)
            write(words.1, 1)
            write(words.2, 2)
            write(words.3, 3)
            return use(UnsafeRawBufferPointer(digits))
        }
    }

    // MARK: Eight digits at a time

    // The first digit is in the highest byte. A verification reads and writes 192 digits: one by one they cost as much
    // as a sum.

    private static func digits(of number: UInt32) -> UInt64 {
        // Halves, quarters, eighths of the number go to those of the result.
        var values = UInt64(number)
        values = (values << 16 | values) & 0x0000_FFFF_0000_FFFF
        values = (values << 8 | values) & 0x00FF_00FF_00FF_00FF
        values = (values << 4 | values) & 0x0F0F_0F0F_0F0F_0F0F
        // With six more, ten and above reach the fifth bit.
        let areLetters = (values &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        let fromZeroToA = UInt64(UInt8(ascii: "a") &- UInt8(ascii: "0") &- 10)
        return values &+ 0x3030_3030_3030_3030 &+ areLetters &* fromZeroToA
    }

    /// Some number for what are no digits: `digits(of:)` gives something else back for it then.
    private static func number(of digits: UInt64) -> UInt32 {
        // The low half of a letter counts from one.
        let areLetters = digits >> 6 & 0x0101_0101_0101_0101
        var values = (digits & 0x0F0F_0F0F_0F0F_0F0F) &+ areLetters &* 9
        values = (values >> 4 | values) & 0x00FF_00FF_00FF_00FF
        values = (values >> 8 | values) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: values >> 16 | values)
    }
}
