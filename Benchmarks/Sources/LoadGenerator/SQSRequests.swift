/// The bytes of requests as boto3 1.43 sends them: the same headers, of the same size. The signature is not valid;
/// a server without authentication configured does not look at it.
package struct SQSRequests {
    package static let batchMax = 10

    let authority: String
    let queueURL: String
    let marks: MessageMarks
    private let body: String
    private let numbers: MessageNumbers
    /// Of the receives; nil: that of the queue.
    private let visibilitySeconds: Int?

    package init(
        authority: String, account: String, queue: String, bodyBytes: Int, visibilitySeconds: Int? = nil,
        marks: MessageMarks = MessageMarks(), numbers: MessageNumbers
    ) {
        self.authority = authority
        queueURL = "http://\(authority)/\(account)/\(queue)"
        self.marks = marks
        self.numbers = numbers
        self.visibilitySeconds = visibilitySeconds
        let stamp = marks.isStamped ? SendTemplate.Placeholder.time.text : ""
        body = stamp + String(repeating: "m", count: max(0, bodyBytes - stamp.utf8.count))
    }

    package var sendMessage: SendTemplate {
        template(request("SendMessage", #"{"QueueUrl":"\#(queueURL)",\#(message)}"#), messages: 1)
    }

    package func sendMessageBatch(count: Int) -> SendTemplate {
        let entries = (0..<count).map { #"{"Id":"\#($0)",\#(message)}"# }.joined(separator: ",")
        return template(
            request("SendMessageBatch", #"{"QueueUrl":"\#(queueURL)","Entries":[\#(entries)]}"#), messages: count)
    }

    /// The same message as `sendMessage`, as boto3 1.28.80 sends it, the last one with the Query protocol.
    package var sendMessageByQuery: SendTemplate {
        let form = [
            ("Action", "SendMessage"), ("Version", "2012-11-05"), ("QueueUrl", queueURL), ("MessageBody", body),
        ].map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
        let head = [
            "POST / HTTP/1.1",
            "Host: \(authority)",
            "Accept-Encoding: identity",
            "Content-Type: application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent: Boto3/1.28.80 md/Botocore#1.31.80 ua/2.0 os/linux#6.1.0-18-amd64 md/arch#x86_64 "
                + "lang/python#3.11.2 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.31.80",
            "X-Amz-Date: 20260102T030405Z",
            authorization(signing: "content-type;host;x-amz-date"),
            "amz-sdk-invocation-id: 3c2f1b0a-52c5-4a1e-9d6e-7d3b9c1e9a87",
            "amz-sdk-request: attempt=1",
            "Content-Length: \(form.utf8.count)",
        ].joined(separator: "\r\n")
        return template(Array("\(head)\r\n\r\n\(form)".utf8), messages: 1)
    }

    /// `waitSeconds`: of a long poll; nil: that of the queue.
    func receiveMessage(count: Int, waitSeconds: Int? = nil) -> [UInt8] {
        let visibility = visibilitySeconds.map { #","VisibilityTimeout":\#($0)"# } ?? ""
        let wait = waitSeconds.map { #","WaitTimeSeconds":\#($0)"# } ?? ""
        return request(
            "ReceiveMessage", #"{"QueueUrl":"\#(queueURL)","MaxNumberOfMessages":\#(count)\#(visibility)\#(wait)}"#)
    }

    func createQueue(_ name: String) -> [UInt8] {
        request("CreateQueue", #"{"QueueName":"\#(name)"}"#)
    }

    var deleteQueue: [UInt8] {
        request("DeleteQueue", #"{"QueueUrl":"\#(queueURL)"}"#)
    }

    /// A request without an action, for servers and paths that answer a constant. A POST has the body of a SendMessage.
    func plain(method: String, path: String) -> [UInt8] {
        let body = method == "GET" ? "" : #"{"QueueUrl":"\#(queueURL)","MessageBody":"\#(body)"}"#
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

    /// Body, group and deduplication id of a message. The id is about as long as a UUID.
    private var message: String {
        var members = [#""MessageBody":"\#(body)""#]
        if marks.groups > 0 {
            members.append(#""MessageGroupId":"\#(marks.groupPrefix)-\#(SendTemplate.Placeholder.group.text)""#)
        }
        if marks.deduplicates {
            let digits = SendTemplate.Placeholder.deduplication.text
            members.append(#""MessageDeduplicationId":"3c2f1b0a-52c5-4a1e-\#(digits)""#)
        }
        return members.joined(separator: ",")
    }

    private func template(_ bytes: [UInt8], messages: Int) -> SendTemplate {
        SendTemplate(bytes, messages: messages, groups: marks.groups, numbers: numbers)
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
            authorization(signing: "content-type;host;x-amz-date;x-amz-target;x-amzn-query-mode"),
            "amz-sdk-invocation-id: 3c2f1b0a-52c5-4a1e-9d6e-7d3b9c1e9a87",
            "amz-sdk-request: attempt=1",
            "",
        ].joined(separator: "\r\n")
    }

    private func authorization(signing names: String) -> String {
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLEEXAMPLEXX/20260102/us-east-1/sqs/aws4_request, "
            + "SignedHeaders=\(names), Signature=" + String(repeating: "5f", count: 32)
    }

    /// As Python's urlencode: what is not a letter, a digit or one of `_.-~`.
    private func percentEncoded(_ text: String) -> String {
        let unreserved = Set("_.-~".utf8)
        let isPlain = { (byte: UInt8) in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: unreserved.contains(byte) || SendTemplate.Placeholder(rawValue: byte) != nil
            }
        }
        return text.utf8.map { byte in
            if isPlain(byte) { return String(Unicode.Scalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
        }.joined()
    }
}

enum RedisRequests {
    static func lpush(list: String, bodyBytes: Int) -> [UInt8] {
        let body = String(repeating: "m", count: bodyBytes)
        return Array("*3\r\n$5\r\nLPUSH\r\n$\(list.utf8.count)\r\n\(list)\r\n$\(bodyBytes)\r\n\(body)\r\n".utf8)
    }
}
