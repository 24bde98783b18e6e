/// A batch whose header is intact. `count` records of it are, from the first on.
struct ScannedBatch {
    var header: BatchHeader
    /// Of the batch header in the file.
    var offset: Int
    var count: UInt32
    /// Behind the last intact record.
    var end: Int

    var lastSequence: UInt64 { header.firstSequence + UInt64(count) - 1 }
}

/// The first place in a segment where something else stands than should.
struct BadPlace {
    /// Of the wrong bytes.
    var offset: Int
    /// Where the batch with the wrong bytes begins: what a cut takes away and a copy keeps.
    var cut: Int
    /// The first sequence that is touched. If a mark covers it, this is damage.
    var sequence: UInt64
    var problem: String
    /// Bytes with a valid checksum that no writer writes, or a place that no torn write reaches: always damage.
    var isDamage = false
}

/// Reads one segment up to its end, and says how it ends. Decides nothing: whether a bad place is a torn write or
/// damage depends on later marks.
struct SegmentScan {
    let bytes: UnsafeRawBufferPointer
    let header: SegmentHeader
    let seed: UInt32
    /// Set when a later restart voided what lies behind: the data must reach exactly to here.
    let bound: Int?
    /// `BrokenRule.ignoreBadChecksum`
    let isLenient: Bool

    private(set) var batches: [ScannedBatch] = []
    private(set) var bad: BadPlace?
    /// The sequence that comes after the last intact record.
    private(set) var nextSequence: UInt64
    /// Behind the last intact record.
    private(set) var end: Int

    /// `bytes`: the file from its start, up to `bound` or whole. `sequence`: of the first record that is due here.
    init(
        _ bytes: UnsafeRawBufferPointer, header: SegmentHeader, sequence: UInt64, bound: Int?, isLenient: Bool = false
    ) {
        self.bytes = bytes
        self.header = header
        self.bound = bound
        self.isLenient = isLenient
        seed = checksumSeed(salt: header.salt)
        nextSequence = sequence
        end = header.firstBatchOffset
        run()
    }

    private mutating func run() {
        var position = header.firstBatchOffset
        guard position <= bytes.count, bytes.part(LogLimits.headerAreaBytes, position).isAllZero else {
            return fail(at: LogLimits.headerAreaBytes, "bytes behind the header are not zero", isDamage: true)
        }
        while bad == nil, position < bytes.count, let batch = nextBatch(at: position) {
            position = batch.end.roundedUp(to: Int(header.batchAlignment))
            checkPadding(of: batch, to: position)
        }
        if bad == nil, let bound, end != bound {
            fail(at: end, "the data ends here, but it reached to \(bound) at a restart", isDamage: true)
        }
    }

    /// nil: the data ends here, well or badly.
    private mutating func nextBatch(at position: Int) -> ScannedBatch? {
        guard let head = BatchHeader.decode(bytes, at: position, seed: seed, isLenient: isLenient) else {
            if !bytes.part(position, bytes.count).isAllZero {
                fail(at: position, "there is neither a valid batch nor the end of the data")
            }
            return nil
        }
        guard head.hasPossibleFields(room: bytes.count - position - BatchHeader.bytes) else {
            fail(at: position, "a batch has impossible numbers", isDamage: true)
            return nil
        }
        guard head.firstSequence == nextSequence else {
            let problem = "the batch begins with record \(head.firstSequence), but \(nextSequence) is due"
            fail(at: position, problem, isDamage: true)
            return nil
        }
        let batch = intactPart(of: head, at: position)
        if batch.count > 0 { batches.append(batch) }
        nextSequence += UInt64(batch.count)
        end = batch.end
        return bad == nil ? batch : nil
    }

    private mutating func intactPart(of head: BatchHeader, at position: Int) -> ScannedBatch {
        let start = position + BatchHeader.bytes
        let content = bytes.part(0, start + Int(head.frameBytes))
        var batch = ScannedBatch(header: head, offset: position, count: 0, end: start)
        while batch.count < head.count {
            let sequence = head.firstSequence + UInt64(batch.count)
            do throws(FrameProblem) {
                let frame = try RecordFrame.decode(
                    content, at: batch.end, sequence: sequence, seed: seed, isLenient: isLenient)
                batch.end += RecordFrame.bytes(payloadBytes: Int(frame.length))
                batch.count += 1
            } catch {
                bad = BadPlace(offset: batch.end, cut: position, sequence: sequence, problem: error.rawValue)
                return batch
            }
        }
        if batch.end != content.count {
            let problem = "the records do not fill their batch"
            bad = BadPlace(
                offset: batch.end, cut: position, sequence: batch.lastSequence, problem: problem, isDamage: true)
        }
        return batch
    }

    /// The zeros between two batches lie in the last sector of the first one and are as safe as its records.
    private mutating func checkPadding(of batch: ScannedBatch, to position: Int) {
        let padding = bytes.part(batch.end, max(batch.end, min(position, bytes.count)))
        guard !padding.isAllZero else { return }
        bad = BadPlace(
            offset: batch.end, cut: batch.end, sequence: batch.lastSequence,
            problem: "bytes behind a batch are not zero")
    }

    private mutating func fail(at offset: Int, _ problem: String, isDamage: Bool = false) {
        bad = BadPlace(offset: offset, cut: offset, sequence: nextSequence, problem: problem, isDamage: isDamage)
    }

    /// The highest mark of batches in this segment, those behind the bad place included. `base`: a mark from elsewhere
    /// that may name a record in the middle of a batch, which was on disk as a whole then.
    func highestWatermark(base: UInt64) -> UInt64 {
        var highest = base
        for batch in batches { highest = max(highest, batch.header.mark(base)) }
        guard let bad else { return highest }
        let alignment = Int(header.batchAlignment)
        var position = bad.cut.roundedUp(to: alignment)
        while position < bytes.count {
            if let later = BatchHeader.decode(bytes, at: position, seed: seed),
                later.hasPossibleFields(room: bytes.count - position - BatchHeader.bytes)
            {
                highest = max(highest, later.mark(base))
            }
            position += alignment
        }
        return highest
    }

    /// Calls `visit` with each intact record of a batch and the offset of its frame.
    func forEachRecord<Failure: Error>(
        of batch: ScannedBatch, _ visit: (RecordFrame, UInt64, Int, UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var offset = batch.offset + BatchHeader.bytes
        for index in 0..<batch.count {
            let frame = RecordFrame(
                length: bytes.load(offset, as: UInt32.self), kind: bytes.load(offset + 4, as: UInt8.self),
                time: bytes.load(offset + 8, as: UInt16.self))
            let start = offset + RecordFrame.headerBytes
            let payload = bytes.part(start, start + Int(frame.length))
            try visit(frame, batch.header.firstSequence + UInt64(index), offset, payload)
            offset += RecordFrame.bytes(payloadBytes: Int(frame.length))
        }
    }
}
