import RoostCore
import RoostModel

/// An entry of the log, while the log is read.
struct ReplayedEntry {
    var entry: Entry
    var time: BrokerTime
    var location: BodyLocation
}

/// Holds the records of a transaction back until the last of them was read.
///
/// The process may have ended in the middle: then the next start says so in the log (`TransactionEntry.void`), before
/// anything else. If it ended before that, too, nothing else follows.
struct TransactionReplay {
    /// `BrokenRule.splitTransactions`
    var isSplit = false
    /// Records still to come.
    private var left = 0
    private var held: [ReplayedEntry] = []

    var isOpen: Bool { left > 0 }

    /// Takes the next record, while a transaction is open or when one begins. Returns what is to be carried out.
    mutating func take(_ step: ReplayedEntry) -> [ReplayedEntry] {
        if case .transaction(let entry) = step.entry {
            (left, held) = (isSplit ? 0 : Int(entry.count), [])
            return []
        }
        left -= 1
        held.append(step)
        guard left == 0 else { return [] }
        defer { held = [] }
        return held
    }
}
