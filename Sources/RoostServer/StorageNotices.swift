import Logging
import RoostLocalStorage

/// Says what the engine has to say, and ends the process when the log is lost.
enum StorageNotices {
    static func handle(_ notice: StorageNotice, _ logger: Logger) {
        switch notice {
        case .failed(let error):
            logger.critical("the log cannot be written: \(error)")
            ProcessExit.now(.logFailed)
        case .diskFull(let error):
            logger.error(
                """
                no further log segment can be made (\(error)): new messages are refused, receives and deletes go on in \
                the space that is left. It is tried again every second; free some space.
                """)
        case .diskHasRoom:
            logger.notice("log segments can be made again: messages are accepted")
        }
    }
}
