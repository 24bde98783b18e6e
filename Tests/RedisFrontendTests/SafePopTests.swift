import RedisFrontend
import RoostModel
import RoostStorage
import Testing

@Suite("Safe pop: leases of connections")
struct SafePopTests {
    private func lease(_ numbers: UInt64...) throws -> PopLease {
        PopLease(queue: try QueueName("jobs"), handles: numbers.map { ReceiptHandle(words: (0, 0, $0)) })
    }

    private func element(_ text: String) -> KeyReply { .bytes(Bytes(text.utf8)) }

    /// What the storage was asked, in short.
    private func asked(_ server: TestServer) -> [String] {
        server.storage.seen.map { request in
            switch request {
            case .key(.list(.pop), _): "pop"
            case .key: "key"
            case .keys(let request): request.leases ? "leasing" : "final"
            case .delete(let queue, let handle): "delete \(queue) \(handle.words.2)"
            case .giveBack(let queue, let handle): "give back \(queue) \(handle.words.2)"
            case .renew(let queue, let handle, let timeout):
                "renew \(queue) \(handle.words.2) \(timeout.count / 1000)"
            default: "other"
            }
        }
    }

    /// A client that has popped one element and its reply.
    private func popped(_ server: TestServer) throws -> TestClient {
        let client = try server.connect()
        try client.send("LPOP jobs\r\n")
        server.run()
        server.storage.answer(at: 0, .success(.leased(element("e"), try lease(1))))
        server.run()
        #expect(try client.received() == "$1|e|")
        #expect(asked(server) == ["pop"])
        return client
    }

    // MARK: Confirming

    @Test("The next command deletes what was popped, before it is carried out itself, and only once")
    func confirmed() throws {
        let server = TestServer()
        let client = try popped(server)
        #expect(try client.ask("GET a") == "$1|a|")
        #expect(asked(server) == ["pop", "delete jobs 1", "key"])
        _ = try client.ask("GET b")
        client.close()
        #expect(asked(server) == ["pop", "delete jobs 1", "key", "key"])
    }

    @Test("So does any other command, one that is refused too", arguments: ["PING", "NOSUCH", "GET", "MULTI"])
    func confirmedByAny(_ line: String) throws {
        let server = TestServer()
        let client = try popped(server)
        _ = try client.ask(line)
        #expect(asked(server) == ["pop", "delete jobs 1"])
    }

    @Test("All that was popped before is confirmed, of pops with a count and of pops that wait too")
    func several() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("LPOP jobs 2\r\nBRPOP jobs 0\r\n")
        server.run()
        #expect(asked(server) == ["pop", "leasing"])
        server.storage.answer(at: 0, .success(.leased(.array([element("a"), element("b")]), try lease(1, 2))))
        server.storage.answer(at: 0, .success(.leased(.array([element("jobs"), element("c")]), try lease(3))))
        server.run()
        #expect(try client.received() == "*2|$1|a|$1|b|*2|$4|jobs|$1|c|")
        _ = try client.ask("PING")
        #expect(asked(server).dropFirst(2) == ["delete jobs 1", "delete jobs 2", "delete jobs 3"])
    }

    @Test("Commands that came before the reply left confirm nothing, the next one does")
    func pipelined() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("LPOP jobs\r\nGET a\r\n\r\n")
        server.run()
        server.storage.answer(at: 0, .success(.leased(element("e"), try lease(1))))
        server.settle()
        #expect(asked(server) == ["pop", "key"])
        _ = try client.ask("PING")
        #expect(asked(server) == ["pop", "key", "delete jobs 1"])
    }

    @Test("Commands that waited behind a pop that waits confirm nothing")
    func behindWait() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("BLPOP jobs 0\r\nGET a\r\n")
        try client.send("GET b\r\n")
        server.run()
        server.storage.answer(at: 0, .success(.leased(.array([element("jobs"), element("e")]), try lease(1))))
        server.settle()
        #expect(asked(server) == ["leasing", "key", "key"])
        _ = try client.ask("PING")
        #expect(asked(server).last == "delete jobs 1")
    }

    @Test("A command of which a part came before the reply left confirms nothing", arguments: 1...6)
    func partial(_ count: Int) throws {
        let server = TestServer()
        let client = try server.connect()
        let command = Bytes("GET ab\r\n".utf8)
        try client.send(Bytes("LPOP jobs\r\n".utf8) + command[..<count])
        server.run()
        server.storage.answer(at: 0, .success(.leased(element("e"), try lease(1))))
        server.run()
        try client.send(Bytes(command[count...]))
        server.settle()
        #expect(asked(server) == ["pop", "key"])
        _ = try client.ask("GET a")
        #expect(asked(server) == ["pop", "key", "delete jobs 1", "key"])
    }

    @Test("While the client takes nothing, its commands confirm nothing")
    func notFlushed() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("LPOP jobs\r\n")
        server.run()
        client.stall()
        server.storage.answer(at: 0, .success(.leased(element("e"), try lease(1))))
        try client.send("GET a\r\n")
        server.settle()
        client.resume()
        server.settle()
        #expect(try client.received() == "$1|e|$1|a|")
        #expect(asked(server) == ["pop", "key"])
        _ = try client.ask("PING")
        #expect(asked(server) == ["pop", "key", "delete jobs 1"])
    }

    @Test("Each pop of a steady pipeline is confirmed by what comes after its reply")
    func steady() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("LPOP jobs\r\n")
        for number in 1...3 as ClosedRange<UInt64> {
            server.run()
            server.storage.answer(at: 0, .success(.leased(element("e"), try lease(number))))
            server.run()
            try client.send("LPOP jobs\r\n")
            server.run()
            // What was deleted is answered, the pop waits.
            server.storage.answer(at: 0, .success(.done))
        }
        #expect(asked(server) == ["pop"] + (1...3).flatMap { ["delete jobs \($0)", "pop"] })
    }

    // MARK: Giving back

    @Test("RESET, QUIT and a close give back at once", arguments: ["RESET", "QUIT", ""])
    func ended(_ line: String) throws {
        let server = TestServer()
        let client = try popped(server)
        if line.isEmpty { client.close() } else { _ = try client.ask(line) }
        #expect(asked(server) == ["pop", "give back jobs 1"])
        client.close()
        #expect(asked(server).count == 2)
    }

    @Test("RESET behind a pop in a pipeline gives back what it brings", arguments: ["RESET", "QUIT"])
    func endedInPipeline(_ line: String) throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("LPOP jobs\r\n\(line)\r\n")
        server.run()
        server.storage.answer(at: 0, .success(.leased(element("e"), try lease(1))))
        server.run()
        #expect(try client.received() == "$1|e|+\(line == "QUIT" ? "OK" : line)|")
        #expect(asked(server) == ["pop", "give back jobs 1"])
    }

    @Test("What arrives for a client that is gone goes back")
    func gone() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("GET a\r\nLPOP jobs\r\nLPOP jobs\r\n")
        server.run()
        // This one waits behind the first when the client goes.
        server.storage.answer(at: 1, .success(.leased(element("e"), try lease(1))))
        client.close()
        server.storage.answer(at: 1, .success(.leased(element("f"), try lease(2))))
        server.settle()
        #expect(asked(server) == ["key", "pop", "pop", "give back jobs 1", "give back jobs 2"])
        #expect(server.services.load.isIdle)
    }

    // MARK: Renewing

    @Test("Every 20 seconds the lease is renewed for 60, until it is confirmed")
    func renewed() throws {
        let server = TestServer()
        let client = try popped(server)
        server.advance(seconds: 19)
        server.settle()
        #expect(asked(server) == ["pop"])
        server.advance(seconds: 1)
        server.settle()
        #expect(asked(server) == ["pop", "renew jobs 1 60"])
        server.advance(seconds: 20)
        server.settle()
        #expect(asked(server) == ["pop", "renew jobs 1 60", "renew jobs 1 60"])
        _ = try client.ask("PING")
        server.advance(seconds: 60)
        server.settle()
        #expect(asked(server).dropFirst(3) == ["delete jobs 1"])
    }

    // MARK: Final pops

    @Test("Pops in a transaction, and those whose replies are left out, are final")
    func final() throws {
        let server = TestServer()
        let client = try server.connect()
        _ = try client.ask("MULTI")
        _ = try client.ask("LPOP jobs")
        _ = try client.ask("BLPOP jobs 0")
        _ = try client.ask("EXEC")
        #expect(asked(server) == ["final"])
        try client.send("CLIENT REPLY OFF\r\nLPOP jobs\r\nBLPOP jobs 0\r\n")
        server.run()
        #expect(asked(server) == ["final", "final", "final"])
    }

    @Test("CLIENT LIST tells how many messages a client has to confirm")
    func listed() throws {
        let server = TestServer()
        let client = try popped(server)
        let other = try server.connect()
        #expect(try other.ask("CLIENT LIST").contains(" unconfirmed=1"))
        #expect(try !client.ask("CLIENT LIST").contains("unconfirmed"))
    }
}
