import NIOCore
import NIOEmbedded
import RedisFrontend
import RoostModel
import Testing

@Suite("Channels")
struct PubSubTests {
    @Test("Subscribers of all loops get a message, in both versions, and the reply counts them")
    func delivery() throws {
        let server = TestServer(loops: 2)
        let (one, two) = (try server.connect(loop: 0), try server.connect(loop: 1))
        let publisher = try server.connect(loop: 0)
        _ = try two.ask("HELLO 3")
        #expect(try publisher.ask("PUBLISH a hi") == ":0|")
        #expect(
            try one.ask("SUBSCRIBE a b a") == "*3|$9|subscribe|$1|a|:1|*3|$9|subscribe|$1|b|:2|*3|$9|subscribe|$1|a|:2|"
        )
        #expect(try two.ask("PSUBSCRIBE [ax] *") == ">3|$10|psubscribe|$4|[ax]|:1|>3|$10|psubscribe|$1|*|:2|")
        #expect(try publisher.ask("PUBLISH a hi") == ":3|")
        #expect(try one.received() == "*3|$7|message|$1|a|$2|hi|")
        let both = [">4|$8|pmessage|$4|[ax]|$1|a|$2|hi|", ">4|$8|pmessage|$1|*|$1|a|$2|hi|"]
        let received = try two.received()
        #expect([both[0] + both[1], both[1] + both[0]].contains(received))
        #expect(try publisher.ask("PUBLISH b \"\"") == ":2|")
        #expect(try one.received() == "*3|$7|message|$1|b|$0||")
    }

    @Test("A queue that is bound to the channel gets the message though no client subscribes to anything")
    func bound() throws {
        let server = TestServer()
        let client = try server.connect()
        #expect(try client.ask("PUBLISH a hi") == ":0|")
        #expect(server.storage.commands.isEmpty)
        server.storage.hasBindings = true
        try client.send("PUBLISH a hi\r\n")
        server.run()
        #expect(server.storage.commands == [.publish(channel: bytes("a"), bytes("hi"))])
    }

    @Test("The order of a publisher's messages is kept, with other commands in between")
    func order() throws {
        let server = TestServer(loops: 2)
        let (one, two) = (try server.connect(loop: 0), try server.connect(loop: 1))
        _ = try one.ask("SUBSCRIBE a")
        _ = try two.ask("SUBSCRIBE a")
        let publisher = try server.connect(loop: 1)
        try publisher.send("PUBLISH a 1\r\nPUBLISH a 2\r\nGET k\r\nPUBLISH a 3\r\n")
        server.run()
        // The third one waits until what came before it is on disk.
        #expect(try one.received() == "*3|$7|message|$1|a|$1|1|*3|$7|message|$1|a|$1|2|")
        server.settle()
        #expect(try one.received() == "*3|$7|message|$1|a|$1|3|")
        #expect(try publisher.received() == ":2|:2|$1|k|:2|")
        let all = (1...3).map { "*3|$7|message|$1|a|$1|\($0)|" }.joined()
        #expect(try two.received() == all)
    }

    @Test("Shard channels are others than channels")
    func shards() throws {
        let server = TestServer()
        let (one, two) = (try server.connect(), try server.connect())
        #expect(try one.ask("SSUBSCRIBE a") == "*3|$10|ssubscribe|$1|a|:1|")
        #expect(try one.ask("SUBSCRIBE b") == "*3|$9|subscribe|$1|b|:1|")
        #expect(try two.ask("PUBLISH a hi") == ":0|")
        #expect(try two.ask("SPUBLISH a hi") == ":1|")
        #expect(try two.ask("SPUBLISH b hi") == ":0|")
        #expect(try one.received() == "*3|$8|smessage|$1|a|$2|hi|")
        #expect(try two.ask("PUBSUB SHARDCHANNELS") == "*1|$1|a|")
        #expect(try two.ask("PUBSUB CHANNELS") == "*1|$1|b|")
        #expect(try two.ask("PUBSUB SHARDNUMSUB a b") == "*4|$1|a|:1|$1|b|:0|")
        #expect(try one.ask("SUNSUBSCRIBE") == "*3|$12|sunsubscribe|$1|a|:0|")
        #expect(try two.ask("SPUBLISH a hi") == ":0|")
    }

    @Test("Questions about subscriptions")
    func questions() throws {
        let server = TestServer(loops: 2)
        let (one, two) = (try server.connect(), try server.connect(loop: 1))
        _ = try one.ask("SUBSCRIBE news.a")
        _ = try two.ask("SUBSCRIBE news.a news.b")
        _ = try two.ask("PSUBSCRIBE n*")
        _ = try one.ask("PSUBSCRIBE n*")
        let asker = try server.connect()
        #expect(try asker.ask("PUBSUB NUMSUB news.a x news.b") == "*6|$6|news.a|:2|$1|x|:0|$6|news.b|:1|")
        #expect(try asker.ask("PUBSUB NUMPAT") == ":1|")
        #expect(try asker.ask("PUBSUB CHANNELS *.b") == "*1|$6|news.b|")
        #expect(try asker.ask("PUBSUB NUMSUB") == "*0|")
        #expect(try asker.ask("PUBSUB NOTHING") == "-ERR unknown subcommand 'NOTHING'. Try PUBSUB HELP.|")
        one.close()
        two.close()
        #expect(try asker.ask("PUBSUB CHANNELS") == "*0|")
        #expect(try asker.ask("PUBSUB NUMPAT") == ":0|")
        #expect(try asker.ask("INFO stats").contains("pubsub_channels:0"))
    }

    @Test("CLIENT REPLY OFF leaves what channels say")
    func silent() throws {
        let server = TestServer()
        let (client, other) = (try server.connect(), try server.connect())
        _ = try client.ask("HELLO 3")
        #expect(try client.ask("CLIENT REPLY OFF") == "")
        #expect(try client.ask("PING") == "")
        #expect(try client.ask("SUBSCRIBE a") == ">3|$9|subscribe|$1|a|:1|")
        #expect(try other.ask("PUBLISH a hi") == ":1|")
        #expect(try client.received() == ">3|$7|message|$1|a|$2|hi|")
        #expect(try client.ask("UNSUBSCRIBE") == ">3|$11|unsubscribe|$1|a|:0|")
        #expect(try client.ask("UNSUBSCRIBE") == ">3|$11|unsubscribe|_|:0|")
        #expect(try client.ask("PING") == "")
    }

    @Test("A RESP2 client that has subscribed says little else")
    func restricted() throws {
        let server = TestServer()
        let client = try server.connect()
        _ = try client.ask("SUBSCRIBE a")
        #expect(
            try client.ask("GET k")
                == "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed "
                + "in this context|")
        #expect(try client.ask("CLIENT ID").hasPrefix("-ERR Can't execute 'client|id'"))
        #expect(try client.ask("PING") == "*2|$4|pong|$0||")
        #expect(try client.ask("PING x") == "*2|$4|pong|$1|x|")
        #expect(try client.ask("UNSUBSCRIBE x y") == "*3|$11|unsubscribe|$1|x|:1|*3|$11|unsubscribe|$1|y|:1|")
        #expect(try client.ask("UNSUBSCRIBE") == "*3|$11|unsubscribe|$1|a|:0|")
        #expect(try client.ask("UNSUBSCRIBE") == "*3|$11|unsubscribe|$-1|:0|")
        #expect(try client.ask("GET k") == "$1|k|")
        #expect(try client.ask("PING") == "+PONG|")
        _ = try client.ask("HELLO 3")
        _ = try client.ask("SUBSCRIBE a")
        #expect(try client.ask("GET k") == "$1|k|")
        #expect(try client.ask("PING") == "+PONG|")
        #expect(try client.ask("PUNSUBSCRIBE") == ">3|$12|punsubscribe|_|:1|")
    }

    @Test("SUBSCRIBE stands behind replies that are due, and messages behind it")
    func behindReplies() throws {
        let server = TestServer()
        let (client, publisher) = (try server.connect(), try server.connect())
        try client.send("GET a\r\nSUBSCRIBE c\r\n")
        server.run()
        #expect(try publisher.ask("PUBLISH c early") == ":0|")
        server.settle()
        _ = try publisher.ask("PUBLISH c late")
        #expect(try client.received() == "$1|a|*3|$9|subscribe|$1|c|:1|*3|$7|message|$1|c|$4|late|")
    }

    @Test("PUBLISH and SUBSCRIBE have their place in a transaction")
    func inTransaction() throws {
        let server = TestServer()
        let (client, other) = (try server.connect(), try server.connect())
        _ = try other.ask("SUBSCRIBE a")
        try client.send("MULTI\r\nSET k 1\r\nPUBLISH a hi\r\nEXEC\r\n")
        server.run()
        #expect(try other.received() == "")
        server.settle()
        #expect(try other.received() == "*3|$7|message|$1|a|$2|hi|")
        #expect(try client.received() == "+OK|+QUEUED|+QUEUED|*2|+OK|:1|")
        try client.send("MULTI\r\nSUBSCRIBE z\r\nPING\r\nEXEC\r\n")
        server.settle()
        #expect(try client.received() == "+OK|+QUEUED|+QUEUED|*2|*3|$9|subscribe|$1|z|:1|*2|$4|pong|$0||")
    }

    @Test("Long messages are shared by their subscribers")
    func long() throws {
        let server = TestServer()
        let clients = try (0..<3).map { _ in try server.connect() }
        for client in clients { _ = try client.ask("SUBSCRIBE a") }
        let text = String(repeating: "x", count: 60_000)
        let publisher = try server.connect()
        #expect(try publisher.ask("PUBLISH a \(text)") == ":3|")
        for client in clients { #expect(try client.received() == "*3|$7|message|$1|a|$60000|\(text)|") }
    }

    @Test("Publishers wait while a loop has too much to deliver")
    func backPressure() throws {
        let server = TestServer(loops: 2) { $0.limits.mailboxBytesMax = 1000 }
        let (slow, publisher) = (try server.connect(loop: 1), try server.connect(loop: 0))
        _ = try slow.ask("SUBSCRIBE a")
        let message = String(repeating: "m", count: 600)
        try publisher.send(String(repeating: "PUBLISH a \(message)\r\n", count: 5))
        server.loops[0].event.run()
        #expect(try publisher.received() == ":1|:1|")
        server.run()
        server.run()
        #expect(try publisher.received() == ":1|:1|:1|")
        let received = try slow.received()
        #expect(received.components(of: message) == 5)
    }

    @Test("A subscriber that does not read is closed, the others are not")
    func slowSubscriber() throws {
        let server = TestServer { $0.limits.subscriberOutputBytesMax = 10_000 }
        let (slow, quick, publisher) = (try server.connect(), try server.connect(), try server.connect())
        _ = try slow.ask("SUBSCRIBE a")
        _ = try quick.ask("SUBSCRIBE a")
        slow.stall()
        let message = String(repeating: "m", count: 1000)
        for _ in 0..<20 { _ = try publisher.ask("PUBLISH a \(message)") }
        #expect(!slow.isOpen)
        #expect(quick.isOpen)
        let received = try quick.received()
        #expect(received.components(of: message) == 20)
        #expect(try publisher.ask("PUBLISH a x") == ":1|")
    }

    @Test("There is a limit to the subscriptions of one client")
    func subscriptionLimit() throws {
        let server = TestServer { $0.limits.subscriptionsMax = 2 }
        let client = try server.connect()
        #expect(try client.ask("SUBSCRIBE a b c").hasPrefix("-ERR a client can subscribe to 2"))
        #expect(try client.ask("SUBSCRIBE a b").hasPrefix("*3"))
        #expect(try client.ask("PSUBSCRIBE c").hasPrefix("-ERR"))
    }
}

extension String {
    /// How often `part` stands in it.
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
