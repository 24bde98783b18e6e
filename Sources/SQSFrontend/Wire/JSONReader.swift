import RoostModel

/// Text inside a request: the range of its bytes between the quotation marks, escapes not yet taken out.
package struct JSONText: Sendable, Equatable {
    package let start: Int
    package let end: Int
    package let hasEscapes: Bool
}

/// Reads JSON (RFC 8259) in place, front to back, without building a tree.
///
/// Every byte comes from outside: each is checked before it is used, nesting is bounded, and every error is a
/// `SerializationException` that says where. The bytes must outlive the reader.
package struct JSONReader {
    package static let depthMax = 32

    let bytes: UnsafeRawBufferPointer
    private(set) var position = 0
    private var depth = 0
    /// True right after `{` or `[`: no comma is due.
    private var isAtFirst = false

    /// Checks that `bytes` are UTF-8, once for all texts in them.
    package init(_ bytes: UnsafeRawBufferPointer) throws(SQSFault) {
        guard UTF8Text.isValid(bytes) else { throw .malformed("The body is not UTF-8.") }
        self.bytes = bytes
    }

    // MARK: Objects

    package mutating func enterObject(_ what: StaticString) throws(SQSFault) {
        try enter(UInt8(ascii: "{"), "an object", what)
    }

    /// The index in `names` of the next member whose value is not null, or nil at the end of the object.
    ///
    /// A name that stands twice is refused, since two readers could take two different values for it. So is a name that
    /// is not in `names`: a parameter that is silently ignored is worse than an error.
    package mutating func nextMember(_ names: [StaticString], seen: inout UInt32) throws(SQSFault) -> Int? {
        while let name = try nextName() {
            guard let index = names.firstIndex(where: { matches(name, $0) }) else {
                throw .notYet("The parameter \(string(name))")
            }
            let bit = UInt32(1) << UInt32(truncatingIfNeeded: index)
            guard seen & bit == 0 else { throw .malformed("\(names[index]) stands twice.") }
            seen |= bit
            if try !readNull() { return index }
        }
        return nil
    }

    /// The next name of a map whose keys are free, or nil at its end. The value follows.
    package mutating func nextName() throws(SQSFault) -> JSONText? {
        guard try hasNext(closing: UInt8(ascii: "}")) else { return nil }
        guard peek() == UInt8(ascii: "\"") else { throw unexpected() }
        let name = try scanText()
        skipSpace()
        guard peek() == UInt8(ascii: ":") else { throw unexpected() }
        position &+= 1
        return name
    }

    // MARK: Arrays

    package mutating func enterArray(_ what: StaticString) throws(SQSFault) {
        try enter(UInt8(ascii: "["), "a list", what)
    }

    package mutating func hasNextElement() throws(SQSFault) -> Bool {
        try hasNext(closing: UInt8(ascii: "]"))
    }

    // MARK: Values

    package mutating func readText(_ what: StaticString) throws(SQSFault) -> JSONText {
        skipSpace()
        guard peek() == UInt8(ascii: "\"") else { throw wrongType(wanted: "a String", what) }
        return try scanText()
    }

    package mutating func readString(_ what: StaticString) throws(SQSFault) -> String {
        string(try readText(what))
    }

    /// A whole number. One with a fraction or an exponent, or beyond 64 bits, is refused.
    package mutating func readInteger(_ what: StaticString) throws(SQSFault) -> Int {
        skipSpace()
        guard let first = peek(), first == UInt8(ascii: "-") || isDigit(first) else {
            throw wrongType(wanted: "an Integer", what)
        }
        let start = position
        guard try scanNumber() else { throw wrongType(wanted: "an Integer", what) }
        let digits = Substring(string(JSONText(start: start, end: position, hasEscapes: false)))
        guard let value = Int(digits) else {
            throw .malformed("\(digits) can not be converted to an Integer (\(what)).")
        }
        return value
    }

    /// Reads over one value of any kind, checking its grammar all the same.
    package mutating func skipValue() throws(SQSFault) {
        // One bit for each open bracket, lowest for the innermost: 1 for an object.
        var open: UInt64 = 0
        let outside = depth
        repeat {
            if depth > outside, try leaveOrAdvance(&open) { continue }
            skipSpace()
            switch peek() {
            case UInt8(ascii: "{"):
                try enterObject("")
                open = open << 1 | 1
            case UInt8(ascii: "["):
                try enterArray("")
                open <<= 1
            default: try skipScalar()
            }
        } while depth > outside
    }

    /// Moves on inside the innermost open bracket of `skipValue`; true when that bracket was closed.
    private mutating func leaveOrAdvance(_ open: inout UInt64) throws(SQSFault) -> Bool {
        let hasMore = try open & 1 == 1 ? nextName() != nil : hasNextElement()
        if !hasMore { open >>= 1 }
        return !hasMore
    }

    /// Nothing but space may follow the value that was read.
    package mutating func finish() throws(SQSFault) {
        skipSpace()
        guard position == bytes.count else { throw unexpected() }
    }

    /// Whether an array or an object is next, for values that may have several forms.
    package mutating func nextIsArray() throws(SQSFault) -> Bool { try nextIs(UInt8(ascii: "[")) }

    package mutating func nextIsObject() throws(SQSFault) -> Bool { try nextIs(UInt8(ascii: "{")) }

    package mutating func nextIsText() throws(SQSFault) -> Bool { try nextIs(UInt8(ascii: "\"")) }

    private mutating func nextIs(_ byte: UInt8) throws(SQSFault) -> Bool {
        skipSpace()
        guard let next = peek() else { throw unexpected() }
        return next == byte
    }

    // MARK: Scanning

    private mutating func enter(_ bracket: UInt8, _ kind: String, _ what: StaticString) throws(SQSFault) {
        skipSpace()
        guard peek() == bracket else { throw wrongType(wanted: kind, what) }
        guard depth < Self.depthMax else { throw .malformed("The body is nested deeper than \(Self.depthMax) levels.") }
        depth &+= 1
        position &+= 1
        isAtFirst = true
    }

    private mutating func hasNext(closing bracket: UInt8) throws(SQSFault) -> Bool {
        skipSpace()
        if peek() == bracket {
            position &+= 1
            depth &-= 1
            isAtFirst = false
            return false
        }
        if !isAtFirst {
            guard peek() == UInt8(ascii: ",") else { throw unexpected() }
            position &+= 1
            skipSpace()
        }
        isAtFirst = false
        return true
    }

    private mutating func readNull() throws(SQSFault) -> Bool {
        skipSpace()
        guard peek() == UInt8(ascii: "n") else { return false }
        try scanWord("null")
        return true
    }

    private mutating func skipScalar() throws(SQSFault) {
        switch peek() {
        case UInt8(ascii: "\""): _ = try scanText()
        case UInt8(ascii: "t"): try scanWord("true")
        case UInt8(ascii: "f"): try scanWord("false")
        case UInt8(ascii: "n"): try scanWord("null")
        default: _ = try scanNumber()
        }
    }

    private mutating func scanWord(_ word: StaticString) throws(SQSFault) {
        let end = position &+ word.utf8CodeUnitCount
        guard end <= bytes.count, equals(UnsafeRawBufferPointer(rebasing: bytes[position..<end]), word) else {
            throw unexpected()
        }
        position = end
    }

    /// True for a whole number; false for one with a fraction or an exponent.
    private mutating func scanNumber() throws(SQSFault) -> Bool {
        if peek() == UInt8(ascii: "-") { position &+= 1 }
        let leadsWithZero = peek() == UInt8(ascii: "0")
        let digits = try scanDigits()
        if leadsWithZero, digits > 1 { throw unexpected() }
        var isWhole = true
        if peek() == UInt8(ascii: ".") {
            isWhole = false
            position &+= 1
            _ = try scanDigits()
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            isWhole = false
            position &+= 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position &+= 1 }
            _ = try scanDigits()
        }
        return isWhole
    }

    private mutating func scanDigits() throws(SQSFault) -> Int {
        let start = position
        while let byte = peek(), isDigit(byte) { position &+= 1 }
        guard position > start else { throw unexpected() }
        return position &- start
    }

    /// From the opening to the closing quotation mark.
    private mutating func scanText() throws(SQSFault) -> JSONText {
        position &+= 1
        let start = position
        var hasEscapes = false
        while true {
            skipPlainText()
            switch peek() {
            case UInt8(ascii: "\""):
                position &+= 1
                return JSONText(start: start, end: position &- 1, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try scanEscape()
            case let byte?:
                // A plain byte within the last seven, or a control character, which JSON wants escaped.
                guard byte >= 0x20 else { throw unexpected() }
                position &+= 1
            case nil:
                throw unexpected()
            }
        }
    }

    /// Eight bytes a step, up to the step that holds a quotation mark, a backslash or a control character.
    private mutating func skipPlainText() {
        while position &+ 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            let quote = word ^ 0x2222_2222_2222_2222
            let backslash = word ^ 0x5C5C_5C5C_5C5C_5C5C
            let isQuote = (quote &- 0x0101_0101_0101_0101) & ~quote
            let isBackslash = (backslash &- 0x0101_0101_0101_0101) & ~backslash
            let isControl = (word &- 0x2020_2020_2020_2020) & ~word
            let hits = (isQuote | isBackslash | isControl) & 0x8080_8080_8080_8080
            if hits != 0 {
                position &+= UInt64(littleEndian: hits).trailingZeroBitCount / 8
                return
            }
            position &+= 8
        }
    }

    private mutating func scanEscape() throws(SQSFault) {
        position &+= 1
        switch peek() {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position &+= 1
        case UInt8(ascii: "u"):
            let unit = try scanCodeUnit()
            if unit & 0xFC00 == 0xDC00 { throw .malformed("Half a surrogate pair before byte \(position).") }
            if unit & 0xFC00 == 0xD800 { try scanLowSurrogate() }
        default:
            throw unexpected()
        }
    }

    private mutating func scanLowSurrogate() throws(SQSFault) {
        guard peek() == UInt8(ascii: "\\"), position &+ 1 < bytes.count, bytes[position &+ 1] == UInt8(ascii: "u")
        else {
            throw .malformed("Half a surrogate pair before byte \(position).")
        }
        position &+= 1
        guard try scanCodeUnit() & 0xFC00 == 0xDC00 else {
            throw .malformed("Half a surrogate pair before byte \(position).")
        }
    }

    /// From the `u` of an escape over its four digits.
    private mutating func scanCodeUnit() throws(SQSFault) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            position &+= 1
            guard let byte = peek(), let digit = hexValue(byte) else { throw unexpected() }
            unit = unit << 4 | UInt16(digit)
        }
        position &+= 1
        return unit
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position &+= 1
            default: return
            }
        }
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    // MARK: Errors

    private func unexpected() -> SQSFault {
        position < bytes.count
            ? .malformed("Unexpected byte at offset \(position) of the body.")
            : .malformed("The body ends in the middle of its JSON.")
    }

    private func wrongType(wanted: String, _ what: StaticString) -> SQSFault {
        guard let seen = kindOfValue() else { return unexpected() }
        return .malformed("\(seen) can not be converted to \(wanted) (\(what)).")
    }

    private func kindOfValue() -> String? {
        guard let first = peek() else { return nil }
        return switch first {
        case UInt8(ascii: "\""): "STRING_VALUE"
        case UInt8(ascii: "{"): "START_OBJECT"
        case UInt8(ascii: "["): "START_ARRAY"
        case UInt8(ascii: "t"): "TRUE_VALUE"
        case UInt8(ascii: "f"): "FALSE_VALUE"
        case UInt8(ascii: "n"): "NULL_VALUE"
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): "NUMBER_VALUE"
        default: nil
        }
    }
}

extension SQSFault {
    static func malformed(_ message: String) -> Self { Self(.serializationException, message) }
}
