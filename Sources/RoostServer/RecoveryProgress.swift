import Logging
import RoostLog
import Synchronization

/// Tells how far the log has been read, once for every tenth, and only if there is much of it.
final class RecoveryProgress: Sendable {
    private let tenths = Mutex(0)
    private let logger: Logger

    init(_ logger: Logger) { self.logger = logger }

    func report(_ fraction: Double) {
        let tenth = Int(fraction * 10)
        let isNews = tenths.withLock { last in
            defer { last = max(last, tenth) }
            return tenth > last && tenth < 10
        }
        if isNews { logger.info("reading the log: \(tenth * 10) %") }
    }

    /// What was found when all of it is read.
    static func report(_ summary: RecoverySummary, _ logger: Logger) {
        logger.info(
            """
            log read: \(summary.records) records in \(summary.segments) segments, \(summary.rewrittenRecords) of them \
            written again because they were not known to be synced
            """)
        for snapshot in summary.damagedSnapshots {
            logger.error(
                """
                the snapshot \(snapshot.file) is damaged at offset \(snapshot.offset): \(snapshot.problem). The start \
                went back to what was before it, and nothing is missing. Its bytes are kept in \(snapshot.renamed); \
                check the disk
                """)
        }
        for segment in summary.unknownSegments {
            logger.warning("the segment \(segment) belongs to no snapshot that is here; it is left alone")
        }
        guard let tail = summary.tornTail else { return }
        logger.warning(
            """
            the end of \(tail.file) from offset \(tail.offset) on was cut, \(tail.bytes) bytes: \(tail.problem). No \
            mark covers it, so it was a write that a crash interrupted, unless the disk damaged it. A copy is in \
            \(tail.copy)
            """)
    }
}
