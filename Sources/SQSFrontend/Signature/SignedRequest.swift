import Glibc
import RoostModel

/// A request as a signature sees it: method, path, parameters of the URL and header fields, as bytes in one buffer that
/// is used again for the next request.
package struct SignedRequest {
    package struct Pair: Sendable {
        package var name: Range<Int>
        package var value: Range<Int>
    }

    package private(set) var bytes: [UInt8] = []
    private(set) var method = 0..<0
    /// Without host and query string, as it was received.
    private(set) var path = 0..<0
    /// Names in lower case, values without space around them, in the order of the request.
    private(set) var fields: [Pair] = []
    /// Percent-encoded in the one canonical form, in the order of the URL.
    private(set) var parameters: [Pair] = []

    package init() {}

    /// Takes in a request in place of the one before.
    ///
    /// - Parameter target: of the request line; an absolute URI counts from its path on.
    package mutating func load(
        method: String, target: String, fields: some Sequence<(name: String, value: String)>
    ) throws(SQSFault) {
        bytes.removeAll(keepingCapacity: true)
        self.fields.removeAll(keepingCapacity: true)
        parameters.removeAll(keepingCapacity: true)
        self.method = append(method)
        for (name, value) in fields { add(name, value) }
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
        bytes[left].lexicographicallyPrecedes(bytes[right])
    }

    func startsWith(_ range: Range<Int>, _ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        return range.count >= count && matches(range.prefix(count), word)
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

    private mutating func add(_ name: String, _ value: String) {
        let name = append(name)
        bytes.withUnsafeMutableBytes { bytes in
            for index in name {
                bytes[index] |= bytes[index] &- UInt8(ascii: "A") < 26 ? 0x20 : 0
            }
        }
        let value = append(value)
        fields.append(Pair(name: name, value: trimmed(value)))
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
        for field in fields where matches(field.name, name) {
            guard found == nil else { throw .incompleteSignature("The header \(name) stands twice.") }
            found = field.value
        }
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
