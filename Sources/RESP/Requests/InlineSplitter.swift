/// Splits an inline request into its arguments, as Redis' `sdssplitargs`.
///
/// Words stand between blanks. Within double quotes there are `\xHH`, `\n`, `\r`, `\t`, `\b`, `\a`, and a backslash
/// that takes the next byte as it is; within single quotes only `\'`. Nothing but a blank or the end may follow a
/// closing quote. Arguments never get longer by that, so they are written over the line that they come from.
struct InlineSplitter {
    private let bytes: UnsafeMutableRawBufferPointer
    private let end: Int
    private var position: Int
    /// Where the next byte of an argument goes: never behind `position`.
    private var written = 0

    /// `line` without the LF that ends it, and without NUL.
    init(_ bytes: UnsafeMutableRawBufferPointer, _ line: Range<Int>) {
        self.bytes = bytes
        position = line.lowerBound
        end = line.upperBound
    }

    /// Nil at the end of the line.
    mutating func next() throws(ProtocolError) -> Range<Int>? {
        while position < end, Self.isSpace(bytes[position]) { position &+= 1 }
        guard position < end else { return nil }
        let start = position
        written = start
        while position < end {
            let byte = bytes[position]
            if Self.endsWord(byte) { break }
            position &+= 1
            switch byte {
            case UInt8(ascii: "\""):
                try takeQuoted()
                return start..<written
            case UInt8(ascii: "'"):
                try takeSingleQuoted()
                return start..<written
            default: put(byte)
            }
        }
        return start..<written
    }

    private mutating func takeQuoted() throws(ProtocolError) {
        while position < end {
            let byte = bytes[position]
            position &+= 1
            switch byte {
            case UInt8(ascii: "\""): return try endQuotes()
            case UInt8(ascii: "\\"): try takeEscape()
            default: put(byte)
            }
        }
        throw .unbalancedQuotes
    }

    private mutating func takeSingleQuoted() throws(ProtocolError) {
        while position < end {
            let byte = bytes[position]
            position &+= 1
            if byte == UInt8(ascii: "'") { return try endQuotes() }
            if byte == UInt8(ascii: "\\"), position < end, bytes[position] == UInt8(ascii: "'") {
                position &+= 1
                put(UInt8(ascii: "'"))
            } else {
                put(byte)
            }
        }
        throw .unbalancedQuotes
    }

    private func endQuotes() throws(ProtocolError) {
        guard position == end || Self.isSpace(bytes[position]) else { throw .unbalancedQuotes }
    }

    private mutating func takeEscape() throws(ProtocolError) {
        guard position < end else { throw .unbalancedQuotes }
        let byte = bytes[position]
        if byte == UInt8(ascii: "x"), end &- position > 2, let high = Self.hexValue(bytes[position &+ 1]),
            let low = Self.hexValue(bytes[position &+ 2])
        {
            position &+= 3
            return put(high << 4 | low)
        }
        position &+= 1
        switch byte {
        case UInt8(ascii: "n"): put(0x0A)
        case UInt8(ascii: "r"): put(0x0D)
        case UInt8(ascii: "t"): put(0x09)
        case UInt8(ascii: "b"): put(0x08)
        case UInt8(ascii: "a"): put(0x07)
        default: put(byte)
        }
    }

    private mutating func put(_ byte: UInt8) {
        bytes[written] = byte
        written &+= 1
    }

    /// C's `isspace`: what may stand between words and behind quotes.
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// Some of `isSpace`, so that a word is never empty for want of quotes: a vertical tab or a form feed within a word
    /// belongs to it.
    private static func endsWord(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == lineFeed || byte == carriageReturn
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }
}
