/// Why the log does not start or does not go on. Each text names the file and offset, and what to do.
package enum LogError: Error, Sendable {
    case configuration(String)
    /// The disk refused a call at start.
    case disk(DiskError)
    /// Another process holds the directory.
    case locked(directory: String, holder: String)
    /// A batch could not be written or synced. The kernel may have dropped the data: only a restart tells.
    case writeFailed(DiskError)
    case syncFailed(DiskError)
    /// Bytes that were once synced are not what they were.
    case damaged(file: String, offset: UInt32, problem: String)
    case segmentMissing(file: String, problem: String)
    /// No snapshot can be used, and the log is not there from its beginning.
    case snapshotsUnreadable(file: String, offset: Int, problem: String)
    /// There was a log here, and now there is none.
    case logMissing
    case unsupported(file: String, problem: String)
    /// The owner's `apply` threw.
    case replayRefused(file: String, offset: UInt32, sequence: UInt64, underlying: any Error)

    /// Stable, for logs and exit reports.
    package var code: String {
        switch self {
        case .configuration: "log_configuration"
        case .disk: "log_disk_error"
        case .locked: "log_locked"
        case .writeFailed: "log_write_failed"
        case .syncFailed: "log_sync_failed"
        case .damaged: "log_damaged"
        case .segmentMissing: "log_segment_missing"
        case .snapshotsUnreadable: "log_snapshots_unreadable"
        case .logMissing: "log_missing"
        case .unsupported: "log_unsupported"
        case .replayRefused: "log_replay_refused"
        }
    }
}

extension LogError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .configuration(let problem): problem
        case .disk(let error): "\(error). Nothing was lost by this; start again when the cause is gone."
        case .locked(let directory, let holder):
            "\(directory) is in use by \(holder). Two servers cannot share a data directory: stop that one, or give"
                + " this one a directory of its own."
        case .writeFailed(let error), .syncFailed(let error):
            "\(error). What was accepted before is on disk; what was not yet accepted may be lost. The process must"
                + " end, because the kernel may report success for data that it dropped. Check the disk, then restart."
        case .damaged(let file, let offset, let problem):
            "\(file) is damaged at offset \(offset): \(problem). \(Self.advice)"
        case .segmentMissing(let file, let problem): "\(file) is missing: \(problem). \(Self.advice)"
        case .snapshotsUnreadable(let file, let offset, let problem):
            "\(file) is damaged at offset \(offset): \(problem). There is no other snapshot to begin with, and the log"
                + " is not there from segment 1 on. Nothing was changed. Make a copy of the directory, check the disk,"
                + " and restore the file from a copy."
        case .logMissing:
            "The log directory holds no segments, but this server has stored data before. Mount or restore the"
                + " directory. Nothing was changed."
        case .unsupported(let file, let problem):
            "\(file) has \(problem). Start the program that wrote it, or a newer one. Nothing was changed."
        case .replayRefused(let file, let offset, let sequence, let underlying):
            "\(file), offset \(offset): record \(sequence) is intact but cannot be applied: \(underlying)."
                + " Nothing was changed."
        }
    }

    private static var advice: String {
        "This is not a torn write: a later mark says that these bytes were on disk. Nothing was changed. Make a copy of"
            + " the directory, check the disk, and restore the file from a copy."
    }
}
