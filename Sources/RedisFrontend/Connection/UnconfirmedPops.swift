import RoostStorage

/// Messages that a client popped of queues with safe pop, and has not confirmed by another command, the oldest first.
struct UnconfirmedPops {
    private struct Pop {
        var lease: PopLease
        /// A request confirms it whose first byte is at this place or later among those that have come. Nil: its reply
        /// is not with the socket yet.
        var confirmedFrom: Int?
    }

    private var pops: [Pop] = []
    private var flushedCount = 0
    /// How many were confirmed, or released, before the first one here.
    private var goneCount = 0
    /// The tick when leases were renewed last, or began.
    var renewalTick: UInt32

    init(tick: UInt32) { renewalTick = tick }

    var isEmpty: Bool { pops.isEmpty }
    var hasUnflushed: Bool { flushedCount < pops.count }
    var leases: [PopLease] { pops.map(\.lease) }
    var messageCount: Int { pops.reduce(0) { $0 + $1.lease.handles.count } }

    /// The number of the pop that comes next.
    var nextNumber: Int { goneCount &+ pops.count }

    mutating func add(_ lease: PopLease) { pops.append(Pop(lease: lease)) }

    /// The socket has the replies of all pops below this number.
    ///
    /// - Parameter place: of the first byte that comes from now on.
    mutating func noteFlush(below number: Int, confirmedFrom place: Int) {
        while flushedCount < min(number &- goneCount, pops.count) {
            pops[flushedCount].confirmedFrom = place
            flushedCount &+= 1
        }
    }

    /// What a request confirms that begins at this place.
    mutating func takeConfirmed(at place: Int) -> [PopLease] {
        let confirmed = pops.prefix { $0.confirmedFrom.map { $0 <= place } ?? false }.map(\.lease)
        pops.removeFirst(confirmed.count)
        flushedCount &-= confirmed.count
        goneCount &+= confirmed.count
        return confirmed
    }
}
