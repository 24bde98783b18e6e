import NIOCore
import RoostModel
import RoostStorage

typealias StorageResult = Result<StorageReply, Rejection>

/// A reply that has not been written, because it or one before it is not known yet.
///
/// Nearly all are those of commands on keys that the storage answers in order: they are two words, without a
/// reference to anything.
struct PendingReply {
    enum Kind: UInt8 {
        case keys
        /// Of a command that waits for something to take.
        case waiting
        /// `action` makes it of the answer.
        case action
        /// Encoded by who makes it.
        case written
    }

    var kind: Kind
    /// After CLIENT REPLY OFF or SKIP.
    var isSilent: Bool
    /// The number of the command's row; of none: the highest.
    var row = UInt16.max
    /// When the storage was asked (`RedisLoop.requestStart`).
    var start: UInt32 = 0
    /// Of the request, held until it is answered.
    var requestBytes = 0
    /// What comes to the others.
    var rest: Rest?

    final class Rest {
        enum Answer {
            case storage(StorageResult)
            case written(Bytes)
        }

        /// Nil: it is to come.
        var answer: Answer?
        /// Of an answer that waits for its turn.
        var waitingBytes = 0
        private(set) var action: ((RedisConnection, StorageResult) -> Void)?
        /// Messages of the answer are leased from this queue.
        let leasesFrom: QueueName?
        /// What has to be done with the answer even if its client is gone.
        private(set) var whenGone: ((RedisConnection, StorageResult) -> Void)?

        init(
            _ answer: Answer?, leasesFrom: QueueName? = nil,
            whenGone: ((RedisConnection, StorageResult) -> Void)? = nil,
            action: ((RedisConnection, StorageResult) -> Void)? = nil
        ) {
            self.whenGone = whenGone
            self.answer = answer
            self.leasesFrom = leasesFrom
            self.action = action
        }

        /// Of a reply that nobody waits for. What these hold may hold the connection, and so this.
        func dropActions() { (action, whenGone) = (nil, nil) }
    }
}

/// Replies in the order of their requests. Each has a number that stays the same until it is written.
struct ReplyRing {
    private static let keptCountMax = 256

    private var entries = CircularBuffer<PendingReply>()
    private var firstNumber = 0

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }
    /// That of the first one.
    var firstAnswer: PendingReply.Rest.Answer? { entries.first?.rest?.answer }

    mutating func append(_ entry: PendingReply) -> Int {
        entries.append(entry)
        return firstNumber &+ entries.count &- 1
    }

    mutating func removeFirst() -> PendingReply {
        firstNumber &+= 1
        let entry = entries.removeFirst()
        // One deep pipeline is no reason to keep its memory for as long as the client stays.
        if entries.isEmpty, entries.capacity > Self.keptCountMax { entries = CircularBuffer() }
        return entry
    }

    /// The number whose lower half this is: the one nearest to the first of those that are there.
    func number(_ low: UInt32) -> Int {
        firstNumber &+ Int(Int32(bitPattern: low &- UInt32(truncatingIfNeeded: firstNumber)))
    }

    /// Lets go of answers that are known and not written.
    func dropAnswers(_ visit: (PendingReply, StorageResult) -> Void) {
        for entry in entries {
            guard let answer = entry.rest?.answer else { continue }
            entry.rest?.answer = .written([])
            if case .storage(let result) = answer { visit(entry, result) }
        }
    }

    func isFirst(_ number: Int) -> Bool { number == firstNumber && !entries.isEmpty }

    /// Keeps an answer until its turn has come. Nil when there is no such entry, or it has one.
    mutating func setAnswer(_ answer: PendingReply.Rest.Answer, of number: Int) -> PendingReply? {
        guard let index = index(of: number), entries[index].rest?.answer == nil else { return nil }
        if let rest = entries[index].rest {
            rest.answer = answer
        } else {
            entries[index].rest = PendingReply.Rest(answer)
        }
        return entries[index]
    }

    private func index(of number: Int) -> CircularBuffer<PendingReply>.Index? {
        let offset = number &- firstNumber
        guard offset >= 0, offset < entries.count else { return nil }
        return entries.index(entries.startIndex, offsetBy: offset)
    }
}
