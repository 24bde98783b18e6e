import RoostCore
import RoostLog
import RoostStorage

extension Engine {
    /// By the account that the limit is compared with.
    var memory: MemoryUse {
        var memory = MemoryUse()
        (memory.index, memory.keys, memory.deduplication) = core.memory
        memory.bodies = bodies.residentBytes
        memory.waiters = (lines.count + reads.replyCount) * Self.waiterBytes
        memory.waiters += lines.keyWaiterCount * KeyDesk.waiterBytes
        return memory
    }

    /// About what a receive that waits costs here.
    private static var waiterBytes: Int { 256 }

    /// Times are not known here; whoever drives the engine adds them.
    var metrics: StorageMetrics {
        var metrics = StorageMetrics()
        metrics.queues = core.queueCount
        metrics.keys = core.databases.keyCount
        if metrics.keys > 0 { metrics.keyspaces = keyspaces }
        metrics.counts = core.counts
        metrics.totals = core.totals
        metrics.doors = tally.traffic
        metrics.redelivered = tally.redelivered
        metrics.deadLettered = tally.deadLettered
        metrics.dwell = tally.dwell
        metrics.waiters = lines.count - lines.keyWaiterCount
        metrics.commits = log.batchesWritten
        metrics.syncs = log.syncs
        metrics.logBytes = log.bytesAppended
        metrics.logSegments = log.segmentCount
        metrics.segmentNumber = Int(log.position.segment)
        metrics.unsyncedBytes = log.unsyncedBytes
        metrics.memory = memory
        metrics.memoryBytesMax = memoryBytesMax ?? 0
        addUpkeep(to: &metrics)
        return metrics
    }

    private var keyspaces: [KeyspaceCount] {
        (0..<UInt8(Databases.count)).compactMap { database in
            let (keys, expiring) = core.databases.count(of: database)
            return keys == 0 ? nil : KeyspaceCount(database: Int(database), keys: keys, expiring: expiring)
        }
    }

    private func addUpkeep(to metrics: inout StorageMetrics) {
        metrics.diskBytes = log.diskBytes
        metrics.reserveBytes = space.reserveBytes
        metrics.liveBytes = ledger.liveBytes
        metrics.snapshots = snapshotsMade
        metrics.snapshotBytes = log.snapshots.last?.bytes ?? 0
        metrics.segmentsRemoved = segmentsRemoved
        metrics.messagesMoved = messagesMoved
        metrics.bodiesRead = bodiesRead
        metrics.diskReads = reads.count
    }
}
