import RoostModel
import RoostStorage
import SQSFrontend
import Synchronization
import Testing

@Suite struct MessageActionTests {
    private func messages(_ response: TestClient.Response) -> [[String: Any]] {
        response.json["Messages"] as? [[String: Any]] ?? []
    }

    @Test func sendsReceivesAndDeletes() throws {
        let client = try TestClient()
        let sent = try client.call("SendMessage", #"{"QueueUrl":"q1","MessageBody":"hello","DelaySeconds":0}"#)
        let id = try #require(sent.json["MessageId"] as? String)
        #expect(sent.json["MD5OfMessageBody"] as? String == "5d41402abc4b2a76b9719d911017c592")
        #expect(sent.json["MD5OfMessageAttributes"] == nil)
        #expect(sent.json["SequenceNumber"] == nil)
        let received = try client.call("ReceiveMessage", #"{"QueueUrl":"q1"}"#)
        let message = try #require(messages(received).first)
        #expect(Set(message.keys) == ["MessageId", "ReceiptHandle", "MD5OfBody", "Body"])
        #expect(message["MessageId"] as? String == id)
        #expect(message["Body"] as? String == "hello")
        #expect(message["MD5OfBody"] as? String == "5d41402abc4b2a76b9719d911017c592")
        let handle = try #require(message["ReceiptHandle"] as? String)
        for _ in 0..<2 {
            let deleted = try client.call("DeleteMessage", #"{"QueueUrl":"q1","ReceiptHandle":"\#(handle)"}"#)
            #expect(deleted.status == 200)
            #expect(deleted.body == "{}")
        }
    }

    @Test func bodiesSurviveByteForByte() throws {
        let client = try TestClient()
        _ = try client.call(
            "SendMessage", #"{"QueueUrl":"q1","MessageBody":"\"&quot;\r\n\t\\ \u00e9\ud83d\ude00 é/\/"}"#)
        let message = try #require(messages(try client.call("ReceiveMessage", #"{"QueueUrl":"q1"}"#)).first)
        #expect(message["Body"] as? String == "\"&quot;\r\n\t\\ é😀 é//")
    }

    @Test func theOptionsOfAReceiveReachTheStorage() throws {
        let client = try TestClient()
        let body = #"{"QueueUrl":"q1","MaxNumberOfMessages":10,"VisibilityTimeout":43200,"WaitTimeSeconds":0}"#
        _ = try client.call("ReceiveMessage", body)
        _ = try client.call("ReceiveMessage", #"{"QueueUrl":"q1","VisibilityTimeout":0}"#)
        let options = client.seen().compactMap { if case .receive(_, let options) = $0 { options } else { nil } }
        #expect(
            options == [
                ReceiveOptions(
                    maximum: 10, visibilityTimeout: .seconds(43_200), wait: .zero,
                    inFlightMax: Limits.sqsInFlightMessagesMax),
                ReceiveOptions(maximum: 1, visibilityTimeout: .zero, inFlightMax: Limits.sqsInFlightMessagesMax),
            ])
    }

    @Test(arguments: [
        (#""MaxNumberOfMessages":11"#, "Must be between 1 and 10, if provided."),
        (#""MaxNumberOfMessages":0"#, "Must be between 1 and 10, if provided."),
        (#""WaitTimeSeconds":21"#, "Must be >= 0 and <= 20, if provided."),
        (#""WaitTimeSeconds":-1"#, "Must be >= 0 and <= 20, if provided."),
        (#""VisibilityTimeout":43201"#, "Must be between 0 and 43200, if provided."),
        (#""VisibilityTimeout":-1"#, "Must be between 0 and 43200, if provided."),
    ])
    func refusesReceiveOptions(_ parameter: String, _ reason: String) throws {
        let response = try TestClient().call("ReceiveMessage", #"{"QueueUrl":"q1",\#(parameter)}"#)
        #expect(response.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender")
        #expect(response.message?.hasSuffix(reason) == true, "\(response.body)")
    }

    @Test func tooManyInFlightIsOverLimit() throws {
        let client = try TestClient()
        client.storage.state.withLock { $0.inFlight = 120_000 }
        #expect(try client.fault("ReceiveMessage", #"{"QueueUrl":"q1"}"#) == "403 OverLimit OverLimit;Sender")
    }

    @Test func systemAttributesComeWhenAskedFor() throws {
        let client = try TestClient()
        try client.send("x")
        func attributes(_ parameters: String) throws -> [String: String]? {
            let body = #"{"QueueUrl":"q1","VisibilityTimeout":0\#(parameters)}"#
            let response = try client.call("ReceiveMessage", body)
            client.storage.state.withLock { state in
                for name in state.queues.keys { state.queues[name]?.messages[0].isInFlight = false }
            }
            return messages(response).first?["Attributes"] as? [String: String]
        }
        #expect(try attributes("") == nil)
        let all = try attributes(#","AttributeNames":["All"]"#)
        #expect(
            all == [
                "SenderId": "000000000000", "SentTimestamp": "1700000000123", "ApproximateReceiveCount": "2",
                "ApproximateFirstReceiveTimestamp": "1700000000456",
            ])
        #expect(try attributes(#","MessageSystemAttributeNames":["ALL"]"#)?.count == 4)
        #expect(try attributes(#","MessageSystemAttributeNames":["SentTimestamp"]"#)?.count == 1)
        // Where both are given the newer parameter counts.
        let both = #","AttributeNames":["All"],"MessageSystemAttributeNames":["SenderId"]"#
        #expect(try attributes(both) == ["SenderId": "000000000000"])
        #expect(try attributes(#","AttributeNames":["SequenceNumber"]"#) == nil)
        let fault = try client.fault("ReceiveMessage", #"{"QueueUrl":"q1","AttributeNames":["Foobar"]}"#)
        #expect(fault.hasPrefix("400 InvalidAttributeName"))
    }

    // MARK: Message attributes

    private static let attributes = #"""
        {"General":{"DataType":"String","StringValue":"Kenobi"},"Hello":{"DataType":"Number.x","StringValue":"-1.5e3"},
        "Help.Me":{"DataType":"Binary.é","BinaryValue":"AP8="},"Help.You":{"DataType":"String","StringValue":"ü\n"}}
        """#

    @Test func messageAttributesComeBackAsTheyWere() throws {
        let client = try TestClient()
        let body = #"{"QueueUrl":"q1","MessageBody":"x","MessageAttributes":\#(Self.attributes)}"#
        let sent = try client.call("SendMessage", body)
        let received = try client.call("ReceiveMessage", #"{"QueueUrl":"q1","MessageAttributeNames":["All"]}"#)
        let message = try #require(messages(received).first)
        #expect(message["MD5OfMessageAttributes"] as? String == sent.json["MD5OfMessageAttributes"] as? String)
        let attributes = try #require(message["MessageAttributes"] as? [String: [String: String]])
        #expect(attributes["Hello"] == ["DataType": "Number.x", "StringValue": "-1.5e3"])
        #expect(attributes["Help.Me"] == ["DataType": "Binary.é", "BinaryValue": "AP8="])
        #expect(attributes["Help.You"] == ["DataType": "String", "StringValue": "ü\n"])
    }

    @Test(arguments: [
        (#"["All"]"#, 4), (#"["ALL"]"#, 4), (#"[".*"]"#, 4), (#"["Help.*"]"#, 2), (#"["Hello"]"#, 1),
        (#"["Hel.*"]"#, 3), (#"["General","Help.Me"]"#, 2), (#"[]"#, 0), (#"["nothing","AWS.x","*","é$"]"#, 0),
        (#"["hello"]"#, 0),
    ])
    func filtersMessageAttributes(_ names: String, _ count: Int) throws {
        let client = try TestClient()
        _ = try client.call(
            "SendMessage", #"{"QueueUrl":"q1","MessageBody":"x","MessageAttributes":\#(Self.attributes)}"#)
        let received = try client.call("ReceiveMessage", #"{"QueueUrl":"q1","MessageAttributeNames":\#(names)}"#)
        let message = try #require(messages(received).first)
        #expect((message["MessageAttributes"] as? [String: Any])?.count ?? 0 == count)
        #expect((message["MD5OfMessageAttributes"] == nil) == (count == 0))
    }

    @Test func theSumCoversTheAttributesThatAreReturned() throws {
        let client = try TestClient()
        let body = #"""
            {"QueueUrl":"q1","MessageBody":"x","MessageAttributes":{"Foo":{"DataType":"String","StringValue":"Bar"},
            "timestamp":{"DataType":"Number","StringValue":"1493147359900"}}}
            """#
        _ = try client.call("SendMessage", body)
        let received = try client.call("ReceiveMessage", #"{"QueueUrl":"q1","MessageAttributeNames":["Foo"]}"#)
        #expect(messages(received).first?["MD5OfMessageAttributes"] as? String == "ae7155c6026991b6d54b11589678bf9c")
    }

    @Test(arguments: [
        (#"{"a":{"DataType":"String"}}"#, "InvalidParameterValue"),
        (#"{"a":{"DataType":"String","StringValue":""}}"#, "InvalidParameterValue"),
        (#"{"a":{"DataType":"Binary","BinaryValue":""}}"#, "InvalidParameterValue"),
        (#"{"a":{"DataType":"Binary","StringValue":"x"}}"#, "InvalidParameterValue"),
        (#"{"a":{"DataType":"String","StringValue":"x","BinaryValue":"AP8="}}"#, "InvalidParameterValue"),
        (#"{"a":{"DataType":"Strange","StringValue":"x"}}"#, "InvalidParameterValue"),
        (#"{"a":{"DataType":"","StringValue":"x"}}"#, "InvalidParameterValue"),
        (#"{"a":{"StringValue":"x"}}"#, "InvalidParameterValue"),
        (#"{"a":{"DataType":"Number","StringValue":"abc"}}"#, "InvalidParameterValue"),
        (#"{"a":{"DataType":"Number","StringValue":"1e"}}"#, "InvalidParameterValue"),
        (#"{"a":{"DataType":"String","StringValue":"\u0001"}}"#, "InvalidParameterValue"),
        (#"{"":{"DataType":"String","StringValue":"x"}}"#, "InvalidParameterValue"),
        (#"{".a":{"DataType":"String","StringValue":"x"}}"#, "InvalidParameterValue"),
        (#"{"a.":{"DataType":"String","StringValue":"x"}}"#, "InvalidParameterValue"),
        (#"{"a..b":{"DataType":"String","StringValue":"x"}}"#, "InvalidParameterValue"),
        (#"{"aws.x":{"DataType":"String","StringValue":"x"}}"#, "InvalidParameterValue"),
        (#"{"Amazon.x":{"DataType":"String","StringValue":"x"}}"#, "InvalidParameterValue"),
        (#"{"a b":{"DataType":"String","StringValue":"x"}}"#, "InvalidParameterValue"),
        (#"{"a":{"DataType":"Binary","BinaryValue":"%%%"}}"#, "SerializationException"),
        (#"{"a":{"DataType":1}}"#, "SerializationException"),
        (#"{"a":"x"}"#, "SerializationException"),
        (#"["a"]"#, "SerializationException"),
        (
            #"{"a":{"DataType":"String","StringValue":"x"},"a":{"DataType":"String","StringValue":"y"}}"#,
            "SerializationException"
        ),
        (#"{"a":{"DataType":"String","StringListValues":["x"]}}"#, "UnsupportedOperation"),
    ])
    func refusesMessageAttributes(_ attributes: String, _ code: String) throws {
        let client = try TestClient()
        let fault = try client.fault(
            "SendMessage", #"{"QueueUrl":"q1","MessageBody":"x","MessageAttributes":\#(attributes)}"#)
        #expect(fault.contains(" \(code)"), "\(fault)")
        #expect(client.seen().isEmpty)
    }

    @Test func acceptsWhatSDKsSendBesides() throws {
        let client = try TestClient()
        let attributes = #"""
            {"ümlaut-_.9":{"DataType":"String","StringValue":"x","StringListValues":[],"BinaryListValues":[]},
            "n":{"DataType":"Number","StringValue":"+.5E-3"}}
            """#
        let body = #"""
            {"QueueUrl":"q1","MessageBody":"x","MessageAttributes":\#(attributes),"MessageSystemAttributes":{},
            "MessageGroupId":null}
            """#
        #expect(try client.call("SendMessage", body).status == 200)
        #expect(
            try client.call("SendMessage", #"{"QueueUrl":"q1","MessageBody":"x","MessageAttributes":{}}"#).status == 200
        )
    }

    @Test func tenAttributesAreEnough() throws {
        func attributes(_ count: Int) -> String {
            "{" + (0..<count).map { #""a\#($0)":{"DataType":"String","StringValue":"x"}"# }.joined(separator: ",") + "}"
        }
        let client = try TestClient()
        for (count, status) in [(10, 200), (11, 400), (1000, 400)] {
            let body = #"{"QueueUrl":"q1","MessageBody":"x","MessageAttributes":\#(attributes(count))}"#
            let response = try client.call("SendMessage", body)
            #expect(response.status == status)
            if status == 400 { #expect(response.message?.contains("[\(count)]") == true) }
        }
    }

    // MARK: Bodies

    @Test func refusesBodies() throws {
        let client = try TestClient()
        let empty = try client.call("SendMessage", #"{"QueueUrl":"q1","MessageBody":""}"#)
        #expect(empty.message == "The request must contain the parameter MessageBody.")
        #expect(empty.headers["x-amzn-query-error"] == "MissingParameter;Sender")
        #expect(try client.fault("SendMessage", #"{"QueueUrl":"q1"}"#).contains("MissingParameter"))
        for illegal in ["\\u0000", "\\u0008", "\\u001f", "\\ufffe", "\\uffff", "\u{FFFF}"] {
            let fault = try client.fault("SendMessage", #"{"QueueUrl":"q1","MessageBody":"a\#(illegal)b"}"#)
            #expect(fault.contains("InvalidMessageContents"), "\(illegal)")
        }
        for delay in [-1, 901, Int.max] {
            let body = #"{"QueueUrl":"q1","MessageBody":"x","DelaySeconds":\#(delay)}"#
            #expect(try client.fault("SendMessage", body).contains("InvalidParameterValue"))
        }
        #expect(client.seen().isEmpty)
    }

    @Test func aMebibyteIsTheMost() throws {
        let client = try TestClient()
        let most = String(repeating: "x", count: 1_048_576)
        #expect(try client.call("SendMessage", #"{"QueueUrl":"q1","MessageBody":"\#(most)"}"#).status == 200)
        let over = try client.call("SendMessage", #"{"QueueUrl":"q1","MessageBody":"\#(most)x"}"#)
        #expect(
            over.message == "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.")
        // Escaped as boto3 does it, two bytes turn into six.
        let escaped = String(repeating: "\\u00e9", count: 524_288)
        #expect(try client.call("SendMessage", #"{"QueueUrl":"q1","MessageBody":"\#(escaped)"}"#).status == 200)
        // Name, type and value count.
        let attribute = #"{"a":{"DataType":"String","StringValue":"x"}}"#
        let body = #"{"QueueUrl":"q1","MessageBody":"\#(most.dropLast(7))","MessageAttributes":\#(attribute)}"#
        #expect(try client.fault("SendMessage", body).contains("InvalidParameterValue"))
    }

    @Test func theLimitOfTheQueueStandsInTheText() throws {
        let client = try TestClient()
        _ = try client.call("SetQueueAttributes", #"{"QueueUrl":"q1","Attributes":{"MaximumMessageSize":"1024"}}"#)
        let exact = String(repeating: "x", count: 1024)
        #expect(try client.call("SendMessage", #"{"QueueUrl":"q1","MessageBody":"\#(exact)"}"#).status == 200)
        let over = try client.call("SendMessage", #"{"QueueUrl":"q1","MessageBody":"\#(exact)x"}"#)
        #expect(over.message == "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.")
    }

    // MARK: Handles

    @Test func refusesHandles() throws {
        let client = try TestClient()
        let garbage = try client.call("DeleteMessage", #"{"QueueUrl":"q1","ReceiptHandle":"garbage"}"#)
        #expect(garbage.message == #"The input receipt handle "garbage" is not a valid receipt handle."#)
        #expect(garbage.headers["x-amzn-query-error"] == "ReceiptHandleIsInvalid;Sender")
        // Of the right form, but not made by this broker.
        let foreign = String(repeating: "B", count: 32)
        let refused = try client.call("DeleteMessage", #"{"QueueUrl":"q1","ReceiptHandle":"\#(foreign)"}"#)
        #expect(refused.message == #"The input receipt handle "\#(foreign)" is not a valid receipt handle."#)
        #expect(try client.fault("DeleteMessage", #"{"QueueUrl":"q1"}"#).contains("MissingParameter"))
        let change = #"{"QueueUrl":"q1","ReceiptHandle":"garbage","VisibilityTimeout":1}"#
        #expect(try client.fault("ChangeMessageVisibility", change).contains("ReceiptHandleIsInvalid"))
    }

    @Test func changesVisibility() throws {
        let client = try TestClient()
        try client.send("x")
        let handle = try #require(
            messages(try client.call("ReceiveMessage", #"{"QueueUrl":"q1"}"#)).first?["ReceiptHandle"] as? String)
        func change(_ seconds: String) throws -> TestClient.Response {
            try client.call(
                "ChangeMessageVisibility",
                #"{"QueueUrl":"q1","ReceiptHandle":"\#(handle)","VisibilityTimeout":\#(seconds)}"#)
        }
        #expect(try change("0").body == "{}")
        #expect(messages(try client.call("ReceiveMessage", #"{"QueueUrl":"q1"}"#)).count == 1)
        for seconds in ["-1", "43201"] {
            #expect(try change(seconds).headers["x-amzn-query-error"] == "InvalidParameterValue;Sender")
        }
        #expect(try change("null").headers["x-amzn-query-error"] == "MissingParameter;Sender")
        #expect(try change("\"5\"").type == "com.amazon.coral.service#SerializationException")
        _ = try client.call("PurgeQueue", #"{"QueueUrl":"q1"}"#)
        #expect(try change("1").message?.hasSuffix("not available for visibility timeout change.") == true)
    }

    // MARK: JSON

    @Test(arguments: [
        "", "null", "[]", "{", #"{"QueueUrl":"q1","MessageBody":"x"}x"#, #"{"QueueUrl":1,"MessageBody":"x"}"#,
        #"{"QueueUrl":"q1","MessageBody":{"a":1}}"#, #"{"QueueUrl":"q1","MessageBody":"x","DelaySeconds":"1"}"#,
        #"{"QueueUrl":"q1","MessageBody":"x","DelaySeconds":1.5}"#, #"{"QueueUrl":"q1","QueueUrl":"q1"}"#,
        #"{"QueueUrl":"q1","MessageBody":"\ud800"}"#, #"{"QueueUrl":"q1","MessageBody":true}"#,
    ])
    func refusesMalformedRequests(_ body: String) throws {
        let client = try TestClient()
        #expect(
            try client.fault("SendMessage", body) == "400 SerializationException SerializationException;Sender",
            "\(body)")
        // The connection goes on.
        #expect(try client.call("SendMessage", #"{"QueueUrl":"q1","MessageBody":"x"}"#).status == 200)
    }

    @Test func unknownParametersAreNotIgnored() throws {
        let response = try TestClient().call("SendMessage", #"{"QueueUrl":"q1","MessageBody":"x","Priority":1}"#)
        #expect(response.message == "The parameter Priority is not supported by this version of the server.")
    }
}
