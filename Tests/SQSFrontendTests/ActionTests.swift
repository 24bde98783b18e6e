import RoostModel
import RoostStorage
import SQSFrontend
import Synchronization
import Testing

@Suite struct QueueActionTests {
    @Test func createsAndFindsQueues() throws {
        let client = try TestClient(queue: nil)
        let created = try client.call(
            "CreateQueue", #"{"QueueName":"new-q_1","Attributes":{"VisibilityTimeout":"7","DelaySeconds":"900"}}"#)
        #expect(created.status == 200)
        #expect(created.body == #"{"QueueUrl":"http://localhost:9324/000000000000/new-q_1"}"#)
        #expect(created.headers["content-type"] == "application/x-amz-json-1.0")
        #expect(created.headers["x-amzn-requestid"]?.count == 36)
        let found = try client.call("GetQueueUrl", #"{"QueueName":"new-q_1","QueueOwnerAWSAccountId":"000000000000"}"#)
        #expect(found.body == created.body)
        let change = QueueSettingsChange(visibilityTimeout: .seconds(7), delay: .seconds(900))
        guard case .createQueue(_, change)? = client.seen().first else {
            Issue.record("the storage saw \(client.seen())")
            return
        }
    }

    @Test func queueURLsFollowTheHostOfTheRequest() throws {
        let client = try TestClient()
        try client.write(
            TestClient.request("GetQueueUrl", #"{"QueueName":"q1"}"#).replacing("localhost:9324", with: "127.0.0.1"))
        client.settle()
        #expect(try client.response()?.body == #"{"QueueUrl":"http://127.0.0.1/000000000000/q1"}"#)
    }

    @Test func creatingAgainComparesOnlyWhatIsNamed() throws {
        let client = try TestClient(queue: nil)
        _ = try client.call("CreateQueue", #"{"QueueName":"q","Attributes":{"VisibilityTimeout":"7"}}"#)
        #expect(try client.call("CreateQueue", #"{"QueueName":"q","tags":{}}"#).status == 200)
        let other = try client.call("CreateQueue", #"{"QueueName":"q","Attributes":{"VisibilityTimeout":"8"}}"#)
        #expect(other.status == 400)
        #expect(other.type == "com.amazonaws.sqs#QueueNameExists")
        #expect(other.headers["x-amzn-query-error"] == "QueueAlreadyExists;Sender")
        #expect(other.message?.hasSuffix("for attribute VisibilityTimeout") == true)
    }

    @Test func everyActionOnAMissingQueueSaysSo() throws {
        let client = try TestClient(queue: nil)
        let handle = String(repeating: "A", count: 32)
        let calls = [
            ("GetQueueUrl", #"{"QueueName":"no"}"#), ("DeleteQueue", #"{"QueueUrl":"no"}"#),
            ("PurgeQueue", #"{"QueueUrl":"no"}"#), ("GetQueueAttributes", #"{"QueueUrl":"no"}"#),
            ("SetQueueAttributes", #"{"QueueUrl":"no","Attributes":{}}"#),
            ("SendMessage", #"{"QueueUrl":"http://x/000000000000/no","MessageBody":"a"}"#),
            ("SendMessageBatch", #"{"QueueUrl":"no","Entries":[{"Id":"1","MessageBody":"a"}]}"#),
            ("ReceiveMessage", #"{"QueueUrl":"/000000000000/no"}"#),
            ("DeleteMessage", #"{"QueueUrl":"no","ReceiptHandle":"\#(handle)"}"#),
            ("DeleteMessageBatch", #"{"QueueUrl":"no","Entries":[{"Id":"1","ReceiptHandle":"\#(handle)"}]}"#),
            ("ChangeMessageVisibility", #"{"QueueUrl":"no","ReceiptHandle":"\#(handle)","VisibilityTimeout":1}"#),
        ]
        for (action, body) in calls {
            let response = try client.call(action, body)
            #expect(response.message == "The specified queue does not exist.", "\(action)")
            #expect(response.headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender")
        }
    }

    @Test(arguments: [
        ("http://other.example:1/000000000000/q1", true), ("/000000000000/q1", true), ("q1", true),
        ("https://sqs.us-east-1.amazonaws.com/000000000000/q1", true), ("http://h/000000000000/q1/", false),
        ("http://h/123456789012/q1", false), ("http://h/000000000000/", false),
        ("http:\\/\\/h\\/000000000000\\/q1", true),
        ("http://h/000000000000/q 1", false), ("é", false),
    ])
    func queueURLsOfAnyHostAreRead(_ url: String, _ isFound: Bool) throws {
        let client = try TestClient()
        for _ in 0..<2 {
            let response = try client.call("SendMessage", #"{"QueueUrl":"\#(url)","MessageBody":"x"}"#)
            #expect((response.status == 200) == isFound, "\(response.body)")
            if !isFound { #expect(response.type == "com.amazonaws.sqs#QueueDoesNotExist") }
        }
    }

    @Test func listsQueuesInPages() throws {
        let client = try TestClient(queue: nil)
        for name in ["b1", "a1", "a2", "a3"] { _ = try client.call("CreateQueue", #"{"QueueName":"\#(name)"}"#) }
        func names(_ response: TestClient.Response) -> [String] {
            (response.json["QueueUrls"] as? [String] ?? []).map { String($0.suffix(2)) }
        }
        let all = try client.call("ListQueues", "{}")
        #expect(names(all) == ["a1", "a2", "a3", "b1"])
        #expect(all.json["NextToken"] == nil)
        let first = try client.call("ListQueues", #"{"QueueNamePrefix":"a","MaxResults":2}"#)
        #expect(names(first) == ["a1", "a2"])
        let token = try #require(first.json["NextToken"] as? String)
        let second = try client.call("ListQueues", #"{"QueueNamePrefix":"a","MaxResults":2,"NextToken":"\#(token)"}"#)
        #expect(names(second) == ["a3"])
        #expect(second.json["NextToken"] == nil)
        #expect(try client.call("ListQueues", #"{"QueueNamePrefix":"zzz"}"#).body == "{}")
        for body in [
            #"{"MaxResults":0}"#, #"{"MaxResults":1001}"#, #"{"NextToken":"\#(token)"}"#,
            #"{"MaxResults":1,"NextToken":"????"}"#,
        ] {
            #expect(try client.fault("ListQueues", body).hasPrefix("400 InvalidParameterValue"), "\(body)")
        }
    }

    @Test func returnsQueueAttributes() throws {
        let client = try TestClient()
        try client.send("one")
        try client.send("two")
        _ = try client.call("ReceiveMessage", #"{"QueueUrl":"q1"}"#)
        #expect(try client.call("GetQueueAttributes", #"{"QueueUrl":"q1"}"#).body == "{}")
        let all = try client.call("GetQueueAttributes", #"{"QueueUrl":"q1","AttributeNames":["All"]}"#)
        let attributes = try #require(all.json["Attributes"] as? [String: String])
        #expect(
            attributes == [
                "VisibilityTimeout": "30", "DelaySeconds": "0", "MessageRetentionPeriod": "345600",
                "MaximumMessageSize": "1048576", "ReceiveMessageWaitTimeSeconds": "0",
                "ApproximateNumberOfMessages": "1", "ApproximateNumberOfMessagesNotVisible": "1",
                "ApproximateNumberOfMessagesDelayed": "0", "CreatedTimestamp": "1600000000",
                "LastModifiedTimestamp": "1600000001", "QueueArn": "arn:aws:sqs:us-east-1:000000000000:q1",
                "SqsManagedSseEnabled": "true",
            ])
        let some = try client.call(
            "GetQueueAttributes", #"{"QueueUrl":"q1","AttributeNames":["QueueArn","Policy","DelaySeconds"]}"#)
        #expect(
            some.json["Attributes"] as? [String: String] == [
                "QueueArn": "arn:aws:sqs:us-east-1:000000000000:q1", "DelaySeconds": "0",
            ])
        let unknown = try client.call("GetQueueAttributes", #"{"QueueUrl":"q1","AttributeNames":["Foobar"]}"#)
        #expect(unknown.message == "Unknown Attribute Foobar.")
        #expect(unknown.type == "com.amazonaws.sqs#InvalidAttributeName")
    }

    @Test func setsQueueAttributes() throws {
        let client = try TestClient()
        let body = #"""
            {"QueueUrl":"q1","Attributes":{"VisibilityTimeout":"43200","DelaySeconds":"1",
            "MessageRetentionPeriod":"60","MaximumMessageSize":"1024","ReceiveMessageWaitTimeSeconds":"20"}}
            """#
        #expect(try client.call("SetQueueAttributes", body).body == "{}")
        let settings = client.storage.state.withLock { $0.queues.values.first?.settings }
        #expect(settings?.visibilityTimeout == .seconds(43_200))
        #expect(settings?.delay == .seconds(1))
        #expect(settings?.retention == .seconds(60))
        #expect(settings?.maximumMessageBytes == 1024)
        #expect(settings?.receiveWait == .seconds(20))
        #expect(try client.fault("SetQueueAttributes", #"{"QueueUrl":"q1"}"#).hasPrefix("400 MissingRequired"))
    }

    @Test(arguments: [
        ("VisibilityTimeout", "43201", "InvalidAttributeValue"), ("VisibilityTimeout", "-1", "InvalidAttributeValue"),
        ("VisibilityTimeout", "", "InvalidAttributeValue"), ("VisibilityTimeout", "x", "InvalidAttributeValue"),
        ("DelaySeconds", "901", "InvalidAttributeValue"), ("MessageRetentionPeriod", "59", "InvalidAttributeValue"),
        ("MaximumMessageSize", "1023", "InvalidAttributeValue"),
        ("MaximumMessageSize", "1048577", "InvalidAttributeValue"),
        ("ReceiveMessageWaitTimeSeconds", "21", "InvalidAttributeValue"),
        ("DelaySeconds", "99999999999999999999", "InvalidAttributeValue"),
        ("FifoQueue", "false", "InvalidAttributeName"),
        ("ContentBasedDeduplication", "false", "InvalidAttributeName"),
        ("DeduplicationScope", "queue", "InvalidAttributeName"), ("Policy", "{}", "InvalidAttributeValue"),
        ("FifoThroughputLimit", "perQueue", "InvalidAttributeName"),
        ("RedrivePolicy", "{}", "InvalidParameterValueException"),
        ("RedriveAllowPolicy", "x", "InvalidParameterValueException"),
        ("KmsDataKeyReusePeriodSeconds", "59", "InvalidAttributeValue"),
        ("SqsManagedSseEnabled", "yes", "InvalidAttributeValue"), ("QueueArn", "x", "InvalidAttributeName"),
        ("CreatedTimestamp", "1", "InvalidAttributeName"), ("Foobar", "1", "InvalidAttributeName"),
    ])
    func refusesAttributes(_ name: String, _ value: String, _ code: String) throws {
        let client = try TestClient()
        for (action, parameter) in [("CreateQueue", #""QueueName":"q2""#), ("SetQueueAttributes", #""QueueUrl":"q1""#)]
        {
            let fault = try client.fault(action, #"{\#(parameter),"Attributes":{"\#(name)":"\#(value)"}}"#)
            #expect(fault.hasPrefix("400 \(code) "), "\(action): \(fault)")
        }
        #expect(client.seen().isEmpty)
    }

    @Test func refusesNames() throws {
        let client = try TestClient()
        for name in ["", "a b", "a.b", String(repeating: "x", count: 81)] {
            let response = try client.call("CreateQueue", #"{"QueueName":"\#(name)"}"#)
            #expect(response.message?.hasPrefix("Can only include alphanumeric characters") == true)
        }
        #expect(try client.fault("CreateQueue", "{}").hasPrefix("400 MissingRequired"))
        #expect(try client.fault("Nonsense", "{}").hasPrefix("400 UnknownOperationException"))
    }

    @Test func purgesAndDeletes() throws {
        let client = try TestClient()
        try client.send("x")
        #expect(try client.call("PurgeQueue", #"{"QueueUrl":"q1"}"#).body == "{}")
        #expect(try client.call("ReceiveMessage", #"{"QueueUrl":"q1"}"#).body == "{}")
        #expect(try client.call("DeleteQueue", #"{"QueueUrl":"q1"}"#).body == "{}")
        #expect(try client.fault("DeleteQueue", #"{"QueueUrl":"q1"}"#).contains("QueueDoesNotExist"))
        #expect(try client.fault("DeleteQueue", "{}").hasPrefix("400 MissingRequired"))
    }
}
