import Logging
import NIOCore
import NIOPosix
import RoostModel
import RoostStorage
import SQSFrontend
import Synchronization
import Testing

/// The same over real sockets.
@Suite(.timeLimit(.minutes(1))) struct ServerTests {
    private typealias Client = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private func withServer(
        _ limits: SQSLimits = SQSLimits(), loops: Int = 2,
        _ body: (SQSServer, FakeStorage, any EventLoopGroup) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        let loop = group.next()
        let storage = FakeStorage { work in loop.execute(work) }
        let queue = try QueueName("q1")
        storage.state.withLock { $0.queues[queue] = FakeStorage.Queue(settings: QueueSettings()) }
        let configuration = SQSConfiguration(port: 0, limits: limits)
        let server = try await SQSServer.start(
            configuration: configuration, storage: storage, group: group, logger: Logger(label: "test"))
        do {
            try await body(server, storage, group)
        } catch {
            Issue.record(error)
        }
        await server.shutdown()
        try await group.shutdownGracefully()
    }

    private func connect(_ server: SQSServer, _ group: any EventLoopGroup) async throws -> Client {
        let address = try #require(server.localAddress)
        return try await ClientBootstrap(group: group).connect(to: address) { channel in
            channel.eventLoop.makeCompletedFuture { try Client(wrappingChannelSynchronously: channel) }
        }
    }

    /// Sends `request` and reads until the text that comes back holds `end`, or the server closes.
    private func talk(_ client: Client, _ request: String, until end: String) async throws -> String {
        try await client.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var answer = ""
            for try await part in inbound {
                answer += String(buffer: part)
                if answer.contains(end) { break }
            }
            return answer
        }
    }

    @Test func sendsAndReceives() async throws {
        try await withServer { server, _, group in
            let send = TestClient.request("SendMessage", #"{"QueueUrl":"q1","MessageBody":"hello"}"#)
            let sent = try await talk(connect(server, group), send, until: "}")
            #expect(sent.contains("5d41402abc4b2a76b9719d911017c592"))
            let receive = TestClient.request("ReceiveMessage", #"{"QueueUrl":"q1"}"#)
            let received = try await talk(connect(server, group), receive, until: "]}")
            #expect(received.contains(#""Body":"hello""#))
        }
    }

    @Test func aPollThatDisconnectsTakesNoMessage() async throws {
        try await withServer { server, storage, group in
            let poll = TestClient.request("ReceiveMessage", #"{"QueueUrl":"q1","WaitTimeSeconds":20}"#)
            try await connect(server, group).executeThenClose { _, outbound in
                try await outbound.write(ByteBuffer(string: poll))
                await storage.wait(for: .waiting)
            }
            await storage.wait(for: .cancelled)
            let send = TestClient.request("SendMessage", #"{"QueueUrl":"q1","MessageBody":"hello"}"#)
            _ = try await talk(connect(server, group), send, until: "}")
            let received = try await talk(connect(server, group), poll, until: "]}")
            #expect(received.contains(#""Body":"hello""#))
            #expect(storage.state.withLock { $0.queues.values.first?.messages.first?.receiveCount } == 1)
        }
    }

    /// Nothing is read while a request waits behind the poll; that the client goes is seen all the same.
    @Test func aPollWithARequestBehindItSeesTheDisconnect() async throws {
        try await withServer { server, storage, group in
            let poll = TestClient.request("ReceiveMessage", #"{"QueueUrl":"q1","WaitTimeSeconds":20}"#)
            try await connect(server, group).executeThenClose { _, outbound in
                try await outbound.write(ByteBuffer(string: poll + poll))
                await storage.wait(for: .waiting)
            }
            await storage.wait(for: .cancelled)
        }
    }

    @Test func shutdownAnswersPollsAndClosesThePort() async throws {
        try await withServer { server, storage, group in
            let poll = TestClient.request("ReceiveMessage", #"{"QueueUrl":"q1","WaitTimeSeconds":20}"#)
            let client = try await connect(server, group)
            async let answer = talk(client, poll, until: "{}")
            await storage.wait(for: .waiting)
            await server.shutdown()
            let empty = try await answer
            #expect(empty.contains("connection: close"))
            await #expect(throws: (any Error).self) { _ = try await connect(server, group) }
        }
    }

    @Test func aRefusedBodyStillGetsItsAnswer() async throws {
        try await withServer { server, _, group in
            // The server answers after the head; the client goes on writing and must not meet a reset instead.
            let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n"
            let request = head + String(repeating: "x", count: 300_000)
            let answer = try await talk(connect(server, group), request, until: "}")
            #expect(answer.contains("413 Content Too Large"))
        }
    }

    @Test func openConnectionsStandInTheAccount() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let load = SharedLoad(SQSLimits())
        let server = try await SQSServer.start(
            configuration: SQSConfiguration(port: 0), storage: FakeStorage { $0() }, group: group, load: load,
            logger: Logger(label: "test"))
        #expect(load.account.connections == 0)
        try await connect(server, group).executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            var iterator = inbound.makeAsyncIterator()
            _ = try await iterator.next()
            #expect(load.account.connections == 1)
            #expect(load.account.door == "sqs" && load.account.bytes > 0)
        }
        await server.shutdown()
        #expect(load.account.connections == 0)
        try await group.shutdownGracefully()
    }

    @Test func connectionsBeyondTheLimitAreClosed() async throws {
        var limits = SQSLimits()
        limits.connectionsMax = 1
        try await withServer(limits, loops: 1) { server, _, group in
            let health = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
            try await connect(server, group).executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: health))
                var iterator = inbound.makeAsyncIterator()
                let first = try await iterator.next()
                #expect(first != nil)
                let refused = try? await talk(connect(server, group), health, until: "ok")
                #expect(refused?.contains("ok") != true)
            }
        }
    }

    @Test func aPortThatIsTakenIsAnError() async throws {
        try await withServer { server, storage, group in
            let configuration = SQSConfiguration(port: try #require(server.localAddress?.port))
            await #expect(throws: (any Error).self) {
                _ = try await SQSServer.start(
                    configuration: configuration, storage: storage, group: group, logger: Logger(label: "test"))
            }
        }
    }
}
