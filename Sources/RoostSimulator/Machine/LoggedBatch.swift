/// A record as it goes to the disk.
struct LoggedRecord: Sendable {
    var sequence: UInt64
    var kind: UInt8
    /// Broker time in milliseconds.
    var time: Int64
    var payload: [UInt8]

    /// Of the log itself: tells what is synced, and changes nothing.
    var isMark: Bool { kind == 255 }
}

/// A batch as it goes to the disk, read by docs/log-format.md alone. No checksum is looked at: what the disk makes of
/// the bytes is the business of the program under test.
struct LoggedBatch: Sendable {
    /// Everything up to here is said to be on disk.
    var watermark: UInt64
    var records: [LoggedRecord]

    private static let magic: UInt32 = 0x7461_4252
    private static let headerBytes = 48
    private static let frameHeaderBytes = 16

    /// Nil for what is no batch.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.headerBytes, bytes.word32(0) == Self.magic else { return nil }
        let first = bytes.word64(8)
        let count = Int(bytes.word32(16))
        let time = Int64(bitPattern: bytes.word64(32))
        watermark = bytes.word64(24)
        records = []
        var offset = Self.headerBytes
        for index in 0..<count {
            guard offset + Self.frameHeaderBytes <= bytes.count else { return nil }
            let length = Int(bytes.word32(offset))
            let start = offset + Self.frameHeaderBytes
            guard start + length <= bytes.count else { return nil }
            let delay = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt16.self)
            records.append(
                LoggedRecord(
                    sequence: first + UInt64(index), kind: bytes[offset + 4], time: time + Int64(delay),
                    payload: Array(bytes[start..<start + length])))
            offset = start + (length + 7) & ~7
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func word32(_ offset: Int) -> UInt32 { loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
    fileprivate func word64(_ offset: Int) -> UInt64 { loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
}
