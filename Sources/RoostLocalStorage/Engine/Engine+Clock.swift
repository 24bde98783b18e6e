import RoostCore
import RoostLog
import RoostModel

extension Engine {
    /// When a wait that begins now is over. Time is in whole milliseconds, rounded down: one more, so that nobody waits
    /// less than was asked for. Who does not want to wait does not.
    func deadline(after wait: Milliseconds) -> BrokerTime { wait > .zero ? now + wait + Milliseconds(1) : now }
}

// A clock that may be wrong. Messages that are removed because of it are gone for good, so nothing expires while it is
// doubted.

extension Engine {
    /// How long retention waits before the wall clock is looked at again.
    static let doubtTime = Milliseconds.seconds(600)

    /// When the wait is over: the wall clock and broker time have to agree by now, or it goes on. The clock may have
    /// been set right meanwhile, while broker time cannot go back.
    mutating func reviewClock(at time: BrokerTime, _ wall: () -> BrokerTime) {
        guard let until = core.retentionHeldUntil, time >= until else { return }
        let wall = wall()
        guard LogLimits.areFarApart(wall, time) else {
            core.retentionHeldUntil = nil
            return
        }
        core.retentionHeldUntil = time + Self.doubtTime
        clockProblem = (wall, time)
    }

    mutating func takeClockProblem() -> (wall: BrokerTime, broker: BrokerTime)? {
        defer { clockProblem = nil }
        return clockProblem
    }
}
