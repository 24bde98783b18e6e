import RoostModel

/// Bulk strings behind each other, in memory that has room for all of them: long answers are made of such runs.
struct BulkRun {
    /// Of a header, `$`, a length and CR LF, and of the CR LF behind the string.
    static let bytesMax = 1 + IntegerText.bytesMax + 2 + 2

    private let buffer: UnsafeMutableBufferPointer<UInt8>
    /// Bytes that are written.
    private(set) var count: Int
    /// Where the header of the last string stands: the next one often has the same.
    private var header: Range<Int>
    private var length = -1

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>, from count: Int) {
        self.buffer = buffer
        self.count = count
        header = count..<count
    }

    mutating func append(_ content: UnsafeRawBufferPointer) {
        precondition(content.count <= buffer.count - count - Self.bytesMax, "no room for this string")
        content.count == length ? repeatHeader() : startHeader(content.count)
        put(content)
        putLineEnd()
    }

    private mutating func startHeader(_ length: Int) {
        let start = count
        put(UInt8(ascii: "$"))
        IntegerText.withDigits(UInt64(length)) { put($0) }
        putLineEnd()
        (header, self.length) = (start..<count, length)
    }

    private mutating func repeatHeader() {
        put(UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[header])))
    }

    private mutating func putLineEnd() {
        put(carriageReturn)
        put(lineFeed)
    }

    private mutating func put(_ byte: UInt8) {
        buffer[count] = byte
        count &+= 1
    }

    private mutating func put(_ bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]).copyMemory(from: bytes)
        count &+= bytes.count
    }
}
