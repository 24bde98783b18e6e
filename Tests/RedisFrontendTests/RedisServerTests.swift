import Logging
import NIOCore
import NIOPosix
import RedisFrontend
import RoostModel
import RoostStorage
import Testing

/// The same over real sockets.
@Suite("The Redis port over sockets", .timeLimit(.minutes(1)))
struct RedisServerTests {
    private typealias Client = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private func withServer(
        loops: Int = 2, _ configure: (inout RedisConfiguration) -> Void = { _ in },
        _ body: (RedisServer, FakeStorage, any EventLoopGroup) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        let loop = group.next()
        let storage = FakeStorage { work in loop.execute(work) }
        var configuration = RedisConfiguration(port: 0)
        configure(&configuration)
        let load = RedisLoad(configuration.limits)
        let server = try await RedisServer.start(
            configuration: configuration, storage: storage, group: group, load: load, logger: Logger(label: "test"))
        do {
            try await body(server, storage, group)
        } catch {
            Issue.record(error)
        }
        await server.shutdown()
        try await group.shutdownGracefully()
        #expect(load.isIdle)
    }

    private func connect(_ server: RedisServer, _ group: any EventLoopGroup) async throws -> Client {
        let address = try #require(server.localAddress)
        return try await ClientBootstrap(group: group).channelOption(.allowRemoteHalfClosure, value: true)
            .connect(to: address) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Client(
                        wrappingChannelSynchronously: channel,
                        configuration: NIOAsyncChannel.Configuration(isOutboundHalfClosureEnabled: true))
                }
            }
    }

    /// Sends `request` and reads until the text that comes back ends so, or the server closes.
    private func talk(_ client: Client, _ request: String, until end: String) async throws -> String {
        try await client.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var answer = ""
            for try await part in inbound {
                answer += String(buffer: part)
                if answer.hasSuffix(end) { break }
            }
            return answer
        }
    }

    @Test("A pipeline of a thousand requests is answered in order")
    func pipeline() async throws {
        try await withServer { server, _, group in
            let numbers = 0..<5000
            let request = numbers.map { "GET k\($0)\r\n" }.joined() + "QUIT\r\n"
            let expected = numbers.map { "$\("k\($0)".utf8.count)\r\nk\($0)\r\n" }.joined() + "+OK\r\n"
            let answer = try await talk(connect(server, group), request, until: "+OK\r\n")
            #expect(answer == expected)
        }
    }

    @Test("A large reply before QUIT arrives whole")
    func largeReply() async throws {
        try await withServer { server, _, group in
            let text = String(repeating: "x", count: 4_000_000)
            let request = "*2\r\n$4\r\nECHO\r\n$4000000\r\n\(text)\r\nQUIT\r\n"
            let answer = try await talk(connect(server, group), request, until: "+OK\r\n")
            #expect(answer == "$4000000\r\n\(text)\r\n+OK\r\n")
        }
    }

    @Test("A client that closes its side gets its replies")
    func halfClosed() async throws {
        try await withServer { server, _, group in
            let answer = try await connect(server, group).executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: "GET a\r\nGET b\r\n"))
                outbound.finish()
                var answer = ""
                for try await part in inbound { answer += String(buffer: part) }
                return answer
            }
            #expect(answer == "$1\r\na\r\n$1\r\nb\r\n")
        }
    }

    @Test("A client that closes its side behind a long pipeline gets all of it done")
    func halfClosedPipeline() async throws {
        try await withServer { configuration in
            configuration.limits.requestsMax = 10
        } _: { server, storage, group in
            let answer = try await connect(server, group).executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: (1...2000).map { "GET k\($0)\r\n" }.joined()))
                outbound.finish()
                var answer = ""
                for try await part in inbound { answer += String(buffer: part) }
                return answer
            }
            #expect(answer.hasSuffix("$5\r\nk2000\r\n"))
            #expect(storage.commands.count == 2000)
        }
    }

    @Test("A client that is gone does not wait any more, also with requests behind the wait")
    func goneWhileBlocked() async throws {
        try await withServer { server, storage, group in
            for request in ["BLPOP l 0\r\n", "BLPOP l 0\r\nGET a\r\nBLPOP l 0\r\n"] {
                try await connect(server, group).executeThenClose { _, outbound in
                    try await outbound.write(ByteBuffer(string: request))
                    await storage.wait(for: .waiting)
                }
                await storage.wait(for: .cancelled)
            }
        }
    }

    @Test("Messages of channels cross event loops, in order")
    func channels() async throws {
        try await withServer(loops: 3) { server, _, group in
            try await withThrowingTaskGroup(of: String.self) { tasks in
                let (ready, isReady) = AsyncStream<Void>.makeStream()
                let subscribed = "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
                let messages = (0..<500).map { "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$3\r\n\($0 + 100)\r\n" }.joined()
                for _ in 0..<6 {
                    let client = try await connect(server, group)
                    tasks.addTask {
                        try await client.executeThenClose { inbound, outbound in
                            try await outbound.write(ByteBuffer(string: "SUBSCRIBE c\r\n"))
                            var answer = ""
                            for try await part in inbound {
                                answer += String(buffer: part)
                                if answer == subscribed { isReady.yield() }
                                if answer.hasSuffix("599\r\n") { break }
                            }
                            return answer
                        }
                    }
                }
                var waiting = ready.makeAsyncIterator()
                for _ in 0..<6 { await waiting.next() }
                let request = (0..<500).map { "PUBLISH c \($0 + 100)\r\n" }.joined() + "QUIT\r\n"
                let replies = try await talk(connect(server, group), request, until: "+OK\r\n")
                #expect(replies == String(repeating: ":6\r\n", count: 500) + "+OK\r\n")
                for try await received in tasks { #expect(received == subscribed + messages) }
            }
        }
    }

    @Test("shutdown ends waits and closes the port")
    func shutdown() async throws {
        try await withServer { server, storage, group in
            let client = try await connect(server, group)
            async let answer = talk(client, "BLPOP l 0\r\n", until: "never")
            await storage.wait(for: .waiting)
            await server.shutdown()
            #expect(try await answer == "*-1\r\n")
            await #expect(throws: (any Error).self) { _ = try await connect(server, group) }
        }
    }

    @Test("A port that is taken is an error")
    func takenPort() async throws {
        try await withServer { server, storage, group in
            let configuration = RedisConfiguration(port: try #require(server.localAddress?.port))
            await #expect(throws: (any Error).self) {
                _ = try await RedisServer.start(
                    configuration: configuration, storage: storage, group: group, logger: Logger(label: "test"))
            }
        }
    }
}
