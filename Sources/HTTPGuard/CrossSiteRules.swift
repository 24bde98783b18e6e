/// Decides whether an HTTP request may come from where it says it comes from.
///
/// A page that a developer visits can make the browser send requests to loopback addresses. Browsers say so: with
/// `Sec-Fetch-Site` and `Origin`; and a page that rebinds its own name to 127.0.0.1 still has to send that name as
/// `Host`. Programs (SDKs, curl) send none of the first two, and a `Host` that names the server.
package struct CrossSiteRules: Sendable {
    package enum Refusal: Error, Sendable, Equatable {
        /// `Sec-Fetch-Site` says that another site asked.
        case crossSite(String)
        /// `Origin` is not this server.
        case foreignOrigin(String)
        /// `Host` is no name of this server.
        case unknownHost(String)
        case missingHost
    }

    /// What a group of paths grants to pages of other origins.
    package enum OtherOrigins: Sendable {
        case refused
        /// Pages served from localhost or a loopback address, on any port: the AweQ paths, whose developer tool runs there.
        case loopbackAllowed
    }

    private let names: Set<String>
    private let checksHost: Bool

    /// `names`: host names (no port) configured for this server, beside localhost and loopback addresses.
    /// `listensOnLoopback`: only then is `Host` checked; a public address is reached under names that we cannot know.
    package init(names: [String] = [], listensOnLoopback: Bool) {
        self.names = Set(names.map { $0.lowercased() })
        self.checksHost = listensOnLoopback
    }

    /// The first reason to refuse, or nil. Arguments are header values as received; nil when absent.
    package func refusal(
        host: String?, origin: String?, secFetchSite: String?, otherOrigins: OtherOrigins = .refused
    ) -> Refusal? {
        guard let host else { return .missingHost }
        if checksHost, !isOwn(hostName(host)) { return .unknownHost(host) }
        if let origin, !isAllowed(origin, at: host, otherOrigins) { return .foreignOrigin(origin) }
        guard let secFetchSite else { return nil }
        return isAllowed(secFetchSite: secFetchSite, origin: origin, otherOrigins) ? nil : .crossSite(secFetchSite)
    }

    private func isAllowed(_ origin: String, at host: String, _ others: OtherOrigins) -> Bool {
        guard let schemeEnd = origin.firstRange(of: "://") else { return false }
        let authority = origin[schemeEnd.upperBound...].lowercased()
        if authority == host.lowercased() { return true }
        return others == .loopbackAllowed && Self.isLoopback(hostName(authority))
    }

    private func isAllowed(secFetchSite: String, origin: String?, _ others: OtherOrigins) -> Bool {
        switch secFetchSite {
        case "same-origin", "none": true
        // Another port of localhost is same-site, of 127.0.0.1 cross-site: its origin was checked above.
        case "same-site", "cross-site": others == .loopbackAllowed && origin != nil
        default: false
        }
    }

    private func isOwn(_ name: String) -> Bool {
        Self.isLoopback(name) || names.contains(name)
    }

    private static func isLoopback(_ name: String) -> Bool {
        name == "localhost" || name == "[::1]" || name.hasSuffix(".localhost") || isLoopbackIPv4(name)
    }

    private static func isLoopbackIPv4(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "127" else { return false }
        return parts.allSatisfy { $0.count <= 3 && UInt8($0) != nil }
    }

    /// The host without its port, in lower case; an IPv6 address keeps its brackets.
    private func hostName(_ host: String) -> String {
        let host = host.lowercased()
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
        return String(host.prefix { $0 != ":" })
    }
}
