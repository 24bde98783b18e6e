/// The input of a fuzzer, taken from the front. Behind its end there are zeros, so that every input means something.
package struct ByteSource {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    package init(_ bytes: UnsafePointer<UInt8>?, _ count: Int) {
        self.bytes = UnsafeRawBufferPointer(start: bytes, count: count)
    }

    package var isEmpty: Bool { position >= bytes.count }

    package mutating func byte() -> UInt8 {
        guard !isEmpty else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    /// Little-endian.
    package mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number {
        var number: Number = 0
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
            number |= Number(truncatingIfNeeded: byte()) &<< Number(shift)
        }
        return number
    }

    /// So many, or fewer at the end.
    package mutating func take(_ count: Int) -> [UInt8] {
        let end = min(position + count, bytes.count)
        defer { position = end }
        return [UInt8](bytes[min(position, end)..<end])
    }

    package mutating func rest() -> [UInt8] { take(bytes.count) }
}

extension [UInt8] {
    package mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
