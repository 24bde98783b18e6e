package import NIOCore

/// Whether a client sends its request fast enough. Pure: it is told what happens and when.
///
/// Only time in which the server wants to read counts: when it holds back (back-pressure), the client cannot do better.
///
///     idle -- bytes --> head -- head complete --> body -- end --> idle
package struct RequestPace {
    private enum Phase {
        case idle
        /// Bytes of a head have arrived, but not all.
        case head(since: NIODeadline)
        /// `bytes` have arrived since the window began.
        case body(windowSince: NIODeadline, bytes: Int)
    }

    private let limits: ConnectionLimits
    private var phase = Phase.idle
    private var pausedSince: NIODeadline?

    package init(limits: ConnectionLimits) { self.limits = limits }

    /// A read cycle brought bytes, but no part of a request: a head has begun.
    package mutating func bytesWithoutPart(at now: NIODeadline) {
        if case .idle = phase { phase = .head(since: now) }
    }

    package mutating func headEnded(at now: NIODeadline) { phase = .body(windowSince: now, bytes: 0) }

    package mutating func bodyArrived(_ count: Int, at now: NIODeadline) {
        guard case .body(let since, let bytes) = phase else { return }
        if now >= since + limits.bodyWindow, bytes + count >= limits.bodyBytesPerWindow {
            phase = .body(windowSince: now, bytes: 0)
        } else {
            phase = .body(windowSince: since, bytes: bytes + count)
        }
    }

    package mutating func requestEnded() { phase = .idle }

    /// The server stops reading.
    package mutating func paused(at now: NIODeadline) { pausedSince = pausedSince ?? now }

    /// The server reads again: the time between did not count.
    package mutating func resumed(at now: NIODeadline) {
        guard let since = pausedSince else { return }
        pausedSince = nil
        let gap = now - since
        switch phase {
        case .idle: break
        case .head(let start): phase = .head(since: start + gap)
        case .body(let start, let bytes): phase = .body(windowSince: start + gap, bytes: bytes)
        }
    }

    package var isPaused: Bool { pausedSince != nil }

    /// When to ask `isTooSlow` next; nil when nothing is waited for.
    package var deadline: NIODeadline? {
        switch phase {
        case .idle: nil
        case .head(let since): since + limits.headTime
        case .body(let since, _): since + limits.bodyWindow
        }
    }

    /// Asked at `deadline` or later. When the body kept pace, a new window begins.
    package mutating func isTooSlow(at now: NIODeadline) -> Bool {
        guard pausedSince == nil, let deadline, now >= deadline else { return false }
        guard case .body(_, let bytes) = phase, bytes >= limits.bodyBytesPerWindow else { return true }
        phase = .body(windowSince: now, bytes: 0)
        return false
    }
}
