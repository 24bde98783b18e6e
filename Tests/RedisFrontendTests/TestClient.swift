import Logging
import NIOCore
import NIOEmbedded
import RedisFrontend
import RoostModel

/// The port without sockets: event loops whose clock moves when told to.
final class TestServer {
    let storage = FakeStorage()
    let services: RedisServices
    let loops: [(event: EmbeddedEventLoop, redis: RedisLoop)]

    init(loops count: Int = 1, _ configure: (inout RedisConfiguration) -> Void = { _ in }) {
        var configuration = RedisConfiguration(roostVersion: "1.2.3")
        configure(&configuration)
        let services = RedisServices(configuration, storage: storage)
        self.services = services
        loops = (0..<count).map { _ in
            let event = EmbeddedEventLoop()
            let redis = RedisLoop(eventLoop: event, services: services, logger: Logger(label: "test"))
            redis.start()
            return (event, redis)
        }
    }

    func connect(loop: Int = 0, from address: String = "127.0.0.1") throws -> TestClient {
        try TestClient(self, loop, address)
    }

    /// Ends turns of the loops until they have nothing more to do.
    func run() {
        for _ in 0..<4 {
            for loop in loops { loop.event.run() }
        }
    }

    /// The same, and the storage answers what it has.
    func settle() {
        run()
        storage.answer()
        run()
    }

    func advance(seconds: Int64) {
        for loop in loops { loop.event.advanceTime(by: .seconds(seconds)) }
    }
}

/// One connection: bytes in, bytes out.
final class TestClient {
    let server: TestServer
    let channel: EmbeddedChannel
    private let gate = Gate()

    init(_ server: TestServer, _ loop: Int, _ address: String) throws {
        self.server = server
        channel = EmbeddedChannel(loop: server.loops[loop].event)
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        try channel.pipeline.syncOperations.addHandler(gate)
        try RedisPipeline.add(to: channel, server.loops[loop].redis)
        channel.remoteAddress = try SocketAddress(ipAddress: address, port: 4711)
        try channel.connect(to: SocketAddress(ipAddress: address, port: 4711), promise: nil)
    }

    var isOpen: Bool { channel.isActive }

    /// The client sends bytes, as one read of the server.
    func send(_ bytes: Bytes) throws {
        guard channel.isActive else { return }
        try channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    func connection() throws -> RedisConnection {
        try channel.pipeline.syncOperations.handler(type: RedisConnection.self)
    }

    func send(_ text: String) throws { try send(Bytes(text.utf8)) }

    /// What has come since the last call, with `|` for CR LF. The turn of the loop ends before.
    func received() throws -> String {
        String(decoding: try receivedBytes(), as: UTF8.self).replacing("\r\n", with: "|")
    }

    func receivedBytes() throws -> Bytes {
        channel.embeddedEventLoop.run()
        var bytes: Bytes = []
        while let part = try channel.readOutbound(as: ByteBuffer.self) { bytes += part.readableBytesView }
        return bytes
    }

    /// Sends an inline request and returns what comes when everything is answered.
    func ask(_ line: String) throws -> String {
        try send(line + "\r\n")
        server.settle()
        return try received()
    }

    /// From now on the client takes nothing.
    func stall() {
        gate.isClosed = true
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
    }

    /// It takes nothing for now, but so little is under way that the channel does not notice.
    func hesitate() { gate.isClosed = true }

    /// It takes everything again.
    func resume() {
        gate.isClosed = false
        channel.flush()
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        server.run()
    }

    func close() {
        channel.close(promise: nil)
        server.run()
    }
}

/// Stands for a socket whose buffer is full.
final class Gate: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    var isClosed = false

    func flush(context: ChannelHandlerContext) {
        if !isClosed { context.flush() }
    }
}
