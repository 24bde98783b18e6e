import Logging
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
}
