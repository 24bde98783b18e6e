import FoundationEssentials
import Logging
import RoostLocalStorage
import RoostModel

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
        case .snapshotFailed(let error):
            logger.warning(
                "no snapshot could be written (\(error)); it is tried again. Until then old segments stay."
            )
        case .segmentDamaged(let error):
            logger.error(
                "an old segment is kept, because not all of it can be read: \(error)")
        case .messageDamaged(let id, let more):
            logger.error(
                """
                the body of message \(id) cannot be read from disk any more\(more > 0 ? ", and \(more) others" : ""). \
                It is kept, and no longer delivered; \
                `roost peek QUEUE --state damaged` lists such messages, a delete by id removes one.
                """)
        case .retentionHeld(let until, let lastLogged):
            let now = BrokerTime(milliseconds: until.milliseconds - 600_000)
            logger.warning(
                """
                the wall clock says \(date(now)), more than a day after the last record (\(date(lastLogged))). In case \
                the clock is wrong, no message expires in the next ten minutes: stop the server before that, and set \
                the clock.
                """)
        }
    }

    private static func date(_ time: BrokerTime) -> String {
        Date(timeIntervalSince1970: Double(time.milliseconds) / 1000).ISO8601Format()
    }
}
