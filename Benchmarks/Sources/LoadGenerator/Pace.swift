import Glibc

/// Starts rounds of several connections at a rate, whatever the replies take: an open loop. A round that is due while
/// all connections are busy starts as soon as one is free, and counts from when it was due.
package final class Pace {
    package enum Rhythm {
        case steady
        /// Times between rounds as of independent events; the same in each run.
        case random
    }

    private let nanosecondsBetween: Double
    private let rhythm: Rhythm
    private var generator = SplitMix64(state: 42)
    private var resting: [Int] = []
    package private(set) var due: UInt64 = .max

    package init(perSecond: Double, _ rhythm: Rhythm) {
        nanosecondsBetween = 1e9 / perSecond
        self.rhythm = rhythm
    }

    package func begin(at now: UInt64) {
        due = now
    }

    package func rest(_ connection: Int) {
        if !resting.contains(connection) { resting.append(connection) }
    }

    /// The connection that starts a round now, and since when that round is due.
    package func takeRound(at now: UInt64) -> (connection: Int, due: UInt64)? {
        guard due <= now, !resting.isEmpty else { return nil }
        defer { due += max(1, UInt64(nanosecondsToNext())) }
        return (resting.removeFirst(), due)
    }

    /// Until the next round can start; `atMost` when no connection is free, for then a reply comes first.
    package func wait(at now: UInt64, atMost longest: UInt64) -> UInt64 {
        guard !resting.isEmpty, due != .max else { return longest }
        return due <= now ? 0 : min(longest, due - now)
    }

    private func nanosecondsToNext() -> Double {
        switch rhythm {
        case .steady: nanosecondsBetween
        case .random: -log(generator.nextUnit()) * nanosecondsBetween
        }
    }
}

/// https://prng.di.unimi.it/splitmix64.c
private struct SplitMix64 {
    var state: UInt64

    /// Above 0, at most 1.
    mutating func nextUnit() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return Double(((bits ^ (bits >> 31)) >> 11) + 1) / Double(1 << 53)
    }
}
