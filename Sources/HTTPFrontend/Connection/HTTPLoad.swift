package import RoostStorage
import Synchronization

/// What all connections of the HTTP port cost together.
package final class HTTPLoad: Sendable {
    /// A task, two streams of parts, handlers and buffers: the growth of the process for each of thousands that idle.
    private static let bytesPerConnection = 32 * 1024

    package let bodies: BodyBudget
    private let connections = Atomic<Int>(0)
    let times = RequestTimes(.http)
    private let unsentBytes = Atomic<Int>(0)

    package init(bodies: BodyBudget) { self.bodies = bodies }

    func addConnection() { connections.add(1, ordering: .relaxed) }
    func removeConnection() { connections.subtract(1, ordering: .relaxed) }

    func addUnsent(_ count: Int) { unsentBytes.add(count, ordering: .relaxed) }
    func removeUnsent(_ count: Int) { unsentBytes.subtract(count, ordering: .relaxed) }

    package var account: ConnectionLoad {
        ConnectionLoad(
            door: "http", connections: connections.load(ordering: .relaxed), bodyBytes: bodies.bytesTaken,
            unsentBytes: unsentBytes.load(ordering: .relaxed), bytesPerConnection: Self.bytesPerConnection)
    }
}
