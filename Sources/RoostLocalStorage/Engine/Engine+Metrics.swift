import RoostCore
import RoostLog
import RoostStorage

extension Engine {
    /// Times are not known here; whoever drives the engine adds them.
    var metrics: StorageMetrics {
        var metrics = StorageMetrics()
        metrics.queues = core.queueCount
        metrics.counts = core.counts
        metrics.totals = core.totals
        metrics.waiters = line.count
        metrics.commits = log.batchesWritten
        metrics.syncs = log.syncs
        metrics.logBytes = log.bytesAppended
        metrics.logSegments = log.segmentCount
        metrics.memory.bodies = bodies.residentBytes
        metrics.memory.index = core.indexBytes
        metrics.unsyncedBytes = log.unsyncedBytes
        return metrics
    }
}
