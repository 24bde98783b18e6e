package import NIOCore
import NIOPosix

/// Opens the connection to the server that MIGRATE names, on the event loop of the client. It reads nothing before its
/// handler is there.
package typealias TargetConnector =
    @Sendable (_ host: String, _ port: Int, _ timeout: TimeAmount, any EventLoop) -> EventLoopFuture<any Channel>

enum TargetConnection {
    struct NoSuchAddress: Error {}

    static let connect: TargetConnector = { host, port, timeout, eventLoop in
        // A name with a zero in it would be another one for the system.
        guard (1...65535).contains(port), !host.isEmpty, !host.utf8.contains(0),
            let bootstrap = ClientBootstrap(validatingGroup: eventLoop)
        else { return eventLoop.makeFailedFuture(NoSuchAddress()) }
        return bootstrap.connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
            .connect(host: host, port: port)
    }
}
