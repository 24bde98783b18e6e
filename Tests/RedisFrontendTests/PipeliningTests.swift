import NIOCore
import NIOEmbedded
import RedisFrontend
import RoostModel
import RoostStorage
import Testing

@Suite("Pipelining")
struct PipeliningTests {
    @Test("Replies keep the order of their requests, whatever the order of the answers")
    func order() throws {
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 0, 3, 2]] {
            let server = TestServer()
            let client = try server.connect()
            try client.send("GET a\r\nPING\r\nGET b\r\nNOTHING\r\nGET c\r\nGET\r\nGET d\r\nECHO end\r\n")
            server.run()
            #expect(server.storage.submits == 1)
            #expect(server.storage.pendingCount == 4)
            #expect(try client.received() == "")
            server.storage.answer(inOrder: order)
            server.run()
            #expect(
                try client.received()
                    == "$1|a|+PONG|$1|b|-ERR unknown command 'NOTHING', with args beginning with: |$1|c|"
                    + "-ERR wrong number of arguments for 'get' command|$1|d|$3|end|")
        }
    }

    @Test("A small read that can be answered at once is, unless something of its client is not answered yet")
    func atOnce() throws {
        let server = TestServer()
        let client = try server.connect()
        server.storage.atOnce = .onDisk(.integer(7))
        #expect(try client.ask("STRLEN a") == ":7|")
        #expect(server.storage.submits == 0)
        try client.send("STRLEN a\r\nLRANGE l 0 -1\r\nSTRLEN a\r\nSET a 1\r\nEXISTS a b\r\n")
        server.run()
        #expect(try client.received() == ":7|")
        #expect(server.storage.pendingCount == 4)
        let other = try server.connect()
        for line in ["MULTI", "STRLEN a"] { #expect(try other.ask(line) != ":7|") }
    }

    @Test("Large and many replies take the usual way, on which they are counted")
    func atOnceWithoutRoom() throws {
        let server = TestServer()
        let client = try server.connect()
        server.storage.atOnce = .onDisk(.bytes(Bytes(repeating: 1, count: 40_000)))
        try client.send(String(repeating: "GET a\r\n", count: 5))
        server.run()
        #expect(server.storage.pendingCount == 3)
    }

    @Test("A reply leaves as soon as all before it have")
    func partly() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("GET a\r\nGET b\r\nGET c\r\n")
        server.run()
        server.storage.answer(at: 1, .success(.keys([.bytes(Bytes("B".utf8))])))
        #expect(try client.received() == "")
        server.storage.answer(at: 0, .success(.keys([.bytes(Bytes("A".utf8))])))
        #expect(try client.received() == "$1|A|$1|B|")
        server.storage.answer(at: 0, .failure(.outOfMemory))
        #expect(try client.received() == "-OOM command not allowed when used memory > 'maxmemory'.|")
    }

    @Test("An answer to a client that is gone does not come to one that connected since")
    func gone() throws {
        let server = TestServer()
        for _ in 0..<3 {
            let gone = try server.connect()
            try gone.send("GET a\r\nGET b\r\n")
            server.run()
            gone.close()
            let next = try server.connect()
            try next.send("GET c\r\n")
            server.run()
            server.storage.answer(inOrder: [1, 2, 0])
            server.run()
            #expect(try next.received() == "$1|c|")
            next.close()
        }
    }

    @Test("One write for all replies of a list of answers, one submission for all requests of a turn")
    func batches() throws {
        let server = TestServer()
        let (one, two) = (try server.connect(), try server.connect())
        try one.send("GET a\r\nGET b\r\n")
        try two.send("GET c\r\nGET d\r\n")
        server.run()
        #expect(server.storage.submits == 1)
        server.storage.answer()
        for (client, expected) in [(one, "$1\r\na\r\n$1\r\nb\r\n"), (two, "$1\r\nc\r\n$1\r\nd\r\n")] {
            let first = try client.channel.readOutbound(as: ByteBuffer.self)
            #expect(first.map { String(buffer: $0) } == expected)
            #expect(try client.channel.readOutbound(as: ByteBuffer.self) == nil)
        }
    }

    private static let stream =
        "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nva\r\nl\r\nPING hello\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n\r\n"
        + "*2\r\n$4\r\nLLEN\r\n$4\r\nlist\r\n*1\r\n$7\r\nNOTHING\r\nget \"a b\"\r\n*1\r\n$4\r\nPING\r\n"
    private static let replies =
        "+OK|$5|hello|$1|k|+OK|-ERR unknown command 'NOTHING', with args beginning with: |$3|a b|+PONG|"

    @Test("A stream that is cut at any byte gives the same replies, in two reads and in reads of one byte")
    func truncation() throws {
        let stream = Bytes(Self.stream.utf8)
        for cut in 0...stream.count {
            let server = TestServer()
            let client = try server.connect()
            try client.send(Bytes(stream[..<cut]))
            server.settle()
            var received = try client.received()
            #expect(Self.replies.hasPrefix(received))
            try client.send(Bytes(stream[cut...]))
            server.settle()
            received += try client.received()
            #expect(received == Self.replies)
            client.close()
            #expect(server.services.load.isIdle)
        }
        let server = TestServer()
        let client = try server.connect()
        for byte in stream { try client.send([byte]) }
        server.settle()
        #expect(try client.received() == Self.replies)
    }

    @Test("A stream that ends at any byte leaves nothing behind")
    func abandoned() throws {
        let stream = Bytes(Self.stream.utf8)
        for cut in 0...stream.count {
            let server = TestServer()
            let client = try server.connect()
            try client.send(Bytes(stream[..<cut]))
            client.close()
            server.settle()
            #expect(server.services.load.isIdle)
        }
    }

    @Test("What breaks the protocol is answered in its turn, and ends the connection")
    func brokenProtocol() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("GET a\r\n*1\r\nx\r\nGET b\r\n")
        server.run()
        #expect(try client.received() == "")
        #expect(client.isOpen)
        server.settle()
        #expect(try client.received() == "$1|a|-ERR Protocol error: expected '$', got 'x'|")
        #expect(server.storage.commands == [.string(.get([97]))])
        server.advance(seconds: 5)
        #expect(!client.isOpen)
    }

    @Test("QUIT answers what came before it, then OK, then closes")
    func quit() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("GET a\r\nQUIT\r\nGET b\r\n")
        server.settle()
        #expect(try client.received() == "$1|a|+OK|")
        #expect(server.storage.commands.count == 1)
        server.advance(seconds: 5)
        #expect(!client.isOpen)
        #expect(server.services.load.isIdle)
    }

    @Test("A client that closes its side gets what it asked for")
    func halfClosed() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("GET a\r\nGET b\r\n")
        client.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        server.settle()
        #expect(try client.received() == "$1|a|$1|b|")
        server.advance(seconds: 5)
        #expect(!client.isOpen)
        let idle = try server.connect()
        idle.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        server.run()
        #expect(!idle.isOpen)
    }

    @Test("SELECT holds for what comes after it")
    func databases() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("GET a\r\nSELECT 3\r\nGET b\r\nSELECT 16\r\nSELECT x\r\nGET c\r\n")
        server.settle()
        #expect(
            try client.received()
                == "$1|a|+OK|$1|b|-ERR DB index is out of range|-ERR value is not an integer or out of range|$1|c|")
        #expect(server.storage.keyRequests.map(\.database) == [0, 3, 3])
    }
}
