import NIOCore
import NIOEmbedded
import RoostStorage
import SQSFrontend
import Synchronization
import Testing

/// What the server takes in while the storage does not answer.
@Suite struct StalledDiskTests {
    /// Room for seven of `large`. From 57,344 bytes on nobody reads on.
    private static let limits: SQSLimits = {
        var limits = SQSLimits()
        limits.bodyBytesMax = 10_000
        limits.bodyBytesMaxOverall = 64 * 1024
        limits.smallBodyBytesMax = 512
        return limits
    }()

    private static let body = #"{"QueueUrl":"q1","MessageBody":"\#(String(repeating: "x", count: 9000))"}"#
    private static let batch =
        #"{"QueueUrl":"q1","Entries":[{"Id":"a","MessageBody":"\#(String(repeating: "x", count: 4000))"},"#
        + #"{"Id":"b","MessageBody":"\#(String(repeating: "x", count: 4000))"}]}"#
    private static let large = TestClient.request("SendMessage", body)
    private static let small = TestClient.request("SendMessage", #"{"QueueUrl":"q1","MessageBody":"x"}"#)

    /// `count` connections whose large requests the storage has and does not answer.
    private func waiting(_ count: Int) throws -> [TestClient] {
        let first = try TestClient(limits: Self.limits)
        var clients = [first]
        for _ in 1..<count { clients.append(try TestClient(beside: first)) }
        for client in clients { try client.write(Self.large) }
        first.loop.run()
        return clients
    }

    /// What connections cost is told while it is held.
    @Test func largeBodiesStandInTheAccount() throws {
        let client = try TestClient()
        let body = String(repeating: "x", count: 100_000)
        try client.write(TestClient.request("SendMessage", #"{"QueueUrl":"q1","MessageBody":"\#(body)"}"#))
        client.loop.run()
        #expect(client.load.account.bodyBytes > 100_000)
        #expect(client.load.account.bytes >= client.load.account.bodyBytes)
        client.settle()
        #expect(client.load.account.bodyBytes == 0)
    }

    @Test func othersAreNotReadUntilTheStorageAnswers() throws {
        let clients = try waiting(6)
        #expect(clients[0].storage.state.withLock { $0.pending.count } == 6)
        let late = try TestClient(beside: clients[0])
        let reads = ReadCounter()
        try late.channel.pipeline.syncOperations.addHandler(reads, position: .first)
        let bytes = Array(Self.large.utf8)
        try late.write(Array(bytes[..<3000]))
        late.channel.read()
        #expect(reads.count == 0)
        late.settle()
        for client in clients { #expect(try client.response()?.status == 200) }
        #expect(reads.count == 1)
        try late.write(Array(bytes[3000...]))
        late.settle()
        #expect(try late.response()?.status == 200)
        #expect(late.load.isIdle)
    }

    @Test func aLargeRequestInOneReadNeedsRoomToo() throws {
        let clients = try waiting(7)
        let late = try TestClient(beside: clients[0])
        try late.write(Self.large)
        #expect(try late.response()?.status == 503)
        #expect(late.channel.isActive)
        try late.write(Self.small)
        late.settle()
        #expect(try late.response()?.status == 200, "small requests need no room")
        try late.write(Self.large)
        late.settle()
        #expect(try late.response()?.status == 200)
        #expect(late.load.isIdle)
    }

    @Test(arguments: [("SendMessage", body), ("SendMessageBatch", batch)], [10_000, 1000])
    func allIsGivenBackInTheEnd(request: (action: String, body: String), bytesPerRead: Int) throws {
        for closes in [false, true] {
            let client = try TestClient(limits: Self.limits)
            let bytes = Array(TestClient.request(request.action, request.body).utf8)
            for start in stride(from: 0, to: bytes.count, by: bytesPerRead) {
                try client.write(Array(bytes[start..<min(start + bytesPerRead, bytes.count)]))
            }
            client.loop.run()
            #expect(!client.load.isIdle)
            if closes {
                _ = try client.channel.finish(acceptAlreadyClosed: true)
                #expect(!client.load.isIdle, "the storage still has the request")
            }
            client.settle()
            #expect(client.load.isIdle)
        }
    }

    @Test func aRefusedRequestIsNotCounted() throws {
        let client = try TestClient(limits: Self.limits)
        try client.write(TestClient.request("SendMessage", Self.body.replacing("QueueUrl", with: "Unknown")))
        #expect(try client.response()?.status == 400)
        #expect(client.load.isIdle)
    }

    /// Otherwise a few of them could keep the room from everybody for 20 seconds.
    @Test func aLongPollKeepsNoRoom() throws {
        let client = try TestClient(limits: Self.limits)
        let poll = #"{"QueueUrl":"q1","WaitTimeSeconds":20\#(String(repeating: " ", count: 9000))}"#
        try client.write(TestClient.request("ReceiveMessage", poll))
        client.settle()
        #expect(client.storage.state.withLock { $0.waiters.count } == 1)
        #expect(client.load.isIdle)
    }
}

private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = NIOAny
    private(set) var count = 0

    func read(context: ChannelHandlerContext) { count += 1 }
}
