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
    /// Of the turn that is being carried out, and how many of them are.
    private var submissions: [Submission] = []
    private var taken = 0
    private var receiver = 0
    /// What was taken and could not be done yet.
    private var returned: Item?

    var isEmpty: Bool { returned == nil && submissions.isEmpty && position == inbound.count }

    mutating func add(_ item: consuming Inbound) { inbound.append(item) }

    mutating func takeFirst() -> Item? {
        if let item = returned {
            returned = nil
            return item
        }
        guard submissions.isEmpty else { return takeSubmission() }
        guard position < inbound.count else { return nil }
        switch takeInbound() {
        case .requests(let requests, let number):
            (submissions, receiver) = (requests, number)
            return takeSubmission()
        case .cancellation(let token, let receiver): return .cancellation(token: token, receiver: receiver)
        case .endOfWaits, .bodyRead: return .endOfWaits
        }
    }

    /// It comes first again.
    mutating func putBack(_ item: Item) { returned = item }

    /// Moved out: a copy would retain all that is in it.
    private mutating func takeSubmission() -> Item {
        var submission = Submission(token: 0, request: .unwatch(0))
        swap(&submission, &submissions[taken])
        taken += 1
        if taken == submissions.count {
            submissions = []
            taken = 0
        }
        return .request(submission, receiver: receiver)
    }

    private mutating func takeInbound() -> Inbound {
        // What is done must not be held by what waits behind it.
        var item = Inbound.endOfWaits
        swap(&item, &inbound[position])
        position += 1
        if position == inbound.count {
            inbound.removeAll(keepingCapacity: true)
            position = 0
        } else if position > 1024, position > inbound.count / 2 {
            inbound.removeFirst(position)
            position = 0
        }
        return item
    }
}
