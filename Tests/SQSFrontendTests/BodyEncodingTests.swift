import RoostModel
import RoostStorage
import Synchronization
import Testing

/// Queues of bytes, as SQS clients see them.
@Suite struct BodyEncodingTests {
    private static let named = #","MessageAttributes":{"Roost.Encoding":{"DataType":"String","StringValue":"base64"}}"#

    private func client(_ queue: String = "q1", _ contents: QueueContents = .bytes) throws -> TestClient {
        let client = try TestClient(queue: queue)
        let name = try QueueName(queue)
        client.storage.state.withLock {
            $0.queues[name]?.settings.contents = contents
            $0.queues[name]?.settings.isFIFO = name.isFIFO
            $0.queues[name]?.settings.deduplicatesContent = name.isFIFO
        }
        return client
    }

    private func sent(_ client: TestClient) -> [NewMessage] {
        client.seen().compactMap { if case .send(_, let message) = $0 { message } else { nil } }
    }

    private func receive(_ client: TestClient, _ more: String = "") throws -> [[String: Any]] {
        let body = #"{"QueueUrl":"q1","MaxNumberOfMessages":10\#(more)}"#
        return try client.call("ReceiveMessage", body).json["Messages"] as? [[String: Any]] ?? []
    }

    @Test func bodiesAreShownInBase64AndTheAttributeSaysSo() throws {
        let client = try client()
        try client.send("hello")
        let message = try #require(try receive(client, #","MessageAttributeNames":["All"]"#).first)
        #expect(message["Body"] as? String == "aGVsbG8=")
        // Of what the client sees.
        #expect(message["MD5OfBody"] as? String == "0733351879b2fa9bd05c7ca3061529c0")
        let attributes = message["MessageAttributes"] as? [String: [String: String]]
        #expect(attributes == ["Roost.Encoding": ["DataType": "String", "StringValue": "base64"]])
        #expect(message["MD5OfMessageAttributes"] != nil)
    }

    @Test func theAttributeComesLikeOthersWhenItIsAskedFor() throws {
        let client = try client()
        try client.send("hello")
        #expect(try receive(client, #","VisibilityTimeout":0"#).first?["MessageAttributes"] == nil)
        let named = try receive(client, #","MessageAttributeNames":["Roost.*"]"#)
        #expect(named.first?["MessageAttributes"] != nil)
    }

    @Test func aBodyThatIsSaidToBeBase64IsDecoded() throws {
        let client = try client()
        let response = try client.call("SendMessage", #"{"QueueUrl":"q1","MessageBody":"/wABAA=="\#(Self.named)}"#)
        #expect(response.status == 200)
        // Sums are those of what was sent.
        #expect(response.json["MD5OfMessageBody"] as? String == "c830a03d78029a5dd4e2ed9b303daf04")
        let message = try #require(sent(client).first)
        #expect(message.body == [0xFF, 0, 1, 0] && message.attributes.isEmpty && message.needsBytes)
        #expect(try receive(client).first?["Body"] as? String == "/wABAA==")
    }

    @Test(arguments: [
        (#""MessageBody":"not base64"\#(named)"#, "InvalidMessageContents"),
        (
            #""MessageBody":"aGVsbG8=","MessageAttributes":"#
                + #"{"Roost.Encoding":{"DataType":"String","StringValue":"hex"}}"#,
            "InvalidParameterValue"
        ),
    ])
    func whatIsNoBase64IsRefused(parameters: String, code: String) throws {
        let client = try client()
        let response = try client.call("SendMessage", #"{"QueueUrl":"q1",\#(parameters)}"#)
        #expect(response.status == 400 && response.headers["x-amzn-query-error"]?.hasPrefix(code) == true)
        #expect(sent(client).isEmpty)
    }

    @Test func inAQueueOfTextTheAttributeIsOneLikeOthers() throws {
        let client = try client("q1", .text)
        let response = try client.call("SendMessage", #"{"QueueUrl":"q1","MessageBody":"aGVsbG8="\#(Self.named)}"#)
        #expect(response.status == 200)
        #expect(sent(client).map(\.attributes.count) == [1])
        #expect(try receive(client).first?["Body"] as? String == "aGVsbG8=")
    }

    @Test func entriesOfABatchAreDecodedEachForItself() throws {
        let client = try client()
        let body = #"""
            {"QueueUrl":"q1","Entries":[{"Id":"a","MessageBody":"plain"},
            {"Id":"b","MessageBody":"aGVsbG8="\#(Self.named)},{"Id":"c","MessageBody":"no"\#(Self.named)}]}
            """#
        let reply = try client.call("SendMessageBatch", body).json
        #expect((reply["Successful"] as? [[String: Any]])?.compactMap { $0["Id"] as? String } == ["a", "b"])
        let failed = try #require((reply["Failed"] as? [[String: Any]])?.first)
        #expect(failed["Id"] as? String == "c" && failed["Code"] as? String == "InvalidMessageContents")
        #expect(sent(client).map(\.body) == [Array("plain".utf8), Array("hello".utf8)])
    }

    /// All front ends are to see the same duplicates.
    @Test func duplicatesAreToldByWhatIsStored() throws {
        let client = try client("q1.fifo")
        let group = #""MessageGroupId":"g""#
        for body in [#""MessageBody":"hello""#, #""MessageBody":"aGVsbG8="\#(Self.named)"#] {
            _ = try client.call("SendMessage", #"{"QueueUrl":"q1.fifo",\#(group),\#(body)}"#)
        }
        let ids = sent(client).map(\.deduplication?.id)
        #expect(ids.count == 2 && ids[0] == ids[1])
    }

    /// Nothing is asked of the storage for messages without it.
    @Test func othersAreSentAtOnce() throws {
        let client = try client()
        try client.send("hello")
        let isAsked = client.seen().contains { if case .describeQueue = $0 { true } else { false } }
        #expect(!isAsked)
    }
}
