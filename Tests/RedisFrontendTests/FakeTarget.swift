import NIOCore
import NIOEmbedded
import RedisFrontend
import RoostModel
import Synchronization

/// The server that MIGRATE sends keys to: the test says what it answers.
final class FakeTarget: Sendable {
    enum Behaviour {
        case connects
        case refuses
        /// The connection is never made.
        case hangs
        /// It is made, and nothing that is written arrives.
        case takesNothing
    }

    private struct Refused: Error {}

    private struct State {
        var behaviour: Behaviour
        var channels: [EmbeddedChannel] = []
        var addresses: [String] = []
        var promises: [EventLoopPromise<any Channel>] = []
    }

    private let state: Mutex<State>

    init(_ behaviour: Behaviour = .connects) { state = Mutex(State(behaviour: behaviour)) }

    var connect: TargetConnector {
        { host, port, timeout, loop in
            self.state.withLock { $0.addresses.append("\(host):\(port) \(timeout.nanoseconds / 1_000_000)") }
            let promise = loop.makePromise(of: (any Channel).self)
            switch self.state.withLock({ $0.behaviour }) {
            case .refuses: promise.fail(Refused())
            case .hangs: self.state.withLock { $0.promises.append(promise) }
            case .connects, .takesNothing: promise.completeWith(Result { try self.open(loop) })
            }
            return promise.futureResult
        }
    }

    private func open(_ loop: any EventLoop) throws -> any Channel {
        guard let loop = loop as? EmbeddedEventLoop else { throw Refused() }
        let channel = EmbeddedChannel(loop: loop)
        let gate = Gate()
        gate.isClosed = state.withLock { $0.behaviour == .takesNothing }
        try channel.pipeline.syncOperations.addHandler(gate)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        state.withLock { $0.channels.append(channel) }
        return channel
    }

    /// The connections that hung come about after all.
    func connectLate(_ loop: any EventLoop) {
        let promises = state.withLock { state in
            defer { state.promises = [] }
            return state.promises
        }
        for promise in promises { promise.completeWith(Result { try open(loop) }) }
    }

    var channels: [EmbeddedChannel] { state.withLock { $0.channels } }
    /// With the timeout in milliseconds.
    var addresses: [String] { state.withLock { $0.addresses } }
    var isConnected: Bool { channels.last?.isActive ?? false }

    /// What has come since the last call, as `shown` shows it.
    func received() throws -> String {
        var bytes: Bytes = []
        while let part = try channels.last?.readOutbound(as: ByteBuffer.self) { bytes += part.readableBytesView }
        return shown(bytes)
    }

    func say(_ text: String) throws { try say(Bytes(text.utf8)) }

    func say(_ bytes: Bytes) throws {
        guard let channel = channels.last, channel.isActive else { return }
        try channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    func close() { channels.last?.close(promise: nil) }
}

/// Each byte as a character, and `|` for CR LF.
func shown(_ bytes: Bytes) -> String {
    var text = String.UnicodeScalarView()
    for (place, byte) in bytes.enumerated() {
        let isLineEnd = byte == 0x0A && place > 0 && bytes[place - 1] == 0x0D
        if isLineEnd { text.removeLast() }
        text.append(isLineEnd ? "|" : UnicodeScalar(byte))
    }
    return String(text)
}
