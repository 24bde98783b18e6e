import RESP
import RoostModel

/// What MIGRATE says of what went wrong: in the words of Redis where Redis knows the case.
enum MigrationText {
    static let notConnected = "IOERR error or timeout connecting to the client"
    static let notWritten = "IOERR error or timeout writing to target instance"
    static let notRead = "IOERR error or timeout reading to target instance"
    static let noReply = "IOERR the target instance sent something that is neither OK nor an error"
    static let changed =
        "IOERR the key went on changing while it was sent: it is still here, and the target instance has an older value"
    static let removed = "IOERR the key was removed here while it was sent: the target instance has it"
    static let tooLarge = "ERR a value of more than 512 MiB is not sent: no target instance takes it"
    static let noRoom = "OOM there is no room for the value on its way: other clients have too much to read"
    static let stopped = "IOERR the server shuts down"

    /// The target may say what it likes: not all of it is passed on.
    private static let refusalBytesMax = 512

    static func refusal(_ text: Bytes) -> String {
        "ERR Target instance replied with error: " + CommandError.printable(text.prefix(refusalBytesMax))
    }

    static func tooMany(_ max: Int) -> String { "\(max) migrations are running, which is the most at a time" }
}
