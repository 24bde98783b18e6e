/// What the connections of one front end take. An account, not a measurement.
package struct ConnectionLoad: Sendable, Equatable {
    /// The front end: `sqs` or `http`.
    package var door: String
    package var connections: Int
    /// Request bodies that are being read or worked on.
    package var bodyBytes: Int
    /// Replies that clients have not taken.
    package var unsentBytes: Int
    /// What a connection takes without a request, handlers and buffers included.
    package var bytesPerConnection: Int

    package init(door: String, connections: Int, bodyBytes: Int, unsentBytes: Int, bytesPerConnection: Int) {
        self.door = door
        self.connections = connections
        self.bodyBytes = bodyBytes
        self.unsentBytes = unsentBytes
        self.bytesPerConnection = bytesPerConnection
    }

    package var bytes: Int { connections * bytesPerConnection + bodyBytes + unsentBytes }
}
