/// Who is connected and who waits: `/api/v1/clients`.
package struct ClientList: Decodable, Sendable {
    /// Of a port that knows its clients one by one.
    package struct Client: Decodable, Sendable {
        package var id: UInt64
        package var door: String
        package var address: String
        package var name: String
        package var library: String
        package var connectedAtMs: Int64
        package var idleSeconds: Int
        package var lastCommand: String
        /// Keys of a command that waits.
        package var waitingOn: [String]
    }

    /// A receive that waits for a message.
    package struct Waiter: Decodable, Sendable {
        package var queue: String
        package var door: String
        package var sinceMs: Int64
        /// Nil: until a message comes.
        package var untilMs: Int64?
    }

    package var clients: [Client]
    /// How many there are; `clients` may have only some of them.
    package var total: Int
    package var waiters: [Waiter]
    package var waitersTotal: Int
}
