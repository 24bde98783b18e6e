package import NIOCore
import RoostModel

// JSON is written straight into the buffer that goes to the socket.
extension ByteBuffer {
    package mutating func writeJSON(_ text: String) {
        var text = text
        text.withUTF8 { writeJSON(utf8: UnsafeRawBufferPointer($0)) }
    }

    /// `bytes` as a JSON string. Bytes that are not UTF-8 (another protocol may have sent them) come out as U+FFFD:
    /// JSON has no other way to carry them.
    package mutating func writeJSON(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { raw in
            if UTF8Text.isValid(raw) {
                writeJSON(utf8: raw)
            } else {
                writeJSON(String(decoding: raw, as: UTF8.self))
            }
        }
    }

    private mutating func writeJSON(utf8 bytes: UnsafeRawBufferPointer) {
        writeInteger(UInt8(ascii: "\""))
        var start = 0
        while start < bytes.count {
            let end = Self.endOfPlainText(bytes, from: start)
            writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            if end < bytes.count { writeEscape(of: bytes[end]) }
            start = end &+ 1
        }
        writeInteger(UInt8(ascii: "\""))
    }

    /// The first byte from `start` on that JSON wants escaped, or the end.
    private static func endOfPlainText(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return index }
            index &+= 1
        }
        return index
    }

    private mutating func writeEscape(of byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): writeStaticString("\\\"")
        case UInt8(ascii: "\\"): writeStaticString("\\\\")
        case 0x0A: writeStaticString("\\n")
        case 0x0D: writeStaticString("\\r")
        case 0x09: writeStaticString("\\t")
        default:
            writeStaticString("\\u00")
            writeInteger(hexDigit(byte >> 4))
            writeInteger(hexDigit(byte & 15))
        }
    }

    package mutating func writeDecimal(_ number: Int64) {
        if number >= 0, number < 10 {
            writeInteger(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number))
        } else {
            writeString(String(number))
        }
    }

    /// 20 digits, the most that a number of 64 bits has.
    mutating func writeSequence(_ number: UInt64) {
        let digits = String(number)
        for _ in digits.utf8.count..<20 { writeStaticString("0") }
        writeString(digits)
    }

    /// Without quotation marks.
    mutating func write(_ id: MessageID) {
        writeASCII(count: MessageID.textByteCount, id.writeText)
    }

    mutating func write(_ handle: ReceiptHandle) {
        writeASCII(count: ReceiptHandle.textByteCount, handle.writeText)
    }

    mutating func write(_ sum: MD5Sum) {
        writeASCII(count: 32, sum.writeHex)
    }

    mutating func writeBase64(_ bytes: [UInt8]) {
        writeASCII(count: (bytes.count &+ 2) / 3 &* 4) { append in Base64.encode(bytes, append) }
    }

    /// Reserves `count` bytes once and fills them; `write` must not produce more.
    private mutating func writeASCII(count: Int, _ write: ((UInt8) -> Void) -> Void) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
            var written = 0
            write { byte in
                target[written] = byte
                written &+= 1
            }
            return written
        }
    }
}
