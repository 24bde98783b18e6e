package import RoostModel

extension Rejection {
    /// The error that a Redis client gets, without the minus sign. Codes are those that clients know.
    package var redisText: String {
        switch self {
        case .outOfMemory: "OOM command not allowed when used memory > 'maxmemory'."
        case .outOfDiskSpace: "MISCONF Errors writing to the AOF file: No space left on device"
        case .busy: "ERR more is waiting to be written than the limit allows. Please try again."
        case .shuttingDown: "ERR the server is shutting down"
        case .storageFailed(let reason): "MISCONF the log could not be written, nothing more is accepted: \(reason)"
        default: "ERR the storage refused the command: \(self)"
        }
    }
}
