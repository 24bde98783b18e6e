import Glibc
import Logging

/// Each connection is a file. Systems start processes with a soft limit of 1,024 and leave it to them to raise it.
enum FileLimit {
    static func raise(_ logger: Logger) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        guard limit.rlim_cur < limit.rlim_max else { return }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            logger.warning("the limit of \(before) open files could not be raised: at most so many connections")
            return
        }
        logger.debug("raised the limit of open files from \(before) to \(limit.rlim_cur)")
    }
}
