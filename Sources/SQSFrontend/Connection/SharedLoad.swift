package import RoostStorage
import Synchronization

/// What all connections of all loops cost together. Small requests never touch the sums.
package final class SharedLoad: Sendable {
    private let bodyBytesMax: Int
    /// Bodies up to this size need no room.
    let smallBodyBytesMax: Int
    private let unsentBytesMax: Int
    private let connectionsMax: Int
    private let bodyBytes = Atomic<Int>(0)
    private let unsentBytes = Atomic<Int>(0)
    private let connections = Atomic<Int>(0)
    package let times = RequestTimes(.sqs)

    package init(_ limits: SQSLimits) {
        bodyBytesMax = limits.bodyBytesMaxOverall
        smallBodyBytesMax = limits.smallBodyBytesMax
        unsentBytesMax = limits.unsentBytesMaxOverall
        connectionsMax = limits.connectionsMax
    }

    // MARK: Large bodies, from the first read to the answer of the storage

    /// False when there is no room; then nothing was counted.
    func reserveBody(_ count: Int) -> Bool {
        let sum = bodyBytes.add(count, ordering: .relaxed).newValue
        if sum <= bodyBytesMax { return true }
        releaseBody(count)
        return false
    }

    func releaseBody(_ count: Int) { bodyBytes.subtract(count, ordering: .relaxed) }

    /// From seven eighths on nobody reads on; the last eighth is for reads that are on their way.
    var isBodyRoomShort: Bool { bodyBytes.load(ordering: .relaxed) >= bodyBytesMax / 8 * 7 }

    // MARK: Replies that clients have not taken

    func addUnsent(_ count: Int) { unsentBytes.add(count, ordering: .relaxed) }
    func removeUnsent(_ count: Int) { unsentBytes.subtract(count, ordering: .relaxed) }
    var isUnsentFull: Bool { unsentBytes.load(ordering: .relaxed) >= unsentBytesMax }

    // MARK: Connections

    func addConnection() -> Bool {
        if connections.add(1, ordering: .relaxed).newValue <= connectionsMax { return true }
        removeConnection()
        return false
    }

    func removeConnection() { connections.subtract(1, ordering: .relaxed) }

    // MARK: The account

    /// With its handlers, its decoder and the read buffer that it keeps: the growth of the process for each of
    /// thousands that idle.
    private static let bytesPerConnection = 16 * 1024

    package var account: ConnectionLoad {
        ConnectionLoad(
            door: "sqs", connections: connections.load(ordering: .relaxed),
            bodyBytes: bodyBytes.load(ordering: .relaxed), unsentBytes: unsentBytes.load(ordering: .relaxed),
            bytesPerConnection: Self.bytesPerConnection)
    }

    /// For tests: everything that was counted has to come back to zero.
    package var isIdle: Bool {
        bodyBytes.load(ordering: .relaxed) == 0 && unsentBytes.load(ordering: .relaxed) == 0
            && connections.load(ordering: .relaxed) == 0
    }
}
