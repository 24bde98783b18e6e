/// The id of a message: 128 bits, of which 122 are sealed by the broker and 6 mark a version 4 UUID.
///
/// It is not random and not in any table: the core can open it to find the message (RoostCore/Sealing). For everybody
/// else it is as good as random, so an id cannot be guessed.
package struct MessageID: Sendable, Hashable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Bytes of the text form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
    package static let textByteCount = 36

    /// Reads the text form of a UUID, in either case. Nil for anything else.
    package init?(_ text: String) {
        var text = text
        let parsed = text.withUTF8 { Self.parse(UnsafeRawBufferPointer($0)) }
        guard let parsed else { return nil }
        self = parsed
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) -> Self? {
        guard bytes.count == textByteCount else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        for (index, byte) in bytes.enumerated() {
            if isHyphenPosition(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = hexValue(byte) else { return nil }
            words.0 = words.0 << 4 | words.1 >> 60
            words.1 = words.1 << 4 | UInt64(digit)
        }
        return Self(high: words.0, low: words.1)
    }

    /// Appends the 36 characters of the text form with `append`, one call a byte, without allocating.
    @inlinable
    package func writeText(_ append: (UInt8) -> Void) {
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { append(UInt8(ascii: "-")) }
            let byte = UInt8(truncatingIfNeeded: index < 8 ? high >> (56 - 8 * index) : low >> (120 - 8 * index))
            append(hexDigit(byte >> 4))
            append(hexDigit(byte & 15))
        }
    }

    private static func isHyphenPosition(_ index: Int) -> Bool {
        index == 8 || index == 13 || index == 18 || index == 23
    }
}

extension MessageID: CustomStringConvertible {
    package var description: String {
        String(unsafeUninitializedCapacity: Self.textByteCount) { buffer in
            var count = 0
            writeText {
                buffer[count] = $0
                count += 1
            }
            return count
        }
    }
}

/// The lower-case hexadecimal digit of a number below 16.
@inlinable
package func hexDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") &+ nibble : UInt8(ascii: "a") &+ (nibble &- 10)
}

/// The value of a hexadecimal digit in either case, or nil.
@inlinable
package func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
    default: nil
    }
}
