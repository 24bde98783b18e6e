import NIOEmbedded
import RoostModel
import RoostStorage
import SQSFrontend
import Synchronization
import Testing

@Suite struct BatchTests {
    private func send(_ entries: String) -> String { #"{"QueueUrl":"q1","Entries":[\#(entries)]}"# }

    private func entries(_ count: Int) -> String {
        (0..<count).map { #"{"Id":"e\#($0)","MessageBody":"b\#($0)"}"# }.joined(separator: ",")
    }

    private func ids(_ response: TestClient.Response, _ list: String) -> [String] {
        (response.json[list] as? [[String: Any]] ?? []).compactMap { $0["Id"] as? String }
    }

    @Test func sendsReceivesChangesAndDeletesTen() throws {
        let client = try TestClient()
        let sent = try client.call("SendMessageBatch", send(entries(10)))
        #expect(ids(sent, "Successful") == (0..<10).map { "e\($0)" })
        #expect(sent.json["Failed"] == nil)
        let first = try #require((sent.json["Successful"] as? [[String: String]])?.first)
        #expect(first["MD5OfMessageBody"] == MD5Sum(of: Array("b0".utf8)).description)
        #expect(first["MessageId"]?.count == 36)
        let received = try client.call("ReceiveMessage", #"{"QueueUrl":"q1","MaxNumberOfMessages":10}"#)
        let messages = try #require(received.json["Messages"] as? [[String: String]])
        #expect(messages.map { $0["Body"] } == (0..<10).map { "b\($0)" })
        let handles = messages.compactMap { $0["ReceiptHandle"] }
        let changes = handles.enumerated().map {
            #"{"Id":"\#($0)","ReceiptHandle":"\#($1)","VisibilityTimeout":60}"#
        }
        let changed = try client.call("ChangeMessageVisibilityBatch", send(changes.joined(separator: ",")))
        #expect(ids(changed, "Successful").count == 10)
        let deletes = handles.enumerated().map { #"{"Id":"\#($0)","ReceiptHandle":"\#($1)"}"# }
        let deleted = try client.call("DeleteMessageBatch", send(deletes.joined(separator: ",")))
        #expect(ids(deleted, "Successful").count == 10)
        #expect(client.storage.state.withLock { $0.queues.values.first?.messages.count } == 0)
    }

    @Test func aBatchIsOneSubmissionAndOneReply() throws {
        let client = try TestClient()
        try client.write(TestClient.request("SendMessageBatch", send(entries(10))))
        client.loop.run()
        #expect(client.storage.state.withLock { $0.submits } == 1)
        #expect(client.storage.state.withLock { $0.pending.count } == 10)
        #expect(try client.response() == nil)
        client.settle()
        #expect(try client.response()?.status == 200)
    }

    @Test(arguments: [
        ("", "EmptyBatchRequest"),
        (#"{"Id":"","MessageBody":"x"}"#, "InvalidBatchEntryId"),
        (#"{"Id":"a b","MessageBody":"x"}"#, "InvalidBatchEntryId"),
        (#"{"Id":"é","MessageBody":"x"}"#, "InvalidBatchEntryId"),
        (#"{"Id":"a","MessageBody":"x"},{"Id":"a","MessageBody":"y"}"#, "BatchEntryIdsNotDistinct"),
        (#"{"MessageBody":"x"}"#, "MissingRequiredParameterException"),
        (#"{"Id":"a"}"#, "MissingRequiredParameterException"),
        (#"{"Id":"a","MessageBody":"x"},5"#, "SerializationException"),
        (#"{"Id":"a","MessageBody":"x"},{"Id":"b","MessageBody":1}"#, "SerializationException"),
        (#"{"Id":"a","MessageBody":"x","Nonsense":1}"#, "UnsupportedOperation"),
    ])
    func refusesTheWholeCallBeforeAnythingIsStored(_ entries: String, _ code: String) throws {
        let client = try TestClient()
        #expect(try client.fault("SendMessageBatch", send(entries)).hasPrefix("400 \(code) "), "\(entries)")
        #expect(client.seen().isEmpty)
    }

    @Test func tooManyEntriesAreCounted() throws {
        let client = try TestClient()
        let response = try client.call("SendMessageBatch", send(entries(20)))
        #expect(response.type == "com.amazonaws.sqs#TooManyEntriesInBatchRequest")
        #expect(response.message == "Maximum number of entries per request are 10. You have sent 20.")
        #expect(client.seen().isEmpty)
        let long = String(repeating: "i", count: 81)
        let fault = try client.fault("DeleteMessageBatch", send(#"{"Id":"\#(long)","ReceiptHandle":"x"}"#))
        #expect(fault.contains("InvalidBatchEntryId"))
        #expect(try client.fault("DeleteMessageBatch", #"{"QueueUrl":"q1"}"#).contains("EmptyBatchRequest"))
    }

    @Test func theSumOfAllEntriesIsLimited() throws {
        let client = try TestClient()
        let half = String(repeating: "x", count: 524_288)
        let fits = #"{"Id":"a","MessageBody":"\#(half)"},{"Id":"b","MessageBody":"\#(half)"}"#
        #expect(ids(try client.call("SendMessageBatch", send(fits)), "Successful") == ["a", "b"])
        let over = try client.call("SendMessageBatch", send(fits + #",{"Id":"c","MessageBody":"x"}"#))
        #expect(over.type == "com.amazonaws.sqs#BatchRequestTooLong")
        #expect(
            over.message == "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.")
        #expect(client.seen().count == 2)
    }

    @Test func anEntryFailsAlone() throws {
        let client = try TestClient()
        _ = try client.call("SetQueueAttributes", #"{"QueueUrl":"q1","Attributes":{"MaximumMessageSize":"1024"}}"#)
        let long = String(repeating: "x", count: 1025)
        let response = try client.call(
            "SendMessageBatch",
            send(
                #"""
                {"Id":"good","MessageBody":"x"},{"Id":"char","MessageBody":"\u0001"},
                {"Id":"long","MessageBody":"\#(long)"},
                {"Id":"delay","MessageBody":"x","DelaySeconds":901},{"Id":"empty","MessageBody":""},
                {"Id":"type","MessageBody":"x","MessageAttributes":{"a":{"DataType":"X","StringValue":"1"}}}
                """#))
        #expect(response.status == 200)
        #expect(ids(response, "Successful") == ["good"])
        let failed = try #require(response.json["Failed"] as? [[String: Any]])
        let codes = failed.map { "\($0["Id"] ?? "") \($0["Code"] ?? "")" }
        #expect(
            codes == [
                "char InvalidMessageContents", "long InvalidParameterValue", "delay InvalidParameterValue",
                "empty MissingParameter", "type InvalidParameterValue",
            ])
        #expect(
            failed.allSatisfy { $0["SenderFault"] as? Bool == true && ($0["Message"] as? String)?.isEmpty == false })
        let message = failed[1]["Message"] as? String
        #expect(message == "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.")
    }

    @Test func onlyFailures() throws {
        let client = try TestClient()
        let response = try client.call("DeleteMessageBatch", send(#"{"Id":"1","ReceiptHandle":"garbage"}"#))
        #expect(response.json["Successful"] == nil)
        let failed = try #require((response.json["Failed"] as? [[String: Any]])?.first)
        #expect(failed["Code"] as? String == "ReceiptHandleIsInvalid")
        let change = #"{"Id":"1","ReceiptHandle":"x","VisibilityTimeout":43201}"#
        let changed = try client.call("ChangeMessageVisibilityBatch", send(change))
        #expect((changed.json["Failed"] as? [[String: Any]])?.first?["Code"] as? String == "InvalidParameterValue")
    }

    /// Nothing of it reaches the queue, which has to be there all the same.
    @Test(arguments: [
        ("SendMessageBatch", #"{"Id":"1","MessageBody":""}"#),
        ("DeleteMessageBatch", #"{"Id":"1","ReceiptHandle":"x"}"#),
        ("ChangeMessageVisibilityBatch", #"{"Id":"1","ReceiptHandle":"x","VisibilityTimeout":1}"#),
    ])
    func onlyFailuresForAMissingQueue(_ action: String, _ entry: String) throws {
        let client = try TestClient()
        #expect(try client.call(action, send(entry)).json["Failed"] != nil)
        client.storage.state.withLock { $0.queues = [:] }
        #expect(try client.call(action, send(entry)).type == "com.amazonaws.sqs#QueueDoesNotExist")
    }

    /// SDKs repeat a call that got a 503, not single entries. They may only if no entry was taken.
    @Test(arguments: [Rejection.outOfDiskSpace, .outOfMemory, .busy])
    func aBatchOfWhichNothingWasTakenIsRefusedAsAWhole(_ refusal: Rejection) throws {
        let client = try TestClient()
        client.storage.state.withLock { $0.refusal = refusal }
        let response = try client.call("SendMessageBatch", send(entries(10)))
        #expect(response.status == 503)
        #expect(response.headers["x-amzn-query-error"] == "ServiceUnavailable;Receiver")
        #expect(response.headers["retry-after"] == "1")
        #expect(response.message == RejectionMapping.fault(for: refusal).message)
    }

    /// Another refusal of all entries stays with the entries: repeating it would not help.
    @Test func aBatchThatIsRefusedForGoodIsNot() throws {
        let client = try TestClient()
        client.storage.state.withLock { $0.refusal = .messageTooLarge(bytes: 2, max: 1) }
        let response = try client.call("SendMessageBatch", send(entries(2)))
        #expect(response.status == 200)
        #expect(response.headers["retry-after"] == nil)
        #expect((response.json["Failed"] as? [[String: Any]])?.count == 2)
    }

    @Test func whatTheServerIsToBlameForIsNotTheSendersFault() throws {
        let client = try TestClient()
        client.storage.state.withLock { $0.refusal = .busy }
        let response = try client.call(
            "SendMessageBatch", send(entries(1) + #",{"Id":"bad","MessageBody":"\u0001"}"#))
        let failed = try #require(response.json["Failed"] as? [[String: Any]]).first { $0["Id"] as? String == "e0" }
        #expect(failed?["SenderFault"] as? Bool == false)
        #expect(failed?["Code"] as? String == "ServiceUnavailable")
        client.storage.state.withLock { $0.refusal = .shuttingDown }
        #expect(
            try client.fault("SendMessageBatch", send(entries(2)))
                == "503 ServiceUnavailable ServiceUnavailable;Receiver")
    }
}
