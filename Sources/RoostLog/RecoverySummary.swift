package import RoostModel

/// A record as the start finds it. `payload` is valid during the call only.
package struct RecoveredRecord {
    package let kind: UInt8
    package let time: BrokerTime
    package let sequence: UInt64
    /// Where the record lies from now on: a rewritten record already has its new place.
    package let location: RecordLocation
    package let payload: UnsafeRawBufferPointer
}

/// What a start found and did.
package struct RecoverySummary: Sendable, Hashable {
    /// Records of the owner, without the log's own marks.
    package var records: UInt64 = 0
    package var batches: UInt64 = 0
    /// Of frames and batch headers.
    package var bytes: UInt64 = 0
    /// Segment files now, the one that takes new records included.
    package var segments = 0
    package var lastSequence: UInt64 = 0
    /// Where broker time goes on: the later of the last logged time and the wall clock.
    package var startTime = BrokerTime(milliseconds: 0)
    /// The latest time that stands in the log; nil when there was none.
    package var lastLogged: BrokerTime?
    /// The wall clock is so far from the last logged time, before or after it, that one of them may be wrong.
    package var isClockDoubted = false
    /// Records beyond the last synced mark, written again into the new segment.
    package var rewrittenRecords: UInt64 = 0
    package var tornTail: TornTail?
    /// The snapshot that the start began with.
    package var snapshot: SnapshotFacts?
    /// Records that were read and are contained in the snapshot.
    package var skippedRecords: UInt64 = 0
    /// Snapshots that could not be used. They keep their bytes under another name.
    package var damagedSnapshots: [DamagedSnapshot] = []
    /// Segments that the snapshot does not know. They count as missing and are left alone.
    package var unknownSegments: [String] = []

    package init() {}

    package struct DamagedSnapshot: Sendable, Hashable {
        package var file: String
        package var offset: Int
        package var problem: String
        /// Its name from now on.
        package var renamed: String
    }

    /// A tail that was cut because its write had not been finished.
    package struct TornTail: Sendable, Hashable {
        package var file: String
        package var offset: UInt32
        package var bytes: Int
        /// File that keeps the bytes that were cut.
        package var copy: String
        package var problem: String
    }
}
