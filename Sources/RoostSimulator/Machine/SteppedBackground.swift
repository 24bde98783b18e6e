import RoostLocalStorage
import RoostModel
import Synchronization

/// Background work that happens step by step, when the run says so.
final class SteppedBackground: BackgroundRunner {
    private struct Job: Sendable {
        var step: @Sendable () -> BackgroundStep
        /// Monotonic time before which it rests.
        var notBefore: UInt64 = 0
    }

    private let lanes = Mutex<[[Job]]>(Array(repeating: [], count: BackgroundLane.allCases.count))

    func start(_ lane: BackgroundLane, _ step: @escaping @Sendable () -> BackgroundStep) {
        lanes.withLock { $0[lane.place].append(Job(step: step)) }
    }

    func isBusy(_ lane: BackgroundLane) -> Bool { lanes.withLock { !$0[lane.place].isEmpty } }

    /// Lanes in which something waits, the resting ones too, in a fixed order.
    var busy: [BackgroundLane] { BackgroundLane.allCases.filter(isBusy) }

    /// When the job in front may go on.
    func notBefore(_ lane: BackgroundLane) -> UInt64 { lanes.withLock { $0[lane.place].first?.notBefore ?? 0 } }

    /// One step of the job in front.
    func step(_ lane: BackgroundLane, now: UInt64) {
        guard let job = lanes.withLock({ $0[lane.place].first }) else { return }
        switch job.step() {
        case .again: break
        case .pause(let span):
            let end = now + UInt64(max(span.count, 0)) * 1_000_000
            lanes.withLock { if !$0[lane.place].isEmpty { $0[lane.place][0].notBefore = end } }
        case .done: lanes.withLock { if !$0[lane.place].isEmpty { $0[lane.place].removeFirst() } }
        }
    }

    /// The process is gone.
    func forget() { lanes.withLock { $0 = Array(repeating: [], count: BackgroundLane.allCases.count) } }
}

extension BackgroundLane {
    /// Index of the lane.
    var place: Int {
        switch self {
        case .segments: 0
        case .snapshots: 1
        case .cleaning: 2
        case .reads: 3
        }
    }
}
