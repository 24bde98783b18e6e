import RoostModel

/// The 32 bytes of a SHA-256 sum or a signature.
package struct SignatureBytes: Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Nil unless it is 64 digits, the letters small: AWS takes no others.
    init?(hex: some Collection<UInt8>) {
        guard hex.count == 64 else { return nil }
        var words: [UInt64] = [0, 0, 0, 0]
        for (index, byte) in hex.enumerated() {
            guard byte < UInt8(ascii: "A") || byte > UInt8(ascii: "F"), let digit = hexValue(byte) else { return nil }
            words[index / 16] = words[index / 16] << 4 | UInt64(digit)
        }
        self.words = (words[0], words[1], words[2], words[3])
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
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { digits in
            var index = 0
            for word in [words.0, words.1, words.2, words.3] {
                for shift in stride(from: 60, through: 0, by: -4) {
                    digits[index] = hexDigit(UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 15)
                    index &+= 1
                }
            }
            return use(UnsafeRawBufferPointer(digits))
        }
    }
}
