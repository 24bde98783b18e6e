package import Logging
package import NIOCore

/// Stops accepting for a second when the system has no more files or memory for connections.
///
/// The connection that could not be accepted stays in the backlog, and its socket stays readable: without a pause the
/// loop would try again at once, for ever, and serve nobody. (NIO's own AcceptBackoffHandler delays the next `read`,
/// but a read that failed is still pending, so nothing is delayed.)
package final class AcceptPause: ChannelInboundHandler {
    package typealias InboundIn = any Channel

    private static let pause = TimeAmount.seconds(1)

    private let door: String
    private let logger: Logger

    /// - Parameter door: what the log calls the port.
    package init(_ door: String, _ logger: Logger) {
        self.door = door
        self.logger = logger
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is IOError else { return context.fireErrorCaught(error) }
        logger.warning("The \(door) port accepts no connections for a second: \(error)")
        let channel = context.channel
        channel.setOption(.autoRead, value: false).whenFailure { [door, logger] error in
            logger.debug("pausing the \(door) port: \(error)")
        }
        channel.eventLoop.scheduleTask(in: Self.pause) { channel.setOption(.autoRead, value: true) }
    }
}
