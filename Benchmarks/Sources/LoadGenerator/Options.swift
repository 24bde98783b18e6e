import FoundationEssentials

enum Scenario: String, CaseIterable {
    case constant
    case send
    case sendBatch = "send-batch"
    case cycle
    case drain
    case fill
    case redisLPush = "redis-lpush"
}

struct UsageError: Error {
    let message: String
}

struct Options {
    var scenario = Scenario.constant
    var host = "127.0.0.1"
    var port: UInt16 = 0
    var connections = 32
    var duration = Duration.seconds(4)
    var warmUp = Duration.seconds(1)
    var queue = "bench"
    var account = "000000000000"
    var messages = 1_000_000
    var bodyBytes = 100
    var method = "POST"
    var path = "/"
    /// The bytes that `constant` sends; nil: made of method and path.
    var request: [UInt8]?
    var refill = false
    var keepOneIn = 0
    var visibility: Int?
    var serverProcess: Int32?
    var json = false

    static let usage = """
        usage: sqsload SCENARIO --port P [--host 127.0.0.1] [--connections 32] [--duration 4] [--warmup 1]
                       [--queue bench] [--account 000000000000] [--body-bytes 100] [--json]
                       [--server-pid PID: report its processor time]
          constant     the same request again and again  [--method POST|GET] [--path /]
                       [--request-file FILE: the bytes of the request]
          send         SendMessage
          send-batch   SendMessageBatch of 10
          cycle        ReceiveMessage of up to 10, DeleteMessageBatch of what came  [--refill: then send as many]
                       [--keep-one-in N: of so many, one is not deleted] [--visibility SECONDS]
          drain        the same until --messages (1000000) are received
          fill         SendMessageBatch of 10 until --messages (1000000) are accepted
          redis-lpush  LPUSH to a Redis server
        Exit code 1: some requests failed.
        """

    init(_ arguments: [String]) throws(UsageError) {
        guard let first = arguments.first, let scenario = Scenario(rawValue: first) else {
            throw UsageError(message: "the first argument names a scenario")
        }
        self.scenario = scenario
        var rest = arguments.dropFirst()
        while let name = rest.popFirst() {
            switch name {
            case "--json": json = true
            case "--refill": refill = true
            default: try set(name, rest.popFirst())
            }
        }
        guard port > 0 else { throw UsageError(message: "--port is missing") }
    }

    private mutating func set(_ name: String, _ text: String?) throws(UsageError) {
        guard let text else { throw UsageError(message: "\(name) needs a value") }
        switch name {
        case "--host": host = text
        case "--queue": queue = text
        case "--account": account = text
        case "--method": method = text
        case "--path": path = text
        case "--request-file":
            guard let bytes = try? Data(contentsOf: URL(filePath: text)), !bytes.isEmpty else {
                throw UsageError(message: "--request-file \(text) cannot be read, or is empty")
            }
            request = Array(bytes)
        case "--port": port = try parse(name, text, in: 1...UInt16.max)
        case "--connections": connections = try parse(name, text, in: 1...10_000)
        case "--duration": duration = .seconds(try parse(name, text, in: 0.05...86_400.0))
        case "--warmup": warmUp = .seconds(try parse(name, text, in: 0.0...86_400.0))
        case "--server-pid": serverProcess = try parse(name, text, in: 1...Int32.max)
        case "--keep-one-in": keepOneIn = try parse(name, text, in: 1...1_000_000_000)
        case "--visibility": visibility = try parse(name, text, in: 0...43_200)
        case "--messages": messages = try parse(name, text, in: 1...1_000_000_000)
        case "--body-bytes": bodyBytes = try parse(name, text, in: 1...100_000)
        default: throw UsageError(message: "unknown option \(name)")
        }
    }

    private func parse<Value: LosslessStringConvertible & Comparable>(
        _ name: String, _ text: String, in range: ClosedRange<Value>
    ) throws(UsageError) -> Value {
        guard let value = Value(text), range.contains(value) else {
            throw UsageError(message: "\(name) \(text): expected \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// Scenarios with a number of messages run until it is reached, the others for a time.
    var quota: Quota? {
        switch scenario {
        case .fill, .drain: Quota(messages)
        case .constant, .send, .sendBatch, .cycle, .redisLPush: nil
        }
    }

    func makeConversation(quota: Quota?) -> any Conversation {
        let requests = SQSRequests(
            host: host, port: port, account: account, queue: queue, bodyBytes: bodyBytes, visibilitySeconds: visibility)
        return switch scenario {
        case .constant: Repeat(request: request ?? requests.plain(method: method, path: path))
        case .send: Send(request: requests.sendMessage, messages: 1)
        case .sendBatch: Send(request: requests.sendMessageBatch(count: SQSRequests.batchMax), messages: 10)
        case .cycle, .drain:
            Cycle(requests: requests, plan: Cycle.Plan(refills: refill, keepsOneIn: keepOneIn, quota: quota))
        case .fill: Fill(requests: requests, quota: quota ?? Quota(messages))
        case .redisLPush: Repeat(request: RedisRequests.lpush(list: queue, bodyBytes: bodyBytes))
        }
    }
}

extension Duration {
    var nanoseconds: UInt64 {
        UInt64(clamping: components.seconds) * 1_000_000_000 + UInt64(clamping: components.attoseconds / 1_000_000_000)
    }
}
