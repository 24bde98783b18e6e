import RoostModel

/// The segment that a start writes: records beyond the newest mark, under a new salt, and then room for new ones.
struct RestartSegment {
    let number: UInt32
    let firstSequence: UInt64
    /// Where the data of the segment before ends from now on.
    let previousEnd: Int

    private let configuration: LogConfiguration
    private let salt: UInt64
    private let seed: UInt32
    private var alignment: Int
    private var buffer = LogBuffer(capacity: 64)
    private var used = 0

    init(
        number: UInt32, firstSequence: UInt64, previousEnd: Int, _ configuration: LogConfiguration,
        _ salts: SegmentSalts
    ) {
        self.number = number
        self.firstSequence = firstSequence
        self.previousEnd = previousEnd
        self.configuration = configuration
        salt = salts.salt(ofSegment: number)
        seed = checksumSeed(salt: salt)
        alignment = configuration.batchAlignment
    }

    private var start: Int { SegmentHeader.firstBatchOffset(alignment: alignment) }
    var end: Int { start + used }
    /// What stands behind the header area.
    var content: UnsafeRawBufferPointer { UnsafeRawBufferPointer(buffer.bytes).part(0, used) }

    /// The configured size, or more when the records come from a larger segment. The watermark may cover all of them:
    /// the file gets its name when they are synced.
    func header(watermark: UInt64, time: BrokerTime) -> SegmentHeader {
        SegmentHeader(
            number: number, segmentBytes: UInt32(max(configuration.segmentBytes, end.roundedUp(to: 4096))), salt: salt,
            firstSequence: firstSequence, watermark: watermark, time: time, previousEnd: UInt32(previousEnd),
            batchAlignment: UInt16(alignment))
    }

    /// Makes room once. Batches that came from a segment with a finer alignment may need more than a segment can be:
    /// then the finest alignment, which always fits.
    mutating func takeRoom(for batches: ArraySlice<ScannedBatch>) {
        func needed(_ alignment: Int) -> Int {
            batches.reduce(0) { $0 + ($1.end - $1.offset).roundedUp(to: alignment) }
        }
        if start + needed(alignment) > LogLimits.segmentBytesMax { alignment = LogLimits.batchAlignmentMin }
        buffer.grow(to: needed(alignment), keeping: 0)
        buffer.bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// Copies the intact records of a batch under new checksums. Returns the new offset of the batch in the file.
    mutating func take(_ batch: ScannedBatch, of scan: SegmentScan) -> Int {
        let position = used.roundedUp(to: alignment)
        let size = batch.end - batch.offset
        let area = buffer.bytes.part(position, position + size)
        area.copyMemory(from: scan.bytes.part(batch.offset, batch.end))
        scan.forEachRecord(of: batch) { frame, sequence, offset, _ in
            let place = offset - batch.offset
            let frameArea = area.part(place, place + RecordFrame.bytes(payloadBytes: Int(frame.length)))
            frame.encode(into: frameArea, sequence: sequence, seed: seed)
        }
        var header = batch.header
        header.count = batch.count
        header.frameBytes = UInt32(size - BatchHeader.bytes)
        header.encode(into: area.part(0, BatchHeader.bytes), seed: seed)
        used = position + size
        return start + position
    }
}
