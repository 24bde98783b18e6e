package import RoostModel

/// Counters and gauges of a storage engine. Counters grow only, from the start of the process.
package struct StorageMetrics: Sendable, Equatable {
    package var queues = 0
    /// Of all databases.
    package var keys = 0
    package var counts = MessageCounts()
    package var totals = MessageTotals()
    package var doors = PerDoor(DoorTraffic())
    /// Messages received again.
    package var redelivered: UInt64 = 0
    /// Messages moved to a queue of dead letters because they were received too often.
    package var deadLettered: UInt64 = 0
    /// From when a message could be received to its first receive.
    package var dwell = DurationHistogram(.dwell)
    package var waiters = 0
    /// Batches written.
    package var commits: UInt64 = 0
    /// fdatasync calls for batches.
    package var syncs: UInt64 = 0
    /// Appended to the log since the start.
    package var logBytes: UInt64 = 0
    package var logSegments = 0
    /// Of the newest segment. Numbers are not used again, and there are 2^24.
    package var segmentNumber = 0
    package var syncNanoseconds: UInt64 = 0
    /// Each sync, and each commit: the write of a batch together with its sync.
    package var syncTime = DurationHistogram(.request)
    package var commitTime = DurationHistogram(.request)
    package var syncNanosecondsMax: UInt64 = 0
    /// The longest turn of the core outside write and fdatasync.
    package var turnNanosecondsMax: UInt64 = 0
    /// The same, of turns while a snapshot is written.
    package var turnBesideSnapshotNanosecondsMax: UInt64 = 0
    package var memory = MemoryUse()
    /// Above it new messages are refused.
    package var memoryBytesMax = 0
    package var unsyncedBytes = 0
    /// The next segment of the log cannot be made: new messages are refused.
    package var isDiskFull = false
    /// Files of the log: segments, snapshots, the reserve.
    package var diskBytes = 0
    /// Space that is kept for deletes, receives and the next snapshot.
    package var reserveBytes = 0
    /// Framed records of messages that live.
    package var liveBytes = 0
    package var snapshots: UInt64 = 0
    /// Of the newest snapshot; zero when there is none.
    package var snapshotBytes = 0
    /// Segments removed because nothing lived in them any more, or what did was moved.
    package var segmentsRemoved: UInt64 = 0
    package var messagesMoved: UInt64 = 0
    /// Bodies read back from disk, and reads that had to wait for it.
    package var bodiesRead: UInt64 = 0
    package var diskReads: UInt64 = 0
    /// Databases that hold keys, in the order of their numbers.
    package var keyspaces: [KeyspaceCount] = []

    package init() {}
}

/// How many keys a database holds.
package struct KeyspaceCount: Sendable, Equatable {
    package var database: Int
    package var keys: Int
    /// Of them, those that expire.
    package var expiring: Int

    package init(database: Int, keys: Int, expiring: Int) {
        self.database = database
        self.keys = keys
        self.expiring = expiring
    }
}

/// Memory by what it is for, in bytes. An account, not a measurement: the process needs somewhat more.
package struct MemoryUse: Sendable, Equatable {
    /// Messages and queues, without bodies.
    package var index = 0
    /// Bodies held to be delivered without a read.
    package var bodies = 0
    /// What is kept to recognise duplicates.
    package var deduplication = 0
    /// Keys and their values.
    package var keys = 0
    /// Receives that wait, and replies that wait for the disk.
    package var waiters = 0

    package init() {}

    package var total: Int { index + bodies + deduplication + keys + waiters }
}
