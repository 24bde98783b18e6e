import RESP
import RoostModel

/// The arguments of one request, read one after the other. Everything is lent for as long as it is parsed.
package struct Arguments {
    private let buffer: UnsafeRawBufferPointer
    private let ranges: UnsafeBufferPointer<Range<Int>>
    private var place = 1

    /// - Parameter ranges: of the name and the arguments, inside `buffer`.
    package init(_ buffer: UnsafeRawBufferPointer, _ ranges: UnsafeBufferPointer<Range<Int>>) {
        self.buffer = buffer
        self.ranges = ranges
    }

    /// With the name.
    var count: Int { ranges.count }
    var remaining: Int { ranges.count - place }
    var isAtEnd: Bool { remaining == 0 }
    var name: UnsafeRawBufferPointer { ranges.first.map { part($0) } ?? UnsafeRawBufferPointer(start: nil, count: 0) }

    private func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: buffer[range])
    }

    /// The bytes of the next one, lent.
    mutating func next() throws(CommandError) -> UnsafeRawBufferPointer {
        guard place < ranges.count else { throw .syntax }
        defer { place += 1 }
        return part(ranges[place])
    }

    /// Everything, the name too.
    var all: [Bytes] { ranges.map { Bytes(part($0)) } }

    /// Of all of them, the name too.
    var byteCount: Int { ranges.reduce(0) { $0 &+ $1.count } }

    /// Of a few arguments only the bytes count. Of many, what each takes as an array of its own counts too: they may be
    /// empty.
    var heldBytes: Int { byteCount &+ Swift.max(0, count &- Self.countFree) &* Self.bytesPerArgument }

    private static let countFree = 8
    static let bytesPerArgument = 48

    mutating func bytes() throws(CommandError) -> Bytes { Bytes(try next()) }

    mutating func rest() throws(CommandError) -> [Bytes] {
        var rest: [Bytes] = []
        rest.reserveCapacity(remaining)
        while !isAtEnd { rest.append(try bytes()) }
        return rest
    }

    mutating func take(_ count: Int) throws(CommandError) -> [Bytes] {
        guard count <= remaining else { throw .syntax }
        var taken: [Bytes] = []
        for _ in 0..<count { taken.append(try bytes()) }
        return taken
    }

    mutating func integer() throws(CommandError) -> Int64 {
        guard let number = IntegerText.parse(try next()) else { throw .notAnInteger }
        return number
    }

    /// Text that is shown to people.
    mutating func text() throws(CommandError) -> String { String(decoding: try next(), as: UTF8.self) }

    /// Takes the next argument if it is this word, in large or small letters.
    mutating func takes(_ word: StaticString) -> Bool {
        guard place < ranges.count, equalsIgnoringCase(part(ranges[place]), word) else { return false }
        place += 1
        return true
    }
}

/// `word`: in large letters.
func equalsIgnoringCase(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
    guard bytes.count == word.utf8CodeUnitCount else { return false }
    let letters = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    return bytes.indices.allSatisfy { index in
        let byte = bytes[index]
        return (byte &- UInt8(ascii: "a") < 26 ? byte &- 0x20 : byte) == letters[index]
    }
}
