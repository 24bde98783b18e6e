import Glibc
import RoostModel

/// A request as a signature sees it: method, path, parameters of the URL and header fields, as bytes in one buffer that
/// is used again for the next request.
package struct SignedRequest {
    package struct Pair: Sendable {
        package var name: Range<Int>
        package var value: Range<Int>
    }

    /// A name of SignedHeaders and the fields of this name.
    struct SignedField {
        var name: Range<Int>
        var count: Int
        /// Of the first one, in `fields`.
        var first: Int
    }

    package private(set) var bytes: [UInt8] = []
    private(set) var method = 0..<0
    /// Without host and query string, as it was received.
    private(set) var path = 0..<0
    /// Names in lower case, values without space around them, in the order of the request.
    private(set) var fields: [Pair] = []
    /// What stands for each name of SignedHeaders. Written when these are checked.
    private(set) var signedFields: [SignedField] = []
    /// Percent-encoded in the one canonical form, in the order of the URL.
    private(set) var parameters: [Pair] = []

    package init() {}

    /// Takes in a request in place of the one before.
    ///
    /// - Parameter target: of the request line; an absolute URI counts from its path on.
    package mutating func load(
        method: String, target: String, fields: some Sequence<(name: String, value: String)>
    ) throws(SQSFault) {
        self.fields.removeAll(keepingCapacity: true)
        signedFields.removeAll(keepingCapacity: true)
        parameters.removeAll(keepingCapacity: true)
        load(method, fields)
        try load(target: append(target))
    }

    @inline(__always)
    func matches(_ range: Range<Int>, _ word: StaticString) -> Bool {
        range.count == word.utf8CodeUnitCount && withBytes(range) { equals($0, word) }
    }

    @inline(__always)
    func areEqual(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        guard left.count == right.count else { return false }
        return withBytes(left) { left in withBytes(right) { equals(left, $0) } }
    }

    func precedes(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        withBytes(left) { left in
            withBytes(right) { right in
                guard let a = left.baseAddress, let b = right.baseAddress else { return left.isEmpty && !right.isEmpty }
                let order = memcmp(a, b, min(left.count, right.count))
                return order == 0 ? left.count < right.count : order < 0
            }
        }
    }

    func startsWith(_ range: Range<Int>, _ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        return range.count >= count && matches(range.lowerBound..<range.lowerBound &+ count, word)
    }

    /// Lends the bytes. A slice of the array would be counted as one more owner of it.
    @inline(__always)
    func withBytes<Result>(_ range: Range<Int>, _ use: (UnsafeRawBufferPointer) -> Result) -> Result {
        // The pointer does not look, other than a slice.
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        return bytes.withUnsafeBytes { use(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Where the byte stands first; the end of the range when it does not.
    func place(of byte: UInt8, in range: Range<Int>) -> Int {
        withBytes(range) { part in
            guard let start = part.baseAddress, let found = memchr(start, Int32(byte), part.count) else {
                return range.upperBound
            }
            return range.lowerBound &+ (UnsafeRawPointer(found) - start)
        }
    }

    /// Space or a tab.
    func hasSpace(in range: Range<Int>) -> Bool {
        withBytes(range) { part in
            var index = 0
            while index &+ 8 <= part.count {
                let word = part.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if word.hasZeroByte(after: 0x2020_2020_2020_2020) || word.hasZeroByte(after: 0x0909_0909_0909_0909) {
                    return true
                }
                index &+= 8
            }
            while index < part.count {
                if Self.isSpace(part[index]) { return true }
                index &+= 1
            }
            return false
        }
    }

    func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    // MARK: Fields

    private mutating func append(_ text: String) -> Range<Int> {
        let start = bytes.count
        // The general way, for text that does not lie in one piece, takes several times as long.
        if text.utf8.withContiguousStorageIfAvailable({ bytes.append(contentsOf: $0) }) == nil {
            bytes.append(contentsOf: text.utf8)
        }
        return start..<bytes.count
    }

    /// Over the bytes of the request before, whose rest is cut off at the end: to append each text costs several times
    /// what the copying does.
    private mutating func load(_ method: String, _ fields: some Sequence<(name: String, value: String)>) {
        let (range, none) = write(method, "", at: 0)
        self.method = range
        var end = none.upperBound
        for (name, value) in fields {
            let (name, value) = write(name, value, at: end)
            end = value.upperBound
            lower(name)
            self.fields.append(Pair(name: name, value: trimmed(value)))
        }
        bytes.removeLast(bytes.count &- end)
    }

    @inline(__always)
    private mutating func write(_ first: String, _ second: String, at start: Int) -> (Range<Int>, Range<Int>) {
        let middle = start + first.utf8.count
        let end = middle + second.utf8.count
        if end > bytes.count { bytes.append(contentsOf: repeatElement(0, count: end &- bytes.count)) }
        bytes.withUnsafeMutableBytes { bytes in
            precondition(start >= 0 && start <= middle && middle <= end && end <= bytes.count)
            Self.copy(first, to: UnsafeMutableRawBufferPointer(rebasing: bytes[start..<middle]))
            Self.copy(second, to: UnsafeMutableRawBufferPointer(rebasing: bytes[middle..<end]))
        }
        return (start..<middle, middle..<end)
    }

    /// - Parameter place: as long as the text.
    @inline(__always)
    private static func copy(_ text: String, to place: UnsafeMutableRawBufferPointer) {
        let wasCopied: Void? = text.utf8.withContiguousStorageIfAvailable { text in
            precondition(text.count == place.count)
            place.copyMemory(from: UnsafeRawBufferPointer(text))
        }
        if wasCopied == nil { place.copyBytes(from: text.utf8) }
    }

    @inline(__always)
    private mutating func lower(_ range: Range<Int>) {
        bytes.withUnsafeMutableBytes { bytes in
            precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
            lowerASCII(UnsafeMutableRawBufferPointer(rebasing: bytes[range]))
        }
    }

    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, Self.isSpace(bytes[start]) { start &+= 1 }
        while start < end, Self.isSpace(bytes[end &- 1]) { end &-= 1 }
        return start..<end
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// The one field of this name; nil when there is none. A second one is refused.
    func field(_ name: StaticString) throws(SQSFault) -> Range<Int>? {
        var found: Range<Int>?
        var count = 0
        forEachField { _, field in
            guard matches(field.name, name) else { return }
            found = field.value
            count &+= 1
        }
        guard count <= 1 else { throw .incompleteSignature("The header \(name) stands twice.") }
        return found
    }

    /// An iterator would be one more owner of the array.
    @inline(__always)
    func forEachField(_ visit: (_ index: Int, Pair) -> Void) {
        fields.withUnsafeBufferPointer { fields in
            for index in fields.indices { visit(index, fields[index]) }
        }
    }

    /// The fields of a name that is to be signed, which is remembered. Nil when there is none.
    mutating func sign(_ name: Range<Int>) -> SignedField? {
        var found = SignedField(name: name, count: 0, first: 0)
        forEachField { index, field in
            guard areEqual(field.name, name) else { return }
            if found.count == 0 { found.first = index }
            found.count &+= 1
        }
        guard found.count > 0 else { return nil }
        signedFields.append(found)
        return found
    }

    // MARK: Parameters

    private mutating func load(target: Range<Int>) throws(SQSFault) {
        var target = target
        if let first = target.first, bytes[first] != UInt8(ascii: "/") { target = afterAuthority(target) }
        let mark = place(of: UInt8(ascii: "?"), in: target)
        path = target.lowerBound..<mark
        var start = mark &+ 1
        while start < target.upperBound {
            let end = place(of: UInt8(ascii: "&"), in: start..<target.upperBound)
            if end > start { try addParameter(start..<end) }
            start = end &+ 1
        }
    }

    /// From the path of `http://host/path` on.
    private func afterAuthority(_ target: Range<Int>) -> Range<Int> {
        guard let colon = target.first(where: { bytes[$0] == UInt8(ascii: ":") }) else { return target }
        let authority = min(colon &+ 3, target.upperBound)
        let path = (authority..<target.upperBound).first {
            bytes[$0] == UInt8(ascii: "/") || bytes[$0] == UInt8(ascii: "?")
        }
        return (path ?? target.upperBound)..<target.upperBound
    }

    private mutating func addParameter(_ range: Range<Int>) throws(SQSFault) {
        let equals = place(of: UInt8(ascii: "="), in: range)
        let name = try encoded(range.lowerBound..<equals)
        let value = try encoded(min(equals &+ 1, range.upperBound)..<range.upperBound)
        parameters.append(Pair(name: name, value: value))
    }

    /// Takes percent-encoding out and puts it in again, so that every way to write the same bytes comes to one.
    ///
    /// A plus sign is a space, because that is what it means to the reader of the parameters: otherwise one could be
    /// put in the place of the other without breaking the signature.
    private mutating func encoded(_ range: Range<Int>) throws(SQSFault) -> Range<Int> {
        let start = bytes.count
        var index = range.lowerBound
        while index < range.upperBound {
            var byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                guard range.upperBound &- index > 2, let high = hexValue(bytes[index &+ 1]),
                    let low = hexValue(bytes[index &+ 2])
                else {
                    throw .incompleteSignature("The query string of the URL has a percent sign without two digits.")
                }
                byte = high << 4 | low
                index &+= 2
            } else if byte == UInt8(ascii: "+") {
                byte = 0x20
            }
            PercentEncoding.append(byte, to: &bytes)
            index &+= 1
        }
        return start..<bytes.count
    }

    /// The one parameter of this name, decoded; nil when there is none. A second one is refused.
    mutating func parameter(_ name: StaticString) throws(SQSFault) -> Range<Int>? {
        var found: Range<Int>?
        for parameter in parameters where matches(parameter.name, name) {
            guard found == nil else { throw .incompleteSignature("The parameter \(name) stands twice.") }
            found = parameter.value
        }
        return found.map { decoded($0) }
    }

    private mutating func decoded(_ range: Range<Int>) -> Range<Int> {
        let start = bytes.count
        var index = range.lowerBound
        while index < range.upperBound {
            if bytes[index] == UInt8(ascii: "%"), index &+ 2 < range.upperBound,
                let high = hexValue(bytes[index &+ 1]), let low = hexValue(bytes[index &+ 2])
            {
                bytes.append(high << 4 | low)
                index &+= 3
            } else {
                bytes.append(bytes[index])
                index &+= 1
            }
        }
        return start..<bytes.count
    }
}

extension UInt64 {
    /// Whether one of the eight bytes is that of the mask. Exact for the word as a whole.
    fileprivate func hasZeroByte(after mask: UInt64) -> Bool {
        let word = self ^ mask
        return (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0
    }

    /// Eight bytes at a time; those that are no ASCII letters stay.
    fileprivate var loweredASCII: UInt64 {
        let low = self & 0x7F7F_7F7F_7F7F_7F7F
        // The highest bit of a byte: at least `A`, and more than `Z`.
        let areAtLeastA = low &+ 0x3F3F_3F3F_3F3F_3F3F
        let areAboveZ = low &+ 0x2525_2525_2525_2525
        return self | ((areAtLeastA & ~areAboveZ & ~self & 0x8080_8080_8080_8080) >> 2)
    }
}

/// Makes large letters small, in place.
@inline(__always)
private func lowerASCII(_ bytes: UnsafeMutableRawBufferPointer) {
    func lowerWord(_ place: Int) {
        let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        bytes.storeBytes(of: word.loweredASCII, toByteOffset: place, as: UInt64.self)
    }
    guard bytes.count >= 8 else {
        for index in bytes.indices { bytes[index] |= bytes[index] &- UInt8(ascii: "A") < 26 ? 0x20 : 0 }
        return
    }
    var index = 0
    while index &+ 8 <= bytes.count {
        lowerWord(index)
        index &+= 8
    }
    // Some of the last eight once more, which changes nothing.
    lowerWord(bytes.count &- 8)
}

/// Percent-encoding as signatures want it (RFC 3986): everything but letters, digits and `-._~`, with large digits.
enum PercentEncoding {
    static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
        guard !isUnreserved(byte) else { return bytes.append(byte) }
        bytes.append(UInt8(ascii: "%"))
        bytes.append(largeHexDigit(byte >> 4))
        bytes.append(largeHexDigit(byte & 15))
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func largeHexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "A") &+ value &- 10
    }
}
