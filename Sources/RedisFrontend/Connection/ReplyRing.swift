import NIOCore
import RoostModel
import RoostStorage

typealias StorageResult = Result<StorageReply, Rejection>

/// A reply that has not been written, because it or one before it is not known yet.
struct PendingReply {
    enum Kind {
        case keys
        /// Of a command that waits for something to take.
        case waiting
        /// What is done with the answer, when its turn has come.
        case action((RedisConnection, StorageResult) -> Void)
        /// Encoded by who makes it.
        case written
    }

    enum Answer {
        case none
        case storage(StorageResult)
        case written(Bytes)
    }

    var kind: Kind
    var answer = Answer.none
    /// After CLIENT REPLY OFF or SKIP.
    var isSilent: Bool
    /// Of the request, held until it is answered.
    var requestBytes = 0

    var isAnswered: Bool {
        if case .none = answer { false } else { true }
    }
}

/// Replies in the order of their requests. Each has a number that stays the same until it is written.
struct ReplyRing {
    private static let keptCountMax = 256

    private var entries = CircularBuffer<PendingReply>()
    private var firstNumber = 0

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }
    var first: PendingReply? { entries.first }

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

    func isFirst(_ number: Int) -> Bool { number == firstNumber && !entries.isEmpty }

    subscript(number: Int) -> PendingReply? {
        get {
            let offset = number &- firstNumber
            guard offset >= 0, offset < entries.count else { return nil }
            return entries[entries.index(entries.startIndex, offsetBy: offset)]
        }
        set {
            let offset = number &- firstNumber
            guard offset >= 0, offset < entries.count, let newValue else { return }
            entries[entries.index(entries.startIndex, offsetBy: offset)] = newValue
        }
    }
}
