import HTTPFrontend
import NIOCore
import Testing

@Suite struct RequestPaceTests {
    private func at(_ seconds: Double) -> NIODeadline {
        NIODeadline.uptimeNanoseconds(1_000_000_000_000 + UInt64(seconds * 1e9))
    }

    private func ask(
        _ pace: inout RequestPace, at seconds: Double, isSlow: Bool, _ location: SourceLocation = #_sourceLocation
    ) {
        let answer = pace.isTooSlow(at: at(seconds))
        #expect(answer == isSlow, "at \(seconds) s", sourceLocation: location)
    }

    @Test func anIdleConnectionHasNoDeadline() {
        var pace = RequestPace(limits: ConnectionLimits())
        #expect(pace.deadline == nil)
        ask(&pace, at: 1_000_000, isSlow: false)
    }

    @Test func aHeadHasTenSecondsFromItsFirstByte() {
        var pace = RequestPace(limits: ConnectionLimits())
        pace.bytesWithoutPart(at: at(0))
        pace.bytesWithoutPart(at: at(9))
        #expect(pace.deadline == at(10))
        ask(&pace, at: 9.9, isSlow: false)
        ask(&pace, at: 10, isSlow: true)
    }

    @Test func aHeadInTimeIsFollowedByTheClockOfTheBody() {
        var pace = RequestPace(limits: ConnectionLimits())
        pace.bytesWithoutPart(at: at(0))
        pace.headEnded(at: at(9))
        #expect(pace.deadline == at(14))
        pace.requestEnded()
        #expect(pace.deadline == nil)
    }

    @Test func aBodyBringsFiveKilobytesInFiveSeconds() {
        var pace = RequestPace(limits: ConnectionLimits())
        pace.headEnded(at: at(0))
        pace.bodyArrived(5 * 1024 - 1, at: at(1))
        ask(&pace, at: 5, isSlow: true)
        pace.bodyArrived(1, at: at(4.9))
        ask(&pace, at: 5, isSlow: false)
        #expect(pace.deadline == at(10))
    }

    /// A burst at the start buys one window, not an hour.
    @Test func aBurstDoesNotBuyTimeForLater() {
        var pace = RequestPace(limits: ConnectionLimits())
        pace.headEnded(at: at(0))
        pace.bodyArrived(10_000_000, at: at(1))
        ask(&pace, at: 5, isSlow: false)
        ask(&pace, at: 10, isSlow: true)
    }

    @Test func timeInWhichTheServerDoesNotReadDoesNotCount() {
        var pace = RequestPace(limits: ConnectionLimits())
        pace.headEnded(at: at(0))
        pace.paused(at: at(1))
        pace.paused(at: at(2))
        ask(&pace, at: 100, isSlow: false)
        pace.resumed(at: at(101))
        #expect(pace.deadline == at(105))
        ask(&pace, at: 104, isSlow: false)
        ask(&pace, at: 105, isSlow: true)
    }
}
