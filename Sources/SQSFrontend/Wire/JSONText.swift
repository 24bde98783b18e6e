import RoostModel

// What a text of the request says, once its escapes are taken out. The reader has checked escapes and UTF-8, so
// nothing here can fail.
extension JSONReader {
    package func raw(_ text: JSONText) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[text.start..<text.end])
    }

    package func array(_ text: JSONText) -> [UInt8] {
        text.hasEscapes ? unescaped(raw(text)) : [UInt8](raw(text))
    }

    package func string(_ text: JSONText) -> String {
        text.hasEscapes
            ? String(decoding: unescaped(raw(text)), as: UTF8.self) : String(decoding: raw(text), as: UTF8.self)
    }

    package func isEmpty(_ text: JSONText) -> Bool { text.start == text.end }

    package func matches(_ text: JSONText, _ word: StaticString) -> Bool {
        if !text.hasEscapes { return equals(raw(text), word) }
        return unescaped(raw(text)).withUnsafeBytes { equals($0, word) }
    }

    private func unescaped(_ raw: UnsafeRawBufferPointer) -> [UInt8] {
        // Taking escapes out only ever shortens.
        [UInt8](unsafeUninitializedCapacity: raw.count) { target, count in
            count = Self.unescape(raw, into: UnsafeMutableRawBufferPointer(target))
        }
    }

    /// Returns how many bytes were written.
    private static func unescape(_ raw: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int {
        var read = 0
        var written = 0
        while read < raw.count {
            let byte = raw[read]
            if byte != UInt8(ascii: "\\") {
                target[written] = byte
                read &+= 1
                written &+= 1
            } else if raw[read &+ 1] == UInt8(ascii: "u") {
                let (scalar, length) = scalar(raw, at: read)
                for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                    target[written] = unit
                    written &+= 1
                }
                read &+= length
            } else {
                target[written] = meaning(of: raw[read &+ 1])
                read &+= 2
                written &+= 1
            }
        }
        return written
    }

    /// The character of the `\u` escape at `index`, and how many bytes it takes: 6, or 12 for a surrogate pair.
    private static func scalar(_ raw: UnsafeRawBufferPointer, at index: Int) -> (Unicode.Scalar, Int) {
        let first = codeUnit(raw, at: index &+ 2)
        guard first & 0xFC00 == 0xD800 else { return (Unicode.Scalar(first) ?? "\u{FFFD}", 6) }
        let second = codeUnit(raw, at: index &+ 8)
        let value = 0x10000 &+ (first & 0x3FF) << 10 &+ second & 0x3FF
        return (Unicode.Scalar(value) ?? "\u{FFFD}", 12)
    }

    private static func codeUnit(_ raw: UnsafeRawBufferPointer, at index: Int) -> UInt32 {
        var unit: UInt32 = 0
        for offset in 0..<4 { unit = unit << 4 | UInt32(hexValue(raw[index &+ offset]) ?? 0) }
        return unit
    }

    private static func meaning(of escape: UInt8) -> UInt8 {
        switch escape {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: escape
        }
    }
}
