/// What the connections of a scenario say.
struct Workload {
    let connections: Int
    let paces: [Pace]
    /// Ends when a number of messages is reached, and not after a time.
    let isFinite: Bool
    let makeConversation: (Int) -> any Conversation

    /// Connections beside those of consumers, for sends at a rate.
    private static let senders = 8

    init(_ options: Options, numbers: MessageNumbers) {
        switch options.scenario {
        case .poll: self = Self.poll(options, numbers)
        case .share: self = Self.share(options, numbers)
        default:
            let quota = options.scenario.isFinite ? Quota(options.messages) : nil
            self.init(connections: options.connections, paces: [], isFinite: quota != nil) { _ in
                Self.closedLoop(options, quota, numbers)
            }
        }
    }

    private init(
        connections: Int, paces: [Pace], isFinite: Bool, makeConversation: @escaping (Int) -> any Conversation
    ) {
        self.connections = connections
        self.paces = paces
        self.isFinite = isFinite
        self.makeConversation = makeConversation
    }

    /// Each connection starts its next round when the last one is over.
    private static func closedLoop(
        _ options: Options, _ quota: Quota?, _ numbers: MessageNumbers
    ) -> any Conversation {
        let requests = options.requests(numbers)
        return switch options.scenario {
        case .send: Send(request: requests.sendMessage)
        case .sendQuery: Send(request: requests.sendMessageByQuery, isQuery: true)
        case .sendBatch: Send(request: requests.sendMessageBatch(count: SQSRequests.batchMax))
        case .cycle, .drain:
            Cycle(
                requests: requests,
                plan: Cycle.Plan(refills: options.refill, keepsOneIn: options.keepOneIn, quota: quota))
        case .fill: Fill(requests: requests, quota: quota ?? Quota(options.messages))
        case .makeQueues, .turnOverQueues:
            MakeQueues(
                name: options.queue, quota: quota ?? Quota(options.messages),
                inARow: options.scenario == .makeQueues ? 0 : max(1, options.alive / options.connections)
            ) { options.requests(numbers, queue: $0) }
        case .redisLPush: Repeat(request: RedisRequests.lpush(list: options.queue, bodyBytes: options.bodyBytes))
        case .constant, .poll, .share:
            Repeat(request: options.request ?? requests.plain(method: options.method, path: options.path))
        }
    }

    /// One connection for each queue waits for messages, and a few others send them at a rate.
    private static func poll(_ options: Options, _ numbers: MessageNumbers) -> Workload {
        let queues = options.connections
        let pace = options.rate > 0 ? Pace(perSecond: options.rate, .steady) : nil
        let sent = Quota(.max)
        let marks = MessageMarks(isStamped: true)
        return Workload(
            connections: queues + (pace == nil ? 0 : senders), paces: pace.map { [$0] } ?? [], isFinite: false
        ) { index in
            if index < queues {
                return Poll(requests: options.requests(numbers, queue: "\(options.queue)-\(index)"), index: index)
            }
            return SendAround(queues: queues, sent: sent, pace: pace) {
                options.requests(numbers, queue: "\(options.queue)-\($0)", marks: marks).sendMessage
            }
        }
    }

    /// Messages with groups are sent to one queue from time to time, and received at a rate of their own.
    private static func share(_ options: Options, _ numbers: MessageNumbers) -> Workload {
        let sends = Pace(perSecond: options.rate, .random)
        let receives = Pace(perSecond: options.receiveRate, .steady)
        var marks = options.marks
        marks.isStamped = true
        let requests = options.requests(numbers, marks: marks)
        let plan = Cycle.Plan(readsSendTimes: true, pace: receives)
        return Workload(connections: options.connections + senders, paces: [sends, receives], isFinite: false) {
            index in
            if index < options.connections { return Cycle(requests: requests, plan: plan) }
            return Send(request: requests.sendMessage, pace: sends)
        }
    }
}

extension Options {
    fileprivate func requests(
        _ numbers: MessageNumbers, queue: String? = nil, marks: MessageMarks? = nil
    ) -> SQSRequests {
        SQSRequests(
            authority: "\(host):\(port)", account: account, queue: queue ?? self.queue, bodyBytes: bodyBytes,
            visibilitySeconds: visibility, marks: marks ?? self.marks, numbers: numbers)
    }
}
