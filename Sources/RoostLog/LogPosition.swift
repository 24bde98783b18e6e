package import RoostModel

/// A point in the log: behind record `sequence`, which lies in `segment`. A snapshot is a copy of the owner's state at
/// such a point; a start that begins there reads `segment` from its first record on and skips what the copy contains.
package struct LogPosition: Sendable, Hashable {
    /// The segment of the last record, or the open one when it holds none yet.
    package var segment: UInt32
    /// Of the first record that the segment holds or will hold.
    package var firstSequence: UInt64
    /// Of the last record before this point; 0 in an empty log.
    package var sequence: UInt64
    /// Broker time of that record.
    package var time: BrokerTime

    package init(segment: UInt32, firstSequence: UInt64, sequence: UInt64, time: BrokerTime) {
        self.segment = segment
        self.firstSequence = firstSequence
        self.sequence = sequence
        self.time = time
    }
}

/// A snapshot that has its name.
package struct SnapshotFacts: Sendable, Hashable {
    package var position: LogPosition
    /// Of the file.
    package var bytes: Int

    package init(position: LogPosition, bytes: Int) {
        self.position = position
        self.bytes = bytes
    }

    package var file: LogFile { .snapshot(position.sequence) }
}
