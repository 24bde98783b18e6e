import RoostCore
import RoostModel

/// A transaction of which not all records have come.
///
/// Nothing of it happens before the last one. Where a process ended in the middle, the next one says that it is void,
/// before it writes anything else.
struct OpenTransaction: Sendable {
    static let kind: UInt8 = 41

    /// Of its first record, which says how many follow.
    var sequence: UInt64
    var left: Int
    var held: [LoggedRecord] = []
}

extension Books.Moment {
    /// What happens with this record: all of a transaction with its last one, nothing with those before.
    ///
    /// - Parameter start: the last record when the process started.
    mutating func take(_ record: LoggedRecord, sinceStart start: UInt64) throws(Mismatch) -> [LoggedRecord] {
        guard var open = transaction else {
            guard let count = try record.transactionCount else { return [record] }
            try require(count > 1, "a transaction of \(count) records, and none is open")
            transaction = OpenTransaction(sequence: record.sequence, left: count)
            return []
        }
        let count = try record.transactionCount
        if open.sequence <= start {
            try require(count == 0, "record \(record.sequence) follows half a transaction, which is not void")
            (transaction, note) = (nil, .voided)
            return []
        }
        try require(count == nil, "a transaction within a transaction")
        open.held.append(record)
        open.left -= 1
        transaction = open.left == 0 ? nil : open
        return open.left == 0 ? open.held : []
    }
}

extension LoggedRecord {
    /// How many records belong together; 0: those before are void. Nil: a record of another kind.
    fileprivate var transactionCount: Int? {
        get throws(Mismatch) {
            guard kind == OpenTransaction.kind else { return nil }
            try require(payload.count == 4, "the beginning of a transaction with \(payload.count) bytes")
            return payload.reversed().reduce(0) { $0 << 8 | Int($1) }
        }
    }
}
