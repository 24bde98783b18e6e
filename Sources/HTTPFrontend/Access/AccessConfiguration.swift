import Crypto
import FoundationEssentials

/// Who may use the HTTP port, and for what.
package struct AccessConfiguration: Sendable {
    /// Nil: nobody has to prove who they are.
    package var token: AdminToken?
    package var console = ConsoleMode.on
    /// Cookies are sent back over TLS only.
    package var isSecure = false

    package init(token: AdminToken? = nil, console: ConsoleMode = .on, isSecure: Bool = false) {
        self.token = token
        self.console = console
        self.isSecure = isSecure
    }
}

/// What the console may do, and with it the JSON API.
package enum ConsoleMode: String, Sendable, CaseIterable {
    case on
    /// Nothing can be changed through the JSON API.
    case readOnly = "read-only"
    /// There is no console; the JSON API is served.
    case off
}

/// The secret of the administrators: only its sum is held, and compared without telling how much of it was right.
package struct AdminToken: Sendable {
    private let digest: SHA256Digest

    package init(_ text: String) { digest = Self.digest(text) }

    package func matches(_ text: some StringProtocol) -> Bool { Self.digest(text) == digest }

    private static func digest(_ text: some StringProtocol) -> SHA256Digest { SHA256.hash(data: Data(text.utf8)) }
}
