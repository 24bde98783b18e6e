import Foundation
import NIOCore
import RoostModel
import RoostStorage
import SQSFrontend
import Synchronization
import Testing

/// The XML of replies, whole.
@Suite struct QueryReplyTests {
    private static let metadata = "<ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata>"
    /// MD5 of "x".
    private static let sum = "9dd4e461268c8034f5c8564e155c67a6"
    private static let url = "http://localhost:9324/000000000000"
    /// The handle that the storage of the tests gives to the first message that is received.
    private static let anyHandle = "A-HANDLE"

    private static let arn = "arn:aws:sqs:us-east-1:000000000000:"
    private static let task = Data(#"{"taskId":"1","sourceArn":"\#(arn)q1"}"#.utf8).base64EncodedString()

    /// Requests in their order on one queue, and their replies. `A-HANDLE` stands for the handle that came last.
    private static let table: [(String, String)] = [
        (
            "Action=CreateQueue&QueueName=q2&Attribute.1.Name=DelaySeconds&Attribute.1.Value=0",
            "<CreateQueueResponse><CreateQueueResult><QueueUrl>\(url)/q2</QueueUrl></CreateQueueResult>\(metadata)"
                + "</CreateQueueResponse>"
        ),
        (
            "Action=GetQueueUrl&QueueName=q2",
            "<GetQueueUrlResponse><GetQueueUrlResult><QueueUrl>\(url)/q2</QueueUrl></GetQueueUrlResult>\(metadata)"
                + "</GetQueueUrlResponse>"
        ),
        (
            "Action=ListQueues",
            "<ListQueuesResponse><ListQueuesResult><QueueUrl>\(url)/q1</QueueUrl><QueueUrl>\(url)/q2</QueueUrl>"
                + "</ListQueuesResult>\(metadata)</ListQueuesResponse>"
        ),
        (
            "Action=ListQueues&MaxResults=1",
            "<ListQueuesResponse><ListQueuesResult><QueueUrl>\(url)/q1</QueueUrl><NextToken>cTE=</NextToken>"
                + "</ListQueuesResult>\(metadata)</ListQueuesResponse>"
        ),
        (
            "Action=ListQueues&QueueNamePrefix=none",
            "<ListQueuesResponse><ListQueuesResult/>\(metadata)</ListQueuesResponse>"
        ),
        (
            "Action=SetQueueAttributes&QueueUrl=q2&Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=7",
            "<SetQueueAttributesResponse>\(metadata)</SetQueueAttributesResponse>"
        ),
        (
            "Action=GetQueueAttributes&QueueUrl=q2&AttributeName.1=VisibilityTimeout&AttributeName.2=QueueArn",
            "<GetQueueAttributesResponse><GetQueueAttributesResult><Attribute><Name>VisibilityTimeout</Name>"
                + "<Value>7</Value></Attribute><Attribute><Name>QueueArn</Name>"
                + "<Value>arn:aws:sqs:us-east-1:000000000000:q2</Value></Attribute></GetQueueAttributesResult>"
                + "\(metadata)</GetQueueAttributesResponse>"
        ),
        (
            "Action=GetQueueAttributes&QueueUrl=q2",
            "<GetQueueAttributesResponse><GetQueueAttributesResult/>\(metadata)</GetQueueAttributesResponse>"
        ),
        (
            "Action=ReceiveMessage&QueueUrl=q2",
            "<ReceiveMessageResponse><ReceiveMessageResult/>\(metadata)</ReceiveMessageResponse>"
        ),
        (
            "Action=SendMessage&QueueUrl=q2&MessageBody=x&MessageAttribute.1.Name=a"
                + "&MessageAttribute.1.Value.DataType=String.%26&MessageAttribute.1.Value.StringValue=%3C%0D%0A"
                + "&MessageAttribute.2.Name=b&MessageAttribute.2.Value.DataType=Binary"
                + "&MessageAttribute.2.Value.BinaryValue=AP8%3D",
            "<SendMessageResponse><SendMessageResult><MessageId>11223344-5566-4777-8000-000000000001</MessageId>"
                + "<MD5OfMessageBody>\(sum)</MD5OfMessageBody>"
                + "<MD5OfMessageAttributes>ATTRIBUTES</MD5OfMessageAttributes></SendMessageResult>\(metadata)"
                + "</SendMessageResponse>"
        ),
        (
            "Action=ReceiveMessage&QueueUrl=q2&AttributeName=All&MessageAttributeName.1=All",
            "<ReceiveMessageResponse><ReceiveMessageResult><Message>"
                + "<MessageId>11223344-5566-4777-8000-000000000001</MessageId>"
                + "<ReceiptHandle>\(anyHandle)</ReceiptHandle><MD5OfBody>\(sum)</MD5OfBody><Body>x</Body>"
                + "<Attribute><Name>SenderId</Name><Value>000000000000</Value></Attribute>"
                + "<Attribute><Name>SentTimestamp</Name><Value>1700000000123</Value></Attribute>"
                + "<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>"
                + "<Attribute><Name>ApproximateFirstReceiveTimestamp</Name><Value>1700000000456</Value></Attribute>"
                + "<MD5OfMessageAttributes>ATTRIBUTES</MD5OfMessageAttributes>"
                + "<MessageAttribute><Name>a</Name><Value><StringValue>&lt;&#xD;\n</StringValue>"
                + "<DataType>String.&amp;</DataType></Value></MessageAttribute>"
                + "<MessageAttribute><Name>b</Name><Value><BinaryValue>AP8=</BinaryValue><DataType>Binary</DataType>"
                + "</Value></MessageAttribute></Message></ReceiveMessageResult>\(metadata)</ReceiveMessageResponse>"
        ),
        (
            "Action=ChangeMessageVisibility&QueueUrl=q2&ReceiptHandle=\(anyHandle)&VisibilityTimeout=9",
            "<ChangeMessageVisibilityResponse>\(metadata)</ChangeMessageVisibilityResponse>"
        ),
        (
            "Action=ChangeMessageVisibilityBatch&QueueUrl=q2&ChangeMessageVisibilityBatchRequestEntry.1.Id=a"
                + "&ChangeMessageVisibilityBatchRequestEntry.1.ReceiptHandle=\(anyHandle)"
                + "&ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout=9",
            "<ChangeMessageVisibilityBatchResponse><ChangeMessageVisibilityBatchResult>"
                + "<ChangeMessageVisibilityBatchResultEntry><Id>a</Id></ChangeMessageVisibilityBatchResultEntry>"
                + "</ChangeMessageVisibilityBatchResult>\(metadata)</ChangeMessageVisibilityBatchResponse>"
        ),
        (
            "Action=DeleteMessage&QueueUrl=q2&ReceiptHandle=\(anyHandle)",
            "<DeleteMessageResponse>\(metadata)</DeleteMessageResponse>"
        ),
        (
            "Action=DeleteMessageBatch&QueueUrl=q2&DeleteMessageBatchRequestEntry.1.Id=a"
                + "&DeleteMessageBatchRequestEntry.1.ReceiptHandle=\(anyHandle)&DeleteMessageBatchRequestEntry.2.Id=b"
                + "&DeleteMessageBatchRequestEntry.2.ReceiptHandle=%22garbage%22",
            "<DeleteMessageBatchResponse><DeleteMessageBatchResult>"
                + "<DeleteMessageBatchResultEntry><Id>a</Id></DeleteMessageBatchResultEntry>"
                + "<BatchResultErrorEntry><Id>b</Id><SenderFault>true</SenderFault>"
                + "<Code>ReceiptHandleIsInvalid</Code><Message>The input receipt handle "
                + "&quot;&quot;garbage&quot;&quot; is not a valid receipt handle.</Message></BatchResultErrorEntry>"
                + "</DeleteMessageBatchResult>\(metadata)</DeleteMessageBatchResponse>"
        ),
        (
            "Action=SendMessageBatch&QueueUrl=q2&SendMessageBatchRequestEntry.1.Id=a"
                + "&SendMessageBatchRequestEntry.1.MessageBody=x&SendMessageBatchRequestEntry.2.Id=b"
                + "&SendMessageBatchRequestEntry.2.MessageBody=x&SendMessageBatchRequestEntry.2.DelaySeconds=901",
            "<SendMessageBatchResponse><SendMessageBatchResult><SendMessageBatchResultEntry><Id>a</Id>"
                + "<MessageId>11223344-5566-4777-8000-000000000003</MessageId>"
                + "<MD5OfMessageBody>\(sum)</MD5OfMessageBody></SendMessageBatchResultEntry>"
                + "<BatchResultErrorEntry><Id>b</Id><SenderFault>true</SenderFault><Code>InvalidParameterValue</Code>"
                + "<Message>Value 901 for parameter DelaySeconds is invalid. "
                + "Reason: DelaySeconds must be &gt;= 0 and &lt;= 900.</Message></BatchResultErrorEntry>"
                + "</SendMessageBatchResult>\(metadata)</SendMessageBatchResponse>"
        ),
        ("Action=TagQueue&QueueUrl=q2&Tag.1.Key=k&Tag.1.Value=v", "<TagQueueResponse>\(metadata)</TagQueueResponse>"),
        (
            "Action=ListQueueTags&QueueUrl=q2",
            "<ListQueueTagsResponse><ListQueueTagsResult><Tag><Key>k</Key><Value>v</Value></Tag></ListQueueTagsResult>"
                + "\(metadata)</ListQueueTagsResponse>"
        ),
        ("Action=UntagQueue&QueueUrl=q2&TagKey.1=k", "<UntagQueueResponse>\(metadata)</UntagQueueResponse>"),
        (
            "Action=ListQueueTags&QueueUrl=q2",
            "<ListQueueTagsResponse><ListQueueTagsResult/>\(metadata)</ListQueueTagsResponse>"
        ),
        (
            "Action=AddPermission&QueueUrl=q2&Label=a&AWSAccountId.1=111111111111&ActionName.1=*",
            "<AddPermissionResponse>\(metadata)</AddPermissionResponse>"
        ),
        (
            "Action=RemovePermission&QueueUrl=q2&Label=a",
            "<RemovePermissionResponse>\(metadata)</RemovePermissionResponse>"
        ),
        (
            "Action=SetQueueAttributes&QueueUrl=q2&Attribute.1.Name=RedrivePolicy&Attribute.1.Value="
                + "%7B%22deadLetterTargetArn%22:%22\(arn)q1%22,%22maxReceiveCount%22:%221%22%7D",
            "<SetQueueAttributesResponse>\(metadata)</SetQueueAttributesResponse>"
        ),
        (
            "Action=ListDeadLetterSourceQueues&QueueUrl=q1",
            "<ListDeadLetterSourceQueuesResponse><ListDeadLetterSourceQueuesResult>"
                + "<QueueUrl>http://localhost:9324/000000000000/q2</QueueUrl></ListDeadLetterSourceQueuesResult>"
                + "\(metadata)</ListDeadLetterSourceQueuesResponse>"
        ),
        (
            "Action=StartMessageMoveTask&SourceArn=\(arn)q1&MaxNumberOfMessagesPerSecond=5",
            "<StartMessageMoveTaskResponse><StartMessageMoveTaskResult><TaskHandle>\(task)</TaskHandle>"
                + "</StartMessageMoveTaskResult>\(metadata)</StartMessageMoveTaskResponse>"
        ),
        (
            "Action=ListMessageMoveTasks&SourceArn=\(arn)q1",
            "<ListMessageMoveTasksResponse><ListMessageMoveTasksResult><ListMessageMoveTasksResultEntry>"
                + "<TaskHandle>\(task)</TaskHandle><Status>RUNNING</Status><SourceArn>\(arn)q1</SourceArn>"
                + "<MaxNumberOfMessagesPerSecond>5</MaxNumberOfMessagesPerSecond>"
                + "<ApproximateNumberOfMessagesMoved>0</ApproximateNumberOfMessagesMoved>"
                + "<ApproximateNumberOfMessagesToMove>0</ApproximateNumberOfMessagesToMove>"
                + "<StartedTimestamp>1700000000789</StartedTimestamp></ListMessageMoveTasksResultEntry>"
                + "</ListMessageMoveTasksResult>\(metadata)</ListMessageMoveTasksResponse>"
        ),
        (
            "Action=CancelMessageMoveTask&TaskHandle=\(task.replacing("=", with: "%3D").replacing("+", with: "%2B"))",
            "<CancelMessageMoveTaskResponse><CancelMessageMoveTaskResult>"
                + "<ApproximateNumberOfMessagesMoved>0</ApproximateNumberOfMessagesMoved>"
                + "</CancelMessageMoveTaskResult>\(metadata)</CancelMessageMoveTaskResponse>"
        ),
        ("Action=PurgeQueue&QueueUrl=q2", "<PurgeQueueResponse>\(metadata)</PurgeQueueResponse>"),
        ("Action=DeleteQueue&QueueUrl=q2", "<DeleteQueueResponse>\(metadata)</DeleteQueueResponse>"),
        (
            "Action=DeleteQueue&QueueUrl=q2",
            "<ErrorResponse><Error><Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code>"
                + "<Message>The specified queue does not exist for this wsdl version.</Message><Detail/></Error>"
                + "<RequestId>ID</RequestId></ErrorResponse>"
        ),
    ]

    @Test func everyReply() throws {
        let client = try TestClient()
        let attributes = MD5Sum(of: [
            MessageAttribute(name: "a", type: "String.&", value: .text("<\r\n")),
            MessageAttribute(name: "b", type: "Binary", value: .binary([0, 255])),
        ])
        var handle = ""
        for (request, expected) in Self.table {
            let response = try client.query(request.replacing(Self.anyHandle, with: handle))
            #expect(response.headers["content-type"] == "text/xml")
            #expect(response.headers["x-amzn-requestid"] == response.element("RequestId"))
            handle = response.element("ReceiptHandle") ?? handle
            let whole = expected.replacing(Self.anyHandle, with: handle)
                .replacing("ATTRIBUTES", with: attributes?.description ?? "")
            #expect(response.xml == whole, "\(request)")
            #expect((response.status == 200) == !expected.contains("<ErrorResponse>"))
            let namespace = #"Response xmlns="http://queue.amazonaws.com/doc/2012-11-05/">"#
            #expect(response.body.contains(namespace))
        }
        let asked = Self.table.compactMap { $0.0.split(separator: "&").first?.dropFirst(7) }
        #expect(Set(asked.map(String.init)) == Set(ActionTable.rows.map { "\($0.name)" }), "every action has its reply")
    }

    // MARK: Errors

    @Test(arguments: [
        ("Action=SendMessage&QueueUrl=none&MessageBody=x", "400 Sender AWS.SimpleQueueService.NonExistentQueue"),
        ("Action=SendMessage&QueueUrl=q1", "400 Sender MissingParameter"),
        ("Action=SendMessage&QueueUrl=q1&MessageBody=", "400 Sender MissingParameter"),
        ("Action=SendMessage&QueueUrl=q1&MessageBody=%00", "400 Sender InvalidMessageContents"),
        ("Action=SendMessage&QueueUrl=q1&MessageBody=%ff", "404 Sender MalformedQueryString"),
        ("Action=SendMessage&QueueUrl=q1&MessageBody=x&DelaySeconds=901", "400 Sender InvalidParameterValue"),
        ("Action=SendMessage&QueueUrl=q1&MessageBody=x&DelaySeconds=x", "400 Sender InvalidParameterValue"),
        (
            "Action=SendMessage&QueueUrl=q1&MessageBody=x&MessageAttribute.1.Name=a&MessageAttribute.2.Name=a",
            "400 Sender InvalidParameterValue"
        ),
        ("Action=SendMessage&QueueUrl=q1&MessageBody=x&MessageAttribute.1.Name=a", "400 Sender InvalidParameterValue"),
        (
            "Action=SendMessage&QueueUrl=q1&MessageBody=x&MessageAttribute.1.Name=a&MessageAttribute.1.Value.DataType="
                + "Binary&MessageAttribute.1.Value.BinaryValue=x", "400 Sender InvalidParameterValue"
        ),
        (
            "Action=SendMessage&QueueUrl=q1&MessageBody=x&Colour=red",
            "400 Sender AWS.SimpleQueueService.UnsupportedOperation"
        ),
        ("Action=CreateQueue&QueueName=a%20b", "400 Sender InvalidParameterValue"),
        (
            "Action=CreateQueue&QueueName=q1&Attribute.1.Name=DelaySeconds&Attribute.1.Value=1",
            "400 Sender QueueAlreadyExists"
        ),
        ("Action=GetQueueAttributes&QueueUrl=q1&AttributeName.1=Foobar", "400 Sender InvalidAttributeName"),
        ("Action=DeleteMessage&QueueUrl=q1&ReceiptHandle=garbage", "400 Sender ReceiptHandleIsInvalid"),
        ("Action=SendMessageBatch&QueueUrl=q1", "400 Sender AWS.SimpleQueueService.EmptyBatchRequest"),
        ("Action=SendMessageBatch&QueueUrl=q1&Entries=", "400 Sender AWS.SimpleQueueService.EmptyBatchRequest"),
        (
            "Action=DeleteMessageBatch&QueueUrl=q1&"
                + (1...11).map { "DeleteMessageBatchRequestEntry.\($0).Id=a" }.joined(separator: "&"),
            "400 Sender AWS.SimpleQueueService.TooManyEntriesInBatchRequest"
        ),
        ("Action=ReceiveMessage&QueueUrl=q1&MaxNumberOfMessages=11", "400 Sender InvalidParameterValue"),
        ("Action=ListQueues&Version=2011-10-01", "400 Sender NoSuchVersion"),
    ])
    func errors(_ request: String, _ expected: String) throws {
        let client = try TestClient()
        #expect(try client.queryFault(request) == expected)
        let reply = try client.query(request)
        #expect(reply.body.contains("<Detail/></Error><RequestId>"))
        #expect(reply.headers["x-amzn-query-error"] == nil, "a header for JSON clients")
    }

    @Test func whatPassesIsTheReceiversFault() throws {
        let client = try TestClient()
        client.storage.state.withLock { $0.refusal = .outOfDiskSpace }
        #expect(
            try client.queryFault("Action=SendMessage&QueueUrl=q1&MessageBody=x") == "503 Receiver ServiceUnavailable")
    }

    @Test func aQueueOfAnotherAccount() throws {
        let client = try TestClient()
        let text = try client.query("Action=PurgeQueue", path: "/111111111111/q1").element("Message")
        #expect(text?.hasPrefix("The specified queue does not exist for this wsdl version. ") == true)
        #expect(text?.contains("111111111111") == true)
    }

    // MARK: Text

    @Test func bodiesSurvive() throws {
        let client = try TestClient()
        let text = "\"&quot;\r\n<a b='c'>\r\r\t]]>é😀\u{7F}\u{FFFD}"
        let escaped = text.utf8.map { byte in
            (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
        }.joined()
        let sent = try client.query("Action=SendMessage&QueueUrl=q1&MessageBody=\(escaped)")
        #expect(sent.element("MD5OfMessageBody") == MD5Sum(of: Array(text.utf8)).description)
        let received = try client.query("Action=ReceiveMessage&QueueUrl=q1")
        #expect(
            received.element("Body")
                == "&quot;&amp;quot;&#xD;\n&lt;a b='c'&gt;&#xD;&#xD;\t]]&gt;é😀\u{7F}\u{FFFD}")
    }

    @Test func charactersThatXMLDoesNotHave() {
        func xml(_ bytes: [UInt8]) -> String {
            var buffer = ByteBuffer()
            buffer.writeXML(bytes)
            return String(buffer: buffer)
        }
        #expect(
            xml(Array("a\u{0}b\u{1F}c\u{FFFE}d\u{FFFF}e\u{FFFC}".utf8))
                == "a\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}e\u{FFFC}")
        #expect(xml([UInt8(ascii: "<"), 0xFF, 0xEF, 0xBF]) == "&lt;\u{FFFD}\u{FFFD}")
        #expect(xml(Array("\u{F000}\u{FFFE}".utf8)) == "\u{F000}\u{FFFD}")
        #expect(xml([]).isEmpty)
    }

    @Test func aLongPollOverQuery() throws {
        let client = try TestClient()
        try client.write(TestClient.post("Action=ReceiveMessage&QueueUrl=q1&WaitTimeSeconds=20"))
        client.settle()
        #expect(try client.response() == nil)
        let other = try TestClient(beside: client)
        _ = try other.query("Action=SendMessage&QueueUrl=q1&MessageBody=late")
        client.settle()
        #expect(try client.response()?.element("Body") == "late")
    }
}
