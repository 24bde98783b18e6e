/// Receive up to ten, delete what came and, with `refills`, send as many again. Messages count when they are deleted.
struct Cycle: Conversation {
    struct Plan {
        var refills = false
        /// One in so many is received and never deleted: what makes cleaning move messages. 0: all are deleted.
        var keepsOneIn = 0
        /// Ends the conversation when so many are received; nil: without end.
        var quota: Quota?
        /// Bodies begin with the time of sending.
        var readsSendTimes = false
        var pace: Pace?
    }

    private enum Step {
        case receive
        case delete([ArraySlice<UInt8>])
        case refill
    }

    private let requests: SQSRequests
    private let plan: Plan
    private let fullReceive: [UInt8]
    private let fullBatch: SendTemplate
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

    mutating func writeRequest(to out: inout [UInt8], at now: UInt64) -> Bool {
        switch step {
        case .receive:
            asked = plan.quota?.take(atMost: SQSRequests.batchMax) ?? SQSRequests.batchMax
            guard asked > 0 else { return false }
            out = asked == SQSRequests.batchMax ? fullReceive : requests.receiveMessage(count: asked)
        case .delete(let handles): deletion.write(handles: handles, to: &out)
        case .refill:
            let batch = received == SQSRequests.batchMax ? fullBatch : requests.sendMessageBatch(count: received)
            batch.write(to: &out, at: now)
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
                failures: reply.isSuccess ? 0 : 1, emptyReceives: reply.isSuccess && handles.isEmpty ? 1 : 0,
                sendTimes: plan.readsSendTimes ? reply.body.sendTimes() : [])
        case .delete(let handles):
            let deleted = reply.deletedMessages
            step = afterDelete
            return Outcome(messages: deleted, failures: deleted == handles.count ? 0 : 1)
        case .refill:
            step = .receive
            return Outcome(failures: reply.acceptedMessages == received ? 0 : 1)
        }
    }

    var pace: Pace? { plan.pace }

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
