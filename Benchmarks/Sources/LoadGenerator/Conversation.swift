/// What one connection says: its next request, and what the reply to it means.
protocol Conversation {
    /// Replaces `out` with the next request; false when there is nothing left to say. `now`: when it was due.
    mutating func writeRequest(to out: inout [UInt8], at now: UInt64) -> Bool
    mutating func take(_ reply: Reply) -> Outcome
    /// Between two rounds: nothing is received that is not deleted yet, so the connection may close.
    var isAtRest: Bool { get }
    /// Who starts the rounds; nil: each one follows the last.
    var pace: Pace? { get }
    /// At the end, a request without a reply may be left alone.
    var endsAtOnce: Bool { get }
}

extension Conversation {
    var isAtRest: Bool { true }
    var pace: Pace? { nil }
    var endsAtOnce: Bool { false }
}

struct Outcome {
    var messages = 0
    var failures = 0
    var emptyReceives = 0
    /// Of received messages that carry it.
    var sendTimes: [UInt64] = []
}

/// The same request again and again; any success counts.
struct Repeat: Conversation {
    let request: [UInt8]
    private var isWritten = false

    init(request: [UInt8]) {
        self.request = request
    }

    mutating func writeRequest(to out: inout [UInt8], at now: UInt64) -> Bool {
        if !isWritten { out = request }
        isWritten = true
        return true
    }

    mutating func take(_ reply: Reply) -> Outcome {
        Outcome(messages: reply.isSuccess ? 1 : 0, failures: reply.isSuccess ? 0 : 1)
    }
}

/// SendMessage or SendMessageBatch: each message must come back with a MessageId.
struct Send: Conversation {
    let request: SendTemplate
    var isQuery = false
    var pace: Pace?

    mutating func writeRequest(to out: inout [UInt8], at now: UInt64) -> Bool {
        request.write(to: &out, at: now)
        return true
    }

    mutating func take(_ reply: Reply) -> Outcome {
        let accepted = isQuery ? reply.acceptedMessagesInXML : reply.acceptedMessages
        return Outcome(messages: accepted, failures: accepted == request.messages ? 0 : 1)
    }
}

/// How many messages of a `fill` or `drain` are not asked for yet, over all connections.
final class Quota {
    private let total: Int
    private var left: Int

    init(_ messages: Int) {
        total = messages
        left = messages
    }

    /// How many were taken so far: the number of the next one.
    var next: Int { total - left }

    func take(atMost count: Int) -> Int {
        let taken = min(left, count)
        left -= taken
        return taken
    }

    /// For a receive that brought fewer than it asked for.
    func giveBack(_ count: Int) {
        left += count
    }
}

struct Fill: Conversation {
    private let requests: SQSRequests
    private let quota: Quota
    private let fullBatch: SendTemplate
    private var asked = 0

    init(requests: SQSRequests, quota: Quota) {
        self.requests = requests
        self.quota = quota
        fullBatch = requests.sendMessageBatch(count: SQSRequests.batchMax)
    }

    mutating func writeRequest(to out: inout [UInt8], at now: UInt64) -> Bool {
        asked = quota.take(atMost: SQSRequests.batchMax)
        guard asked > 0 else { return false }
        let batch = asked == SQSRequests.batchMax ? fullBatch : requests.sendMessageBatch(count: asked)
        batch.write(to: &out, at: now)
        return true
    }

    mutating func take(_ reply: Reply) -> Outcome {
        let accepted = reply.acceptedMessages
        return Outcome(messages: accepted, failures: accepted == asked ? 0 : 1)
    }
}

extension Reply {
    var acceptedMessages: Int {
        isSuccess ? body.occurrences(of: "\"MessageId\"") : 0
    }

    fileprivate var acceptedMessagesInXML: Int {
        isSuccess ? body.occurrences(of: "<MessageId>") : 0
    }

    /// Entries of a DeleteMessageBatch reply without those that failed, which carry a code.
    var deletedMessages: Int {
        isSuccess ? body.occurrences(of: "\"Id\"") - body.occurrences(of: "\"Code\"") : 0
    }
}
