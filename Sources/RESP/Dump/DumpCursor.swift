/// Takes numbers and bytes from the front of a payload.
struct DumpCursor {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ count: Int) throws(DumpError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= rest.count else { throw .format }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func byte() throws(DumpError) -> UInt8 {
        guard let byte = rest.popFirst() else { throw .format }
        return byte
    }

    /// As it lies in memory.
    mutating func native<Number: FixedWidthInteger>() throws(DumpError) -> Number {
        let bytes = try take(MemoryLayout<Number>.size)
        return bytes.withUnsafeBytes { $0.loadUnaligned(as: Number.self) }
    }

    mutating func little<Number: FixedWidthInteger>() throws(DumpError) -> Number {
        Number(littleEndian: try native())
    }
}
