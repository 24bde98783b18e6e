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
        case .segmentNumbersRunOut(let used, let all):
            logger.warning(
                """
                \(used) of \(all) segment numbers are used up, and none is used again: move to a new data \
                directory before they end, by draining this one; larger segments make them last longer
                """)
        case .bodyUnread(let error):
            logger.error("bodies cannot be read from disk: receives that need them are refused for now (\(error))")
        case .messageDamaged(let id, let more):
            logger.error(
                """
                the body of message \(id) cannot be read from disk any more\(more > 0 ? ", and \(more) others" : ""). \
                It is kept, and no longer delivered; \
                `roost peek QUEUE --state damaged` lists such messages, a delete by id removes one.
                """)
        case .clockDoubted(let wall, let lastLogged):
            logger.warning(
                """
                the wall clock says \(date(wall)), more than a day away from the last record (\(date(lastLogged))). In \
                case it is wrong, no message expires for ten minutes: stop the server before that, and set the clock. \
                If it is right, because nothing was sent for so long, nothing has to be done.
                """)
        case .clockDisagrees(let wall, let broker):
            logger.warning(
                """
                the wall clock says \(date(wall)), and the time of the broker is \(date(broker)): one of them is or was \
                wrong, so no message expires. Set the clock and start again; if it is right now, messages expire \
                again when it has caught up.
                """)
        }
    }

    private static func date(_ time: BrokerTime) -> String {
        Date(timeIntervalSince1970: Double(time.milliseconds) / 1000).ISO8601Format()
    }
}
