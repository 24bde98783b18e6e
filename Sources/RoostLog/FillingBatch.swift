import RoostModel

/// A batch from its first record until its write is done.
struct FillingBatch: Sendable {
    let buffer: LogBuffer
    var segment: UInt32 = 0
    var seed: UInt32 = 0
    /// Of the batch header in the segment file.
    var offset = 0
    /// Bytes in the buffer: batch header and frames.
    var used = 0
    var count: UInt32 = 0
    var firstSequence: UInt64 = 0
    var time = BrokerTime(milliseconds: 0)
    var watermark: UInt64 = 0
    /// The log's count of appended bytes at the end of this batch.
    var bytesThrough: UInt64 = 0

    init(buffer: LogBuffer) { self.buffer = buffer }

    var end: Int { offset + used }
    var lastSequence: UInt64 { firstSequence + UInt64(count) - 1 }

    /// The header comes last: only now it is known what is synced.
    mutating func seal(watermark: UInt64) {
        self.watermark = watermark
        let header = BatchHeader(
            firstSequence: firstSequence, count: count, frameBytes: UInt32(used - BatchHeader.bytes),
            watermark: watermark, time: time)
        header.encode(into: buffer.bytes.part(0, BatchHeader.bytes), seed: seed)
    }
}

/// A segment that takes batches.
struct OpenSegment: Sendable {
    let number: UInt32
    let bytes: Int
    let seed: UInt32
    let salt: UInt64
    let alignment: Int
    /// Where the next batch begins.
    var end: Int
    /// Of the first record that it holds or will hold; 0 while it is not known, in a segment made ahead.
    var firstSequence: UInt64

    init(_ header: SegmentHeader, end: Int, firstSequence: UInt64) {
        number = header.number
        bytes = Int(header.segmentBytes)
        salt = header.salt
        seed = checksumSeed(salt: header.salt)
        alignment = Int(header.batchAlignment)
        self.end = end
        self.firstSequence = firstSequence
    }

    func aligned(_ offset: Int) -> Int { offset.roundedUp(to: alignment) }

    var facts: SegmentFacts {
        SegmentFacts(number: number, bytes: bytes, salt: salt, firstSequence: firstSequence)
    }
}

/// The commit lane has one operation under way at most: write, then sync, then the next batch.
enum CommitStep: Sendable {
    case idle
    case writing(UInt64, FillingBatch)
    case syncing(UInt64, through: UInt64, bytesThrough: UInt64)
}
