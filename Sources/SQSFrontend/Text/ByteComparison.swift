/// Whether `bytes` are those of `text`. Shorter than 16 bytes or so on the hot path, so a plain loop.
@inline(__always)
func equals(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    guard bytes.count == text.utf8CodeUnitCount else { return false }
    let other = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    return equals(bytes, other)
}

@inline(__always)
func equals(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    var index = 0
    while index &+ 8 <= left.count {
        let a = left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        let b = right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        if a != b { return false }
        index &+= 8
    }
    while index < left.count {
        if left[index] != right[index] { return false }
        index &+= 1
    }
    return true
}
