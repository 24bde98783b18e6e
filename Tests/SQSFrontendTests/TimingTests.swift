import RoostModel
import SQSFrontend
import Synchronization
import Testing

/// What SQS allows once in 60 seconds.
@Suite struct TimingTests {
    final class Clock: Sendable {
        let seconds = Mutex<Int64>(1000)

        func turn(_ count: Int64) { seconds.withLock { $0 += count } }
    }

    private let clock = Clock()

    private func client() throws -> TestClient {
        let clock = clock
        return try TestClient(uptime: { clock.seconds.withLock { $0 } })
    }

    private let purge = #"{"QueueUrl":"q1"}"#

    @Test("90: a second purge within 60 seconds")
    func purges() throws {
        let client = try client()
        #expect(try client.call("PurgeQueue", purge).status == 200)
        clock.turn(59)
        let second = try client.call("PurgeQueue", purge)
        #expect(second.status == 403)
        #expect(second.type == "com.amazonaws.sqs#PurgeQueueInProgress")
        #expect(second.headers["x-amzn-query-error"] == "AWS.SimpleQueueService.PurgeQueueInProgress;Sender")
        #expect(second.message == "Only one PurgeQueue operation on q1 is allowed every 60 seconds.")
        #expect(
            try client.queryFault("Action=PurgeQueue&QueueUrl=q1")
                == "403 Sender AWS.SimpleQueueService.PurgeQueueInProgress")
        // A refused purge does not count.
        clock.turn(1)
        #expect(try client.call("PurgeQueue", purge).status == 200)
        _ = try client.call("CreateQueue", #"{"QueueName":"q2"}"#)
        #expect(try client.call("PurgeQueue", #"{"QueueUrl":"q2"}"#).status == 200)
    }

    @Test func aPurgeThatFailsDoesNotCount() throws {
        let client = try client()
        client.storage.state.withLock { $0.refusal = .busy }
        #expect(try client.call("PurgeQueue", purge).status == 503)
        client.storage.state.withLock { $0.refusal = nil }
        #expect(try client.call("PurgeQueue", purge).status == 200)
    }

    @Test("22: a queue that was deleted within 60 seconds")
    func deletions() throws {
        let client = try client()
        #expect(try client.call("PurgeQueue", purge).status == 200)
        #expect(try client.call("DeleteQueue", purge).status == 200)
        clock.turn(59)
        let body = #"{"QueueName":"q1"}"#
        let early = try client.call("CreateQueue", body)
        #expect(early.status == 400)
        #expect(early.type == "com.amazonaws.sqs#QueueDeletedRecently")
        #expect(early.headers["x-amzn-query-error"] == "AWS.SimpleQueueService.QueueDeletedRecently;Sender")
        #expect(
            early.message == "You must wait 60 seconds after deleting a queue before you can create another with the "
                + "same name.")
        #expect(try client.call("CreateQueue", #"{"QueueName":"other"}"#).status == 200)
        clock.turn(1)
        #expect(try client.call("CreateQueue", body).status == 200)
        // The new queue was never purged.
        #expect(try client.call("PurgeQueue", purge).status == 200)
    }

    @Test func aDeletionThatFailsDoesNotCount() throws {
        let client = try client()
        #expect(try client.call("DeleteQueue", #"{"QueueUrl":"no"}"#).status == 400)
        #expect(try client.call("CreateQueue", #"{"QueueName":"no"}"#).status == 200)
    }

    @Test func allConnectionsAgree() throws {
        let client = try client()
        #expect(try client.call("PurgeQueue", purge).status == 200)
        #expect(try TestClient(beside: client).call("PurgeQueue", purge).status == 403)
    }

    @Test func theRulesCanBeSwitchedOff() throws {
        let client = try TestClient()
        for _ in 0..<2 { #expect(try client.call("PurgeQueue", purge).status == 200) }
        #expect(try client.call("DeleteQueue", purge).status == 200)
        #expect(try client.call("CreateQueue", #"{"QueueName":"q1"}"#).status == 200)
    }

    @Test func theMemoryIsBounded() throws {
        var names = RecentNames()
        let max = RecentNames.countMax
        for number in 0...max { #expect(names.insert(try QueueName("q\(number)"), 0)) }
        // The oldest had to go.
        #expect(try !names.contains(QueueName("q0"), 59))
        #expect(try names.contains(QueueName("q1"), 59))
        #expect(try names.contains(QueueName("q\(max)"), 59))
        #expect(try !names.contains(QueueName("q\(max)"), 60))
        #expect(names.insert(try QueueName("q1"), 60))
        names.remove(try QueueName("q1"))
        #expect(names.insert(try QueueName("q1"), 61))
        // The first one of that name has left the line; the second counts.
        #expect(try names.contains(QueueName("q1"), 120))
        #expect(try !names.contains(QueueName("q1"), 121))
    }
}
