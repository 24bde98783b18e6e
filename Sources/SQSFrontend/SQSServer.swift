import Connections
package import Logging
package import NIOCore
import NIOHTTP1
import NIOPosix
package import RoostStorage

/// The SQS port.
package final class SQSServer: Sendable {
    private let channel: any Channel
    private let outlets: [LoopOutlet]
    private let shutdownTime: TimeAmount
    private let logger: Logger

    /// The address that the port really has; of use when the configuration said port 0.
    package let localAddress: SocketAddress?

    private init(_ channel: any Channel, _ outlets: [LoopOutlet], _ configuration: SQSConfiguration, _ logger: Logger) {
        self.channel = channel
        localAddress = channel.localAddress
        self.outlets = outlets
        shutdownTime = .seconds(Int64(configuration.limits.shutdownSeconds))
        self.logger = logger
    }

    /// Opens the port. Throws what the system says when it cannot.
    ///
    /// - Parameter load: where what the connections cost is counted; nil: nobody asks for it.
    package static func start(
        configuration: SQSConfiguration, storage: any Storage, group: any EventLoopGroup, load: SharedLoad? = nil,
        logger: Logger
    ) async throws -> SQSServer {
        let load = load ?? SharedLoad(configuration.limits)
        let rules = SharedRules(configuration)
        var outlets: [ObjectIdentifier: LoopOutlet] = [:]
        for loop in group.makeIterator() {
            outlets[ObjectIdentifier(loop)] = LoopOutlet(
                eventLoop: loop, storage: storage, configuration: configuration, load: load, rules: rules,
                logger: logger)
        }
        for outlet in outlets.values { try await outlet.eventLoop.submit { outlet.start() }.get() }
        let bootstrap = bootstrap(group, logger) { [outlets] channel in
            guard let outlet = outlets[ObjectIdentifier(channel.eventLoop)], load.addConnection() else {
                return channel.close()
            }
            return channel.eventLoop.makeCompletedFuture {
                channel.closeFuture.whenComplete { _ in load.removeConnection() }
                try configuration.secure?(channel)
                try SQSPipeline.add(to: channel.pipeline.syncOperations, outlet)
            }
        }
        do {
            let channel = try await bootstrap.bind(host: configuration.host, port: configuration.port).get()
            return SQSServer(channel, Array(outlets.values), configuration, logger)
        } catch {
            for outlet in outlets.values { try await outlet.eventLoop.submit { outlet.stop() }.get() }
            throw error
        }
    }

    /// Stops accepting, ends idle connections and waiting receives, and lets running requests finish until the
    /// deadline.
    package func shutdown() async {
        do {
            try await channel.close().get()
        } catch {
            logger.debug("closing the SQS port: \(error)")
        }
        for outlet in outlets { await end(outlet) }
    }

    private func end(_ outlet: LoopOutlet) async {
        let loop = outlet.eventLoop
        let emptied = loop.flatSubmit { outlet.shutDown() }
        let deadline = loop.scheduleTask(in: shutdownTime) { outlet.stop() }
        do {
            try await emptied.get()
            deadline.cancel()
            try await loop.submit { outlet.stop() }.get()
        } catch {
            logger.error("ending the connections of the SQS port: \(error)")
        }
    }

    private static func bootstrap(
        _ group: any EventLoopGroup, _ logger: Logger,
        _ initialize: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause("SQS", logger))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // One read a turn: the most that a client can send ahead of its replies.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: ReadBufferAllocator())
            .childChannelOption(
                .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: 8 * 1024, high: 16 * 1024)
            )
            .childChannelInitializer(initialize)
    }
}

/// What stands between the socket and the actions.
package enum SQSPipeline {
    package static func add(to pipeline: ChannelPipeline.SynchronousOperations, _ outlet: LoopOutlet) throws {
        let limits = outlet.configuration.limits
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = limits.headBytesMax
        decoding.maxHeaderListSize = limits.headBytesMax
        decoding.maxHeaderFieldCount = limits.headerFieldsMax
        let connection = SQSConnection(outlet)
        try pipeline.addHandler(ByteGate(connection))
        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: decoding)))
        try pipeline.addHandler(connection)
    }
}
