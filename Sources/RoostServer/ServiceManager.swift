import Glibc

/// What systemd is told of a service with `Type=notify` (sd_notify(3)). Nobody else listens, and then nothing is sent.
enum ServiceManager {
    /// - Parameter state: for example `READY=1`.
    static func tell(_ state: String) {
        guard let path = getenv("NOTIFY_SOCKET").map({ String(cString: $0) }), let first = path.first,
            first == "/" || first == "@"
        else { return }
        // The name of an abstract socket begins with a zero, which is written as an @.
        var name = Array(path.utf8)
        if first == "@" { name[0] = 0 }
        send(Array(state.utf8), toSocketNamed: name)
    }

    private static func send(_ bytes: [UInt8], toSocketNamed name: [UInt8]) {
        var address = sockaddr_un()
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let length = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path).map { $0 + name.count } ?? 0)
        // A service manager that does not read must not hold up the server.
        _ = withUnsafeBytes(of: &address) { raw in
            raw.withMemoryRebound(to: sockaddr.self) {
                sendto(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT), $0.baseAddress, length)
            }
        }
    }
}
