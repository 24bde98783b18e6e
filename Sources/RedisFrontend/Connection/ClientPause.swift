import NIOCore

/// CLIENT PAUSE: commands wait until it is over.
struct ClientPause: Sendable {
    var end: NIODeadline
    /// All commands, not only those that change something or publish.
    var holdsAll: Bool

    /// Pauses add up: the later end counts, and what any of them holds.
    static func + (pause: Self, other: Self) -> Self {
        Self(end: max(pause.end, other.end), holdsAll: pause.holdsAll || other.holdsAll)
    }

    func holds(_ row: CommandRow, in transaction: Transaction?) -> Bool {
        guard !row.flags.contains(.endsSession) else { return false }
        return holdsAll || row.flags.contains(.write) || row.flags.contains(.publishes)
            || row.name == "exec" && transaction?.changesSomething ?? false
    }
}

extension RedisLoop {
    /// On the loop, as everything here.
    func pause(for time: TimeAmount, holdsAll: Bool) {
        let added = ClientPause(end: eventLoop.now + time, holdsAll: holdsAll)
        let pause = self.pause.map { $0 + added } ?? added
        self.pause = pause
        pauseTimer?.cancel()
        pauseTimer = eventLoop.scheduleTask(deadline: pause.end) { self.endPause() }
    }

    func endPause() {
        pause = nil
        pauseTimer?.cancel()
        pauseTimer = nil
        for connection in connections.values where connection.hold == .pause {
            connection.hold = .none
            connection.touch()
        }
        settle()
    }
}
