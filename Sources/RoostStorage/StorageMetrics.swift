package import RoostModel

/// Counters and gauges of a storage engine. Counters grow only, from the start of the process.
package struct StorageMetrics: Sendable, Equatable {
    package var queues = 0
    package var counts = MessageCounts()
    package var totals = MessageTotals()
    package var waiters = 0
    /// Group commits: one write and one fdatasync each.
    package var commits: UInt64 = 0
    package var logBytes: UInt64 = 0
    package var logSegments = 0
    package var syncNanoseconds: UInt64 = 0
    package var syncNanosecondsMax: UInt64 = 0
    /// The longest turn of the core outside write and fdatasync.
    package var turnNanosecondsMax: UInt64 = 0
    package var bodyCacheBytes = 0
    package var indexBytes = 0
    package var unsyncedBytes = 0

    package init() {}
}
