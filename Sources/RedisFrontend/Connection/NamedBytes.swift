import RoostModel

/// What Roost keeps for a name that a client said: a channel, a pattern, a watched key.
enum NamedBytes {
    /// In the tables of the connection, of its loop, and of what all loops share.
    private static let each = 192

    static func of(_ name: Bytes) -> Int { name.count &+ each }
}

extension RedisConnection {
    private var nameBytes: Int { subscriptions.nameBytes &+ session.watchedBytes }

    /// What the names take. They are held until `noteNames`.
    func requireRoom(for names: [Bytes]) throws(CommandError) -> Int {
        let bytes = names.reduce(0) { $0 &+ NamedBytes.of($1) }
        guard nameBytes &+ bytes <= limits.nameBytesMax, held.setNames(nameBytes &+ bytes, load) else {
            noteNames()
            throw .coded(
                "OOM the channels, patterns and watched keys of a client take \(limits.nameBytesMax) bytes at most")
        }
        return bytes
    }

    /// Those that are kept now.
    func noteNames() { _ = held.setNames(nameBytes, load) }
}
