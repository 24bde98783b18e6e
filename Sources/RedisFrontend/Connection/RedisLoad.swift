package import RoostStorage
import Synchronization

/// What all connections of all loops cost together.
package final class RedisLoad: Sendable {
    private let requestBytesMax: Int
    private let outputBytesMax: Int
    private let connectionsMax: Int
    private let requestBytes = Atomic<Int>(0)
    private let outputBytes = Atomic<Int>(0)
    private let connections = Atomic<Int>(0)
    package let times = RequestTimes(.redis)

    package init(_ limits: RedisLimits) {
        requestBytesMax = limits.requestBytesMaxOverall
        outputBytesMax = limits.outputBytesMaxOverall
        connectionsMax = limits.connectionsMax
    }

    // MARK: Requests, from the first byte to the answer of the storage

    /// False when there is no room; then nothing was counted.
    func reserveRequest(_ count: Int) -> Bool {
        let sum = requestBytes.add(count, ordering: .relaxed).newValue
        if sum <= requestBytesMax { return true }
        releaseRequest(count)
        return false
    }

    func releaseRequest(_ count: Int) { requestBytes.subtract(count, ordering: .relaxed) }

    /// From seven eighths on large requests are not read on; the last eighth is for reads that are on their way.
    var isRequestRoomShort: Bool { requestBytes.load(ordering: .relaxed) >= requestBytesMax / 8 * 7 }

    // MARK: Replies that clients have not taken

    func changeOutput(by count: Int) { outputBytes.add(count, ordering: .relaxed) }
    var isOutputFull: Bool { outputBytes.load(ordering: .relaxed) > outputBytesMax }

    // MARK: Connections

    func addConnection() -> Bool {
        if connections.add(1, ordering: .relaxed).newValue <= connectionsMax { return true }
        removeConnection()
        return false
    }

    func removeConnection() { connections.subtract(1, ordering: .relaxed) }

    var connectionCount: Int { connections.load(ordering: .relaxed) }

    // MARK: The account

    /// With its handler and the read buffer that it keeps.
    private static let bytesPerConnection = 12 * 1024

    package var account: ConnectionLoad {
        ConnectionLoad(
            door: "redis", connections: connections.load(ordering: .relaxed),
            bodyBytes: requestBytes.load(ordering: .relaxed), unsentBytes: outputBytes.load(ordering: .relaxed),
            bytesPerConnection: Self.bytesPerConnection)
    }

    /// For tests: everything that was counted has to come back to zero.
    package var isIdle: Bool {
        requestBytes.load(ordering: .relaxed) == 0 && outputBytes.load(ordering: .relaxed) == 0
            && connections.load(ordering: .relaxed) == 0
    }
}

/// What the requests of one connection take. Small sums are not counted in `RedisLoad`: they would cost more to count
/// than they take.
struct HeldBytes {
    private static let uncountedMax = 16 * 1024
    private static let stepBytes = 64 * 1024

    /// Read in part, or not carried out yet.
    private var input = 0
    /// At the storage.
    private(set) var inFlight = 0
    /// After MULTI.
    private var queued = 0
    /// Of a request that is not carried out yet, and is no longer part of the input.
    private var postponed = 0
    /// Of channels and keys that the client named.
    private var names = 0
    private var reserved = 0

    /// Whether the connection is one of those that the sum over all is about.
    var isLarge: Bool { reserved > 0 }

    /// False when there is no room; it is held all the same.
    mutating func setInput(_ count: Int, _ load: RedisLoad) -> Bool {
        input = count
        return settle(load)
    }

    mutating func setQueued(_ count: Int, _ load: RedisLoad) -> Bool {
        queued = count
        return settle(load)
    }

    mutating func setPostponed(_ count: Int, _ load: RedisLoad) -> Bool {
        postponed = count
        return settle(load)
    }

    mutating func setNames(_ count: Int, _ load: RedisLoad) -> Bool {
        names = count
        return settle(load)
    }

    mutating func add(_ count: Int, _ load: RedisLoad) -> Bool {
        inFlight &+= count
        return settle(load)
    }

    mutating func remove(_ count: Int, _ load: RedisLoad) {
        inFlight &-= count
        _ = settle(load)
    }

    private mutating func settle(_ load: RedisLoad) -> Bool {
        let held = input &+ inFlight &+ queued &+ postponed &+ names
        let wanted = held <= Self.uncountedMax ? 0 : (held &+ Self.stepBytes &- 1) / Self.stepBytes * Self.stepBytes
        if wanted > reserved {
            guard load.reserveRequest(wanted &- reserved) else { return false }
        } else if wanted < reserved {
            load.releaseRequest(reserved &- wanted)
        }
        reserved = wanted
        return true
    }
}

/// Replies of one connection that are known and wait for one before them. Counted as those that the client has not
/// taken, and as `HeldBytes` are: small sums cost nothing.
struct WaitingReplies {
    private static let uncountedMax = 16 * 1024
    private static let stepBytes = 64 * 1024

    private(set) var bytes = 0
    private var reserved = 0

    mutating func add(_ count: Int, _ load: RedisLoad) {
        bytes &+= count
        let steps = bytes <= Self.uncountedMax ? 0 : (bytes &+ Self.stepBytes &- 1) / Self.stepBytes
        guard steps &* Self.stepBytes != reserved else { return }
        load.changeOutput(by: steps &* Self.stepBytes &- reserved)
        reserved = steps &* Self.stepBytes
    }
}
