package import RoostModel

/// The channels of a front end that has such, for those of other front ends that show them.
package protocol ChannelDirectory: AnyObject, Sendable {
    /// Channels with subscribers, and how many each has.
    func channels() -> [(name: Bytes, subscribers: Int)]

    /// Patterns with subscribers.
    var patternCount: Int { get }

    /// Queues that are bound to the channel are for the storage, which is asked before.
    ///
    /// - Returns: how many clients get it.
    func publish(_ message: Bytes, to channel: Bytes) -> Int

    /// From now on `observer` is told of what is published to channels that match one of these patterns, and nobody
    /// else. Called on any thread; must not wait.
    func follow(_ patterns: [GlobPattern], _ observer: @escaping @Sendable (_ channel: Bytes, _ message: Bytes) -> Void)
}

/// The clients of a front end that knows them.
package protocol ClientDirectory: AnyObject, Sendable {
    func clients() async -> [ClientFacts]

    /// Closes the connection. False: there is no such client.
    func close(client id: UInt64) async -> Bool
}

/// What is known of a client.
package struct ClientFacts: Sendable, Equatable {
    package var id: UInt64
    package var door: String
    package var address: String
    package var name: String
    package var library: String
    package var ageSeconds: Int
    package var idleSeconds: Int
    package var database: Int
    package var lastCommand: String
    /// Keys that it waits for.
    package var waitingOn: [Bytes]
    package var subscriptions: Int

    package init(
        id: UInt64, door: String, address: String, name: String, library: String, ageSeconds: Int, idleSeconds: Int,
        database: Int, lastCommand: String, waitingOn: [Bytes], subscriptions: Int
    ) {
        self.id = id
        self.door = door
        self.address = address
        self.name = name
        self.library = library
        self.ageSeconds = ageSeconds
        self.idleSeconds = idleSeconds
        self.database = database
        self.lastCommand = lastCommand
        self.waitingOn = waitingOn
        self.subscriptions = subscriptions
    }
}
