/// When a record counts as safe, so that results which depend on it may leave.
package enum SyncPolicy: Sendable, Hashable {
    /// After `fdatasync` returned 0. The only policy under which "accepted" survives a power cut.
    case always
    /// After the write; the owner calls `requestSync` from a timer.
    case interval
    /// After the write; the log syncs only when it leaves a segment.
    case off
}

package struct LogConfiguration: Sendable, Hashable {
    /// Size of a segment file. It is zero-filled and synced before its first use.
    package var segmentBytes = 64 * 1_048_576
    /// Bytes of records that may wait for their write or sync before `hasRoom` says no.
    package var batchBytesMax = 16 * 1_048_576
    package var syncPolicy = SyncPolicy.always
    /// Segments made ahead.
    package var preparedSegments = 1
    /// Batches start at multiples of this. A power of two; 512 or 4096 is the sector of the disk.
    package var batchAlignment = 512
    /// Simulator only: one rule that does not hold.
    package var brokenRule: BrokenRule?

    package init() {}

    package init(segmentBytes: Int, batchBytesMax: Int = 16 * 1_048_576, syncPolicy: SyncPolicy = .always) {
        self.segmentBytes = segmentBytes
        self.batchBytesMax = batchBytesMax
        self.syncPolicy = syncPolicy
    }

    /// The largest payload of one record: a record lies in one batch, a batch in one segment.
    package var payloadBytesMax: Int {
        segmentBytes - firstBatchOffset - BatchHeader.bytes - RecordFrame.headerBytes
    }

    var firstBatchOffset: Int { SegmentHeader.firstBatchOffset(alignment: batchAlignment) }

    /// What is wrong with the numbers, or nil.
    package var problem: String? {
        if segmentBytes < LogLimits.segmentBytesMin || segmentBytes > LogLimits.segmentBytesMax {
            return "segment size \(segmentBytes): allowed are \(LogLimits.segmentBytesMin)"
                + " to \(LogLimits.segmentBytesMax) bytes"
        }
        if !segmentBytes.isMultiple(of: 4096) { return "segment size \(segmentBytes): must be a multiple of 4096" }
        if !SegmentHeader.isValid(alignment: batchAlignment) || firstBatchOffset >= segmentBytes {
            return "batch alignment \(batchAlignment): allowed are powers of two from"
                + " \(LogLimits.batchAlignmentMin) to \(LogLimits.batchAlignmentMax), below the segment size"
        }
        if preparedSegments < 1 { return "prepared segments \(preparedSegments): at least 1" }
        return batchBytesMax < 1 ? "batch limit \(batchBytesMax): at least 1 byte" : nil
    }
}
