package import NIOCore
import NIOPosix

/// Opens the connection to the server that MIGRATE names, on the event loop of the client. It reads nothing before its
/// handler is there.
package typealias TargetConnector =
    @Sendable (_ host: String, _ port: Int, _ timeout: TimeAmount, any EventLoop) -> EventLoopFuture<any Channel>

enum TargetConnection {
    struct NoSuchAddress: Error {}

    /// Of a name in the domain name system: RFC 1035, section 2.3.4.
    private static let nameBytesMax = 255
    /// An attempt goes on when its client is gone, and counts until it ends.
    private static let timeoutMax = TimeAmount.seconds(30)

    static let connect: TargetConnector = { host, port, timeout, eventLoop in
        // A name with a zero in it would be another one for the system.
        guard (1...65535).contains(port), 1...nameBytesMax ~= host.utf8.count, !host.utf8.contains(0),
            let bootstrap = ClientBootstrap(validatingGroup: eventLoop)
        else { return eventLoop.makeFailedFuture(NoSuchAddress()) }
        let prepared = bootstrap.connectTimeout(min(timeout, timeoutMax))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
        // Names are looked up one after another: an address does not wait for them.
        if let address = try? SocketAddress(ipAddress: host, port: port) { return prepared.connect(to: address) }
        return prepared.connect(host: host, port: port)
    }
}
