import RoostStorage

/// Results that wait until what they depend on is on disk, in the order in which they were made.
struct Outbox {
    private struct Pending {
        /// The newest record when the result was made: reads depend on what they read.
        var sequence: UInt64
        var receiver: Int
        var completion: Completion
    }

    private var pending: ContiguousArray<Pending> = []
    private var released = 0

    var isEmpty: Bool { released == pending.count }

    mutating func add(_ completion: Completion, for receiver: Int, after sequence: UInt64) {
        pending.append(Pending(sequence: sequence, receiver: receiver, completion: completion))
    }

    /// Moves results out that depend on nothing above `sequence`; one list for each receiver, in order.
    mutating func release(upTo sequence: UInt64) -> [(receiver: Int, completions: [Completion])] {
        var lists: [(receiver: Int, completions: [Completion])] = []
        while released < pending.count, pending[released].sequence <= sequence {
            let (receiver, completion) = (pending[released].receiver, pending[released].completion)
            // Few receivers (one for each event loop), so a search is cheaper than a table.
            if let list = lists.firstIndex(where: { $0.receiver == receiver }) {
                lists[list].completions.append(completion)
            } else {
                lists.append((receiver, [completion]))
            }
            released += 1
        }
        forgetReleased()
        return lists
    }

    /// Nothing is left in most turns. Otherwise the front is cut off once it is the larger part.
    private mutating func forgetReleased() {
        if released == pending.count {
            pending.removeAll(keepingCapacity: true)
            released = 0
        } else if released > 1024, released > pending.count / 2 {
            pending.removeFirst(released)
            released = 0
        }
    }
}
