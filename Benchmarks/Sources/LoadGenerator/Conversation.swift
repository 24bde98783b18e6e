/// What one connection says: its next request, and what the reply to it means.
protocol Conversation {
    /// Replaces `out` with the next request; false when there is nothing left to say.
    mutating func writeRequest(to out: inout [UInt8]) -> Bool
    mutating func take(_ reply: Reply) -> Outcome
    /// Between two rounds: nothing is received that is not deleted yet, so the connection may close.
    var isAtRest: Bool { get }
}

struct Outcome {
    var messages = 0
    var failures = 0
    var emptyReceives = 0
}

/// The same request again and again; any success counts.
struct Repeat: Conversation {
    let request: [UInt8]
    private var isWritten = false

    init(request: [UInt8]) {
        self.request = request
    }

    mutating func writeRequest(to out: inout [UInt8]) -> Bool {
        if !isWritten { out = request }
        isWritten = true
        return true
    }

    mutating func take(_ reply: Reply) -> Outcome {
        Outcome(messages: reply.isSuccess ? 1 : 0, failures: reply.isSuccess ? 0 : 1)
    }

    var isAtRest: Bool { true }
}

/// SendMessage or SendMessageBatch: each message must come back with a MessageId.
struct Send: Conversation {
    private var repeating: Repeat
    private let messages: Int

    init(request: [UInt8], messages: Int) {
        repeating = Repeat(request: request)
        self.messages = messages
    }

    mutating func writeRequest(to out: inout [UInt8]) -> Bool {
        repeating.writeRequest(to: &out)
    }

    mutating func take(_ reply: Reply) -> Outcome {
        let accepted = reply.acceptedMessages
        return Outcome(messages: accepted, failures: accepted == messages ? 0 : 1)
    }

    var isAtRest: Bool { true }
}

/// How many messages of a `fill` or `drain` are not asked for yet, over all connections.
final class Quota {
    private var left: Int

    init(_ messages: Int) {
        left = messages
    }

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
    private let fullBatch: [UInt8]
    private var asked = 0

    init(requests: SQSRequests, quota: Quota) {
        self.requests = requests
        self.quota = quota
        fullBatch = requests.sendMessageBatch(count: SQSRequests.batchMax)
    }

    mutating func writeRequest(to out: inout [UInt8]) -> Bool {
        asked = quota.take(atMost: SQSRequests.batchMax)
        out = asked == SQSRequests.batchMax ? fullBatch : requests.sendMessageBatch(count: asked)
        return asked > 0
    }

    mutating func take(_ reply: Reply) -> Outcome {
        let accepted = reply.acceptedMessages
        return Outcome(messages: accepted, failures: accepted == asked ? 0 : 1)
    }

    var isAtRest: Bool { true }
}

/// Receive up to ten, delete what came and, with `refills`, send as many again. Messages count when they are deleted.
struct Cycle: Conversation {
    struct Plan {
        var refills = false
        /// One in so many is received and never deleted: what makes cleaning move messages. 0: all are deleted.
        var keepsOneIn = 0
        /// Ends the conversation when so many are received; nil: without end.
        var quota: Quota?
    }

    private enum Step {
        case receive
        case delete([ArraySlice<UInt8>])
        case refill
    }

    private let requests: SQSRequests
    private let plan: Plan
    private let fullReceive: [UInt8]
    private let fullBatch: [UInt8]
    private var deletion: SQSRequests.DeleteBatch
    private var step = Step.receive
    private var asked = SQSRequests.batchMax
    private var received = 0
    private var untilKept: Int

    init(requests: SQSRequests, plan: Plan) {
        self.requests = requests
        self.plan = plan
        fullReceive = requests.receiveMessage(count: SQSRequests.batchMax)
        fullBatch = requests.sendMessageBatch(count: SQSRequests.batchMax)
        deletion = requests.deleteMessageBatch
        untilKept = plan.keepsOneIn
    }

    mutating func writeRequest(to out: inout [UInt8]) -> Bool {
        switch step {
        case .receive:
            asked = plan.quota?.take(atMost: SQSRequests.batchMax) ?? SQSRequests.batchMax
            guard asked > 0 else { return false }
            out = asked == SQSRequests.batchMax ? fullReceive : requests.receiveMessage(count: asked)
        case .delete(let handles): deletion.write(handles: handles, to: &out)
        case .refill: out = received == SQSRequests.batchMax ? fullBatch : requests.sendMessageBatch(count: received)
        }
        return true
    }

    mutating func take(_ reply: Reply) -> Outcome {
        switch step {
        case .receive:
            let handles = reply.isSuccess ? reply.body.receiptHandles() : []
            received = handles.count
            plan.quota?.giveBack(asked - received)
            let deletable = handles.filter { _ in !keepsNext() }
            step = deletable.isEmpty ? afterDelete : .delete(deletable)
            return Outcome(
                failures: reply.isSuccess ? 0 : 1, emptyReceives: reply.isSuccess && handles.isEmpty ? 1 : 0)
        case .delete(let handles):
            let deleted = reply.deletedMessages
            step = afterDelete
            return Outcome(messages: deleted, failures: deleted == handles.count ? 0 : 1)
        case .refill:
            step = .receive
            return Outcome(failures: reply.acceptedMessages == received ? 0 : 1)
        }
    }

    private var afterDelete: Step { plan.refills && received > 0 ? .refill : .receive }

    private mutating func keepsNext() -> Bool {
        guard plan.keepsOneIn > 0 else { return false }
        untilKept -= 1
        guard untilKept <= 0 else { return false }
        untilKept = plan.keepsOneIn
        return true
    }

    var isAtRest: Bool {
        if case .receive = step { true } else { false }
    }
}

extension Reply {
    fileprivate var acceptedMessages: Int {
        isSuccess ? body.occurrences(of: "\"MessageId\"") : 0
    }

    /// Entries of a DeleteMessageBatch reply without those that failed, which carry a code.
    fileprivate var deletedMessages: Int {
        isSuccess ? body.occurrences(of: "\"Id\"") - body.occurrences(of: "\"Code\"") : 0
    }
}
