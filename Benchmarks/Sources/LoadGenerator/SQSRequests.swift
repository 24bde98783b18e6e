/// The bytes of requests as boto3 1.43 sends them: the same headers, of the same size. The signature is not valid;
/// a server without authentication configured does not look at it.
struct SQSRequests {
    static let batchMax = 10

    private let authority: String
    private let queueURL: String
    private let message: String

    /// Of the receives; nil: that of the queue.
    private let visibilitySeconds: Int?

    init(host: String, port: UInt16, account: String, queue: String, bodyBytes: Int, visibilitySeconds: Int? = nil) {
        authority = "\(host):\(port)"
        queueURL = "http://\(host):\(port)/\(account)/\(queue)"
        message = String(repeating: "m", count: bodyBytes)
        self.visibilitySeconds = visibilitySeconds
    }

    var sendMessage: [UInt8] {
        request("SendMessage", #"{"QueueUrl":"\#(queueURL)","MessageBody":"\#(message)"}"#)
    }

    func sendMessageBatch(count: Int) -> [UInt8] {
        let entries = (0..<count).map { #"{"Id":"\#($0)","MessageBody":"\#(message)"}"# }
        return request(
            "SendMessageBatch", #"{"QueueUrl":"\#(queueURL)","Entries":[\#(entries.joined(separator: ","))]}"#)
    }

    func receiveMessage(count: Int) -> [UInt8] {
        let visibility = visibilitySeconds.map { #","VisibilityTimeout":\#($0)"# } ?? ""
        return request(
            "ReceiveMessage", #"{"QueueUrl":"\#(queueURL)","MaxNumberOfMessages":\#(count)\#(visibility)}"#)
    }

    /// A request without an action, for servers and paths that answer a constant. A POST has the body of a SendMessage.
    func plain(method: String, path: String) -> [UInt8] {
        let body = method == "GET" ? "" : #"{"QueueUrl":"\#(queueURL)","MessageBody":"\#(message)"}"#
        return Array("\(head(method, path, "SendMessage"))Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    }

    /// DeleteMessageBatch has another body each time; what stays the same is prepared.
    struct DeleteBatch {
        fileprivate let head: [UInt8]
        fileprivate let bodyStart: [UInt8]
        private var body: [UInt8] = []

        fileprivate init(head: String, queueURL: String) {
            self.head = Array(head.utf8)
            bodyStart = Array(#"{"QueueUrl":"\#(queueURL)","Entries":["#.utf8)
        }

        mutating func write(handles: [ArraySlice<UInt8>], to out: inout [UInt8]) {
            body.removeAll(keepingCapacity: true)
            body += bodyStart
            for (index, handle) in handles.enumerated() {
                if index > 0 { body.append(UInt8(ascii: ",")) }
                body += #"{"Id":""#.utf8
                body += String(index).utf8
                body += #"","ReceiptHandle":""#.utf8
                body += handle
                body += #""}"#.utf8
            }
            body += "]}".utf8
            out.removeAll(keepingCapacity: true)
            out += head
            out += "Content-Length: \(body.count)\r\n\r\n".utf8
            out += body
        }
    }

    var deleteMessageBatch: DeleteBatch {
        DeleteBatch(head: head("POST", "/", "DeleteMessageBatch"), queueURL: queueURL)
    }

    private func request(_ action: String, _ body: String) -> [UInt8] {
        Array("\(head("POST", "/", action))Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    }

    /// The head without its last header, Content-Length.
    private func head(_ method: String, _ path: String, _ action: String) -> String {
        [
            "\(method) \(path) HTTP/1.1",
            "Host: \(authority)",
            "Accept-Encoding: identity",
            "X-Amz-Target: AmazonSQS.\(action)",
            "Content-Type: application/x-amz-json-1.0",
            "User-Agent: Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux#6.1.0-18-amd64 md/arch#x86_64 "
                + "lang/python#3.11.2 md/pyimpl#CPython m/Z,b,D cfg/retry-mode#legacy Botocore/1.43.11",
            "X-Amzn-Query-Mode: true",
            "X-Amz-Date: 20260102T030405Z",
            "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLEEXAMPLEXX/20260102/us-east-1/sqs/aws4_request, "
                + "SignedHeaders=content-type;host;x-amz-date;x-amz-target;x-amzn-query-mode, "
                + "Signature=" + String(repeating: "5f", count: 32),
            "amz-sdk-invocation-id: 3c2f1b0a-52c5-4a1e-9d6e-7d3b9c1e9a87",
            "amz-sdk-request: attempt=1",
            "",
        ].joined(separator: "\r\n")
    }
}

enum RedisRequests {
    static func lpush(list: String, bodyBytes: Int) -> [UInt8] {
        let body = String(repeating: "m", count: bodyBytes)
        return Array("*3\r\n$5\r\nLPUSH\r\n$\(list.utf8.count)\r\n\(list)\r\n$\(bodyBytes)\r\n\(body)\r\n".utf8)
    }
}
