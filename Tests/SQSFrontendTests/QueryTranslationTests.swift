import SQSFrontend
import Testing

@Suite struct QueryTranslationTests {
    private static func translate(
        _ body: some Collection<UInt8>, uri: String = "", _ form: QueryForm, path: String = ""
    ) -> Result<[UInt8], SQSFault> {
        // Copies of exactly these sizes, so that a read beyond the end would leave the allocation.
        Array(uri.utf8).withUnsafeBytes { uri in
            Array(body).withUnsafeBytes { body in
                do throws(SQSFault) {
                    var translation = try QueryTranslation(uri: uri, body: body)
                    return .success(try translation.json(form, path: path))
                } catch {
                    return .failure(error)
                }
            }
        }
    }

    private func json(_ body: String, uri: String = "", _ form: QueryForm, path: String = "") -> String {
        switch Self.translate(body.utf8, uri: uri, form, path: path) {
        case .success(let json): String(decoding: json, as: UTF8.self)
        case .failure(let fault): "\(fault.code) \(fault.message)"
        }
    }

    private func code(_ body: String, _ form: QueryForm = .sendMessage) -> SQSErrorCode? {
        if case .failure(let fault) = Self.translate(body.utf8, form) { fault.code } else { nil }
    }

    // MARK: Shapes

    /// A request of every action, and the same as JSON.
    private static let table: [(QueryForm, String, String)] = [
        (
            .sendMessage, "QueueUrl=q1&MessageBody=a+b%21&DelaySeconds=5&MessageGroupId=g&MessageDeduplicationId=d",
            #"{"QueueUrl":"q1","MessageBody":"a b!","DelaySeconds":5,"MessageGroupId":"g","#
                + #""MessageDeduplicationId":"d"}"#
        ),
        (
            .sendMessage,
            "MessageAttribute.2.Value.DataType=Binary&MessageAttribute.2.Name=b&MessageAttribute.1.Name=a"
                + "&MessageAttribute.2.Value.BinaryValue=AP8%3D&MessageAttribute.1.Value.StringValue=x"
                + "&MessageAttribute.1.Value.DataType=String",
            #"{"MessageAttributes":{"a":{"DataType":"String","StringValue":"x"},"#
                + #""b":{"DataType":"Binary","BinaryValue":"AP8="}}}"#
        ),
        (
            .sendMessage,
            "MessageSystemAttribute.1.Name=AWSTraceHeader&MessageSystemAttribute.1.Value.StringValue=Root"
                + "&MessageSystemAttribute.1.Value.DataType=String",
            #"{"MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":"Root"}}}"#
        ),
        (
            .sendMessage,
            "MessageAttributes.1.Name=a&MessageAttributes.1.Value.StringListValue.2=y"
                + "&MessageAttributes.1.Value.StringListValues.1=x&MessageAttributes.1.Value.BinaryListValues=",
            #"{"MessageAttributes":{"a":{"StringListValues":["x","y"],"BinaryListValues":[]}}}"#
        ),
        (
            .sendMessageBatch,
            "QueueUrl=q1&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=x"
                + "&SendMessageBatchRequestEntry.2.Id=b&SendMessageBatchRequestEntry.2.MessageBody=y"
                + "&SendMessageBatchRequestEntry.2.DelaySeconds=1"
                + "&SendMessageBatchRequestEntry.2.MessageAttribute.1.Name=n"
                + "&SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.DataType=Number",
            #"{"QueueUrl":"q1","Entries":[{"Id":"a","MessageBody":"x"},{"Id":"b","MessageBody":"y","#
                + #""DelaySeconds":1,"MessageAttributes":{"n":{"DataType":"Number"}}}]}"#
        ),
        (
            .receiveMessage,
            "AttributeName.1=All&AttributeName.2=SenderId&MessageAttributeName.1=a.*&MaxNumberOfMessages=10"
                + "&WaitTimeSeconds=0&VisibilityTimeout=-1&MessageSystemAttributeName=All&ReceiveRequestAttemptId=r",
            #"{"MaxNumberOfMessages":10,"WaitTimeSeconds":0,"VisibilityTimeout":-1,"#
                + #""AttributeNames":["All","SenderId"],"MessageAttributeNames":["a.*"],"#
                + #""MessageSystemAttributeNames":["All"],"ReceiveRequestAttemptId":"r"}"#
        ),
        (.deleteMessage, "ReceiptHandle=h%2B&QueueUrl=q", #"{"QueueUrl":"q","ReceiptHandle":"h+"}"#),
        (
            .deleteMessageBatch, "DeleteMessageBatchRequestEntry.1.ReceiptHandle=h&Entries.1.Id=a",
            #"{"Entries":[{"Id":"a","ReceiptHandle":"h"}]}"#
        ),
        (
            .changeMessageVisibility, "ReceiptHandle=h&VisibilityTimeout=007",
            #"{"ReceiptHandle":"h","VisibilityTimeout":7}"#
        ),
        (
            .changeMessageVisibilityBatch,
            "ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout=7&Entries.1.Id=a&Entries.1.ReceiptHandle=h",
            #"{"Entries":[{"Id":"a","ReceiptHandle":"h","VisibilityTimeout":7}]}"#
        ),
        (.getQueueURL, "QueueName=q&QueueOwnerAWSAccountId=0", #"{"QueueName":"q","QueueOwnerAWSAccountId":"0"}"#),
        (.getQueueAttributes, "AttributeNames=All", #"{"AttributeNames":["All"]}"#),
        (
            .setQueueAttributes, "Attribute.Name=DelaySeconds&Attribute.Value=3",
            #"{"Attributes":{"DelaySeconds":"3"}}"#
        ),
        (
            .createQueue,
            "QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=3&Tag.1.Key=k&Tag.1.Value=&Tag.2.Key=l"
                + "&Tag.2.Value=v",
            #"{"QueueName":"q","Attributes":{"DelaySeconds":"3"},"tags":{"k":"","l":"v"}}"#
        ),
        (.queueOnly, "QueueUrl=http%3A%2F%2Fh%2F0%2Fq", #"{"QueueUrl":"http://h/0/q"}"#),
        (
            .listQueues, "MaxResults=2&QueueNamePrefix=q&NextToken=t",
            #"{"QueueNamePrefix":"q","MaxResults":2,"NextToken":"t"}"#
        ),
    ]

    @Test(arguments: table.indices)
    func aRequestOfEveryAction(_ index: Int) {
        let (form, query, expected) = Self.table[index]
        #expect(json(query, form) == expected)
        #expect(json("Action=X&Version=2012-11-05&" + query + "&&", form) == expected)
        #expect(json("Action=X", uri: query, form) == expected, "the query string counts like the body")
        let backwards = query.split(separator: "&").reversed().joined(separator: "&")
        #expect(json(backwards, form) == expected, "order does not matter")
        let escaped = query.replacing(".", with: "%2E")
        if !query.contains("*") { #expect(json(escaped, form) == expected, "names may be escaped") }
    }

    @Test func everyServedActionHasAForm() {
        for row in ActionTable.rows {
            #expect(row.query.parameters.count < 32, "the place of a member has five bits")
            #expect((row.query.parameters.first.map { "\($0.name)" } == "QueueUrl") == (row.query.endpoint == .queue))
        }
    }

    /// Names of `shape` that are one level below `prefix`, for the widest number everywhere.
    private func names(_ parameters: [QueryParameter], _ prefix: String) -> [String] {
        parameters.flatMap { names($0.shape, prefix + "\($0.name)") }
    }

    private func names(_ shape: QueryShape, _ prefix: String) -> [String] {
        switch shape {
        case .text, .integer: [prefix]
        case .structure(let parts): names(parts, prefix + ".")
        case .list(let element): names(element, prefix + ".1")
        case .map(let key, let value): [prefix + ".1.\(key)"] + names(value, prefix + ".1.Value")
        }
    }

    @Test func allParametersOfAnActionTogetherAreValidJSON() {
        for row in ActionTable.rows {
            let names = names(row.query.parameters, "")
            let body = names.map { "\($0)=7" }.joined(separator: "&")
            let json = json(body, row.query)
            #expect(Self.isJSON(Array(json.utf8)), "\(row.name): \(json)")
            #expect(json.count { $0 == "7" } == names.count, "\(row.name): no value is lost")
        }
    }

    // MARK: The queue of the URL

    @Test func queueOfThePath() {
        let path = "/000000000000/q1"
        #expect(json("MessageBody=x", .sendMessage, path: path) == #"{"QueueUrl":"\#(path)","MessageBody":"x"}"#)
        #expect(json("", .queueOnly, path: path) == #"{"QueueUrl":"\#(path)"}"#)
        #expect(json("QueueUrl=q2", .queueOnly, path: path) == #"{"QueueUrl":"q2"}"#, "the parameter wins")
        #expect(json("QueueName=q2", .getQueueURL, path: path) == #"{"QueueName":"q2"}"#)
        #expect(json("", .queueOnly) == "{}")
    }

    // MARK: Text

    @Test func textOfEveryByte() {
        for byte in UInt8.min...UInt8.max {
            let digits = String(byte, radix: 16)
            let escape = "%" + (digits.count < 2 ? "0" : "") + digits
            let text = "abcdefg" + escape + "hijklmnopq" + escape.uppercased()
            guard case .success(let json) = Self.translate("MessageBody=\(text)".utf8, .sendMessage) else {
                Issue.record("byte \(byte)")
                continue
            }
            let expected = Array("abcdefg".utf8) + [byte] + Array("hijklmnopq".utf8) + [byte]
            if byte < 0x80 { #expect(Self.text(of: json) == expected, "byte \(byte)") }
            if byte >= 0x80 { #expect(json == Array(#"{"MessageBody":""#.utf8) + expected + Array(#""}"#.utf8)) }
        }
    }

    @Test func bytesThatAreNotEscaped() {
        for byte in UInt8.min..<0x80 where ![UInt8(ascii: "&"), UInt8(ascii: "%"), UInt8(ascii: "+")].contains(byte) {
            for offset in 0..<9 {
                let text = [UInt8](repeating: UInt8(ascii: "m"), count: offset) + [byte]
                guard case .success(let json) = Self.translate(Array("MessageBody=".utf8) + text, .sendMessage) else {
                    Issue.record("byte \(byte)")
                    continue
                }
                #expect(Self.text(of: json) == text, "byte \(byte) at \(offset)")
            }
        }
        #expect(json("MessageBody=a=b=c;d?e/é", .sendMessage) == #"{"MessageBody":"a=b=c;d?e/é"}"#)
        #expect(json("MessageBody", .sendMessage) == #"{"MessageBody":""}"#)
    }

    /// The value of the one member of `json`.
    private static func text(of json: [UInt8]) -> [UInt8]? {
        json.withUnsafeBytes { bytes in
            guard var reader = try? JSONReader(bytes), (try? reader.enterObject("x")) != nil,
                (try? reader.nextName()) != nil, let text = try? reader.readText("x")
            else { return nil }
            return reader.array(text)
        }
    }

    private static func isJSON(_ json: [UInt8]) -> Bool {
        json.withUnsafeBytes { bytes in
            guard var reader = try? JSONReader(bytes) else { return false }
            return (try? reader.skipValue()) != nil && (try? reader.finish()) != nil
        }
    }

    // MARK: Refusals

    @Test(
        arguments: [
            ("MessageBody=%", .malformedQueryString), ("MessageBody=%4", .malformedQueryString),
            ("MessageBody=%zz", .malformedQueryString), ("MessageBody=a%4%41", .malformedQueryString),
            ("%=1", .malformedQueryString), ("Message%4", .malformedQueryString),
            ("DelaySeconds=%ff", .malformedQueryString),
            ("MessageBody=a&MessageBody=a", .conflictingQueryParameter),
            ("MessageBody=a&Message%42ody=a", .conflictingQueryParameter),
            ("Action=A&Action=A", .conflictingQueryParameter),
            ("Version=2012-11-05&Version=2012-11-05", .conflictingQueryParameter),
            ("Version=2009-02-01", .noSuchVersion), ("Version=", .noSuchVersion),
            ("DelaySeconds=", .invalidParameterValue), ("DelaySeconds=x", .invalidParameterValue),
            ("DelaySeconds=1.5", .invalidParameterValue), ("DelaySeconds=+1+", .invalidParameterValue),
            ("DelaySeconds=99999999999999999999", .invalidParameterValue),
            ("MessageAttribute=x", .invalidQueryParameter), ("MessageAttribute.1=x", .invalidQueryParameter),
            ("MessageAttribute.1.Name.x=x", .invalidQueryParameter),
            ("MessageAttribute.1.Key=x", .invalidQueryParameter),
            ("MessageAttribute.1.Value=x", .invalidQueryParameter), ("MessageBody.1=x", .invalidQueryParameter),
            ("MessageBody.=x", .invalidQueryParameter), ("MessageAttribute.1.=x", .invalidQueryParameter),
            ("MessageAttribute.0.Name=x", .invalidQueryParameter),
            ("MessageAttribute.01.Name=x", .invalidQueryParameter),
            ("MessageAttribute.16384.Name=x", .invalidQueryParameter),
            ("MessageAttribute.1a.Name=x", .invalidQueryParameter),
            ("MessageAttribute.18446744073709551617.Name=x", .invalidQueryParameter),
            ("MessageAttribute.2.Name=x", .invalidQueryParameter),
            ("MessageAttribute.1.Name=x&MessageAttribute.3.Name=y", .invalidQueryParameter),
            ("MessageAttribute.1.Value.DataType=String", .missingParameter),
            ("MessageAttribute.1.Value.Data=x", .unsupportedOperation), ("Messagebody=x", .unsupportedOperation),
            ("=x", .unsupportedOperation), (".=x", .unsupportedOperation), ("QueueName=x", .unsupportedOperation),
        ] as [(String, SQSErrorCode)])
    func requestsOfAWrongForm(_ body: String, _ expected: SQSErrorCode) {
        #expect(code(body) == expected)
    }

    @Test func listsOfAWrongForm() {
        let attributes = QueryForm.getQueueAttributes
        #expect(code("AttributeName=", attributes) == nil, "the empty list")
        #expect(code("AttributeName=&AttributeNames=", attributes) == .conflictingQueryParameter)
        #expect(code("AttributeName=&AttributeName.1=All", attributes) == .conflictingQueryParameter)
        #expect(code("AttributeName=All&AttributeName.1=All", attributes) == .conflictingQueryParameter)
        #expect(code("AttributeName.2=All&AttributeName.1=All", attributes) == nil)
        #expect(code("AttributeName.1=All&AttributeName.1.x=All", attributes) == .invalidQueryParameter)
        #expect(code("Attribute.1.Name=x", .setQueueAttributes) == .missingParameter)
        #expect(json("Attribute.1.Name=x", .setQueueAttributes).contains("Attribute.1.Value"))
        #expect(code("Entries=x", .sendMessageBatch) == .invalidQueryParameter)
    }

    @Test func emptyMaps() {
        #expect(json("QueueName=q&Attribute=", .createQueue) == #"{"QueueName":"q","Attributes":{}}"#)
        #expect(json("Tag=&Attribute=&QueueName=q", .createQueue) == #"{"QueueName":"q","Attributes":{},"tags":{}}"#)
        let entry = "SendMessageBatchRequestEntry.1."
        #expect(json("\(entry)MessageAttribute=", .sendMessageBatch) == #"{"Entries":[{"MessageAttributes":{}}]}"#)
        #expect(code("MessageAttribute=&MessageAttributes=") == .conflictingQueryParameter)
        #expect(code("MessageAttribute=&MessageAttribute.1.Name=a") == .conflictingQueryParameter)
        #expect(code("MessageAttribute=x") == .invalidQueryParameter)
        #expect(code("MessageAttribute.=") == .invalidQueryParameter)
        #expect(code("MessageAttribute.1=") == .invalidQueryParameter)
    }

    @Test func limits() {
        let long = String(repeating: "x", count: 513)
        #expect(code("\(long)=1") == .invalidQueryParameter)
        let attributes = (1...QueryTranslation.parametersMax).map { "AttributeName.\($0)=x" }.joined(separator: "&")
        #expect(code(attributes, .getQueueAttributes) == nil)
        #expect(code(attributes + "&QueueUrl=q", .getQueueAttributes) == .invalidQueryParameter)
        #expect(code(String(repeating: "&", count: 100_000)) == nil)
        #expect(code(String(repeating: "MessageBody=x&", count: 100_000)) == .invalidQueryParameter)
    }

    @Test func parametersOfSignaturesAreNoneOfTheAction() {
        let signed =
            "X-Amz-Algorithm=a&X-Amz-Signature=%zz&AWSAccessKeyId=k&Signature=s&SignatureMethod=m"
            + "&SignatureVersion=2&Timestamp=t&Expires=e&SecurityToken=t"
        #expect(json(signed + "&MessageBody=x", .sendMessage) == #"{"MessageBody":"x"}"#)
    }

    /// Whatever comes is refused, or is JSON.
    @Test func truncatedAtEveryByte() {
        for (form, query, _) in Self.table {
            let bytes = Array(("Action=X&Version=2012-11-05&" + query).utf8)
            for count in 0...bytes.count {
                guard case .success(let json) = Self.translate(bytes[..<count], form) else { continue }
                #expect(Self.isJSON(json), "\(String(decoding: bytes[..<count], as: UTF8.self))")
            }
            for start in 0..<bytes.count {
                guard case .success(let json) = Self.translate(bytes[start...], form) else { continue }
                #expect(Self.isJSON(json))
            }
        }
    }

    @Test func damagedRequestsNeverTrap() {
        var random = SeededRandom(seed: 20_261_122)
        var good = 0
        for round in 0..<60_000 {
            let (form, query, _) = Self.table[round % Self.table.count]
            var bytes = Array(query.utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.insert(Array("&=.%+0129".utf8).randomElement(using: &random) ?? 0, at: index)
                case 2: bytes.insert(contentsOf: bytes[index...].prefix(30), at: index)
                default: if bytes.count > 1 { bytes.remove(at: index) }
                }
            }
            guard case .success(let json) = Self.translate(bytes, form) else { continue }
            good += 1
            #expect(Self.isJSON(json) || String(validating: json, as: UTF8.self) == nil)
        }
        #expect(good > 0)
    }
}
