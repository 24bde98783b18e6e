/// Decides when a driver sets its timer: one at a time, and a new one only if it is to fire earlier. A turn that finds
/// the same next deadline as the last one costs nothing.
package struct EngineTimer: Sendable {
    /// The longest that a timer is set for; it is then set anew.
    private static let longestMilliseconds: Int64 = 60_000

    private var dueNanoseconds: UInt64?

    package init() {}

    /// How long to wait, in milliseconds, if a timer has to be set for `milliseconds` from now; nil if one is set that
    /// fires no later. `now`: `LocalStorage.nanoseconds`.
    package mutating func arm(in milliseconds: Int64, now: UInt64) -> Int64? {
        let delay = min(max(milliseconds, 0), Self.longestMilliseconds)
        let due = now + UInt64(delay) * 1_000_000
        if let dueNanoseconds, dueNanoseconds <= due { return nil }
        dueNanoseconds = due
        return delay
    }

    package mutating func fired() { dueNanoseconds = nil }
}
