import NIOCore
import NIOEmbedded
import RedisFrontend
import RoostModel
import RoostStorage
import Testing

@Suite("Replies that wait for the disk")
struct ReplyGateTests {
    private func changing() -> TestServer {
        let server = TestServer()
        server.storage.atOnce = .changing
        return server
    }

    @Test("What was carried out at once is answered when the barrier of its turn is")
    func barrier() throws {
        let server = changing()
        let (one, two) = (try server.connect(), try server.connect())
        try one.send("SET a 1\r\nLPUSH l x y\r\nPING\r\nGET a\r\n")
        try two.send("INCR n\r\nNOTHING\r\n")
        server.run()
        #expect(server.storage.barriersSeen == 1)
        #expect(server.storage.commands.isEmpty)
        #expect(try one.received() + two.received() == "")
        server.storage.answer()
        #expect(try one.received() == "+OK|:2|+PONG|$1|a|")
        #expect(try two.received() == "+OK|-ERR unknown command 'NOTHING', with args beginning with: |")
    }

    @Test("Only what comes right behind a small command of the same client has the time of that one")
    func time() throws {
        let server = changing()
        let (one, two) = (try server.connect(), try server.connect())
        try one.send("SET a 1\r\nGET a\r\nPING\r\nGET a\r\nGET a\r\n")
        try two.send("GET a\r\n")
        server.run()
        #expect(server.storage.takeGoesOn() == [false, true, false, true, false])
        server.settle()
        try one.send("GET a\r\n")
        try two.send("PING\r\nPING\r\nGET a\r\n")
        server.run()
        #expect(server.storage.takeGoesOn() == [false, false])
        server.settle()
        try one.send("GET a\r\nSET a \(String(repeating: "x", count: 5000))\r\nGET a\r\nGET a\r\n")
        server.run()
        #expect(server.storage.takeGoesOn() == [false, true, false, true])
        server.settle()
        try one.send(String(repeating: "GET a\r\n", count: 130))
        server.run()
        #expect(server.storage.takeGoesOn().enumerated().filter { !$0.element }.map(\.offset) == [0, 64, 128])
    }

    @Test("What a pause held back lends its time to nobody")
    func timeAfterPause() throws {
        let server = changing()
        let (one, two) = (try server.connect(), try server.connect())
        #expect(try one.ask("CLIENT PAUSE 5000 WRITE") == "+OK|")
        try two.send("SET a 1\r\nPING\r\nGET a\r\nGET a\r\n")
        server.run()
        #expect(server.storage.takeGoesOn() == [])
        try one.send("CLIENT UNPAUSE\r\n")
        server.settle()
        #expect(server.storage.takeGoesOn() == [false, false, true])
    }

    @Test("A barrier that is refused opens its gate too: it was refused after what came before it was on disk")
    func refusedBarrier() throws {
        let server = changing()
        let client = try server.connect()
        try client.send("SET a 1\r\n")
        server.run()
        server.storage.answer(at: 0, .failure(.shuttingDown))
        #expect(try client.received() == "+OK|")
    }

    @Test("While one barrier is awaited the client's next commands take the usual way, so that its replies leave")
    func nextTurn() throws {
        let server = changing()
        let (client, other) = (try server.connect(), try server.connect())
        try client.send("SET a 1\r\n")
        server.run()
        try client.send("SET a 2\r\nGET a\r\n")
        try other.send("GET b\r\n")
        server.run()
        #expect(server.storage.barriersSeen == 2)
        #expect(server.storage.commands.count == 2)
        server.storage.answer(at: 0, .success(.done))
        #expect(try client.received() == "+OK|")
        #expect(try other.received() == "")
        server.settle()
        #expect(try client.received() == "+OK|$1|a|")
        #expect(try other.received() == "$1|b|")
    }

    @Test("What was held back leaves before the client's next commands close another gate")
    func alternation() throws {
        let server = changing()
        let client = try server.connect()
        try client.send("SET a 1\r\nPUBLISH news x\r\nSET a 2\r\nPUBLISH news y\r\nSET a 3\r\n")
        server.settle()
        #expect(try client.received() == "+OK|")
        server.settle()
        #expect(try client.received() == ":0|+OK|")
    }

    @Test("What others must not see before a change is on disk waits for it, as do commands that wait for replies")
    func publish() throws {
        let server = changing()
        let (client, subscriber) = (try server.connect(), try server.connect())
        _ = try subscriber.ask("SUBSCRIBE news")
        try client.send("SET a 1\r\nPUBLISH news x\r\nCLIENT REPLY OFF\r\nSET b 1\r\n")
        server.run()
        #expect(try subscriber.received() == "")
        #expect(try client.received() == "")
        server.settle()
        #expect(try subscriber.received() == "*3|$7|message|$4|news|$1|x|")
        #expect(try client.received() == "+OK|")
        server.settle()
        #expect(try client.received() == ":1|")
    }

    @Test("Commands of a client that has subscribed take the usual way: its messages do not wait behind a gate")
    func subscribed() throws {
        let server = changing()
        let client = try server.connect()
        _ = try client.ask("HELLO 3")
        _ = try client.ask("SUBSCRIBE news")
        try client.send("SET a 1\r\n")
        server.run()
        #expect(server.storage.barriersSeen == 0)
        #expect(server.storage.commands.count == 1)
    }

    @Test("One client that alternates writes and commands that wait lets others be read in between")
    func alternationOfMany() throws {
        let server = changing()
        let client = try server.connect()
        try client.send(String(repeating: "SET a 1\r\nPUBLISH news x\r\n", count: 100))
        for _ in 0..<60 { server.settle() }
        let first = try client.received().split(separator: "|").count
        #expect(first < 60)
        for _ in 0..<20 {
            server.loops[0].event.advanceTime(by: .milliseconds(1))
            for _ in 0..<20 { server.settle() }
        }
        #expect(try first + client.received().split(separator: "|").count == 200)
    }

    @Test("QUIT, the end of the input and a shutdown wait for the replies before them")
    func ends() throws {
        for end in 0..<3 {
            let server = changing()
            let client = try server.connect()
            try client.send("SET a 1\r\n" + (end == 0 ? "QUIT\r\n" : ""))
            if end == 1 { client.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
            if end == 2 { _ = server.loops[0].redis.shutDown() }
            server.run()
            #expect(try client.received() == "")
            #expect(client.isOpen)
            server.settle()
            #expect(try client.received() == (end == 0 ? "+OK|+OK|" : "+OK|"))
            server.advance(seconds: 5)
            #expect(!client.isOpen)
            #expect(server.services.load.isIdle)
        }
    }

    @Test("A client that goes while its reply waits leaves nothing behind, and nothing of it comes to the next one")
    func gone() throws {
        let server = changing()
        let gone = try server.connect()
        try gone.send("SET a 1\r\n")
        server.run()
        gone.close()
        let next = try server.connect()
        server.settle()
        #expect(try next.received() == "")
        #expect(try next.ask("GET b") == "$1|b|")
        next.close()
        #expect(server.services.load.isIdle)
    }

    @Test("A change whose reply is left out is made durable as well")
    func silent() throws {
        let server = changing()
        let client = try server.connect()
        try client.send("CLIENT REPLY OFF\r\nSET a 1\r\n")
        server.run()
        #expect(server.storage.barriersSeen == 1)
    }

    @Test("Commands that are cheap by their kind and the number of their arguments, and no others")
    func quick() throws {
        let quick = [
            "GET a", "SET a 1", "LPUSH l x", "RPOP l", "HSET h f v", "ZADD z 1 m", "INCR n", "DEL a", "EXPIRE a 9",
            "LMOVE a b LEFT RIGHT", "SPOP s", "ZPOPMIN z", "SADD s a b c",
        ]
        let slow = [
            "RPOP l 5", "SPOP s 5", "ZPOPMIN z 5", "LRANGE l 0 -1", "DEL a b", "KEYS *", "FLUSHALL", "SUNIONSTORE a b",
            "SADD s " + (0..<20).map(String.init).joined(separator: " "), "HMGET h a b",
        ]
        for (lines, isQuick) in [(quick, true), (slow, false)] {
            for line in lines {
                let server = changing()
                let client = try server.connect()
                try client.send(line + "\r\n")
                server.run()
                #expect(server.storage.commands.isEmpty == isQuick, "\(line)")
            }
        }
    }
}
