import NIOCore

/// Where a door listens: a host (a name, an IPv4 address, or an IPv6 address without brackets) and a port.
/// Port 0 lets the system choose one.
package struct ListenAddress: Sendable, Hashable {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT` or `[IPV6]:PORT`. Nil for anything else.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = Self.port(text[text.index(after: colon)...]),
            let host = Self.host(text[..<colon])
        else { return nil }
        self.init(host: host, port: port)
    }

    private static func port(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return UInt16(text).map(Int.init)
    }

    private static func host(_ text: Substring) -> String? {
        if text.hasPrefix("["), text.hasSuffix("]") {
            let address = String(text.dropFirst().dropLast())
            guard case .v6? = try? SocketAddress(ipAddress: address, port: 0) else { return nil }
            return address
        }
        return isHostName(text) ? String(text) : nil
    }

    /// Letters, digits, hyphens and dots, in labels of 1 to 63 characters (RFC 1123 section 2.1). IPv4 addresses pass.
    static func isHostName(_ text: Substring) -> Bool {
        guard text.utf8.count <= 253 else { return false }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        }
    }

    /// Whether only this machine can connect. A name other than localhost counts as reachable: what it resolves to
    /// can change under a running server.
    package var isLoopback: Bool {
        let name = host.lowercased()
        if name == "localhost" || name.hasSuffix(".localhost") { return true }
        let address = try? SocketAddress(ipAddress: host, port: 0)
        switch address {
        case .v4: return host.hasPrefix("127.")
        case .v6: return address == (try? SocketAddress(ipAddress: "::1", port: 0))
        default: return false
        }
    }
}

extension ListenAddress: CustomStringConvertible {
    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
