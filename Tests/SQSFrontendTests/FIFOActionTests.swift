import RoostModel
import RoostStorage
import SQSFrontend
import Synchronization
import Testing

/// What FIFO queues add to the actions, and what standard queues take of it. Numbers are those of the list of
/// behaviours.
@Suite struct FIFOActionTests {
    private func client(_ attributes: String = #""FifoQueue":"true""#) throws -> TestClient {
        let client = try TestClient()
        _ = try client.call("CreateQueue", #"{"QueueName":"f.fifo","Attributes":{\#(attributes)}}"#)
        return client
    }

    private func send(_ client: TestClient, _ members: String) throws -> TestClient.Response {
        try client.call("SendMessage", #"{"QueueUrl":"f.fifo",\#(members)}"#)
    }

    private func attributes(_ client: TestClient, _ queue: String = "f.fifo") throws -> [String: String] {
        let response = try client.call("GetQueueAttributes", #"{"QueueUrl":"\#(queue)","AttributeNames":["All"]}"#)
        return response.json["Attributes"] as? [String: String] ?? [:]
    }

    // MARK: Attributes

    @Test("21: the name and FifoQueue have to agree")
    func nameAndAttributeAgree() throws {
        let client = try TestClient()
        let alone = try client.call("CreateQueue", #"{"QueueName":"a.fifo"}"#)
        #expect(alone.message == "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
        let other = try client.call("CreateQueue", #"{"QueueName":"a","Attributes":{"FifoQueue":"true"}}"#)
        #expect(other.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender")
        #expect(other.message?.contains("must end with .fifo suffix") == true)
        let no = try client.call("CreateQueue", #"{"QueueName":"a.fifo","Attributes":{"FifoQueue":"false"}}"#)
        #expect(no.status == 400)
        #expect(client.seen().isEmpty)
        // The order of members says nothing.
        let body = #"{"Attributes":{"FifoQueue":"true"},"QueueName":"a.fifo"}"#
        #expect(try client.call("CreateQueue", body).status == 200)
    }

    @Test("19: attributes of FIFO queues on standard queues", arguments: ["true", "false"])
    func attributesOfFIFOOnStandard(_ value: String) throws {
        let client = try TestClient()
        for name in ["FifoQueue", "ContentBasedDeduplication"] {
            let body = #"{"QueueUrl":"q1","Attributes":{"\#(name)":"\#(value)"}}"#
            let response = try client.call("SetQueueAttributes", body)
            #expect(response.type == "com.amazonaws.sqs#InvalidAttributeName")
            #expect(response.message == "Unknown Attribute \(name).")
        }
        for name in ["DeduplicationScope", "FifoThroughputLimit"] {
            let body = #"{"QueueName":"q2","Attributes":{"\#(name)":"\#(value)"}}"#
            let response = try client.call("CreateQueue", body)
            #expect(response.type == "com.amazonaws.sqs#InvalidAttributeName")
            #expect(response.message == "You can specify the \(name) only when FifoQueue is set to true.")
        }
    }

    @Test("23: a FIFO queue shows four more attributes")
    func showsFourMore() throws {
        let client = try client()
        let fifo = try attributes(client)
        #expect(fifo.count == 16)
        #expect(fifo["FifoQueue"] == "true")
        #expect(fifo["ContentBasedDeduplication"] == "false")
        #expect(fifo["DeduplicationScope"] == "queue")
        #expect(fifo["FifoThroughputLimit"] == "perQueue")
        #expect(fifo["SqsManagedSseEnabled"] == "true")
        #expect(try attributes(client, "q1").count == 12)
    }

    @Test("75: scope and throughput may be changed, both ways")
    func changesScopeAndThroughput() throws {
        let client = try client()
        func set(_ attributes: String) throws -> TestClient.Response {
            try client.call("SetQueueAttributes", #"{"QueueUrl":"f.fifo","Attributes":{\#(attributes)}}"#)
        }
        let high = #""DeduplicationScope":"messageGroup","FifoThroughputLimit":"perMessageGroupId""#
        #expect(try set(high).status == 200)
        #expect(try attributes(client)["FifoThroughputLimit"] == "perMessageGroupId")
        #expect(try attributes(client)["DeduplicationScope"] == "messageGroup")
        // Half of the way back is against the rule.
        let half = try set(#""DeduplicationScope":"queue""#)
        #expect(half.type == "com.amazonaws.sqs#InvalidAttributeValue")
        #expect(try set(#""FifoThroughputLimit":"perQueue","DeduplicationScope":"queue""#).status == 200)
        #expect(try set(#""FifoThroughputLimit":"perMessageGroupId""#).status == 400)
        #expect(try set(#""FifoThroughputLimit":"perMessageGroupId","DeduplicationScope":"queue""#).status == 400)
        #expect(try set(#""DeduplicationScope":"messageGroup""#).status == 200)
        #expect(try set(#""FifoThroughputLimit":"perMessageGroupId""#).status == 200)
        for bad in [#""DeduplicationScope":"x""#, #""FifoThroughputLimit":"x""#, #""ContentBasedDeduplication":"x""#] {
            #expect(try set(bad).type == "com.amazonaws.sqs#InvalidAttributeValue", "\(bad)")
        }
        let created =
            #"{"QueueName":"g.fifo","Attributes":{"FifoQueue":"true","FifoThroughputLimit":"perMessageGroupId"}}"#
        #expect(try client.fault("CreateQueue", created).contains("InvalidAttributeValue"))
    }

    @Test("20: a queue stays FIFO")
    func staysFIFO() throws {
        let client = try client()
        let set = #"{"QueueUrl":"f.fifo","Attributes":{"FifoQueue":"true"}}"#
        #expect(try client.call("SetQueueAttributes", set).status == 200)
        client.storage.state.withLock { $0.refusal = .queueTypeIsFixed }
        let other = try client.call("SetQueueAttributes", set.replacing("\"true\"", with: "\"false\""))
        #expect(other.type == "com.amazonaws.sqs#InvalidAttributeValue")
        #expect(other.message?.contains("Modifying queue type is not supported.") == true)
    }

    // MARK: Sending

    @Test("14, 78: only FIFO queues number their messages, the same in every reply")
    func numbersMessages() throws {
        let client = try client()
        let first = try send(client, #""MessageBody":"a","MessageGroupId":"g","MessageDeduplicationId":"1""#)
        let number = try #require(first.json["SequenceNumber"] as? String)
        #expect(number.utf8.count == 20)
        let second = try send(client, #""MessageBody":"b","MessageGroupId":"g","MessageDeduplicationId":"2""#)
        #expect(try #require(second.json["SequenceNumber"] as? String) > number)
        let again = try send(client, #""MessageBody":"a","MessageGroupId":"g","MessageDeduplicationId":"1""#)
        #expect(again.json["SequenceNumber"] as? String == number)
        #expect(again.json["MessageId"] as? String == first.json["MessageId"] as? String)
        let batch = try client.call(
            "SendMessageBatch",
            #"""
            {"QueueUrl":"f.fifo","Entries":[
            {"Id":"a","MessageBody":"c","MessageGroupId":"h","MessageDeduplicationId":"3"}]}
            """#)
        let entry = (batch.json["Successful"] as? [[String: Any]])?.first
        #expect((entry?["SequenceNumber"] as? String)?.utf8.count == 20)
        let received = try client.call("ReceiveMessage", #"{"QueueUrl":"f.fifo","AttributeNames":["All"]}"#)
        let shown = ((received.json["Messages"] as? [[String: Any]])?.first?["Attributes"] as? [String: String]) ?? [:]
        #expect(shown["SequenceNumber"] == number)
        #expect(shown["MessageGroupId"] == "g")
        #expect(shown["MessageDeduplicationId"] == "1")

        let standard = try client.call("SendMessage", #"{"QueueUrl":"q1","MessageBody":"x"}"#)
        #expect(standard.json["SequenceNumber"] == nil)
        let plain = try client.call("ReceiveMessage", #"{"QueueUrl":"q1","AttributeNames":["SequenceNumber"]}"#)
        #expect(plain.json["Messages"] != nil)
        #expect(!plain.body.contains("\"Attributes\""))
    }

    @Test("36: a message for a FIFO queue needs a group")
    func needsAGroup() throws {
        let client = try client()
        let single = try send(client, #""MessageBody":"a""#)
        #expect(single.headers["x-amzn-query-error"] == "MissingParameter;Sender")
        #expect(single.message == "The request must contain the parameter MessageGroupId.")
        let batch = try client.call(
            "SendMessageBatch",
            #"""
            {"QueueUrl":"f.fifo","Entries":[
            {"Id":"a","MessageBody":"c","MessageGroupId":"h","MessageDeduplicationId":"3"},
            {"Id":"b","MessageBody":"c"}]}
            """#)
        #expect(batch.status == 400)
        #expect(batch.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender")
        #expect(batch.message == single.message)
        #expect(client.seen().count == 1)
    }

    @Test("37: a message for a FIFO queue has to be told from others; a batch fails as a whole")
    func needsToBeTold() throws {
        let client = try client()
        let single = try send(client, #""MessageBody":"a","MessageGroupId":"g""#)
        #expect(single.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender")
        #expect(single.message?.hasPrefix("The queue should either have ContentBasedDeduplication enabled") == true)
        func batch(_ second: String) throws -> TestClient.Response {
            try client.call(
                "SendMessageBatch",
                #"""
                {"QueueUrl":"f.fifo","Entries":[{"Id":"a","MessageBody":"c","MessageGroupId":"h"\#(second)},
                {"Id":"b","MessageBody":"c","MessageGroupId":"h"}]}
                """#)
        }
        for second in ["", #","MessageDeduplicationId":"3""#] {
            let response = try batch(second)
            #expect(response.status == 400)
            #expect(response.message == single.message)
        }
        #expect(client.storage.state.withLock { state in state.queues.values.allSatisfy { $0.messages.isEmpty } })
        let set = #"{"QueueUrl":"f.fifo","Attributes":{"ContentBasedDeduplication":"true"}}"#
        _ = try client.call("SetQueueAttributes", set)
        #expect(try (batch(#","MessageDeduplicationId":"3""#).json["Successful"] as? [Any])?.count == 2)
    }

    @Test("76: the id of a message without one is the SHA-256 sum of its body")
    func digestOfTheBody() throws {
        let client = try client(#""FifoQueue":"true","ContentBasedDeduplication":"true""#)
        let first = try send(client, #""MessageBody":"abc","MessageGroupId":"g""#)
        let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        guard case .send(_, let message)? = client.seen().last else {
            Issue.record("the storage saw \(client.seen())")
            return
        }
        #expect(message.deduplication == Deduplication(id: sum, isOfContent: true))
        let attributes = #""MessageAttributes":{"a":{"DataType":"String","StringValue":"x"}}"#
        let other = try send(client, #""MessageBody":"abc","MessageGroupId":"g",\#(attributes)"#)
        #expect(other.json["MessageId"] as? String == first.json["MessageId"] as? String)
        let explicit = try send(client, #""MessageBody":"x","MessageGroupId":"g","MessageDeduplicationId":"\#(sum)""#)
        #expect(explicit.json["MessageId"] as? String == first.json["MessageId"] as? String)
    }

    @Test(
        "38: names of groups and messages",
        arguments: ["", "a b", "ü", "a\\tb", String(repeating: "x", count: 129), "\\u007f"])
    func refusesNames(_ name: String) throws {
        let client = try client()
        for (queue, parameter) in [
            ("f.fifo", "MessageGroupId"), ("f.fifo", "MessageDeduplicationId"), ("q1", "MessageGroupId"),
        ] {
            let others = ["MessageGroupId", "MessageDeduplicationId"].filter { queue == "f.fifo" && $0 != parameter }
                .map { #","\#($0)":"ok""# }.joined()
            let body = #"{"QueueUrl":"\#(queue)","MessageBody":"x","\#(parameter)":"\#(name)"\#(others)}"#
            let response = try client.call("SendMessage", body)
            #expect(response.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender")
            let reason = "\(parameter) can only include alphanumeric and punctuation characters. 1 to 128 in length."
            #expect(response.message?.hasSuffix(reason) == true, "\(response.body)")
        }
    }

    @Test("38: the longest name, of all characters that are allowed")
    func acceptsNames() throws {
        let client = try client()
        let signs = ##"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"##
        let name = signs + String(repeating: "x", count: 96)
        let sent = try send(
            client, #""MessageBody":"x","MessageGroupId":"\#(name)","MessageDeduplicationId":"\#(name)""#)
        #expect(sent.status == 200, "\(sent.body)")
    }

    @Test("39: a FIFO message has the delay of its queue")
    func delayOfTheQueue() throws {
        let client = try client()
        let names = #""MessageBody":"x","MessageGroupId":"g","MessageDeduplicationId":"1""#
        let two = try send(client, #"\#(names),"DelaySeconds":2"#)
        #expect(
            two.message == "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that "
                + "is not valid for this queue type.")
        #expect(two.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender")
        #expect(try send(client, #"\#(names),"DelaySeconds":0"#).status == 200)
        guard case .send(_, let message)? = client.seen().last else {
            Issue.record("the storage saw \(client.seen())")
            return
        }
        #expect(message.delay == nil)
    }

    @Test("40: a standard queue takes a group, and nothing that tells duplicates")
    func groupsOnStandard() throws {
        let client = try TestClient()
        let body = #"{"QueueUrl":"q1","MessageBody":"x","MessageGroupId":"tenant-1"}"#
        #expect(try client.call("SendMessage", body).status == 200)
        let received = try client.call(
            "ReceiveMessage", #"{"QueueUrl":"q1","MessageSystemAttributeNames":["MessageGroupId","SequenceNumber"]}"#)
        #expect(received.body.contains(#""Attributes":{"MessageGroupId":"tenant-1"}"#))
        let duplicate = try client.call(
            "SendMessage", #"{"QueueUrl":"q1","MessageBody":"x","MessageDeduplicationId":"d"}"#)
        #expect(duplicate.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender")
        #expect(duplicate.message?.hasSuffix("is not valid for this queue type.") == true)
    }

    @Test("80: a batch keeps its order")
    func aBatchKeepsItsOrder() throws {
        let client = try client()
        let entries = (0..<10).map {
            #"{"Id":"\#($0)","MessageBody":"\#($0)","MessageGroupId":"g","MessageDeduplicationId":"\#($0)"}"#
        }
        let body = #"{"QueueUrl":"f.fifo","Entries":[\#(entries.joined(separator: ","))]}"#
        #expect(try client.call("SendMessageBatch", body).status == 200)
        let sent = client.seen().compactMap { request -> String? in
            guard case .send(_, let message) = request else { return nil }
            return String(decoding: message.body, as: UTF8.self)
        }
        #expect(sent == (0..<10).map { "\($0)" })
    }

    // MARK: Receiving

    @Test func theNameOfAnAttemptGoesToTheStorage() throws {
        let client = try client()
        let body = #"{"QueueUrl":"f.fifo","ReceiveRequestAttemptId":"try-1"}"#
        #expect(try client.call("ReceiveMessage", body).status == 200)
        guard case .receive(_, let options)? = client.seen().last else {
            Issue.record("the storage saw \(client.seen())")
            return
        }
        #expect(options.attempt == "try-1")
        #expect(options.inFlightMax == 120_000)
        for (queue, name) in [("f.fifo", ""), ("f.fifo", "a b"), ("q1", "try-1")] {
            let body = #"{"QueueUrl":"\#(queue)","ReceiveRequestAttemptId":"\#(name)"}"#
            #expect(try client.fault("ReceiveMessage", body).contains("InvalidParameterValue"), "\(queue) \(name)")
        }
    }

    @Test func tooManyInFlightIsNoErrorOfAFIFOQueue() throws {
        let client = try client()
        _ = try send(client, #""MessageBody":"x","MessageGroupId":"g","MessageDeduplicationId":"1""#)
        client.storage.state.withLock { $0.inFlight = 120_000 }
        let response = try client.call("ReceiveMessage", #"{"QueueUrl":"f.fifo"}"#)
        #expect(response.status == 200)
        #expect(response.body == "{}")
        #expect(try client.fault("ReceiveMessage", #"{"QueueUrl":"q1"}"#).contains("OverLimit"))
    }

    @Test("62: an expired handle of a FIFO queue")
    func anExpiredHandle() throws {
        let client = try client()
        let handle = String(repeating: "A", count: 32)
        client.storage.state.withLock { $0.refusal = .receiptHandleExpired }
        let response = try client.call("DeleteMessage", #"{"QueueUrl":"f.fifo","ReceiptHandle":"\#(handle)"}"#)
        #expect(
            response.message
                == "Value \(handle) for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.")
        #expect(response.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender")
    }

    // MARK: Query

    @Test func theSameInQuery() throws {
        let client = try TestClient()
        let created = try client.query(
            "Action=CreateQueue&QueueName=f.fifo&Attribute.1.Name=FifoQueue&Attribute.1.Value=true")
        #expect(created.element("QueueUrl")?.hasSuffix("/f.fifo") == true)
        let sent = try client.query(
            "Action=SendMessage&MessageBody=x&MessageGroupId=g&MessageDeduplicationId=1",
            path: "/000000000000/f.fifo")
        #expect(sent.element("SequenceNumber")?.utf8.count == 20)
        let received = try client.query(
            "Action=ReceiveMessage&QueueUrl=f.fifo&AttributeName.1=All&ReceiveRequestAttemptId=a")
        #expect(
            received.body.contains("<Attribute><Name>MessageGroupId</Name><Value>g</Value></Attribute>"))
        #expect(received.body.contains("<Name>SequenceNumber</Name><Value>\(sent.element("SequenceNumber") ?? "")<"))
        #expect(
            try client.queryFault("Action=SendMessage&QueueUrl=f.fifo&MessageBody=x") == "400 Sender MissingParameter")
    }
}
