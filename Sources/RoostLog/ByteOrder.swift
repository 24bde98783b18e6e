// Numbers in the log are little-endian. Loads and stores are bounds-checked in every build: a wrong offset stops the
// process and never reads or writes foreign memory.

extension UnsafeRawBufferPointer {
    @inline(__always)
    func load<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: Number.Type) -> Number {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Number>.size)
        return Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }

    /// The bytes from `start` up to `end`, with both checked.
    @inline(__always)
    func part(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        precondition(start >= 0 && start <= end && end <= count)
        return UnsafeRawBufferPointer(rebasing: self[start..<end])
    }
}

extension UnsafeMutableRawBufferPointer {
    @inline(__always)
    func store<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, at offset: Int) {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Number>.size)
        storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
    }

    @inline(__always)
    func part(_ start: Int, _ end: Int) -> UnsafeMutableRawBufferPointer {
        precondition(start >= 0 && start <= end && end <= count)
        return UnsafeMutableRawBufferPointer(rebasing: self[start..<end])
    }
}

extension FixedWidthInteger {
    /// The next multiple of `alignment`, a power of two.
    @inline(__always)
    func roundedUp(to alignment: Self) -> Self { (self + alignment - 1) & ~(alignment - 1) }
}
