import RoostModel

/// Reads the elements of a listpack, the form that Redis has for short collections:
/// `bytes u32 | elements u16 | element, its length backwards | … | 255`.
struct ListPackReader {
    private static let headerBytes = 6
    private static let end: UInt8 = 0xFF

    private var cursor: DumpCursor
    /// That the header tells; the highest number: nobody knows.
    private let countTold: UInt16
    private var count = 0

    init(_ bytes: Bytes) throws(DumpError) {
        cursor = DumpCursor(bytes[...])
        let told: UInt32 = try cursor.little()
        countTold = try cursor.little()
        guard Int(told) == bytes.count else { throw .format }
    }

    /// Nil at the end, which has to be that of the bytes too.
    mutating func next() throws(DumpError) -> Bytes? {
        let first = try cursor.byte()
        guard first != Self.end else {
            guard cursor.isAtEnd, countTold == .max || Int(countTold) == count else { throw .format }
            return nil
        }
        count += 1
        let (element, size) = try element(first)
        _ = try cursor.take(Self.backwardBytes(size))
        return element
    }

    /// With its bytes in the listpack.
    private mutating func element(_ first: UInt8) throws(DumpError) -> (Bytes, Int) {
        switch first {
        case 0..<0x80: return (text(Int64(first)), 1)
        case 0x80..<0xC0: return try string(Int(first & 0x3F), header: 1)
        case 0xC0..<0xE0:
            let number = Int64(first & 0x1F) << 8 | Int64(try cursor.byte())
            return (text(number >= 1 << 12 ? number - 1 << 13 : number), 2)
        case 0xE0..<0xF0: return try string(Int(first & 0x0F) << 8 | Int(try cursor.byte()), header: 2)
        case 0xF0: return try string(Int(try cursor.little() as UInt32), header: 5)
        case 0xF1: return (text(Int64(try cursor.little() as Int16)), 3)
        case 0xF2: return (text(try number24()), 4)
        case 0xF3: return (text(Int64(try cursor.little() as Int32)), 5)
        case 0xF4: return (text(try cursor.little()), 9)
        default: throw .format
        }
    }

    private mutating func string(_ count: Int, header: Int) throws(DumpError) -> (Bytes, Int) {
        (Bytes(try cursor.take(count)), header + count)
    }

    private mutating func number24() throws(DumpError) -> Int64 {
        let low: UInt16 = try cursor.little()
        let high = Int8(bitPattern: try cursor.byte())
        return Int64(high) << 16 | Int64(low)
    }

    private func text(_ number: Int64) -> Bytes {
        var bytes: Bytes = []
        IntegerText.append(number, to: &bytes)
        return bytes
    }

    /// How long the length is that stands behind an element, seven bits in a byte.
    private static func backwardBytes(_ size: Int) -> Int {
        switch size {
        case ..<128: 1
        case ..<16_384: 2
        case ..<2_097_152: 3
        case ..<268_435_456: 4
        default: 5
        }
    }
}
