/// What a receiver gets to delete or extend a message with: 24 sealed bytes, new with every receive.
///
/// The text form is 32 digits of base 64: letters, digits, `.` and `_`, which need no escape in a URL or a shell and do
/// not begin like an option (the URL-safe alphabet of RFC 4648 has `-`). Only the core can open a handle; any other
/// 24 bytes are told from a real one by their tag (RoostCore/Sealing).
package struct ReceiptHandle: Sendable, Hashable {
    package var words: (UInt64, UInt64, UInt64)

    package init(words: (UInt64, UInt64, UInt64)) { self.words = words }

    /// Characters of the text form.
    package static let textByteCount = 32

    package static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
    }

    /// Reads the text form. Nil for anything that this type would not have written.
    package init?(_ text: String) {
        var text = text
        let parsed = text.withUTF8 { Self.parse(UnsafeRawBufferPointer($0)) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// Reads the text form where it lies, without a String.
    package init?(bytes: UnsafeRawBufferPointer) {
        guard let parsed = Self.parse(bytes) else { return nil }
        self = parsed
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) -> Self? {
        guard bytes.count == textByteCount else { return nil }
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        for byte in bytes {
            guard let value = base64Value(byte) else { return nil }
            words.0 = words.0 << 6 | words.1 >> 58
            words.1 = words.1 << 6 | words.2 >> 58
            words.2 = words.2 << 6 | UInt64(value)
        }
        return Self(words: words)
    }

    /// Appends the 32 characters of the text form with `append`, without allocating.
    @inlinable
    package func writeText(_ append: (UInt8) -> Void) {
        for index in 0..<Self.textByteCount {
            append(base64Digit(sixBits(from: 192 - 6 * (index + 1))))
        }
    }

    /// The six bits that start at `bit`, counted from the lowest of the third word.
    @inlinable
    func sixBits(from bit: Int) -> UInt8 {
        let value: UInt64
        switch bit {
        case 128...: value = words.0 >> (bit - 128)
        case 123...127: value = words.1 >> (bit - 64) | words.0 << (128 - bit)
        case 64...122: value = words.1 >> (bit - 64)
        case 59...63: value = words.2 >> bit | words.1 << (64 - bit)
        default: value = words.2 >> bit
        }
        return UInt8(truncatingIfNeeded: value & 63)
    }
}

extension ReceiptHandle: CustomStringConvertible {
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

/// The digit of a number below 64.
@inlinable
func base64Digit(_ value: UInt8) -> UInt8 {
    switch value {
    case 0..<26: UInt8(ascii: "A") &+ value
    case 26..<52: UInt8(ascii: "a") &+ (value &- 26)
    case 52..<62: UInt8(ascii: "0") &+ (value &- 52)
    case 62: UInt8(ascii: ".")
    default: UInt8(ascii: "_")
    }
}

private func base64Value(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte &- UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte &- UInt8(ascii: "a") &+ 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0") &+ 52
    case UInt8(ascii: "."): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
}
