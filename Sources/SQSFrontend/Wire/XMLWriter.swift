package import NIOCore
import RoostModel

// XML is written straight into the buffer that goes to the socket.
extension ByteBuffer {
    package mutating func writeXML(_ text: String) {
        var text = text
        text.withUTF8 { writeXML(utf8: UnsafeRawBufferPointer($0)) }
    }

    /// `bytes` as text of an element. What is not UTF-8, and characters that XML 1.0 does not have (another protocol
    /// may have sent them), come out as U+FFFD.
    package mutating func writeXML(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { raw in
            if UTF8Text.isValid(raw) {
                writeXML(utf8: raw)
            } else {
                writeXML(String(decoding: raw, as: UTF8.self))
            }
        }
    }

    private mutating func writeXML(utf8 bytes: UnsafeRawBufferPointer) {
        var start = 0
        while start < bytes.count {
            let end = Self.endOfPlainXML(bytes, from: start)
            writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            guard end < bytes.count else { return }
            start = end &+ writeXMLEscape(of: bytes[end])
        }
    }

    /// The first byte from `start` on that XML wants escaped or does not have, or the end.
    private static func endOfPlainXML(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case 0x09, 0x0A: break
            case 0..<0x20, UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""): return index
            // U+FFFE and U+FFFF
            case 0xEF where index &+ 2 < bytes.count && bytes[index &+ 1] == 0xBF && bytes[index &+ 2] >= 0xBE:
                return index
            default: break
            }
            index &+= 1
        }
        return index
    }

    /// Returns how many bytes the character takes.
    private mutating func writeXMLEscape(of byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: "&"): writeStaticString("&amp;")
        case UInt8(ascii: "<"): writeStaticString("&lt;")
        case UInt8(ascii: ">"): writeStaticString("&gt;")
        case UInt8(ascii: "\""): writeStaticString("&quot;")
        // A reader would make a line feed of it.
        case 0x0D: writeStaticString("&#xD;")
        case 0xEF:
            writeStaticString("\u{FFFD}")
            return 3
        default: writeStaticString("\u{FFFD}")
        }
        return 1
    }

    mutating func writeOpenTag(_ name: StaticString, _ suffix: StaticString = "") {
        writeStaticString("<")
        writeStaticString(name)
        writeStaticString(suffix)
        writeStaticString(">")
    }

    mutating func writeCloseTag(_ name: StaticString, _ suffix: StaticString = "") {
        writeStaticString("</")
        writeStaticString(name)
        writeStaticString(suffix)
        writeStaticString(">")
    }

    mutating func writeElement(_ name: StaticString, _ text: String) {
        writeOpenTag(name)
        writeXML(text)
        writeCloseTag(name)
    }

    mutating func writeElement(_ name: StaticString, _ sum: MD5Sum) {
        writeOpenTag(name)
        write(sum)
        writeCloseTag(name)
    }
}
