package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1
package import RoostStorage

/// The HTTP/1.1 channel of Hummingbird with a `RequestGuardHandler` in it, and a `Connection` for the routes.
package struct GuardedChannel: ServerChildChannel {
    package struct Value: ServerChildChannelValue {
        package var http: HTTP1Channel.Value
        var connection: Connection

        package var channel: any Channel { http.channel }
    }

    private let base: HTTP1Channel
    private let limits: ConnectionLimits
    private let bodyBytesMax: Int
    private let load: HTTPLoad
    private let storage: AsyncStorage
    private let secure: (@Sendable (any Channel) throws -> Void)?

    package init(
        limits: ConnectionLimits, bodyBytesMax: Int, load: HTTPLoad, storage: AsyncStorage,
        secure: (@Sendable (any Channel) throws -> Void)? = nil,
        responder: @escaping HTTPChannelHandler.Responder
    ) {
        self.limits = limits
        self.bodyBytesMax = bodyBytesMax
        self.storage = storage
        self.load = load
        self.secure = secure
        let configuration = HTTP1Channel.Configuration(
            idleTimeout: limits.idleTime,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headFieldBytesMax,
                maxHeaderListSize: limits.headBytesMax,
                maxHeaderFieldCount: limits.headFieldsMax
            )
        )
        base = HTTP1Channel(
            responder: { request, writer, channel in
                Connection.current?.requestBegan()
                try await responder(request, writer, channel)
            },
            configuration: configuration
        )
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let connection = Connection(
            storage: storage, logger: logger, peer: channel.remoteAddress?.ipAddress ?? "unknown")
        do {
            try secure?(channel)
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        return base.setup(channel: channel, logger: logger).flatMapThrowing { http in
            load.addConnection()
            channel.closeFuture.whenComplete { [load] _ in load.removeConnection() }
            // One read, of 2 KiB at first, shows the head. More reads in the same turn would fetch tens of kilobytes of
            // a body before its budget can hold it back.
            try channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            let handler = RequestGuardHandler(
                limits: limits, bodyBytesMax: bodyBytesMax, load: load, connection: connection
            )
            try pipeline.addHandler(handler, position: .after(decoder))
            return Value(http: http, connection: connection)
        }
    }

    package func handle(value: Value, logger: Logger) async {
        await Connection.$current.withValue(value.connection) {
            await base.handle(value: value.http, logger: logger)
        }
    }
}
