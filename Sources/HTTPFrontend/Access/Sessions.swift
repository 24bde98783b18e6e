import Crypto
import FoundationEssentials
import Synchronization

/// Who has logged in with a browser. They are forgotten when the server ends.
package final class Sessions: Sendable {
    /// The one that was used least recently makes room: a login needs the token, so this is no way to throw others out.
    private static let countMax = 1000
    /// Since the login.
    package static let secondsMax: Int64 = 12 * 3600

    private struct Session {
        var ends: ContinuousClock.Instant
        /// Tells sessions apart in the log.
        var name: String
    }

    private struct State {
        var sessions: [SHA256Digest: Session] = [:]
        var count = 0
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> ContinuousClock.Instant

    package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

    /// The value of the cookie: 32 bytes of chance. Only its sum is held.
    package func begin() -> String {
        let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        let text = secret.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
        let time = now()
        state.withLock { state in
            state.sessions = state.sessions.filter { $0.value.ends > time }
            if state.sessions.count >= Self.countMax,
                let oldest = state.sessions.min(by: { $0.value.ends < $1.value.ends })
            {
                state.sessions[oldest.key] = nil
            }
            state.count += 1
            state.sessions[Self.key(text)] = Session(ends: time + .seconds(Self.secondsMax), name: "\(state.count)")
        }
        return text
    }

    /// What the log calls the session; nil when there is none, or it is over.
    package func name(of cookie: some StringProtocol) -> String? {
        let time = now()
        return state.withLock { state in
            guard let session = state.sessions[Self.key(cookie)], session.ends > time else { return nil }
            return session.name
        }
    }

    package func end(_ cookie: some StringProtocol) {
        state.withLock { _ = $0.sessions.removeValue(forKey: Self.key(cookie)) }
    }

    private static func key(_ cookie: some StringProtocol) -> SHA256Digest { SHA256.hash(data: Data(cookie.utf8)) }
}
