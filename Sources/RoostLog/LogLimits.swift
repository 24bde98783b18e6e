package import RoostModel

/// Every number that bounds the log, with its unit in the name and its origin.
package enum LogLimits {
    /// A wall clock that is further away from the last logged time may be wrong, or that time may.
    package static let clockDistanceMax = Milliseconds.seconds(86_400)

    package static func areFarApart(_ wall: BrokerTime, _ other: BrokerTime) -> Bool {
        max(wall - other, other - wall) > clockDistanceMax
    }

    /// Segment numbers have 24 bits in the message index.
    package static let segmentNumberMax: UInt32 = 1 << 24 - 1
    /// Offsets have 24 bits in the message index, in units of 8 bytes.
    package static let segmentBytesMax = 128 * 1_048_576
    /// Room for a header and one small batch; tests use segments that roll every few records.
    package static let segmentBytesMin = 4096
    /// Batches start at multiples of the disk's sector, so that a torn sector never holds bytes of two batches.
    package static let batchAlignmentMin = 8
    package static let batchAlignmentMax = 4096
    /// One header sector, whatever the alignment.
    package static let headerAreaBytes = 512
    /// A batch buffer that grew above this for one large record is given back afterwards.
    package static let batchBufferKeptBytesMax = 4 * 1_048_576
    /// Content of one frame of a snapshot, so that a start never holds more than this and a piece.
    package static let snapshotSectionBytesMax = 1_048_576 - 16
    /// A snapshot is written and read in pieces of about this.
    package static let snapshotPieceBytes = 1_048_576
    /// What a disk reads and writes at once, or a multiple of it.
    package static let diskBlockBytes = 4096
    /// And synced whenever so much is written: a batch never waits behind more.
    package static let snapshotSyncBytes = 8 * 1_048_576
    /// Zeros are written and synced in steps of this, so that a batch never waits behind a whole segment.
    package static let zeroStepBytes = 2 * 1_048_576
    /// Snapshots that stay: the newest, and the one before it for when the newest cannot be read.
    package static let snapshotsKept = 2
    /// Files kept open for reading.
    package static let readDescriptorsMax = 64
}
