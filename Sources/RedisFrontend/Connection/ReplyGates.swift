/// Replies that tell of what is not on disk yet wait behind a gate: one for all connections of an event loop and all
/// commands of one of its turns. The answer to a barrier, which the storage gives in order, opens it.
struct ReplyGates {
    struct Gate {
        let number: UInt64
        /// When the first of its commands was carried out.
        let start: UInt32
        var commandCount = 0
        /// About what their replies take.
        var bytes = 0
        var connections: [RedisConnection] = []
    }

    /// Of replies behind gates, above which commands take the usual way: there it is counted what answers take.
    private static let bytesMax = 16 * 1024 * 1024

    /// That of this turn, once there is something to hold back.
    private var current: Gate?
    private var closed: [Gate] = []
    private var nextNumber: UInt64 = 1
    private var bytes = 0

    /// Whether a reply may be gathered behind those that the connection holds back already: not when these leave
    /// earlier, since then a client that never stops asking would never be answered.
    func lets(_ connection: RedisConnection) -> Bool {
        bytes <= Self.bytesMax && (connection.gate == 0 || connection.gate == current?.number)
    }

    /// The reply to one command of the connection has to wait.
    ///
    /// - Parameter bytes: of the reply.
    mutating func hold(_ connection: RedisConnection, _ bytes: Int, at time: @autoclosure () -> UInt32) {
        if current == nil {
            current = Gate(number: nextNumber, start: time())
            nextNumber += 1
        }
        current?.commandCount += 1
        current?.bytes += bytes
        self.bytes += bytes
        guard connection.gate == 0, let number = current?.number else { return }
        connection.gate = number
        current?.connections.append(connection)
    }

    /// The turn is over. True: a barrier has to be asked for.
    mutating func closeTurn() -> Bool {
        guard let gate = current.take() else { return false }
        closed.append(gate)
        return true
    }

    /// A barrier is answered: the oldest gate is open.
    mutating func open() -> Gate? {
        guard !closed.isEmpty else { return nil }
        let gate = closed.removeFirst()
        bytes -= gate.bytes
        for connection in gate.connections { connection.gate = 0 }
        return gate
    }
}
