import RESP
import RoostModel

/// What a client has said about itself and how it wants to be served.
struct Session {
    enum ReplyMode {
        case on
        case off
        /// The reply of the next command is left out.
        case skipNext
    }

    var isAuthenticated: Bool
    var version = RESPVersion.two
    var database: UInt8 = 0
    var name = ""
    var libraryName = ""
    var libraryVersion = ""
    var replyMode = ReplyMode.on
    /// Said by CLIENT NO-EVICT and NO-TOUCH. Nobody is evicted here, and a touch changes nothing.
    var isNotEvicted = false
    var isNotTouching = false
    /// Rows of the table are never freed, so this need not keep one alive.
    unowned(unsafe) var lastCommand: CommandRow?
    /// From MULTI on.
    var transaction: Transaction?
    /// The number that the storage gave to the watch.
    var watch: UInt64?
    /// Of the keys under it.
    var watchedBytes = 0

    init(isAuthenticated: Bool) { self.isAuthenticated = isAuthenticated }
}
