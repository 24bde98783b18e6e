import RoostModel

/// What was queued since MULTI.
struct Transaction {
    /// With the number of the command's row.
    enum Step {
        /// Answered by the next reply of the storage.
        case keys(row: UInt16)
        /// Stored by the storage where queues are bound to the channel, then delivered.
        case publication(channel: Bytes, Bytes, row: UInt16)
        /// A command on keys whose arguments were wrong.
        case refused(CommandError, row: UInt16)
        /// Carried out by the connection when the others are done.
        case request(StoredRequest)
    }

    /// What a command takes beside its arguments: as a step, as a command, and as arrays of them.
    static let bytesPerCommand = 256

    var steps: [Step] = []
    var commands: [KeyCommand] = []
    /// Of the commands on keys that come next.
    var selected: UInt8
    /// Of those that are there.
    var database: UInt8?
    var spansDatabases = false
    /// A command was refused when it was to be queued.
    var isRefused = false
    var hasRequests = false
    /// Or publishes.
    var changesSomething = false
    var bytes = 0

    init(database: UInt8) { selected = database }

    mutating func add(_ command: KeyCommand, _ row: CommandRow) {
        if let database, database != selected { spansDatabases = true }
        database = database ?? selected
        if row.flags.contains(.write) { changesSomething = true }
        commands.append(command)
        steps.append(.keys(row: row.number))
    }

    mutating func addPublication(_ channel: Bytes, _ message: Bytes, _ row: CommandRow) {
        hasRequests = true
        changesSomething = true
        commands.append(.publish(channel: channel, message))
        steps.append(.publication(channel: channel, message, row: row.number))
    }

    mutating func add(_ request: StoredRequest) {
        hasRequests = true
        if request.row.flags.contains(.publishes) { changesSomething = true }
        steps.append(.request(request))
    }

    /// Lets go of everything but that it was refused.
    mutating func refuse() {
        isRefused = true
        steps = []
        commands = []
    }
}
