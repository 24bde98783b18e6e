import Connections
package import Logging
package import NIOCore
import NIOPosix
package import RoostStorage

/// The Redis port.
package final class RedisServer: Sendable {
    private let channel: any Channel
    private let loops: [RedisLoop]
    private let services: RedisServices
    private let shutdownTime: TimeAmount
    private let directory: RedisDirectory?
    private let logger: Logger

    /// The address that the port really has; of use when the configuration said port 0.
    package let localAddress: SocketAddress?

    private init(
        _ channel: any Channel, _ loops: [RedisLoop], _ services: RedisServices, _ directory: RedisDirectory?,
        _ logger: Logger
    ) {
        self.directory = directory
        self.channel = channel
        localAddress = channel.localAddress
        self.loops = loops
        self.services = services
        shutdownTime = .seconds(Int64(services.configuration.limits.shutdownSeconds))
        self.logger = logger
    }

    /// Opens the port. Throws what the system says when it cannot.
    ///
    /// - Parameters:
    ///   - load: where what the connections cost is counted; nil: nobody asks for it.
    ///   - directory: what is told of channels and clients; nil: nobody asks for it.
    package static func start(
        configuration: RedisConfiguration, storage: any Storage, group: any EventLoopGroup, load: RedisLoad? = nil,
        directory: RedisDirectory? = nil, logger: Logger
    ) async throws -> RedisServer {
        let services = RedisServices(configuration, storage: storage, load: load)
        var loops: [ObjectIdentifier: RedisLoop] = [:]
        for eventLoop in group.makeIterator() {
            loops[ObjectIdentifier(eventLoop)] = RedisLoop(eventLoop: eventLoop, services: services, logger: logger)
        }
        for loop in loops.values { try await loop.eventLoop.submit { loop.start() }.get() }
        let bootstrap = bootstrap(group, configuration.limits, logger) { [loops] channel in
            guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else { return channel.close() }
            return channel.eventLoop.makeCompletedFuture {
                try configuration.secure?(channel)
                try RedisPipeline.add(to: channel, loop)
            }
        }
        do {
            let channel = try await bootstrap.bind(host: configuration.host, port: configuration.port).get()
            directory?.attach(services)
            return RedisServer(channel, Array(loops.values), services, directory, logger)
        } catch {
            for loop in loops.values { try await loop.eventLoop.submit { loop.stop() }.get() }
            services.removeLoops()
            throw error
        }
    }

    /// Stops accepting, ends waits and idle connections, and lets running requests finish until the deadline.
    package func shutdown() async {
        do {
            try await channel.close().get()
        } catch {
            logger.debug("closing the Redis port: \(error)")
        }
        await withDiscardingTaskGroup { group in
            for loop in loops { group.addTask { await self.end(loop) } }
        }
        directory?.detach()
        services.removeLoops()
    }

    private func end(_ loop: RedisLoop) async {
        let emptied = loop.eventLoop.flatSubmit { loop.shutDown() }
        let deadline = loop.eventLoop.scheduleTask(in: shutdownTime) { loop.stop() }
        do {
            try await emptied.get()
            deadline.cancel()
            try await loop.eventLoop.submit { loop.stop() }.get()
        } catch {
            logger.error("ending the connections of the Redis port: \(error)")
        }
    }

    private static func bootstrap(
        _ group: any EventLoopGroup, _ limits: RedisLimits, _ logger: Logger,
        _ initialize: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> ServerBootstrap {
        let silence = max(1, limits.keepaliveSeconds)
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause("Redis", logger))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            // As Redis does: three questions in the time of one silence.
            .childChannelOption(.tcpOption(.keepIdle), value: silence)
            .childChannelOption(.tcpOption(.keepInterval), value: max(1, silence / 3))
            .childChannelOption(.tcpOption(.keepCount), value: 3)
            // A client that says nothing more still gets its replies.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // One read a turn: the most that a client can send ahead of its replies.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: ReadBufferAllocator())
            .childChannelOption(
                .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: 16 * 1024, high: 64 * 1024)
            )
            .childChannelInitializer(initialize)
    }
}

/// What stands between the socket and the commands.
package enum RedisPipeline {
    /// The new connection.
    @discardableResult
    package static func add(to channel: any Channel, _ loop: RedisLoop) throws -> RedisConnection {
        let load = loop.services.load
        let hasRoom = load.addConnection()
        if hasRoom { channel.closeFuture.whenComplete { _ in load.removeConnection() } }
        let connection = RedisConnection(loop, isOverLimit: !hasRoom)
        try channel.pipeline.syncOperations.addHandler(connection)
        return connection
    }
}

extension NIOBSDSocket.Option {
    // From Linux' netinet/tcp.h.
    fileprivate static let keepIdle = Self(rawValue: 4)
    fileprivate static let keepInterval = Self(rawValue: 5)
    fileprivate static let keepCount = Self(rawValue: 6)
}
