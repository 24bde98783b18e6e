import RoostLocalStorage
import Synchronization

/// Time that goes only when the simulator says so.
final class VirtualClock: Sendable {
    private struct State {
        var nanoseconds: UInt64 = 1_000_000_000
        /// Of the wall clock at the start of the monotonic one, in milliseconds.
        var wallStart: Int64 = 1_700_000_000_000
        /// The last time that somebody looked at the wall clock: the last one of a start is where broker time starts.
        var lastLook: (wall: Int64, nanoseconds: UInt64) = (0, 0)
        var brokerStart: (milliseconds: Int64, nanoseconds: UInt64) = (0, 0)

        var wall: Int64 { wallStart + Int64(nanoseconds / 1_000_000) }
    }

    private let state = Mutex(State())

    var source: TimeSource {
        TimeSource(
            wallMilliseconds: { [self] in
                state.withLock { state in
                    state.lastLook = (state.wall, state.nanoseconds)
                    return state.wall
                }
            },
            monotonicNanoseconds: { [self] in state.withLock { $0.nanoseconds } })
    }

    func advance(milliseconds: Int64) { advance(nanoseconds: UInt64(max(milliseconds, 0)) * 1_000_000) }

    func advance(nanoseconds: UInt64) { state.withLock { $0.nanoseconds += nanoseconds } }

    /// Takes over the time of another clock.
    func follow(_ other: VirtualClock) {
        let time = other.state.withLock { $0 }
        state.withLock { $0 = time }
    }

    /// Somebody sets the wall clock.
    func stepWall(milliseconds: Int64) { state.withLock { $0.wallStart += milliseconds } }

    var wall: Int64 { state.withLock { $0.wall } }

    /// The engine has started: its clock goes on from here.
    func startBroker(from start: Int64) {
        state.withLock { $0.brokerStart = (max($0.lastLook.wall, start), $0.lastLook.nanoseconds) }
    }

    /// What the clock of the engine shows, in milliseconds.
    var broker: Int64 {
        state.withLock { state in
            state.brokerStart.milliseconds + Int64((state.nanoseconds - state.brokerStart.nanoseconds) / 1_000_000)
        }
    }
}
