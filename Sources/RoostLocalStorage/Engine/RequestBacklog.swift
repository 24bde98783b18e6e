import RoostLog
import RoostStorage

/// What front ends hand over, in the order in which they did.
enum Inbound {
    /// The requests of one event-loop turn; never empty.
    case requests([Submission], receiver: Int)
    case cancellation(token: UInt64, receiver: Int)
    /// The doors are closing: nobody is to wait any more.
    case endOfWaits
    /// A read that the engine asked for is done.
    case bodyRead(BodyRead, Result<Void, DiskError>)
}

/// What is still to be done, in the order of arrival. Empty after most turns; it fills while the log has no room.
struct RequestBacklog {
    enum Item {
        case request(Submission, receiver: Int)
        case cancellation(token: UInt64, receiver: Int)
        case endOfWaits
    }

    private var inbound: ContiguousArray<Inbound> = []
    private var position = 0
    private var submission = 0

    var isEmpty: Bool { position == inbound.count }

    mutating func add(_ item: Inbound) { inbound.append(item) }

    var first: Item? {
        guard position < inbound.count else { return nil }
        switch inbound[position] {
        case .requests(let submissions, let receiver): return .request(submissions[submission], receiver: receiver)
        case .cancellation(let token, let receiver): return .cancellation(token: token, receiver: receiver)
        case .endOfWaits, .bodyRead: return .endOfWaits
        }
    }

    mutating func removeFirst() {
        if case .requests(let submissions, _) = inbound[position], submission + 1 < submissions.count {
            submission += 1
            return
        }
        submission = 0
        // What is done must not be held by what waits behind it.
        inbound[position] = .endOfWaits
        position += 1
        if position == inbound.count {
            inbound.removeAll(keepingCapacity: true)
            position = 0
        } else if position > 1024, position > inbound.count / 2 {
            inbound.removeFirst(position)
            position = 0
        }
    }
}
