import RoostStorage

/// What became of a request.
enum Outcome {
    case reply(StorageReply)
    /// It waits in line and is answered later.
    case waiting
    /// The log is full for the moment: try again when something of it is on disk. Nothing happened.
    case noRoom
}

/// What a turn could not put into the log.
struct LackOfRoom {
    var request = false
    var tick = false
    var waiter = false
    var followUp = false
    var move = false

    var any: Bool { request || tick || waiter || followUp || move }
}
