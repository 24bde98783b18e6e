import RoostModel
import RoostStorage
import SQSFrontend
import Synchronization
import Testing

/// RedrivePolicy, RedriveAllowPolicy, ListDeadLetterSourceQueues and the move tasks.
@Suite struct DeadLetterActionTests {
    private static func arn(_ queue: String) -> String { "arn:aws:sqs:us-east-1:000000000000:\(queue)" }

    private func client() throws -> TestClient {
        let client = try TestClient()
        _ = try client.call("CreateQueue", #"{"QueueName":"dlq"}"#)
        return client
    }

    private func set(_ client: TestClient, _ name: String, _ value: String, of queue: String = "q1") throws
        -> TestClient.Response
    {
        let escaped = value.replacing("\"", with: "\\\"")
        return try client.call(
            "SetQueueAttributes", #"{"QueueUrl":"\#(queue)","Attributes":{"\#(name)":"\#(escaped)"}}"#)
    }

    private func attribute(_ client: TestClient, _ name: String, of queue: String = "q1") throws -> String? {
        let body = #"{"QueueUrl":"\#(queue)","AttributeNames":["\#(name)"]}"#
        return (try client.call("GetQueueAttributes", body).json["Attributes"] as? [String: String])?[name]
    }

    private func link(_ client: TestClient, _ queue: String = "q1", to target: String = "dlq") throws {
        let policy = #"{"deadLetterTargetArn":"\#(Self.arn(target))","maxReceiveCount":3}"#
        #expect(try set(client, "RedrivePolicy", policy, of: queue).status == 200)
    }

    // MARK: Policies

    @Test("27: the number may be a text")
    func redrivePolicy() throws {
        let client = try client()
        for count in ["42", #""42""#] {
            let policy = #"{"maxReceiveCount":\#(count),"deadLetterTargetArn":"\#(Self.arn("dlq"))"}"#
            #expect(try set(client, "RedrivePolicy", policy).body == "{}")
            #expect(
                try attribute(client, "RedrivePolicy")
                    == #"{"deadLetterTargetArn":"\#(Self.arn("dlq"))","maxReceiveCount":42}"#)
        }
        guard
            case .changeSettings(_, let change)? = client.seen().last(where: {
                if case .changeSettings = $0 { true } else { false }
            })
        else { return }
        #expect(try change.deadLetters == DeadLetterPolicy(target: QueueName("dlq"), receivesMax: 42))
    }

    @Test("25: the empty text takes it away")
    func redrivePolicyIsRemoved() throws {
        let client = try client()
        try link(client)
        #expect(try set(client, "RedrivePolicy", "").status == 200)
        #expect(try attribute(client, "RedrivePolicy") == nil)
    }

    @Test(
        "27: what is wrong with a RedrivePolicy",
        arguments: [
            ("x", "Redrive policy is not a valid JSON map."),
            ("[]", "Redrive policy is not a valid JSON map."),
            (#"{"maxReceiveCount":1}"#, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn."),
            (
                #"{"deadLetterTargetArn":"ARN"}"#,
                "Redrive policy does not contain mandatory attribute: maxReceiveCount."
            ),
            (
                #"{"deadLetterTargetArn":"ARN","maxReceiveCount":"x"}"#,
                "Invalid value for maxReceiveCount: x, valid values are from 1 to 1000 both inclusive."
            ),
            (
                #"{"deadLetterTargetArn":"ARN","maxReceiveCount":0}"#,
                "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive."
            ),
            (
                #"{"deadLetterTargetArn":"ARN","maxReceiveCount":1001}"#,
                "Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive."
            ),
            (
                #"{"deadLetterTargetArn":"ARN","maxReceiveCount":1,"x":{}}"#,
                "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount]."
            ),
            (#"{"deadLetterTargetArn":"ARN-missing","maxReceiveCount":1}"#, "Dead letter target does not exist."),
            (#"{"deadLetterTargetArn":"dlq","maxReceiveCount":1}"#, "Dead letter target is not the ARN of a queue."),
            (#"{"deadLetterTargetArn":"ARN","maxReceiveCount":1.5}"#, "Redrive policy is not a valid JSON map."),
            (#"{"deadLetterTargetArn":"ARN","deadLetterTargetArn":"ARN"}"#, "Redrive policy is not a valid JSON map."),
        ])
    func refusesRedrivePolicies(_ policy: String, _ reason: String) throws {
        let client = try client()
        let response = try set(client, "RedrivePolicy", policy.replacing("ARN", with: Self.arn("dlq")))
        #expect(response.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender")
        #expect(
            response.message?.hasSuffix("for parameter RedrivePolicy is invalid. Reason: \(reason)") == true,
            "\(response.body)")
        #expect(try attribute(client, "RedrivePolicy") == nil)
    }

    @Test func policiesOfRedriveAreShort() throws {
        let client = try client()
        let text = #"{"deadLetterTargetArn":"\#(Self.arn("dlq"))","maxReceiveCount":1"#
        func policy(_ bytes: Int) -> String { text + String(repeating: " ", count: bytes - text.utf8.count - 1) + "}" }
        #expect(try set(client, "RedrivePolicy", policy(8193)).message?.hasSuffix("not a valid JSON map.") == true)
        #expect(try set(client, "RedrivePolicy", policy(8192)).status == 200)
    }

    @Test func targetsOfOtherServersAreNotThere() throws {
        let client = try client()
        for other in [
            "arn:aws:sqs:eu-west-1:000000000000:dlq", "arn:aws:sqs:us-east-1:111111111111:dlq",
        ] {
            let policy = #"{"deadLetterTargetArn":"\#(other)","maxReceiveCount":1}"#
            let response = try set(client, "RedrivePolicy", policy)
            #expect(response.message?.contains("Dead letter target does not exist. This server has the") == true)
        }
    }

    @Test("79: both queues are FIFO, or both standard")
    func typesHaveToAgree() throws {
        let client = try client()
        _ = try client.call("CreateQueue", #"{"QueueName":"f.fifo","Attributes":{"FifoQueue":"true"}}"#)
        let policy = #"{"deadLetterTargetArn":"\#(Self.arn("dlq"))","maxReceiveCount":1}"#
        let response = try set(client, "RedrivePolicy", policy, of: "f.fifo")
        #expect(response.message?.contains("both queues must be FIFO, or both standard") == true)
        _ = try client.call("CreateQueue", #"{"QueueName":"d.fifo","Attributes":{"FifoQueue":"true"}}"#)
        try link(client, "f.fifo", to: "d.fifo")
    }

    @Test func redriveAllowPolicy() throws {
        let client = try client()
        #expect(try attribute(client, "RedriveAllowPolicy", of: "dlq") == nil)
        let deny = #"{"redrivePermission":"denyAll"}"#
        #expect(try set(client, "RedriveAllowPolicy", deny, of: "dlq").status == 200)
        #expect(try attribute(client, "RedriveAllowPolicy", of: "dlq") == deny)
        let policy = #"{"deadLetterTargetArn":"\#(Self.arn("dlq"))","maxReceiveCount":1}"#
        #expect(try set(client, "RedrivePolicy", policy).message?.contains("does not allow this source") == true)
        let some = #"{"redrivePermission":"byQueue","sourceQueueArns":["\#(Self.arn("q1"))","\#(Self.arn("q2"))"]}"#
        #expect(try set(client, "RedriveAllowPolicy", some, of: "dlq").status == 200)
        #expect(try attribute(client, "RedriveAllowPolicy", of: "dlq") == some)
        try link(client)
        #expect(try set(client, "RedriveAllowPolicy", #"{"redrivePermission":"allowAll"}"#, of: "dlq").status == 200)
        #expect(try attribute(client, "RedriveAllowPolicy", of: "dlq") == nil)
    }

    @Test(arguments: [
        "x", "{}", #"{"redrivePermission":"some"}"#, #"{"redrivePermission":"byQueue"}"#,
        #"{"redrivePermission":"byQueue","sourceQueueArns":[]}"#,
        #"{"redrivePermission":"byQueue","sourceQueueArns":["q1"]}"#,
        #"{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:us-east-1:111111111111:q1"]}"#,
        #"{"redrivePermission":"denyAll","sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:q1"]}"#,
        #"{"redrivePermission":"allowAll","other":1}"#,
        #"{"redrivePermission":"byQueue","sourceQueueArns":["#
            + Array(repeating: #""arn:aws:sqs:us-east-1:000000000000:q1""#, count: 11).joined(separator: ",") + "]}",
    ])
    func refusesRedriveAllowPolicies(_ policy: String) throws {
        let client = try client()
        let response = try set(client, "RedriveAllowPolicy", policy, of: "dlq")
        #expect(response.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender", "\(response.body)")
        #expect(response.message?.contains("for parameter RedriveAllowPolicy is invalid") == true)
    }

    @Test func everyByteOfAPolicyCounts() throws {
        let arns = QueueARNs(account: "000000000000", region: "us-east-1")
        let redrive = try RedrivePolicy.text(DeadLetterPolicy(target: QueueName("dlq"), receivesMax: 7), arns)
        let allow = try #require(try RedriveAllowPolicy.text(.these([QueueName("a"), QueueName("b")]), arns))
        #expect(try RedrivePolicy.read(redrive, arns)?.receivesMax == 7)
        #expect(try RedriveAllowPolicy.read(allow, arns) == .these([QueueName("a"), QueueName("b")]))
        for count in 1..<redrive.utf8.count {
            #expect(throws: SQSFault.self) { try RedrivePolicy.read(String(redrive.prefix(count)), arns) }
        }
        for count in 1..<allow.utf8.count {
            #expect(throws: SQSFault.self) { try RedriveAllowPolicy.read(String(allow.prefix(count)), arns) }
        }
    }

    // MARK: Sources

    @Test func listsSources() throws {
        let client = try client()
        let none = try client.call("ListDeadLetterSourceQueues", #"{"QueueUrl":"dlq"}"#)
        #expect(none.body == #"{"queueUrls":[]}"#)
        for name in ["c", "a", "b"] {
            _ = try client.call("CreateQueue", #"{"QueueName":"\#(name)"}"#)
            try link(client, name)
        }
        func names(_ members: String) throws -> ([String], String?) {
            let response = try client.call("ListDeadLetterSourceQueues", #"{"QueueUrl":"dlq"\#(members)}"#)
            let urls = response.json["queueUrls"] as? [String] ?? []
            return (urls.map { String($0.suffix(1)) }, response.json["NextToken"] as? String)
        }
        #expect(try names("") == (["a", "b", "c"], nil))
        let (first, token) = try names(#","MaxResults":2"#)
        #expect(first == ["a", "b"])
        let (second, end) = try names(#","MaxResults":2,"NextToken":"\#(try #require(token))""#)
        #expect(second == ["c"])
        #expect(end == nil)
        let query = try client.query("Action=ListDeadLetterSourceQueues&QueueUrl=dlq&MaxResults=1")
        #expect(
            query.xml?.contains(
                "<ListDeadLetterSourceQueuesResult><QueueUrl>http://localhost:9324/000000000000/a</QueueUrl><NextToken>"
            )
                == true)
        for bad in [#","MaxResults":0"#, #","MaxResults":1001"#, #","NextToken":"YQ==""#] {
            let fault = try client.fault("ListDeadLetterSourceQueues", #"{"QueueUrl":"dlq"\#(bad)}"#)
            #expect(fault.contains("InvalidParameterValue"), "\(bad)")
        }
        #expect(try client.fault("ListDeadLetterSourceQueues", #"{"QueueUrl":"no"}"#).contains("QueueDoesNotExist"))
    }

    // MARK: Moves

    private func start(_ client: TestClient, _ members: String = "") throws -> TestClient.Response {
        try client.call("StartMessageMoveTask", #"{"SourceArn":"\#(Self.arn("dlq"))"\#(members)}"#)
    }

    private func list(_ client: TestClient, _ members: String = "") throws -> [[String: Any]] {
        let body = #"{"SourceArn":"\#(Self.arn("dlq"))"\#(members)}"#
        return try client.call("ListMessageMoveTasks", body).json["Results"] as? [[String: Any]] ?? []
    }

    @Test func startsListsAndCancelsAMove() throws {
        let client = try client()
        try link(client)
        let started = try start(client, #","DestinationArn":"\#(Self.arn("q1"))","MaxNumberOfMessagesPerSecond":7"#)
        let handle = try #require(started.json["TaskHandle"] as? String)
        let task = try #require(list(client).first)
        #expect(task["TaskHandle"] as? String == handle)
        #expect(task["Status"] as? String == "RUNNING")
        #expect(task["SourceArn"] as? String == Self.arn("dlq"))
        #expect(task["DestinationArn"] as? String == Self.arn("q1"))
        #expect(task["MaxNumberOfMessagesPerSecond"] as? Int == 7)
        #expect(task["ApproximateNumberOfMessagesMoved"] as? Int == 0)
        #expect(task["ApproximateNumberOfMessagesToMove"] as? Int == 0)
        #expect(task["StartedTimestamp"] as? Int == 1_700_000_000_789)
        let cancelled = try client.call("CancelMessageMoveTask", #"{"TaskHandle":"\#(handle)"}"#)
        #expect(cancelled.body == #"{"ApproximateNumberOfMessagesMoved":0}"#)
        // 86: the handle is shown while the task runs.
        let over = try #require(list(client).first)
        #expect(over["Status"] as? String == "CANCELLED")
        #expect(over["TaskHandle"] == nil)
        #expect(
            try client.fault("CancelMessageMoveTask", #"{"TaskHandle":"\#(handle)"}"#)
                == "400 UnsupportedOperation AWS.SimpleQueueService.UnsupportedOperation;Sender")
    }

    @Test("84: without a destination none is listed")
    func withoutADestination() throws {
        let client = try client()
        try link(client)
        #expect(try start(client, #","DestinationArn":"""#).status == 200)
        #expect(try list(client).first?["DestinationArn"] == nil)
        #expect(try list(client).first?["MaxNumberOfMessagesPerSecond"] == nil)
        guard
            case .startMove(let options)? = client.seen().first(where: {
                if case .startMove = $0 { true } else { false }
            })
        else {
            Issue.record("the storage saw \(client.seen())")
            return
        }
        #expect(try options == MoveOptions(from: QueueName("dlq"), needsDeadLetterQueue: true))
    }

    @Test("83: what is wrong with a move")
    func refusesMoves() throws {
        let client = try client()
        let noDLQ = try start(client)
        #expect(noDLQ.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender")
        #expect(noDLQ.message == "Source queue must be configured as a Dead Letter Queue.")
        try link(client)
        let missing = try start(client, #","DestinationArn":"\#(Self.arn("no"))""#)
        #expect(missing.status == 404)
        #expect(missing.type == "com.amazonaws.sqs#ResourceNotFoundException")
        #expect(missing.headers["x-amzn-query-error"] == "ResourceNotFoundException;Sender")
        #expect(missing.message == "The resource that you specified for the DestinationArn parameter doesn't exist.")
        let source = try client.call("StartMessageMoveTask", #"{"SourceArn":"\#(Self.arn("no"))"}"#)
        #expect(source.status == 404)
        #expect(source.message == "The resource that you specified for the SourceArn parameter doesn't exist.")
        let elsewhere = #"{"SourceArn":"arn:aws:sqs:us-east-1:111111111111:dlq"}"#
        let abroad = try client.call("StartMessageMoveTask", elsewhere)
        #expect(abroad.status == 404)
        #expect(
            abroad.message?.hasSuffix("This server has the account 000000000000 and the region us-east-1.") == true)
        let noName = #"{"SourceArn":"\#(Self.arn("f.fifo-no"))"}"#
        #expect(try client.call("StartMessageMoveTask", noName).status == 404)
        for bad in [#"{"SourceArn":"dlq"}"#, #"{"SourceArn":"arn:aws:sns:us-east-1:000000000000:dlq"}"#] {
            let response = try client.call("StartMessageMoveTask", bad)
            #expect(response.status == 400)
            #expect(response.message?.hasPrefix("You must use this format to specify the SourceArn: arn:") == true)
        }
        #expect(try client.fault("StartMessageMoveTask", "{}").contains("MissingParameter"))
        for rate in [0, 501] {
            #expect(try start(client, #","MaxNumberOfMessagesPerSecond":\#(rate)"#).status == 400)
        }
        #expect(try start(client).status == 200)
        let second = try start(client)
        #expect(second.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender")
        #expect(second.message?.hasPrefix("There is already a task running.") == true)
    }

    @Test func listsTheNewestTasks() throws {
        let client = try client()
        try link(client)
        let none = try client.call("ListMessageMoveTasks", #"{"SourceArn":"\#(Self.arn("dlq"))"}"#)
        #expect(none.body == #"{"Results":[]}"#)
        for number in 1...3 {
            let handle = try #require(
                try start(client, #","MaxNumberOfMessagesPerSecond":\#(number)"#).json["TaskHandle"])
            if number < 3 { _ = try client.call("CancelMessageMoveTask", #"{"TaskHandle":"\#(handle)"}"#) }
        }
        func rates(_ members: String) throws -> [Int] {
            try list(client, members).compactMap { $0["MaxNumberOfMessagesPerSecond"] as? Int }
        }
        #expect(try rates("") == [3])
        #expect(try rates(#","MaxResults":10"#) == [3, 2, 1])
        for bad in [0, 11] {
            let body = #"{"SourceArn":"\#(Self.arn("dlq"))","MaxResults":\#(bad)}"#
            #expect(try client.fault("ListMessageMoveTasks", body).contains("InvalidParameterValue"))
        }
        let missing = try client.call("ListMessageMoveTasks", #"{"SourceArn":"\#(Self.arn("no"))"}"#)
        #expect(missing.status == 404)
        #expect(missing.message == "The resource that you specified for the SourceArn parameter doesn't exist.")
    }

    @Test(
        "86: why a move failed",
        arguments: [
            (MoveTask.Failure.queueIsGone, "AWS.SimpleQueueService.NonExistentQueue"),
            (.unknownOrigin, "CouldNotDetermineMessageSource"),
        ])
    func failedMoves(_ failure: MoveTask.Failure, _ reason: String) throws {
        let client = try client()
        try link(client)
        #expect(try start(client).status == 200)
        client.storage.state.withLock { $0.moves[0].status = .failed(failure) }
        let task = try #require(list(client).first)
        #expect(task["Status"] as? String == "FAILED")
        #expect(task["FailureReason"] as? String == reason)
        #expect(task["TaskHandle"] == nil)
        let query = try client.query("Action=ListMessageMoveTasks&SourceArn=\(Self.arn("dlq"))")
        #expect(query.body.contains("<FailureReason>\(reason)</FailureReason>"))
        client.storage.state.withLock { $0.moves[0].status = .completed }
        #expect(try list(client).first?["Status"] as? String == "COMPLETED")
    }

    @Test("87: handles of tasks")
    func handlesOfTasks() throws {
        let client = try client()
        try link(client)
        for bad in ["x", "YQ==", "e30="] {
            let response = try client.call("CancelMessageMoveTask", #"{"TaskHandle":"\#(bad)"}"#)
            #expect(response.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender", "\(bad)")
        }
        #expect(try client.fault("CancelMessageMoveTask", "{}").contains("MissingParameter"))
        let handle = try #require(try start(client).json["TaskHandle"] as? String)
        // A task of another queue is not one of the queue in the handle, which decides who may cancel.
        let arns = QueueARNs(account: "000000000000", region: "us-east-1")
        let task = try #require(TaskHandle(handle, arns))
        #expect(task.id == 1)
        for (id, queue, status) in [(UInt64(2), "dlq", 404), (1, "q1", 404), (1, "no", 404)] {
            let name = try QueueName(queue)
            let forged = TaskHandle(
                MoveTask(
                    id: id, from: name, to: nil, rate: nil, toMove: 0, startedAt: BrokerTime(milliseconds: 0)))
            let response = try client.call("CancelMessageMoveTask", #"{"TaskHandle":"\#(forged.text(arns))"}"#)
            #expect(response.status == status)
            if queue != "no" { #expect(response.message == "Task does not exist.") }
        }
        #expect(try list(client).first?["Status"] as? String == "RUNNING")
        let query = try client.query("Action=CancelMessageMoveTask&TaskHandle=\(handle.replacing("=", with: "%3D"))")
        #expect(query.element("ApproximateNumberOfMessagesMoved") == "0")
    }

    @Test func everyByteOfAHandleCounts() throws {
        let arns = QueueARNs(account: "000000000000", region: "us-east-1")
        let text = TaskHandle(
            MoveTask(
                id: .max, from: try QueueName("dlq"), to: nil, rate: nil, toMove: 0,
                startedAt: BrokerTime(milliseconds: 0))
        ).text(arns)
        #expect(TaskHandle(text, arns) != nil)
        for count in 0..<text.utf8.count { #expect(TaskHandle(String(text.prefix(count)), arns) == nil) }
    }
}
