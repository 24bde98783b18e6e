import RedisFrontend
import RoostModel
import RoostStorage
import Testing

@Suite("Limits of the Redis port")
struct LimitTests {
    @Test("No more requests of a connection are carried out than the limit allows")
    func requestsInFlight() throws {
        let server = TestServer { $0.limits.requestsMax = 3 }
        let client = try server.connect()
        try client.send(String(repeating: "GET a\r\n", count: 10))
        server.run()
        #expect(server.storage.pendingCount == 3)
        server.storage.answer(at: 0, .success(.keys([.ok])))
        server.run()
        #expect(server.storage.pendingCount == 3)
        #expect(server.storage.commands.count == 4)
        for _ in 0..<5 { server.settle() }
        #expect(try client.received() == "+OK|" + String(repeating: "$1|a|", count: 9))
    }

    @Test("Large requests are carried out one after the other")
    func bytesInFlight() throws {
        let server = TestServer { $0.limits.requestBytesInFlightMax = 1000 }
        let client = try server.connect()
        try client.send(String(repeating: "SET a \(String(repeating: "x", count: 900))\r\n", count: 6))
        server.run()
        #expect(server.storage.pendingCount == 2)
        for _ in 0..<4 { server.settle() }
        #expect(try client.received() == String(repeating: "+OK|", count: 6))
    }

    @Test("Nothing is carried out for a client that does not read, until it does")
    func backPressure() throws {
        let server = TestServer()
        let client = try server.connect()
        client.stall()
        try client.send("PING\r\nGET a\r\n")
        server.settle()
        #expect(server.storage.seen.isEmpty)
        client.resume()
        server.settle()
        #expect(try client.received() == "+PONG|$1|a|")
    }

    @Test("A client whose replies pile up is closed")
    func outputLimit() throws {
        let server = TestServer { $0.limits.outputBytesMax = 10_000 }
        let client = try server.connect()
        try client.send(String(repeating: "GET \(String(repeating: "k", count: 6000))\r\n", count: 4))
        server.run()
        client.stall()
        // The two that make it too much are still taken: what is bounded is what was there before.
        for _ in 0..<2 { server.storage.answer(at: 0, .success(.keys([.bytes(Bytes(repeating: 1, count: 6000))]))) }
        #expect(client.isOpen)
        #expect(server.services.load.account.unsentBytes > 12_000)
        server.settle()
        #expect(!client.isOpen)
        #expect(server.services.load.isIdle)
    }

    @Test("Requests over all connections take no more than the limit: what goes beyond is refused")
    func requestBytesOverall() throws {
        let server = TestServer { $0.limits.requestBytesMaxOverall = 512 * 1024 }
        let clients = try (0..<4).map { _ in try server.connect() }
        for client in clients {
            try client.send("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$200000\r\n")
            try client.send(Bytes(repeating: 1, count: 150_000))
            server.run()
        }
        let refused = try clients.filter { try $0.received().hasPrefix("-OOM too many large requests") }.count
        #expect(refused >= 2)
        server.advance(seconds: 5)
        for client in clients where client.isOpen {
            try client.send(Bytes(repeating: 1, count: 50_000) + Bytes("\r\n".utf8))
            server.settle()
            #expect(try client.received() == "+OK|")
        }
        for client in clients { client.close() }
        #expect(server.services.load.isIdle)
    }

    @Test("A large request that finds no room in time is refused; small ones go on")
    func roomWait() throws {
        let server = TestServer {
            $0.limits.requestBytesMaxOverall = 512 * 1024
            $0.limits.roomWaitSeconds = 3
        }
        let (first, second, small) = (try server.connect(), try server.connect(), try server.connect())
        // At the storage: it counts until it is answered.
        try first.send("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$300000\r\n")
        try first.send(Bytes(repeating: 1, count: 300_000) + Bytes("\r\n".utf8))
        server.run()
        try second.send("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$90000\r\n")
        try second.send(Bytes(repeating: 1, count: 80_000))
        server.run()
        #expect(second.isOpen)
        try small.send("PING\r\n")
        #expect(try small.received() == "+PONG|")
        server.advance(seconds: 2)
        #expect(try second.received() == "")
        server.advance(seconds: 3)
        #expect(try second.received().hasPrefix("-OOM"))
        server.settle()
        #expect(try first.received() == "+OK|")
    }

    @Test("Declared lengths take no memory")
    func declared() throws {
        let server = TestServer()
        for request in ["*1048576\r\n", "*2\r\n$3\r\nGET\r\n$67108864\r\n", "*3\r\n$67108864\r\nx"] {
            let client = try server.connect()
            try client.send(request)
            server.run()
            #expect(client.isOpen)
        }
        #expect(server.services.load.account.bodyBytes == 0)
        let client = try server.connect()
        try client.send("*1048577\r\n")
        #expect(try client.received() == "-ERR Protocol error: invalid multibulk length|")
    }

    @Test("Connections above the limit are told so and closed")
    func connections() throws {
        let server = TestServer { $0.limits.connectionsMax = 2 }
        let clients = try (0..<3).map { _ in try server.connect() }
        #expect(try clients[2].received() == "-ERR max number of clients reached|")
        #expect(clients.map(\.isOpen) == [true, true, false])
        clients[0].close()
        #expect(try server.connect().ask("PING") == "+PONG|")
    }

    @Test("Idle clients are closed when a timeout is set, but not those that wait or have subscribed")
    func idle() throws {
        let server = TestServer()
        let clients = try (0..<3).map { _ in try server.connect() }
        server.advance(seconds: 100)
        #expect(clients.map(\.isOpen) == [true, true, true])
        #expect(try clients[0].ask("CONFIG SET timeout 10") == "+OK|")
        _ = try clients[1].ask("BLPOP a 0")
        _ = try clients[2].ask("SUBSCRIBE a")
        server.advance(seconds: 9)
        #expect(try clients[0].ask("PING") == "+PONG|")
        server.advance(seconds: 9)
        #expect(clients[0].isOpen)
        server.advance(seconds: 2)
        #expect(clients.map(\.isOpen) == [false, true, true])
    }
}
