import RoostCore
import RoostLog
import RoostModel
import RoostStorage

/// A message that is on its way to a client, with or without its body.
struct OutgoingMessage {
    enum Body {
        case missing
        case here(MessageContent)
        /// Damaged, or gone in the meantime: it leaves the reply.
        case left
    }

    var slot: UInt32
    var number: UInt64
    var location: BodyLocation
    var body = Body.missing
}

/// A reply whose bodies are not all in memory.
struct OutgoingReply {
    enum Kind {
        /// Of these messages each was leased. When none is left, the receive goes on waiting until the deadline.
        case received(queue: QueueName, ReceiveOptions, [Broker.Leased], deadline: BrokerTime)
        case peeked([Broker.Peeked])
        case browsed([Broker.Peeked], next: BrowsePlace?)
        case groups([Broker.FoundGroup], next: BrowsePlace?)
        /// Commands on keys that are queues, with bodies that were read for them before.
        case keys(KeyRequest, [BodyLocation: Bytes], deadline: BrokerTime?)
    }

    var receiver: Int
    var token: UInt64
    var kind: Kind
    /// Nobody waits for it any more.
    var isCancelled = false
    /// An earlier receive of the same name leased the messages, and may have been answered.
    var isRepeated = false
    var messages: [OutgoingMessage]
}

/// A read that is to be done: a stretch of a segment, or a single record when the stretch is of no use.
struct BodyReadPlan {
    let target: BodyRead.Target
    let location: BodyLocation
    let fileBytes: Int

    /// Nil when the record cannot be in the file.
    func begin() -> BodyRead? {
        guard let block = BodyBlock(toRead: location, fileBytes: fileBytes) else { return nil }
        switch target {
        case .stretch:
            return BodyRead(
                target: target, block: block, range: block.key.start..<block.key.start + block.residentBytes)
        case .record:
            return BodyRead(
                target: target, block: block, range: Int(location.offset)..<BodyBlock.frameEnd(of: location))
        }
    }
}

/// A read under way.
struct BodyRead: Sendable {
    enum Target: Hashable, Sendable {
        case stretch(BodyBlock.Key)
        case record(BodyLocation)
    }

    let target: Target
    let block: BodyBlock
    /// In the file.
    let range: Range<Int>

    var segment: UInt32 { block.key.segment }
    /// Where the bytes go.
    var area: UnsafeMutableRawBufferPointer {
        let start = range.lowerBound - block.key.start
        return UnsafeMutableRawBufferPointer(rebasing: block.bytes[start..<start + range.count])
    }
}

/// Which replies wait for which read, and what is to be read next.
struct BodyReads {
    /// Reads under way at a time: enough to keep a disk busy, few enough not to fill the memory.
    static let underWayMax = 8

    private var waiting: [BodyRead.Target: [OutgoingReply]] = [:]
    private var queue: [BodyReadPlan] = []
    private var next = 0
    private var underWay = 0
    private(set) var replyCount = 0
    /// Reads that were started since the start of the process.
    private(set) var count: UInt64 = 0

    func isReading(_ target: BodyRead.Target) -> Bool { waiting[target] != nil }

    mutating func start(_ plan: BodyReadPlan) {
        waiting[plan.target] = []
        queue.append(plan)
        count += 1
    }

    /// The read must have been started.
    mutating func wait(_ reply: OutgoingReply, for target: BodyRead.Target) {
        waiting[target, default: []].append(reply)
        replyCount += 1
    }

    /// A receive that finds nothing in the end must not wait on for a client that went away. Looks at all replies that
    /// wait for reads: those are few.
    mutating func cancel(_ token: UInt64, of receiver: Int) {
        for (target, replies) in waiting {
            for place in replies.indices where replies[place].token == token && replies[place].receiver == receiver {
                waiting[target]?[place].isCancelled = true
                return
            }
        }
    }

    /// What can be read now; whoever takes it reports its end with `finish`. Its memory is taken only here.
    mutating func takeNext() -> BodyRead? {
        guard underWay < Self.underWayMax, next < queue.count, let read = queue[next].begin() else { return nil }
        underWay += 1
        next += 1
        forgetTaken()
        return read
    }

    private mutating func forgetTaken() {
        guard next == queue.count else { return }
        queue.removeAll(keepingCapacity: true)
        next = 0
    }

    /// The replies that waited, in the order in which they came.
    mutating func finish(_ target: BodyRead.Target) -> [OutgoingReply] {
        underWay -= 1
        let replies = waiting.removeValue(forKey: target) ?? []
        replyCount -= replies.count
        return replies
    }
}
