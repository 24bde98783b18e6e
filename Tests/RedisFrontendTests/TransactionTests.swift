import RedisFrontend
import RoostModel
import RoostStorage
import Testing

@Suite("Transactions")
struct TransactionTests {
    private let aborted = "-EXECABORT Transaction discarded because of previous errors.|"

    @Test("The commands on keys go to the storage as one request; the others are answered in their place")
    func oneRequest() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send(
            "GET before\r\nMULTI\r\nGET a\r\nPING\r\nSET b 1\r\nECHO hi\r\nSET b 1 EX x\r\nTIME\r\nGET c\r\nEXEC\r\n"
                + "GET after\r\n")
        server.settle()
        server.settle()
        server.settle()
        let reply = try client.received()
        let queued = String(repeating: "+QUEUED|", count: 7)
        #expect(reply.hasPrefix("$6|before|+OK|\(queued)*7|$1|a|+PONG|+OK|$2|hi|-ERR value is not an integer or"))
        #expect(reply.hasSuffix("$1|c|$5|after|"))
        #expect(server.storage.keyRequests.map(\.commands.count) == [1, 3, 1])
        #expect(server.services.load.account.bodyBytes == 0)
    }

    @Test("A transaction of commands on keys only does not hold up what follows")
    func pipelined() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("MULTI\r\nGET a\r\nEXEC\r\nMULTI\r\nGET b\r\nEXEC\r\nMULTI\r\nEXEC\r\nPING\r\n")
        server.run()
        #expect(server.storage.pendingCount == 2)
        server.storage.answer(inOrder: [1, 0])
        server.run()
        #expect(try client.received() == "+OK|+QUEUED|*1|$1|a|+OK|+QUEUED|*1|$1|b|+OK|*0|+PONG|")
    }

    @Test("What cannot be queued makes EXEC refuse")
    func refused() throws {
        let server = TestServer()
        let client = try server.connect()
        for wrong in ["GET", "NOTHING", "CLIENT NOTHING", "CLIENT LIST"] {
            #expect(try client.ask("MULTI") == "+OK|")
            #expect(try client.ask("SET a 1") == "+QUEUED|")
            #expect(try client.ask(wrong).hasPrefix("-ERR "))
            #expect(try client.ask("SET a 2") == "+QUEUED|")
            #expect(try client.ask("EXEC") == aborted)
            #expect(try client.ask("GET a") == "$1|a|")
        }
        #expect(server.storage.commands.count == 4)
    }

    @Test("What is out of place is refused, and the transaction goes on")
    func misplaced() throws {
        let client = try TestServer().connect()
        #expect(try client.ask("EXEC") == "-ERR EXEC without MULTI|")
        #expect(try client.ask("DISCARD") == "-ERR DISCARD without MULTI|")
        #expect(try client.ask("MULTI") == "+OK|")
        #expect(try client.ask("MULTI") == "-ERR MULTI calls can not be nested|")
        #expect(try client.ask("WATCH a") == "-ERR WATCH inside MULTI is not allowed|")
        #expect(try client.ask("GET a") == "+QUEUED|")
        #expect(try client.ask("EXEC") == "*1|$1|a|")
        #expect(try client.ask("MULTI") == "+OK|")
        #expect(try client.ask("EXEC") == "*0|")
        #expect(try client.ask("MULTI") == "+OK|")
        #expect(try client.ask("GET a") == "+QUEUED|")
        #expect(try client.ask("DISCARD") == "+OK|")
        #expect(try client.ask("EXEC") == "-ERR EXEC without MULTI|")
    }

    @Test("A watch goes along with EXEC, once")
    func watched() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("WATCH a b\r\nWATCH c\r\nGET a\r\nMULTI\r\nSET a 1\r\nEXEC\r\nMULTI\r\nSET a 2\r\nEXEC\r\n")
        for _ in 0..<4 { server.settle() }
        #expect(try client.received() == "+OK|+OK|$1|a|+OK|+QUEUED|*1|+OK|+OK|+QUEUED|*1|+OK|")
        #expect(server.storage.keyRequests.map(\.watch) == [nil, 1, nil])
        let watches = server.storage.seen.compactMap { request -> [String]? in
            guard case .watch(_, let keys, let number) = request else { return nil }
            return keys.map { String(decoding: $0, as: UTF8.self) } + [number.map { "under \($0)" } ?? "new"]
        }
        #expect(watches == [["a", "b", "new"], ["c", "under 1"]])
    }

    @Test("EXEC is null when something watched changed, and nothing of it was done")
    func broken() throws {
        let server = TestServer()
        let client = try server.connect()
        for (version, null) in [("2", "*-1|"), ("3", "_|")] {
            _ = try client.ask("HELLO \(version)")
            _ = try client.ask("WATCH a")
            try client.send("MULTI\r\nSELECT 5\r\nGET a\r\nEXEC\r\n")
            server.run()
            server.storage.answer(at: 0, .success(.watchBroken))
            #expect(try client.received() == "+OK|+QUEUED|+QUEUED|\(null)")
        }
        #expect(try client.ask("CLIENT INFO").contains(" db=0 "))
    }

    @Test("An EXEC of no commands on keys asks whether the watch holds")
    func watchAlone() throws {
        let server = TestServer()
        let client = try server.connect()
        _ = try client.ask("WATCH a")
        try client.send("MULTI\r\nPING\r\nEXEC\r\n")
        server.run()
        #expect(server.storage.keyRequests == [KeyRequest([], watch: 1)])
        server.settle()
        #expect(try client.received() == "+OK|+QUEUED|*1|+PONG|")
    }

    @Test("A watch ends with UNWATCH, DISCARD, RESET, a refused EXEC, and the connection")
    func unwatched() throws {
        for lines in [["UNWATCH"], ["MULTI", "DISCARD"], ["RESET"], ["MULTI", "NOTHING", "EXEC"], ["close"]] {
            let server = TestServer()
            let client = try server.connect()
            _ = try client.ask("WATCH a")
            for line in lines where line != "close" { _ = try client.ask(line) }
            if lines == ["close"] { client.close() }
            server.settle()
            let ended = server.storage.seen.contains { if case .unwatch(1) = $0 { true } else { false } }
            #expect(ended)
            let other = try server.connect()
            #expect(try other.ask("INFO clients").contains("watching_clients:0"))
        }
    }

    @Test("A watch that is answered after its client is gone is ended")
    func lateWatch() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("WATCH a\r\n")
        server.run()
        client.close()
        server.settle()
        let ended = server.storage.seen.contains { if case .unwatch(1) = $0 { true } else { false } }
        #expect(ended)
    }

    @Test("Keys of two databases are refused; one other database is not")
    func databases() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("MULTI\r\nSELECT 2\r\nSET a 1\r\nSELECT 2\r\nGET a\r\nEXEC\r\n")
        server.settle()
        #expect(try client.received() == "+OK|+QUEUED|+QUEUED|+QUEUED|+QUEUED|*4|+OK|+OK|+OK|$1|a|")
        #expect(server.storage.keyRequests.map(\.database) == [2])
        try client.send("MULTI\r\nSET a 1\r\nSELECT 3\r\nSET b 1\r\nEXEC\r\n")
        server.settle()
        #expect(try client.received().contains("-EXECABORT Transaction discarded because of: its commands use keys of"))
        #expect(server.storage.keyRequests.count == 1)
        #expect(try client.ask("CLIENT INFO").contains(" db=2 "))
    }

    @Test("A refusal of the storage is that of the whole transaction")
    func refusedByStorage() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("MULTI\r\nSET a 1\r\nEXEC\r\n")
        server.run()
        server.storage.answer(at: 0, .failure(.outOfMemory))
        #expect(
            try client.received()
                == "+OK|+QUEUED|-EXECABORT Transaction discarded because of: OOM command not allowed when used memory "
                + "> 'maxmemory'.|")
    }

    @Test("A queue that takes too much is let go, and EXEC refuses")
    func tooLarge() throws {
        // A little more than ten commands, with what each takes beside its bytes.
        let server = TestServer { $0.limits.requestBytesMax = 13_100 }
        let client = try server.connect()
        _ = try client.ask("MULTI")
        let value = String(repeating: "x", count: 900)
        for _ in 0..<10 { #expect(try client.ask("SET a \(value)") == "+QUEUED|") }
        #expect(try client.ask("SET a \(value)").hasPrefix("-OOM"))
        #expect(try client.ask("SET a \(value)") == "+QUEUED|")
        #expect(try client.ask("EXEC") == aborted)
        #expect(server.storage.seen.isEmpty)
        client.close()
        #expect(server.services.load.isIdle)
    }

    @Test("An EXEC with arguments ends the transaction")
    func wrongExec() throws {
        let client = try TestServer().connect()
        _ = try client.ask("MULTI")
        #expect(
            try client.ask("EXEC now")
                == "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command|")
        #expect(try client.ask("EXEC") == "-ERR EXEC without MULTI|")
    }

    @Test("What is queued does not count as under way")
    func largeQueue() throws {
        let server = TestServer { $0.limits.requestBytesInFlightMax = 1000 }
        let client = try server.connect()
        _ = try client.ask("MULTI")
        for _ in 0..<5 { #expect(try client.ask("SET a \(String(repeating: "x", count: 900))") == "+QUEUED|") }
        #expect(try client.ask("EXEC") == "*5|" + String(repeating: "+OK|", count: 5))
        #expect(try client.ask("PING") == "+PONG|")
    }

    @Test("QUIT and RESET are not queued")
    func immediate() throws {
        let client = try TestServer().connect()
        _ = try client.ask("MULTI")
        #expect(try client.ask("RESET") == "+RESET|")
        #expect(try client.ask("EXEC") == "-ERR EXEC without MULTI|")
        _ = try client.ask("MULTI")
        #expect(try client.ask("QUIT") == "+OK|")
    }

    @Test("CLIENT REPLY OFF within a transaction leaves out what follows it")
    func silence() throws {
        let client = try TestServer().connect()
        #expect(try client.ask("MULTI") == "+OK|")
        #expect(try client.ask("CLIENT REPLY OFF") == "+QUEUED|")
        #expect(try client.ask("PING") == "+QUEUED|")
        #expect(try client.ask("EXEC") == "*2|")
        #expect(try client.ask("PING") == "")
    }
}
