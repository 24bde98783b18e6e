import RoostModel
import RoostStorage
import SQSFrontend
import Testing

/// System attributes of messages.
@Suite struct SystemAttributeTests {
    private static let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"

    private func message(_ response: TestClient.Response) -> [String: Any] {
        (response.json["Messages"] as? [[String: Any]])?.first ?? [:]
    }

    private func send(_ attributes: String) -> String {
        #"{"QueueUrl":"q1","MessageBody":"x","MessageSystemAttributes":{\#(attributes)}}"#
    }

    private func received(_ client: TestClient, _ members: String) throws -> [String: String] {
        let response = try client.call("ReceiveMessage", #"{"QueueUrl":"q1","VisibilityTimeout":0,\#(members)}"#)
        return message(response)["Attributes"] as? [String: String] ?? [:]
    }

    @Test("44: the trace header has a sum of its own")
    func traceHeader() throws {
        let client = try TestClient()
        let body = send(#""AWSTraceHeader":{"DataType":"String","StringValue":"\#(Self.trace)"}"#)
        let sent = try client.call("SendMessage", body)
        #expect(sent.json["MD5OfMessageSystemAttributes"] as? String == "5ae4d5d7636402d80f4eb6d213245a88")
        #expect(sent.json["MD5OfMessageAttributes"] == nil)
        #expect(try received(client, #""AttributeNames":["AWSTraceHeader"]"#) == ["AWSTraceHeader": Self.trace])
        let entries = #"[{"Id":"a",\#(body.dropFirst(#"{"QueueUrl":"q1","#.count))]"#
        let batch = try client.call("SendMessageBatch", #"{"QueueUrl":"q1","Entries":\#(entries)}"#)
        #expect(batch.body.contains(#""MD5OfMessageSystemAttributes":"5ae4d5d7636402d80f4eb6d213245a88""#))
        let query = try client.query(
            "Action=SendMessage&QueueUrl=q1&MessageBody=x&MessageSystemAttribute.1.Name=AWSTraceHeader"
                + "&MessageSystemAttribute.1.Value.DataType=String&MessageSystemAttribute.1.Value.StringValue="
                + Self.trace.replacing("=", with: "%3D").replacing(";", with: "%3B"))
        #expect(query.element("MD5OfMessageSystemAttributes") == "5ae4d5d7636402d80f4eb6d213245a88")
    }

    @Test("92: the header X-Amzn-Trace-Id becomes the trace header of the message")
    func traceHeaderOfTheRequest() throws {
        let client = try TestClient()
        let header = "X-Amzn-Trace-Id: \(Self.trace)\r\n"
        let plain = #"{"QueueUrl":"q1","MessageBody":"x"}"#
        let sent = try client.exchange(TestClient.request("SendMessage", plain, headers: header))
        #expect(sent.json["MD5OfMessageSystemAttributes"] == nil)
        #expect(try received(client, #""AttributeNames":["All"]"#)["AWSTraceHeader"] == Self.trace)
        // What the message says itself counts more, and the next request has none.
        let named = send(#""AWSTraceHeader":{"DataType":"String","StringValue":"own"}"#)
        _ = try client.exchange(TestClient.request("SendMessage", named, headers: header))
        _ = try client.call("SendMessage", plain)
        let traces = client.seen().compactMap { request -> String?? in
            guard case .send(_, let message) = request else { return nil }
            return .some(message.labels.trace)
        }
        #expect(traces == [Self.trace, "own", nil])
        // One that no message can carry is left out: it must not stop what it is there to watch.
        let long = "X-Amzn-Trace-Id: \(String(repeating: "x", count: 2049))\r\n"
        #expect(try client.exchange(TestClient.request("SendMessage", plain, headers: long)).status == 200)
    }

    @Test(arguments: [
        #""Other":{"DataType":"String","StringValue":"x"}"#, #""AWSTraceHeader":{}"#,
        #""AWSTraceHeader":{"DataType":"Number","StringValue":"1"}"#,
        #""AWSTraceHeader":{"DataType":"String.x","StringValue":"1"}"#,
        #""AWSTraceHeader":{"DataType":"Binary","BinaryValue":"eA=="}"#,
        #""AWSTraceHeader":{"DataType":"String","StringValue":""}"#,
        #""AWSTraceHeader":{"DataType":"String","StringValue":"a\u0001"}"#,
        #""AWSTraceHeader":{"DataType":"String","StringValue":"x","StringListValues":["x"]}"#,
        #""AWSTraceHeader":{"DataType":"String","StringValue":"x"},"b":{"DataType":"String","StringValue":"x"}"#,
    ])
    func refusesSystemAttributes(_ attributes: String) throws {
        let client = try TestClient()
        let single = try client.call("SendMessage", send(attributes))
        #expect(single.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender", "\(single.body)")
        #expect(client.seen().isEmpty)
        let body =
            #"{"QueueUrl":"q1","Entries":[{"Id":"a","MessageBody":"x","MessageSystemAttributes":{\#(attributes)}}]}"#
        let batch = try client.call("SendMessageBatch", body)
        #expect(batch.status == 200)
        #expect((batch.json["Failed"] as? [[String: Any]])?.first?["Code"] as? String == "InvalidParameterValue")
        // Whether the queue is there, and nothing else.
        #expect(client.seen().map { "\($0)" } == ["describeQueue(q1)"])
    }

    @Test("50: where two lists of names are given, JSON takes the newer and Query the older")
    func twoLists() throws {
        let client = try TestClient()
        try client.send("x")
        let both = #""AttributeNames":["SenderId"],"MessageSystemAttributeNames":["SentTimestamp"]"#
        #expect(try Array(received(client, both).keys) == ["SentTimestamp"])
        #expect(try received(client, #""WaitTimeSeconds":0"#).isEmpty)
        let query = try client.query(
            "Action=ReceiveMessage&QueueUrl=q1&VisibilityTimeout=0&AttributeName.1=SenderId"
                + "&MessageSystemAttributeName.1=SentTimestamp")
        #expect(query.body.contains("<Name>SenderId</Name>"))
        #expect(!query.body.contains("<Name>SentTimestamp</Name>"))
    }

    @Test func theSenderIsTheKeyThatSigned() throws {
        let test = try #require(try SignatureCase.named("SendMessage"))
        let signed = try TestClient(accessKeys: SignatureCase.keys, now: { test.now })
        try signed.write(test.text)
        signed.settle()
        signed.settle()
        guard case .send(_, let message)? = signed.seen().last else {
            Issue.record("the storage saw \(signed.seen())")
            return
        }
        #expect(message.labels.sender == "AKIDEXAMPLE")
        let open = try TestClient()
        try open.send("x")
        guard case .send(_, let plain)? = open.seen().last else {
            Issue.record("the storage saw \(open.seen())")
            return
        }
        // Nothing is stored that is the same for all.
        #expect(plain.labels.isEmpty)
        #expect(try received(open, #""AttributeNames":["SenderId"]"#) == ["SenderId": "000000000000"])
    }

    @Test("82: a dead letter says where it comes from, and its count goes on")
    func deadLetters() throws {
        let client = try TestClient()
        _ = try client.call("CreateQueue", #"{"QueueName":"dlq"}"#)
        let policy = #"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:dlq\",\"maxReceiveCount\":1}"#
        let set = #"{"QueueUrl":"q1","Attributes":{"RedrivePolicy":"\#(policy)"}}"#
        #expect(try client.call("SetQueueAttributes", set).status == 200)
        try client.send("x")
        for _ in 0..<2 { _ = try client.call("ReceiveMessage", #"{"QueueUrl":"q1","VisibilityTimeout":0}"#) }
        let response = try client.call("ReceiveMessage", #"{"QueueUrl":"dlq","AttributeNames":["All"]}"#)
        let shown = message(response)["Attributes"] as? [String: String] ?? [:]
        #expect(shown["DeadLetterQueueSourceArn"] == "arn:aws:sqs:us-east-1:000000000000:q1")
        #expect(shown["ApproximateReceiveCount"] == "2")
    }
}
