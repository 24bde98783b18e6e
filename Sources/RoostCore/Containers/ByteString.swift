/// Bytes next to each other that somebody holds: what containers take as elements, keys and members.
///
/// Arrays as a command brings them, and spans as a container shows them.
package protocol ByteString: ~Escapable {
    func withRawBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result
}

extension Array<UInt8>: ByteString {
    @inline(__always)
    package func withRawBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { withUnsafeBytes(body) }
}

extension ArraySlice<UInt8>: ByteString {
    @inline(__always)
    package func withRawBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { withUnsafeBytes(body) }
}

extension Span<UInt8>: ByteString {
    @inline(__always)
    package func withRawBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { withUnsafeBytes(body) }
}

/// Whether both are the same bytes.
package func areEqual(_ left: some ByteString & ~Escapable, _ right: some ByteString & ~Escapable) -> Bool {
    left.withRawBytes { left in
        right.withRawBytes { left.count == $0.count && compareBytes(left, $0) == 0 }
    }
}

/// Negative, zero, positive: as memcmp, and the shorter one first where one begins with the other.
func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let same = commonPrefix(left, right)
    guard same < left.count, same < right.count else { return left.count - right.count }
    return Int(left[same]) - Int(right[same])
}

/// How many bytes at the start of both are the same.
func commonPrefix(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let shorter = min(left.count, right.count)
    var index = 0
    while index + 8 <= shorter {
        let difference =
            left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            ^ right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        if difference != 0 { return index + difference.littleEndian.trailingZeroBitCount / 8 }
        index += 8
    }
    while index < shorter, left[index] == right[index] { index += 1 }
    return index
}
