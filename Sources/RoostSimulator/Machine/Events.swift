import RoostLocalStorage
import RoostLog
import RoostStorage
import Synchronization

/// What can be seen from outside, in the order in which it happened: calls of the disk, replies, notices, turns.
enum Event: Sendable {
    /// The engine ran a turn at this broker time.
    /// Broker time, and what the wall clock says.
    case turn(Int64, wall: Int64)
    /// A batch is about to be written to a segment.
    case batch(LoggedBatch, segment: UInt32)
    case written(isWhole: Bool)
    case synced
    case syncFailed
    case reply(Completion)
    case notice(StorageNotice)
}

final class Events: CompletionReceiver {
    private let state = Mutex<(list: [Event], isDeaf: Bool)>(([], false))
    private let trace: Trace

    init(_ trace: Trace) { self.trace = trace }

    func add(_ event: Event) {
        state.withLock { if !$0.isDeaf { $0.list.append(event) } }
    }

    /// The power is off: nobody hears anything any more.
    func goDeaf() { state.withLock { $0.isDeaf = true } }

    func hearAgain() { state.withLock { $0 = ([], false) } }

    func take() -> [Event] {
        state.withLock { state in
            defer { state.list = [] }
            return state.list
        }
    }

    func receive(_ completions: [Completion]) {
        for completion in completions {
            trace.add(0xa11, completion.token)
            add(.reply(completion))
        }
    }
}
