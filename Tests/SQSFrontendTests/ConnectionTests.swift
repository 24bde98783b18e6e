import Connections
import Logging
import NIOCore
import NIOEmbedded
import RoostModel
import RoostStorage
import SQSFrontend
import Synchronization
import Testing

@Suite struct ConnectionTests {
    private static let poll = #"{"QueueUrl":"q1","WaitTimeSeconds":20}"#
    private static let send = #"{"QueueUrl":"q1","MessageBody":"x"}"#

    // MARK: Waiting receives

    @Test func aWaitingReceiveIsWokenByASend() throws {
        let client = try TestClient()
        try client.write(TestClient.request("ReceiveMessage", Self.poll))
        client.settle()
        #expect(try client.response() == nil)
        let sender = try TestClient(beside: client)
        #expect(try sender.call("SendMessage", Self.send).status == 200)
        #expect(try client.response()?.body.contains(#""Body":"x""#) == true)
    }

    @Test func aClosedConnectionLeavesTheLineOfWaiters() throws {
        let client = try TestClient()
        try client.write(TestClient.request("ReceiveMessage", Self.poll))
        client.settle()
        _ = try client.channel.finish()
        #expect(client.storage.state.withLock { $0.cancelled.count } == 1)
        client.settle()
        #expect(client.storage.state.withLock { $0.waiters.isEmpty })
        let other = try TestClient(beside: client)
        try other.send("x")
        #expect(try other.call("ReceiveMessage", #"{"QueueUrl":"q1"}"#).body.contains(#""Body":"x""#))
        #expect(client.storage.state.withLock { $0.queues.values.first?.messages.first?.receiveCount } == 1)
    }

    @Test func aConnectionThatClosesInTheTurnOfItsPollIsCancelledAfterIt() throws {
        let client = try TestClient()
        try client.write(TestClient.request("ReceiveMessage", Self.poll))
        // The turn has not ended: the storage does not know the token yet.
        _ = try client.channel.finish(acceptAlreadyClosed: true)
        #expect(client.storage.state.withLock { $0.cancelled.isEmpty || $0.submits == 1 })
        client.settle()
        client.settle()
        #expect(client.storage.state.withLock { $0.cancelled.count } == 1)
        #expect(client.storage.state.withLock { $0.waiters.isEmpty && $0.pending.isEmpty })
    }

    @Test func messagesForAClosedConnectionGoBack() throws {
        let client = try TestClient()
        try client.send("x")
        try client.write(TestClient.request("ReceiveMessage", #"{"QueueUrl":"q1"}"#))
        client.loop.run()
        // The storage has the receive, and the client goes before the answer.
        _ = try client.channel.finish(acceptAlreadyClosed: true)
        client.settle()
        client.settle()
        #expect(client.returned() == 1)
        let other = try TestClient(beside: client)
        #expect(try other.call("ReceiveMessage", #"{"QueueUrl":"q1"}"#).body.contains(#""Body":"x""#))
        #expect(client.load.isIdle)
    }

    @Test func messagesWhoseReplyCannotBeWrittenGoBack() throws {
        let client = try TestClient()
        try client.send("x")
        try client.channel.pipeline.syncOperations.addHandler(FailingWrites(), position: .first)
        try client.write(TestClient.request("ReceiveMessage", #"{"QueueUrl":"q1"}"#))
        client.settle()
        client.settle()
        #expect(client.returned() == 1)
    }

    @Test func repliesHaveALimitAndTheRestGoesBack() throws {
        var limits = SQSLimits()
        limits.replyBodyBytesMax = 10
        let client = try TestClient(limits: limits)
        for body in ["aaaaaaaa", "bbbbbbbb", "cc"] { try client.send(body) }
        let response = try client.call("ReceiveMessage", #"{"QueueUrl":"q1","MaxNumberOfMessages":10}"#)
        #expect((response.json["Messages"] as? [Any])?.count == 1)
        client.settle()
        #expect(client.returned() == 2)
    }

    // MARK: One request after the other

    @Test func keepsTheConnection() throws {
        let client = try TestClient()
        for _ in 0..<5 { #expect(try client.call("SendMessage", Self.send).headers["connection"] == nil) }
        #expect(client.channel.isActive)
    }

    @Test func requestsSentAheadAreAnsweredInOrder() throws {
        let client = try TestClient()
        let texts = ["1", "2", "3"].map { #"{"QueueUrl":"q1","MessageBody":"\#($0)"}"# }
        try client.write(
            texts.map { TestClient.request("SendMessage", $0) }.joined()
                + "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for count in 1...3 {
            client.settle()
            // The next one is begun only after the reply to the one before.
            #expect(client.seen().count == count)
        }
        var sums: [String?] = []
        for _ in 0..<3 { sums.append(try client.response()?.json["MD5OfMessageBody"] as? String) }
        #expect(sums == ["1", "2", "3"].map { MD5Sum(of: Array($0.utf8)).description })
        #expect(try client.response()?.body == #"{"status":"ok"}"#)
    }

    @Test func aRequestMayComeByteByByte() throws {
        let client = try TestClient()
        for byte in Array(TestClient.request("SendMessage", Self.send).utf8) { try client.write([byte]) }
        client.settle()
        #expect(try client.response()?.status == 200)
        #expect(client.seen().count == 1)
        _ = try client.channel.finish()
        #expect(client.load.isIdle)
    }

    @Test func chunkedBodiesAreRead() throws {
        let client = try TestClient()
        let head =
            "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonSQS.SendMessage\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
        let (start, end) = (Self.send.prefix(10), Self.send.dropFirst(10))
        let chunks =
            "\(String(start.count, radix: 16))\r\n\(start)\r\n\(String(end.count, radix: 16));x=y\r\n\(end)\r\n"
        try client.write(head + chunks + "0\r\nTrailer: x\r\n\r\n")
        client.settle()
        #expect(try client.response()?.status == 200)
    }

    @Test func manyReadsMakeOneTurn() throws {
        let first = try TestClient()
        let second = try TestClient(beside: first)
        try first.write(TestClient.request("SendMessage", Self.send))
        try second.write(TestClient.request("SendMessage", Self.send))
        first.settle()
        #expect(first.storage.state.withLock { $0.submits } == 1)
        #expect(try first.response()?.status == 200)
        #expect(try second.response()?.status == 200)
    }

    @Test func asksForTheBodyWhenTheClientWaitsForIt() throws {
        let client = try TestClient()
        let request = TestClient.request("SendMessage", Self.send, headers: "Expect: 100-continue\r\n")
        let head = try #require(request.firstRange(of: "\r\n\r\n")).upperBound
        try client.write(String(request[..<head]))
        #expect(
            try client.channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"))
        try client.write(String(request[head...]))
        client.settle()
        #expect(try client.response()?.status == 200)
    }

    @Test(arguments: ["Connection: close\r\n", "Connection: upgrade\r\nUpgrade: h2c\r\n"])
    func closesWhenAskedTo(_ headers: String) throws {
        let client = try TestClient()
        try client.write(TestClient.request("SendMessage", Self.send, headers: headers))
        client.settle()
        let response = try #require(try client.response())
        #expect(response.status == 200)
        #expect(response.headers["connection"] == "close")
        #expect(!client.channel.isActive)
    }

    @Test func http10IsAnsweredAndClosed() throws {
        let client = try TestClient()
        let request = TestClient.request("SendMessage", Self.send, headers: "Connection: keep-alive\r\n")
        try client.write(request.replacing("HTTP/1.1", with: "HTTP/1.0"))
        client.settle()
        #expect(try client.response()?.headers["connection"] == "close")
        #expect(!client.channel.isActive)
    }

    // MARK: Back-pressure

    @Test func readsNothingWhileRequestsWait() throws {
        let client = try TestClient()
        let reads = ReadCounter()
        try client.channel.pipeline.syncOperations.addHandler(reads, position: .first)
        client.channel.read()
        #expect(reads.count == 1)
        try client.write(TestClient.request("SendMessage", Self.send))
        client.channel.read()
        // Nothing waits yet; this read would notice that the client goes away.
        #expect(reads.count == 2)
        try client.write(TestClient.request("SendMessage", Self.send))
        client.channel.read()
        #expect(reads.count == 2)
        client.settle()
        #expect(reads.count == 3)
    }

    @Test func aClientThatDoesNotReadGetsNothingMore() throws {
        let client = try TestClient()
        client.channel.isWritable = false
        try client.write(TestClient.request("SendMessage", Self.send) + TestClient.request("SendMessage", Self.send))
        client.settle()
        client.settle()
        #expect(client.seen().count == 1)
        client.channel.isWritable = true
        client.channel.pipeline.fireChannelWritabilityChanged()
        client.settle()
        #expect(client.seen().count == 2)
    }

    @Test func nothingIsReceivedWhileTooManyRepliesAreUnsent() throws {
        var limits = SQSLimits()
        limits.unsentBytesMaxOverall = 100
        let client = try TestClient(limits: limits)
        try client.send("x")
        let waiting = try TestClient(beside: client)
        try waiting.write(TestClient.request("ReceiveMessage", #"{"QueueUrl":"q1","WaitTimeSeconds":0}"#))
        waiting.loop.run()
        let slow = try TestClient(beside: client)
        let gate = HeldWrites()
        try slow.channel.pipeline.syncOperations.addHandler(gate, position: .first)
        let receive = #"{"QueueUrl":"q1"}"#
        try slow.write(TestClient.request("SendMessage", Self.send))
        slow.settle()
        gate.release()
        try slow.write(TestClient.request("ReceiveMessage", receive))
        slow.settle()
        #expect(try waiting.response()?.status == 200)
        // The reply to `slow` is not taken.
        #expect(try client.fault("ReceiveMessage", receive) == "503 ServiceUnavailable ServiceUnavailable;Receiver")
        #expect(try client.call("SendMessage", Self.send).status == 200)
        gate.release()
        #expect(try client.call("ReceiveMessage", receive).status == 200)
        for client in [client, waiting, slow] { _ = try client.channel.finish() }
        #expect(client.load.isIdle)
    }

    @Test func messagesForAFullServerGoBack() throws {
        var limits = SQSLimits()
        limits.unsentBytesMaxOverall = 100
        let polling = try TestClient(limits: limits)
        let slow = try TestClient(beside: polling)
        let gate = HeldWrites()
        try slow.channel.pipeline.syncOperations.addHandler(gate, position: .first)
        for client in [slow, polling] {
            try client.write(TestClient.request("ReceiveMessage", Self.poll))
            client.settle()
        }
        let sender = try TestClient(beside: polling)
        try sender.send("first")
        try sender.send("second")
        polling.settle()
        #expect(try polling.response()?.status == 503)
        #expect(polling.returned() == 1)
    }

    @Test func acceptingPausesWhenTheSystemHasNoMoreFiles() throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let channel = EmbeddedChannel(handler: AcceptPause("SQS", logger))
        var isAccepting: Bool? { channel.options.lazy.compactMap { $0.value as? Bool }.first }
        channel.pipeline.fireErrorCaught(IOError(errnoCode: 24, reason: "accept"))
        #expect(isAccepting == false)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(isAccepting == true)
        _ = try channel.finish()
    }

    // MARK: Shutdown

    @Test func shutdownEndsIdleConnectionsAndPolls() throws {
        let idle = try TestClient()
        let polling = try TestClient(beside: idle)
        let sending = try TestClient(beside: idle)
        try polling.write(TestClient.request("ReceiveMessage", Self.poll))
        polling.settle()
        try sending.write(TestClient.request("SendMessage", Self.send))
        let done = Mutex(false)
        idle.outlet.shutDown().whenSuccess { done.withLock { $0 = true } }
        #expect(!idle.channel.isActive)
        #expect(sending.channel.isActive)
        #expect(!done.withLock { $0 })
        idle.settle()
        idle.settle()
        let empty = try #require(try polling.response())
        #expect(empty.body == "{}")
        #expect(empty.headers["connection"] == "close")
        #expect(try sending.response()?.status == 200)
        #expect(done.withLock { $0 })
    }

    @Test func stopEndsWhatIsLeft() throws {
        let client = try TestClient()
        try client.write(TestClient.request("SendMessage", Self.send))
        client.outlet.stop()
        #expect(!client.channel.isActive)
        client.settle()
    }
}

private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = NIOAny
    private(set) var count = 0

    func read(context: ChannelHandlerContext) { count += 1 }
}

private final class FailingWrites: ChannelOutboundHandler {
    typealias OutboundIn = IOData

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.ioOnClosedChannel)
    }
}

/// A client that takes nothing until it is released.
private final class HeldWrites: ChannelOutboundHandler {
    typealias OutboundIn = IOData
    private var promises: [EventLoopPromise<Void>] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if let promise { promises.append(promise) }
    }

    func release() {
        for promise in promises { promise.succeed() }
        promises = []
    }
}
