package import RoostModel

/// Writes replies, in the form that the client understands.
///
/// A container is written as its count, and then its elements by the same means. What RESP2 does not have goes out as
/// Redis sends it there: maps, sets and pushes as arrays, numbers of all kinds and verbatim text as bulk strings,
/// booleans as integers.
package struct ReplyWriter: Sendable {
    /// HELLO changes it between two replies.
    package var version: RESPVersion
    /// What was written and not taken.
    package private(set) var bytes: [UInt8] = []

    package init(version: RESPVersion = .two) { self.version = version }

    /// Everything so far. The writer goes on with nothing.
    package mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    /// Forgets everything so far, and keeps the memory for what comes.
    package mutating func clear() { bytes.removeAll(keepingCapacity: true) }

    package mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

    // MARK: Lines

    package mutating func writeOK() { writeSimpleString("OK") }

    /// `text` is one line: it has no CR and no LF.
    package mutating func writeSimpleString(_ text: StaticString) {
        append("+")
        append(text)
        append("\r\n")
    }

    /// CR and LF become blanks.
    package mutating func writeSimpleString(_ text: [UInt8]) { writeLine("+", text) }

    /// `text` starts with the code: `ERR no such key`, `WRONGTYPE …`. CR and LF become blanks.
    package mutating func writeError(_ text: [UInt8]) { writeLine("-", text) }

    package mutating func writeError(_ text: String) { writeLine("-", Array(text.utf8)) }

    package mutating func writeInteger(_ number: Int64) {
        bytes.append(UInt8(ascii: ":"))
        IntegerText.append(number, to: &bytes)
        endLine()
    }

    package mutating func writeInteger(_ number: Int) { writeInteger(Int64(number)) }

    // MARK: Bulk strings

    package mutating func writeBulk(_ content: UnsafeRawBufferPointer) {
        writeHeader("$", content.count)
        bytes.append(contentsOf: content)
        endLine()
    }

    package mutating func writeBulk(_ content: [UInt8]) { content.withUnsafeBytes { writeBulk($0) } }

    package mutating func writeBulk(_ content: ArraySlice<UInt8>) { content.withUnsafeBytes { writeBulk($0) } }

    package mutating func writeBulk(_ text: String) {
        var text = text
        text.withUTF8 { writeBulk(UnsafeRawBufferPointer($0)) }
    }

    /// One after the other. Their count goes before them.
    package mutating func writeBulks(_ strings: ByteStrings) {
        bytes.append(addingCapacity: strings.contentBytes + strings.count * BulkRun.bytesMax) { output in
            output.withUnsafeMutableBufferPointer { buffer, count in
                var run = BulkRun(buffer, from: count)
                strings.forEach { run.append($0) }
                count = run.count
            }
        }
    }

    /// A whole number as a bulk string: values of keys are those.
    package mutating func writeBulk(integer number: Int64) {
        var text: [UInt8] = []
        IntegerText.append(number, to: &text)
        writeBulk(text)
    }

    /// The text of a number as a bulk string, with RESP3 too: INCRBYFLOAT and HINCRBYFLOAT answer so.
    package mutating func writeBulk(longDouble number: LongDouble) {
        var text: [UInt8] = []
        LongDoubleText.append(number, to: &text)
        writeBulk(text)
    }

    /// Text that people read, such as INFO.
    package mutating func writeVerbatim(_ text: String, _ format: VerbatimFormat = .plain) {
        guard version == .three else { return writeBulk(text) }
        writeHeader("=", text.utf8.count + 4)
        append(format.prefix)
        bytes.append(contentsOf: text.utf8)
        append("\r\n")
    }

    // MARK: Null, numbers, booleans

    package mutating func writeNull() { append(version == .two ? "$-1\r\n" : "_\r\n") }

    /// The null of commands that answer with an array otherwise.
    package mutating func writeNullArray() { append(version == .two ? "*-1\r\n" : "_\r\n") }

    package mutating func writeBoolean(_ value: Bool) {
        switch version {
        case .two: append(value ? ":1\r\n" : ":0\r\n")
        case .three: append(value ? "#t\r\n" : "#f\r\n")
        }
    }

    package mutating func writeDouble(_ number: Double) {
        writeNumber(",") { DoubleText.append(number, to: &$0) }
    }

    /// `digits` in decimal, with a sign or none.
    package mutating func writeBigNumber(_ digits: [UInt8]) {
        writeNumber("(") { $0 += digits }
    }

    private mutating func writeNumber(_ kind: StaticString, _ append: (inout [UInt8]) -> Void) {
        guard version == .three else {
            var text: [UInt8] = []
            append(&text)
            return writeBulk(text)
        }
        self.append(kind)
        append(&bytes)
        self.append("\r\n")
    }

    // MARK: Containers

    package mutating func writeArray(count: Int) { writeHeader("*", count) }

    /// `count` pairs of key and value follow.
    package mutating func writeMap(count: Int) {
        version == .two ? writeHeader("*", count &* 2) : writeHeader("%", count)
    }

    package mutating func writeSet(count: Int) { writeHeader(version == .two ? "*" : "~", count) }

    /// Something that no request asked for, such as a message on a channel.
    package mutating func writePush(count: Int) { writeHeader(version == .two ? "*" : ">", count) }

    /// Of something that was encoded before, by a writer of the same version.
    package mutating func writeEncoded(_ reply: [UInt8]) { bytes += reply }

    // MARK: Bytes

    private mutating func writeHeader(_ kind: Unicode.Scalar, _ count: Int) {
        bytes.append(UInt8(ascii: kind))
        IntegerText.append(UInt64(max(0, count)), to: &bytes)
        endLine()
    }

    private mutating func writeLine(_ kind: StaticString, _ text: [UInt8]) {
        append(kind)
        for byte in text { bytes.append(byte == carriageReturn || byte == lineFeed ? UInt8(ascii: " ") : byte) }
        append("\r\n")
    }

    private mutating func endLine() {
        bytes.append(carriageReturn)
        bytes.append(lineFeed)
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }
}

/// What verbatim text is written in: three letters on the wire.
package enum VerbatimFormat: Sendable {
    case plain
    case markdown

    var prefix: StaticString {
        switch self {
        case .plain: "txt:"
        case .markdown: "mkd:"
        }
    }
}
