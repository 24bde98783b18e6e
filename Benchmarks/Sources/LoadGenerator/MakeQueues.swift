/// Makes queues with names of their own and, with `inARow` above 0, deletes so many again before it makes more.
struct MakeQueues: Conversation {
    private let quota: Quota
    private let inARow: Int
    private let name: String
    private let requests: (String) -> SQSRequests
    private var made: [String] = []
    private var isDeleting = false

    init(name: String, quota: Quota, inARow: Int, requests: @escaping (String) -> SQSRequests) {
        self.name = name
        self.quota = quota
        self.inARow = inARow
        self.requests = requests
    }

    mutating func writeRequest(to out: inout [UInt8], at now: UInt64) -> Bool {
        if !isDeleting, let queue = nextQueue() {
            made.append(queue)
            out = requests(queue).createQueue(queue)
            return true
        }
        guard inARow > 0, let last = made.last else { return false }
        isDeleting = true
        out = requests(last).deleteQueue
        return true
    }

    /// Nil when it is time to delete.
    private func nextQueue() -> String? {
        if inARow > 0, made.count == inARow { return nil }
        let number = quota.next
        return quota.take(atMost: 1) == 1 ? "\(name)-\(number)" : nil
    }

    mutating func take(_ reply: Reply) -> Outcome {
        let counts = isDeleting || inARow == 0
        if isDeleting { made.removeLast() } else if inARow == 0 { made.removeAll() }
        isDeleting = isDeleting && !made.isEmpty
        return Outcome(messages: reply.isSuccess && counts ? 1 : 0, failures: reply.isSuccess ? 0 : 1)
    }
}
