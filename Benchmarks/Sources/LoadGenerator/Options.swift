import FoundationEssentials

enum Scenario: String, CaseIterable {
    case constant
    case send
    case sendQuery = "send-query"
    case sendBatch = "send-batch"
    case cycle
    case drain
    case fill
    case poll
    case share
    case makeQueues = "make-queues"
    case turnOverQueues = "turn-over-queues"
    case redisLPush = "redis-lpush"

    /// Runs until a number of messages or queues is reached, and not for a time.
    var isFinite: Bool {
        switch self {
        case .fill, .drain, .makeQueues, .turnOverQueues: true
        case .constant, .send, .sendQuery, .sendBatch, .cycle, .poll, .share, .redisLPush: false
        }
    }
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
    var marks = MessageMarks()
    /// Sends a second of the scenarios that send beside others; 0: none.
    var rate = 0.0
    var receiveRate = 200.0
    /// Queues that are there at once, over all connections.
    var alive = 10_000
    var serverProcess: Int32?
    var json = false

    static let usage = """
        usage: sqsload SCENARIO --port P [--host 127.0.0.1] [--connections 32] [--duration 4] [--warmup 1]
                       [--queue bench] [--account 000000000000] [--body-bytes 100] [--json]
                       [--server-pid PID: report its processor time]
          constant     the same request again and again  [--method POST|GET] [--path /]
                       [--request-file FILE: the bytes of the request]
          send         SendMessage   [--groups N: messages take turns in so many groups] [--group-prefix group]
                       [--deduplicate: each message has a MessageDeduplicationId]
          send-query   SendMessage by the Query protocol
          send-batch   SendMessageBatch of 10
          cycle        ReceiveMessage of up to 10, DeleteMessageBatch of what came  [--refill: then send as many]
                       [--keep-one-in N: of so many, one is not deleted] [--visibility SECONDS]
          drain        the same until --messages (1000000) are received
          fill         SendMessageBatch of 10 until --messages (1000000) are accepted  [--groups, as send]
          poll         each connection waits in long polls of a queue of its own, QUEUE-0 and so on
                       [--rate 0: SendMessage to these queues, so many a second in all, on 8 more connections]
          share        SendMessage at random times on 8 more connections [--groups], --rate a second in all, while
                       the connections receive up to 10 and delete them [--receive-rate 200 a second in all]
          make-queues  CreateQueue of QUEUE-0 and so on, --messages of them
          turn-over-queues
                       the same, and DeleteQueue of each  [--alive 10000: so many are there at once]
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
            case "--deduplicate": marks.deduplicates = true
            default: try set(name, rest.popFirst())
            }
        }
        guard port > 0 else { throw UsageError(message: "--port is missing") }
        guard scenario != .share || rate > 0 else { throw UsageError(message: "share needs --rate") }
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
        case "--groups": marks.groups = try parse(name, text, in: 0...1_000_000_000)
        case "--group-prefix": marks.groupPrefix = text
        case "--rate": rate = try parse(name, text, in: 0...1_000_000.0)
        case "--receive-rate": receiveRate = try parse(name, text, in: 0.1...1_000_000.0)
        case "--alive": alive = try parse(name, text, in: 1...1_000_000_000)
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
}

extension Duration {
    var nanoseconds: UInt64 {
        UInt64(clamping: components.seconds) * 1_000_000_000 + UInt64(clamping: components.attoseconds / 1_000_000_000)
    }
}
