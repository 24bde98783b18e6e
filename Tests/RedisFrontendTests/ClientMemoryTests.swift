import NIOCore
import NIOEmbedded
import RedisFrontend
import RoostModel
import RoostStorage
import Testing

@Suite("Memory of clients of the Redis port")
struct ClientMemoryTests {
    private func long(_ count: Int) -> Bytes { Bytes(repeating: UInt8(ascii: "x"), count: count) }

    private func request(_ words: Bytes...) -> Bytes { request(words) }

    private func request(_ words: [Bytes]) -> Bytes {
        words.reduce(into: bytes("*\(words.count)\r\n")) { $0 += bytes("$\($1.count)\r\n") + $1 + bytes("\r\n") }
    }

    // MARK: Replies that wait

    @Test("Answers that wait behind one that is not known count as unread, and close a client that has too many")
    func waitingAnswers() throws {
        let server = TestServer { $0.limits.outputBytesMax = 100_000 }
        let client = try server.connect()
        try client.send(String(repeating: "GET a\r\n", count: 5))
        server.run()
        for place in 1...3 {
            #expect(client.isOpen)
            server.storage.answer(at: 1, .success(.key(.bytes(long(60_000)))))
            server.run()
            if place < 3 { #expect(server.services.load.account.unsentBytes >= 60_000 * place) }
        }
        #expect(!client.isOpen)
        server.settle()
        #expect(server.services.load.isIdle)
    }

    @Test("Once they are written, they count no longer")
    func waitingEnds() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("GET a\r\nGET b\r\nGET c\r\n")
        server.run()
        for _ in 0..<2 { server.storage.answer(at: 1, .success(.keys([.array([.bytes(long(60_000))])]))) }
        #expect(server.services.load.account.unsentBytes >= 120_000)
        server.settle()
        #expect(try client.receivedBytes().count > 120_000)
        #expect(server.services.load.account.unsentBytes == 0)
    }

    @Test("So do replies that are known at once")
    func waitingReplies() throws {
        let server = TestServer { $0.limits.outputBytesMax = 100_000 }
        let client = try server.connect()
        try client.send("GET a\r\n")
        for _ in 0..<4 {
            try client.send(request(bytes("ECHO"), long(30_000)))
            #expect(client.isOpen)
        }
        try client.send(request(bytes("ECHO"), long(30_000)))
        server.run()
        #expect(!client.isOpen)
        server.settle()
        #expect(server.services.load.isIdle)
    }

    @Test("The last replies reach a client that has closed its side and reads slowly")
    func tail() throws {
        let server = TestServer()
        let client = try server.connect()
        client.hesitate()
        try client.send("GET a\r\n")
        client.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        server.settle()
        #expect(client.isOpen)
        client.resume()
        #expect(try client.received() == "$1|a|")
        #expect(!client.isOpen)
        #expect(server.services.load.isIdle)
    }

    // MARK: Requests

    @Test("A client without the password that is half way through a request is closed, and no other")
    func stranger() throws {
        let server = TestServer {
            $0.password = "secret"
            $0.limits.passwordSecondsMax = 10
        }
        let (half, idle, known) = (try server.connect(), try server.connect(), try server.connect())
        #expect(try known.ask("AUTH secret") == "+OK|")
        for client in [half, known] { try client.send("*2\r\n$4\r\nECHO\r\n$5\r\nab") }
        server.advance(seconds: 8)
        // A few bytes more give it no more time.
        try half.send("c")
        server.advance(seconds: 2)
        #expect(half.isOpen)
        server.advance(seconds: 1)
        #expect(!half.isOpen && idle.isOpen && known.isOpen)
        try known.send("cde\r\n")
        #expect(try known.received() == "$5|abcde|")
    }

    @Test("A request that stands behind others counts until it is carried out")
    func postponed() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send(bytes("GET a\r\n") + request(bytes("PUBLISH"), bytes("c"), long(300_000)))
        server.run()
        #expect(server.services.load.account.bodyBytes >= 300_000)
        server.settle()
        #expect(try client.received() == "$1|a|:0|")
        #expect(server.services.load.account.bodyBytes == 0)
        try client.send(bytes("GET a\r\n") + request(bytes("PUBLISH"), bytes("c"), long(300_000)))
        client.close()
        server.settle()
        #expect(server.services.load.isIdle)
    }

    @Test("Arguments without bytes count, in flight and after MULTI")
    func tinyArguments() throws {
        let many = request([bytes("DEL")] + Array(repeating: [], count: 1000))
        let server = TestServer { $0.limits.requestBytesInFlightMax = 10_000 }
        let client = try server.connect()
        try client.send(many + many)
        server.run()
        #expect(server.storage.pendingCount == 1)
        server.settle()
        server.settle()
        #expect(try client.received() == "+OK|+OK|")

        let small = TestServer { $0.limits.requestBytesMax = 100_000 }
        let other = try small.connect()
        _ = try other.ask("MULTI")
        try other.send(many + many)
        #expect(try other.received() == "+QUEUED|+QUEUED|")
        try other.send(many)
        #expect(try other.received().hasPrefix("-OOM the commands of the transaction"))
        #expect(try other.ask("EXEC").hasPrefix("-EXECABORT"))
    }

    // MARK: Names

    @Test("Names of channels and keys count, and have a limit")
    func names() throws {
        let server = TestServer { $0.limits.nameBytesMax = 500_000 }
        let client = try server.connect()
        let names = (0..<4).map { bytes("\($0)") + long(100_000) }
        for name in names.prefix(3) { try client.send(request(bytes("SUBSCRIBE"), name)) }
        server.run()
        #expect(server.services.load.account.bodyBytes >= 300_000)
        _ = try client.receivedBytes()
        try client.send(request(bytes("PSUBSCRIBE"), names[3], names[3] + names[0]))
        #expect(try client.received().hasPrefix("-OOM the channels, patterns and watched keys"))
        try client.send(request(bytes("PSUBSCRIBE"), names[3]) + request(bytes("UNSUBSCRIBE")))
        server.run()
        #expect(server.services.load.account.bodyBytes < 200_000)
        client.close()
        #expect(server.services.load.isIdle)
    }

    @Test("So do watched keys, until the watch ends")
    func watched() throws {
        let server = TestServer { $0.limits.nameBytesMax = 200_000 }
        let client = try server.connect()
        for end in ["UNWATCH", "EXEC", "RESET"] {
            try client.send(request(bytes("WATCH"), long(150_000)))
            server.settle()
            #expect(try client.received() == "+OK|")
            #expect(server.services.load.account.bodyBytes >= 150_000)
            try client.send(request(bytes("WATCH"), long(150_000)))
            server.settle()
            #expect(try client.received().hasPrefix("-OOM"))
            if end == "EXEC" { _ = try client.ask("MULTI") }
            _ = try client.ask(end)
            #expect(server.services.load.account.bodyBytes == 0)
        }
    }
}
