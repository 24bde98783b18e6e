import RoostModel

/// Text as forms and query strings have it: `+` is a space, `%41` is A.
enum QueryText {
    static func hasEscapes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }
    }

    /// Eight bytes a step.
    static func firstIndex(of byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
        var index = start
        while index &+ 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let hits = zeroBytes(word ^ pattern) & 0x8080_8080_8080_8080
            if hits != 0 { return index &+ UInt64(littleEndian: hits).trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < bytes.count {
            if bytes[index] == byte { return index }
            index &+= 1
        }
        return nil
    }

    /// Nil when a `%` is not followed by two hexadecimal digits.
    static func decoded(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard let byte = byte(bytes, at: &index) else { return nil }
            decoded.append(byte)
        }
        return decoded
    }

    /// Appends what `bytes` say as a JSON string; UTF-8 is not checked. False when a `%` is not followed by two
    /// hexadecimal digits.
    static func appendJSON(_ bytes: UnsafeRawBufferPointer, to json: inout [UInt8]) -> Bool {
        json.append(UInt8(ascii: "\""))
        var index = 0
        while index < bytes.count {
            let end = endOfPlainText(bytes, from: index)
            if end > index { json.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[index..<end])) }
            index = end
            guard index < bytes.count else { break }
            guard let byte = byte(bytes, at: &index) else { return false }
            append(byte, to: &json)
        }
        json.append(UInt8(ascii: "\""))
        return true
    }

    /// The byte that stands at `index`, which moves behind it.
    private static func byte(_ bytes: UnsafeRawBufferPointer, at index: inout Int) -> UInt8? {
        let byte = bytes[index]
        guard byte == UInt8(ascii: "%") else {
            index &+= 1
            return byte == UInt8(ascii: "+") ? 0x20 : byte
        }
        guard bytes.count &- index > 2, let high = hexValue(bytes[index &+ 1]), let low = hexValue(bytes[index &+ 2])
        else { return nil }
        index &+= 3
        return high << 4 | low
    }

    /// The first byte from `start` on that a form or JSON writes in another way, or the end.
    private static func endOfPlainText(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index &+ 8 <= bytes.count {
            let hits = specialBytes(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            if hits != 0 { return index &+ UInt64(littleEndian: hits).trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < bytes.count {
            switch bytes[index] {
            case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "%"), UInt8(ascii: "+"), UInt8(ascii: "\\"): return index
            default: index &+= 1
            }
        }
        return index
    }

    /// The high bit of each of eight bytes that is special; above the lowest such byte bits may be set wrongly.
    @inline(__always)
    private static func specialBytes(_ word: UInt64) -> UInt64 {
        let control = (word &- 0x2020_2020_2020_2020) & ~word
        return
            (control | zeroBytes(word ^ 0x2222_2222_2222_2222) | zeroBytes(word ^ 0x2525_2525_2525_2525)
            | zeroBytes(word ^ 0x2B2B_2B2B_2B2B_2B2B) | zeroBytes(word ^ 0x5C5C_5C5C_5C5C_5C5C))
            & 0x8080_8080_8080_8080
    }

    @inline(__always)
    private static func zeroBytes(_ word: UInt64) -> UInt64 { (word &- 0x0101_0101_0101_0101) & ~word }

    private static func append(_ byte: UInt8, to json: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            json.append(UInt8(ascii: "\\"))
            json.append(byte)
        case 0..<0x20:
            append("\\u00", to: &json)
            json.append(hexDigit(byte >> 4))
            json.append(hexDigit(byte & 15))
        default: json.append(byte)
        }
    }

    static func append(_ text: StaticString, to json: inout [UInt8]) {
        json.append(contentsOf: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
