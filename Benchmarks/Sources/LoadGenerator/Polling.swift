/// Waits for messages of one queue, and deletes what came.
struct Poll: Conversation {
    private enum Step {
        case receive
        case delete([ArraySlice<UInt8>])
    }

    static let waitSecondsMax = 20

    private let requests: SQSRequests
    private var deletion: SQSRequests.DeleteBatch
    private var step = Step.receive
    private var waitSeconds: Int

    /// The first poll ends earlier at some connections than at others, so that the polls of many are not renewed at one
    /// instant ever after.
    init(requests: SQSRequests, index: Int) {
        self.requests = requests
        deletion = requests.deleteMessageBatch
        waitSeconds = 1 + index % Self.waitSecondsMax
    }

    mutating func writeRequest(to out: inout [UInt8], at now: UInt64) -> Bool {
        switch step {
        case .receive:
            out = requests.receiveMessage(count: SQSRequests.batchMax, waitSeconds: waitSeconds)
            waitSeconds = Self.waitSecondsMax
        case .delete(let handles): deletion.write(handles: handles, to: &out)
        }
        return true
    }

    mutating func take(_ reply: Reply) -> Outcome {
        switch step {
        case .receive:
            let handles = reply.isSuccess ? reply.body.receiptHandles() : []
            if !handles.isEmpty { step = .delete(handles) }
            return Outcome(
                failures: reply.isSuccess ? 0 : 1, emptyReceives: reply.isSuccess && handles.isEmpty ? 1 : 0,
                sendTimes: reply.body.sendTimes())
        case .delete(let handles):
            step = .receive
            let deleted = reply.deletedMessages
            return Outcome(messages: deleted, failures: deleted == handles.count ? 0 : 1)
        }
    }

    var isAtRest: Bool {
        if case .receive = step { true } else { false }
    }

    var endsAtOnce: Bool { true }
}

/// Sends a message to one queue after the other, far apart from each other in the order in which they were made.
struct SendAround: Conversation {
    /// A prime: with any other number of queues, all of them have their turn.
    private static let stride = 7919

    let queues: Int
    /// How many were sent, by all connections.
    let sent: Quota
    let pace: Pace?
    let request: (Int) -> SendTemplate

    mutating func writeRequest(to out: inout [UInt8], at now: UInt64) -> Bool {
        request(sent.next * Self.stride % queues).write(to: &out, at: now)
        return sent.take(atMost: 1) == 1
    }

    mutating func take(_ reply: Reply) -> Outcome {
        Outcome(failures: reply.acceptedMessages == 1 ? 0 : 1)
    }
}
