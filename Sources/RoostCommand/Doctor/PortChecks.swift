import Foundation
import NIOCore
package import RoostServer

/// Whether the server can listen where it is told to.
package enum PortChecks {
    /// - Parameter isServerRunning: then it has these ports, as a rule.
    package static func all(_ configuration: ServerConfiguration, isServerRunning: Bool) -> [DoctorFinding] {
        let doors = [("sqs", configuration.sqs), ("http", configuration.http), ("redis", configuration.redis)]
        return doors.compactMap { name, address in
            address.map { finding(name, $0, isServerRunning) }
        }
    }

    private static func finding(_ name: String, _ address: ListenAddress, _ isServerRunning: Bool) -> DoctorFinding {
        let subject = "port \(name)"
        guard let number = failure(toListenAt: address) else { return .fine(subject, "\(address) is free") }
        if number == EADDRINUSE, isServerRunning { return .fine(subject, "\(address) is in use, and a server runs") }
        return DoctorFinding(
            .problem, subject, "\(address): \(String(cString: strerror(number)))",
            nextStep: number == EADDRINUSE
                ? "Stop the other program, or choose another address with --\(name) HOST:PORT"
                : "Choose an address of this machine with --\(name) HOST:PORT")
    }

    /// The number of the error; nil: it can be listened to.
    private static func failure(toListenAt address: ListenAddress) -> Int32? {
        guard address.port != 0 else { return nil }
        guard let target = try? SocketAddress.makeAddressResolvingHost(address.host, port: address.port) else {
            return EADDRNOTAVAIL
        }
        let file = socket(target.protocol == .inet6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard file >= 0 else { return errno }
        defer { close(file) }
        var reuse: Int32 = 1
        setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        let result = target.withSockAddr { bind(file, $0, socklen_t($1)) }
        guard result == 0, listen(file, 1) == 0 else { return errno }
        return nil
    }
}
