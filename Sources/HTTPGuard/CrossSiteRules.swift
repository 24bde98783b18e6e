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
        /// Pages served from localhost or a loopback address, on any port: the AweQ paths, whose developer tool runs
        /// there.
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

    /// The first reason to refuse, or nil. Arguments are header values as received; nil when absent. Several values of
    /// one header, joined by commas, are nothing that a browser sends, and are refused.
    package func refusal(
        host: String?, origin: String?, secFetchSite: String?, otherOrigins: OtherOrigins = .refused
    ) -> Refusal? {
        guard let host else { return .missingHost }
        guard let authority = Authority(host), !checksHost || isOwn(authority) else { return .unknownHost(host) }
        if let origin, !isAllowed(origin, at: authority, otherOrigins) { return .foreignOrigin(origin) }
        guard let secFetchSite else { return nil }
        return isAllowed(secFetchSite: secFetchSite, origin: origin, otherOrigins) ? nil : .crossSite(secFetchSite)
    }

    private func isAllowed(_ origin: String, at host: Authority, _ others: OtherOrigins) -> Bool {
        guard let authority = Self.webAuthority(of: origin) else { return false }
        return authority == host || (others == .loopbackAllowed && authority.isLoopback)
    }

    /// Nil for `null`, and for the origins of extensions and of apps that call their own pages `capacitor://localhost`.
    private static func webAuthority(of origin: String) -> Authority? {
        for scheme in ["http://", "https://"] where origin.prefix(scheme.count).lowercased() == scheme {
            return Authority(origin.dropFirst(scheme.count))
        }
        return nil
    }

    private func isAllowed(secFetchSite: String, origin: String?, _ others: OtherOrigins) -> Bool {
        switch secFetchSite {
        case "same-origin", "none": true
        // A page on another port of localhost is same-site, on 127.0.0.1 cross-site: its origin was checked above.
        // Without an origin (an image, a link) nobody knows what page it was.
        case "same-site", "cross-site": others == .loopbackAllowed && origin != nil
        default: false
        }
    }

    private func isOwn(_ host: Authority) -> Bool {
        host.isLoopback || names.contains(host.name)
    }
}
