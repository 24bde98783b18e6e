package import RoostModel

/// Counters and gauges of a storage engine. Counters grow only, from the start of the process.
package struct StorageMetrics: Sendable, Equatable {
    package var queues = 0
    package var counts = MessageCounts()
    package var totals = MessageTotals()
    package var waiters = 0
    /// Batches written.
    package var commits: UInt64 = 0
    /// fdatasync calls for batches.
    package var syncs: UInt64 = 0
    /// Appended to the log since the start.
    package var logBytes: UInt64 = 0
    package var logSegments = 0
    package var syncNanoseconds: UInt64 = 0
    package var syncNanosecondsMax: UInt64 = 0
    /// The longest turn of the core outside write and fdatasync.
    package var turnNanosecondsMax: UInt64 = 0
    package var bodyCacheBytes = 0
    package var indexBytes = 0
    package var unsyncedBytes = 0
    /// The next segment of the log cannot be made: new messages are refused.
    package var isDiskFull = false

    package init() {}
}
