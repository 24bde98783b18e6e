/// Many strings in one piece of memory: what long answers are made of, where an array for each would cost more than
/// all the rest.
package struct ByteStrings: Sendable, Equatable {
    private var bytes: Bytes = []
    /// Where each of them ends.
    private var ends: [Int] = []

    /// A guess may be far off: above this, memory grows with what comes.
    private static let reservedBytesMax = 1 << 20

    /// - Parameter bytes: of all strings together, about.
    package init(reserving count: Int = 0, bytes: Int = 0) {
        ends.reserveCapacity(count)
        self.bytes.reserveCapacity(min(bytes, Self.reservedBytesMax))
    }

    package init(_ strings: some Collection<Bytes>) {
        self.init(reserving: strings.count)
        for string in strings { append(string.span) }
    }

    package var count: Int { ends.count }

    /// Of all strings, and of where they end.
    package var byteCount: Int { bytes.count + ends.count * MemoryLayout<Int>.size }

    /// Of all strings.
    package var contentBytes: Int { bytes.count }

    package mutating func append(_ string: Span<UInt8>) {
        string.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        ends.append(bytes.count)
    }

    package func forEach(_ body: (UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes { bytes in
            var start = 0
            for end in ends {
                body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                start = end
            }
        }
    }
}
