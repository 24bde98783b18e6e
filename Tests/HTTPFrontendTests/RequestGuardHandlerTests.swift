import HTTPFrontend
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import RoostModel
import RoostStorage
import Testing

/// A connection of one client, with the decoder in front of the handler.
private final class GuardedConnection {
    let channel = EmbeddedChannel()
    private let reads = ReadCounter()
    let storage = FakeStorage()
    let connection: Connection
    let load: HTTPLoad

    init(budget: BodyBudget = BodyBudget(bytesMax: 1_000_000), bodyBytesMax: Int = 1_000_000) throws {
        connection = Connection(
            storage: AsyncStorage(storage), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        load = HTTPLoad(bodies: budget)
        let handler = RequestGuardHandler(
            limits: ConnectionLimits(), bodyBytesMax: bodyBytesMax, load: load, connection: connection
        )
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes))
        try channel.pipeline.syncOperations.addHandlers([reads, decoder, handler])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        channel.read()
    }

    /// Bytes from the client, and the next read of the server.
    func send(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
        channel.read()
    }

    func pass(seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

    func reply() throws {
        connection.requestBegan()
        try channel.writeOutbound(HTTPServerResponsePart.head(.init(version: .http1_1, status: .ok)))
        try channel.writeOutbound(HTTPServerResponsePart.end(nil))
    }

    var parts: [HTTPServerRequestPart] {
        get throws {
            var parts: [HTTPServerRequestPart] = []
            while let part = try channel.readInbound(as: HTTPServerRequestPart.self) { parts.append(part) }
            return parts
        }
    }

    var isOpen: Bool { channel.isActive }

    /// How often the server asked the socket for bytes.
    var readsAsked: Int { reads.count }
}

@Suite(.timeLimit(.minutes(1))) struct RequestGuardHandlerTests {
    private let head = "POST / HTTP/1.1\r\nHost: localhost\r\n"

    /// A reply counts from its end until the socket has taken it.
    @Test func repliesThatAreNotTakenCount() throws {
        let client = try GuardedConnection()
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.connection.requestBegan()
        let body = ByteBuffer(repeating: 7, count: 5000)
        client.channel.write(HTTPServerResponsePart.head(.init(version: .http1_1, status: .ok)), promise: nil)
        client.channel.write(HTTPServerResponsePart.body(.byteBuffer(body)), promise: nil)
        client.channel.write(HTTPServerResponsePart.end(nil), promise: nil)
        #expect(client.load.account.unsentBytes == 5000)
        client.channel.flush()
        #expect(client.load.account.unsentBytes == 0)
    }

    @Test func bodiesThatAreReadCount() throws {
        let client = try GuardedConnection()
        try client.send(head + "Content-Length: 20000\r\n\r\nx")
        #expect(client.load.account.bodyBytes == 20_000)
        // The decoder minds that the request ends in the middle.
        _ = try? client.channel.finish(acceptAlreadyClosed: true)
        #expect(client.load.account.bodyBytes == 0)
    }

    @Test func aHeadThatTricklesInIsCutOff() throws {
        let client = try GuardedConnection()
        client.pass(seconds: 59)
        #expect(client.isOpen, "without a byte, the idle timeout counts, not this")
        try client.send("GET / HTTP/1.1\r\n")
        for _ in 1...9 {
            client.pass(seconds: 1)
            try client.send("X-A: b\r\n")
        }
        #expect(client.isOpen)
        client.pass(seconds: 1)
        #expect(!client.isOpen)
    }

    @Test func theSecondHeadOfAConnectionIsCutOffToo() throws {
        let client = try GuardedConnection()
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try client.reply()
        client.pass(seconds: 30)
        try client.send("G")
        client.pass(seconds: 9)
        #expect(client.isOpen)
        client.pass(seconds: 1)
        #expect(!client.isOpen)
    }

    @Test func aBodyThatStallsIsCutOff() throws {
        let client = try GuardedConnection()
        try client.send(head + "Content-Length: 100000\r\n\r\n" + String(repeating: "x", count: 20_000))
        client.pass(seconds: 9)
        #expect(client.isOpen)
        client.pass(seconds: 1)
        #expect(!client.isOpen)
    }

    @Test func aBodyThatKeepsPaceIsRead() throws {
        let client = try GuardedConnection()
        try client.send(head + "Content-Length: 51200\r\n\r\n")
        for _ in 1...50 {
            try client.send(String(repeating: "x", count: 1024))
            client.pass(seconds: 1)
        }
        #expect(client.isOpen)
        guard case .end = try client.parts.last else {
            Issue.record("the body did not end")
            return
        }
        client.pass(seconds: 1000)
        #expect(client.isOpen, "while the server works on it, the client need not send")
    }

    @Test func whatTheServerDoesNotReadIsNotHeldAgainstTheClient() throws {
        let client = try GuardedConnection()
        // No read after this: the server holds back.
        try client.channel.writeInbound(ByteBuffer(string: head + "Content-Length: 100000\r\n\r\nx"))
        client.pass(seconds: 100)
        #expect(client.isOpen)
        client.channel.read()
        client.pass(seconds: 5)
        #expect(!client.isOpen)
    }

    @Test func aReplyToAnUnreadBodyClosesTheConnection() throws {
        let client = try GuardedConnection()
        try client.send(head + "Content-Length: 100000\r\n\r\nx")
        try client.reply()
        guard case .head(let reply) = try client.channel.readOutbound(as: HTTPServerResponsePart.self) else {
            Issue.record("no reply")
            return
        }
        #expect(reply.headers["connection"] == ["close"])
        #expect(!client.isOpen)
    }

    @Test func aReplyToARequestReadWholeKeepsTheConnection() throws {
        let client = try GuardedConnection()
        for _ in 1...3 {
            try client.send(head + "Content-Length: 1\r\n\r\nx")
            try client.reply()
            guard case .head(let reply) = try client.channel.readOutbound(as: HTTPServerResponsePart.self) else {
                Issue.record("no reply")
                return
            }
            #expect(reply.headers["connection"].isEmpty)
            _ = try client.channel.readOutbound(as: HTTPServerResponsePart.self)
        }
        #expect(client.isOpen)
    }

    @Test func anOldProtocolVersionIsAnsweredOnce() throws {
        let client = try GuardedConnection()
        try client.send("GET / HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n")
        try client.reply()
        #expect(!client.isOpen)
    }

    @Test func aClientThatAsksIsToldToGoOn() throws {
        let client = try GuardedConnection(bodyBytesMax: 1000)
        try client.send(head + "Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n")
        guard case .head(let reply) = try client.channel.readOutbound(as: HTTPServerResponsePart.self) else {
            Issue.record("no reply")
            return
        }
        #expect(reply.status == .continue)
        let other = try GuardedConnection(bodyBytesMax: 1000)
        try other.send(head + "Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n")
        #expect(try other.channel.readOutbound(as: HTTPServerResponsePart.self) == nil)
    }

    // MARK: The budget for bodies

    @Test func aBodyWaitsUnreadUntilOthersAreDone() throws {
        let budget = BodyBudget(bytesMax: 50_000)
        let first = try GuardedConnection(budget: budget, bodyBytesMax: 50_000)
        let second = try GuardedConnection(budget: budget, bodyBytesMax: 50_000)
        let body = String(repeating: "x", count: 40_000)
        try first.send(head + "Content-Length: 40000\r\n\r\n" + body)
        try second.send(head + "Content-Length: 40000\r\n\r\n")
        #expect(second.readsAsked == 1, "the read after the head is held back")
        second.pass(seconds: 100)
        #expect(second.isOpen, "waiting for others is not slow")
        try first.reply()
        second.channel.embeddedEventLoop.run()
        #expect(second.readsAsked == 2)
        try second.send(body)
        guard case .end = try second.parts.last else {
            Issue.record("the body did not end")
            return
        }
    }

    @Test func smallBodiesDoNotWait() throws {
        let budget = BodyBudget(bytesMax: 50_000)
        let first = try GuardedConnection(budget: budget, bodyBytesMax: 50_000)
        let second = try GuardedConnection(budget: budget, bodyBytesMax: 50_000)
        try first.send(head + "Transfer-Encoding: chunked\r\n\r\n")
        try second.send(head + "Content-Length: 16384\r\n\r\n")
        #expect(second.readsAsked == 2)
    }

    @Test(arguments: [true, false])
    func aClosedConnectionGivesItsShareBack(isWaiting: Bool) throws {
        let budget = BodyBudget(bytesMax: 50_000)
        let first = try GuardedConnection(budget: budget, bodyBytesMax: 50_000)
        let second = try GuardedConnection(budget: budget, bodyBytesMax: 50_000)
        try first.send(head + "Content-Length: 40000\r\n\r\n")
        try second.send(head + "Content-Length: 40000\r\n\r\n")
        let (leaving, staying) = isWaiting ? (second, first) : (first, second)
        try leaving.channel.close().wait()
        staying.channel.embeddedEventLoop.run()
        #expect(staying.readsAsked == 2)
        try staying.channel.close().wait()
        #expect(budget.take(50_000, on: EmbeddedEventLoop()) {} == .granted)
    }

    // MARK: Clients that go away

    @Test func whatWasLeasedForAReplyThatIsNotWrittenGoesBack() async throws {
        let client = try GuardedConnection()
        let lease = try Lease(client.storage)
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.connection.requestBegan()
        client.connection.leased(lease.messages, from: lease.queue)
        client.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        await lease.waitUntilGivenBack()
    }

    @Test func whatWasLeasedForAReplyThatCannotBeWrittenGoesBack() async throws {
        let client = try GuardedConnection()
        let failing = FailingWrites()
        try client.channel.pipeline.syncOperations.addHandler(failing, position: .first)
        let lease = try Lease(client.storage)
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.connection.requestBegan()
        client.connection.leased(lease.messages, from: lease.queue)
        client.channel.write(HTTPServerResponsePart.end(nil), promise: nil)
        await lease.waitUntilGivenBack()
    }

    @Test func whatWasWrittenStaysLeased() async throws {
        let client = try GuardedConnection()
        let lease = try Lease(client.storage)
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.connection.requestBegan()
        client.connection.leased(lease.messages, from: lease.queue)
        try client.channel.writeOutbound(HTTPServerResponsePart.end(nil))
        try await client.channel.close()
        #expect(client.storage.read { $0.seen.isEmpty })
    }

    @Test func eachReplyOfAPipelineCountsForItself() async throws {
        let client = try GuardedConnection()
        let lease = try Lease(client.storage)
        let second = try Lease(client.storage, queue: "second")
        client.connection.requestBegan()
        client.connection.leased(lease.messages, from: lease.queue)
        client.connection.requestBegan()
        client.connection.leased(second.messages, from: second.queue)
        try client.channel.writeOutbound(HTTPServerResponsePart.end(nil))
        try await client.channel.close()
        await second.waitUntilGivenBack()
        #expect(client.storage.read { $0.seen.count } == 1)
    }

    /// The server itself answers bytes that are not HTTP, without a route.
    @Test func aReplyWithoutARouteLeavesTheLeaseOfOthersAlone() throws {
        let client = try GuardedConnection()
        let lease = try Lease(client.storage)
        client.connection.replyHandedOver()
        client.connection.requestBegan()
        client.connection.leased(lease.messages, from: lease.queue)
        client.connection.replyHandedOver()
        client.connection.replySettled(isWritten: false)
        #expect(client.storage.read { $0.seen.isEmpty })
        client.connection.replySettled(isWritten: false)
        #expect(client.storage.read { $0.seen.count } == 1)
    }

    @Test func whatComesAfterTheClientWentGoesBack() async throws {
        let client = try GuardedConnection()
        let lease = try Lease(client.storage)
        client.connection.requestBegan()
        try await client.channel.close()
        client.connection.leased(lease.messages, from: lease.queue)
        await lease.waitUntilGivenBack()
    }

    @Test(arguments: [true, false])
    func aWaitEndsWhenTheClientGoesOrTheServerShutsDown(isShutdown: Bool) async throws {
        let client = try GuardedConnection()
        let (stream, source) = AsyncStream<Void>.makeStream()
        async let result = client.connection.waiting {
            source.yield()
            for await _ in AsyncStream<Void>.never {}
            return Task.isCancelled
        }
        for await _ in stream { break }
        if isShutdown {
            client.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        } else {
            client.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        #expect(await result)
        let later = await client.connection.waiting { Task.isCancelled }
        #expect(later, "nobody waits on a connection that ends")
    }
}

extension AsyncStream<Void> {
    /// Ends when its task is cancelled.
    fileprivate static var never: Self { Self { _ in } }
}

/// A message leased from a fake storage.
private struct Lease {
    let storage: FakeStorage
    let queue: QueueName
    let messages: [ReceivedMessage]

    init(_ storage: FakeStorage, queue: String = "jobs") throws {
        self.storage = storage
        self.queue = try QueueName(queue)
        let time = BrokerTime(milliseconds: 0)
        messages = [
            ReceivedMessage(
                id: MessageID(high: 1, low: 2), handle: ReceiptHandle(words: (1, 2, UInt64(queue.count))), body: [1],
                attributes: [], sentAt: time, firstReceivedAt: time, receiveCount: 1
            )
        ]
    }

    /// The time limit of the suite ends a wait in vain.
    func waitUntilGivenBack() async {
        let (handle, queue) = (messages[0].handle, queue)
        await storage.wait { state in
            state.seen.contains { request in
                if case .giveBack(queue, handle) = request { true } else { false }
            }
        }
    }
}

private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}

private final class FailingWrites: ChannelOutboundHandler {
    typealias OutboundIn = HTTPServerResponsePart

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.ioOnClosedChannel)
    }
}
