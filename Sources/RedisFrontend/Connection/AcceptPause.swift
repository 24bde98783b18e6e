import Logging
import NIOCore

/// Stops accepting for a second when the system has no more files or memory for connections.
///
/// The connection that could not be accepted stays in the backlog, and its socket stays readable: without a pause the
/// loop would try again at once, for ever, and serve nobody. (NIO's own AcceptBackoffHandler delays the next `read`,
/// but a read that failed is still pending, so nothing is delayed.)
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let pause = TimeAmount.seconds(1)

    private let logger: Logger

    init(_ logger: Logger) { self.logger = logger }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is IOError else { return context.fireErrorCaught(error) }
        logger.warning("The Redis port accepts no connections for a second: \(error)")
        let channel = context.channel
        channel.setOption(.autoRead, value: false).whenFailure { [logger] error in
            logger.debug("pausing the Redis port: \(error)")
        }
        channel.eventLoop.scheduleTask(in: Self.pause) { channel.setOption(.autoRead, value: true) }
    }
}
