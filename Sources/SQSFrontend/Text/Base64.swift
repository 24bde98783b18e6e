/// Base64 with padding (RFC 4648 section 4), as JSON carries binary attribute values.
package enum Base64 {
    /// Nil for anything but whole, padded groups of the standard alphabet.
    package static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var index = 0
        while index < text.count {
            let isLast = index &+ 4 == text.count
            guard let group = decodeGroup(text[index..<index &+ 4], mayBePadded: isLast) else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: group.bits >> 16))
            if group.count > 1 { bytes.append(UInt8(truncatingIfNeeded: group.bits >> 8)) }
            if group.count > 2 { bytes.append(UInt8(truncatingIfNeeded: group.bits)) }
            index &+= 4
        }
        return bytes
    }

    private static func decodeGroup(
        _ digits: ArraySlice<UInt8>, mayBePadded: Bool
    ) -> (bits: UInt32, count: Int)? {
        var bits: UInt32 = 0
        var padding = 0
        for digit in digits {
            if digit == UInt8(ascii: "="), mayBePadded, padding < 2 {
                padding &+= 1
                bits <<= 6
                continue
            }
            guard padding == 0, let value = value(of: digit) else { return nil }
            bits = bits << 6 | UInt32(value)
        }
        // A first digit alone holds no byte.
        guard digits.first != UInt8(ascii: "="), digits.dropFirst().first != UInt8(ascii: "=") else { return nil }
        return (bits, 3 - padding)
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit &- UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit &- UInt8(ascii: "a") &+ 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit &- UInt8(ascii: "0") &+ 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    package static func encode(_ bytes: [UInt8], _ append: (UInt8) -> Void) {
        var index = 0
        while index < bytes.count {
            let left = bytes.count &- index
            var bits = UInt32(bytes[index]) << 16
            if left > 1 { bits |= UInt32(bytes[index &+ 1]) << 8 }
            if left > 2 { bits |= UInt32(bytes[index &+ 2]) }
            append(digit(bits >> 18))
            append(digit(bits >> 12))
            append(left > 1 ? digit(bits >> 6) : UInt8(ascii: "="))
            append(left > 2 ? digit(bits) : UInt8(ascii: "="))
            index &+= 3
        }
    }

    private static func digit(_ bits: UInt32) -> UInt8 { alphabet.utf8Start[Int(bits & 63)] }
}
