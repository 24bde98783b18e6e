import RoostModel

/// The bytes of a record are not what its kind says.
package struct EntryDecodingError: Error, Sendable, Equatable {
    package var reason: String
}

/// Reads little-endian numbers and bytes; throws at the end instead of reading past it.
struct ByteReader {
    private let buffer: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ buffer: UnsafeRawBufferPointer) { self.buffer = buffer }

    var remaining: Int { buffer.count - offset }

    mutating func read<Number: FixedWidthInteger>(
        _ type: Number.Type = Number.self
    ) throws(EntryDecodingError) -> Number {
        let size = MemoryLayout<Number>.size
        guard remaining >= size else { throw EntryDecodingError(reason: "record ends early") }
        defer { offset += size }
        return Number(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    mutating func readTime() throws(EntryDecodingError) -> BrokerTime {
        BrokerTime(milliseconds: try read())
    }

    mutating func readBytes(_ count: Int) throws(EntryDecodingError) -> [UInt8] {
        [UInt8](try readRaw(count))
    }

    mutating func readText(_ count: Int) throws(EntryDecodingError) -> String {
        let raw = try readRaw(count)
        guard let text = String(validating: raw, as: UTF8.self) else {
            throw EntryDecodingError(reason: "text is not UTF-8")
        }
        return text
    }

    mutating func readRest() throws(EntryDecodingError) -> [UInt8] { try readBytes(remaining) }

    func expectEnd() throws(EntryDecodingError) {
        guard remaining == 0 else { throw EntryDecodingError(reason: "\(remaining) bytes behind the end") }
    }

    mutating func readRaw(_ count: Int) throws(EntryDecodingError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else { throw EntryDecodingError(reason: "record ends early") }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: buffer[offset..<offset + count])
    }
}
