import RedisFrontend
import RoostModel
import RoostStorage
import Testing

@Suite("Commands that wait")
struct BlockingTests {
    private func bytes(_ text: String) -> Bytes { Bytes(text.utf8) }

    private func waits(_ server: TestServer) -> [KeyWait?] {
        server.storage.keyRequests.map(\.wait)
    }

    @Test("They go to the storage with their keys and their time")
    func requests() throws {
        let rows: [(String, ListCommand, KeyWait)] = [
            (
                "BLPOP a b 1.5", .popFirstElement([bytes("a"), bytes("b")], .left),
                KeyWait([bytes("a"), bytes("b")], timeout: Milliseconds(1500))
            ),
            ("BRPOP a 0", .popFirstElement([bytes("a")], .right), KeyWait([bytes("a")], timeout: nil)),
            (
                "BLMOVE a b left RIGHT 0.0001", .move(from: bytes("a"), .left, to: bytes("b"), .right),
                KeyWait([bytes("a")], timeout: Milliseconds(1))
            ),
            (
                "BRPOPLPUSH a b 2", .move(from: bytes("a"), .right, to: bytes("b"), .left),
                KeyWait([bytes("a")], timeout: Milliseconds(2000))
            ),
            (
                "BLMPOP 3 2 a b RIGHT COUNT 5", .popFirst([bytes("a"), bytes("b")], .right, count: 5),
                KeyWait([bytes("a"), bytes("b")], timeout: Milliseconds(3000))
            ),
        ]
        for (line, command, wait) in rows {
            let server = TestServer()
            let client = try server.connect()
            #expect(try client.ask(line) == "")
            #expect(server.storage.commands == [.list(command)])
            #expect(waits(server) == [wait])
        }
    }

    @Test("So do those on sorted sets")
    func sortedSets() throws {
        let rows: [(String, SortedSetCommand, KeyWait)] = [
            (
                "BZPOPMIN a b 1", .popFirstMember([bytes("a"), bytes("b")], .lowest),
                KeyWait([bytes("a"), bytes("b")], timeout: Milliseconds(1000))
            ),
            ("BZPOPMAX a 0", .popFirstMember([bytes("a")], .highest), KeyWait([bytes("a")], timeout: nil)),
            (
                "BZMPOP 3 2 a b MAX COUNT 5", .popFirst([bytes("a"), bytes("b")], .highest, count: 5),
                KeyWait([bytes("a"), bytes("b")], timeout: Milliseconds(3000))
            ),
        ]
        for (line, command, wait) in rows {
            let server = TestServer()
            let client = try server.connect()
            #expect(try client.ask(line) == "")
            #expect(server.storage.commands == [.sortedSet(command)])
            #expect(waits(server) == [wait])
        }
    }

    @Test(
        "Wrong times are told in the words of Redis",
        arguments: [
            ("BLPOP a x", "timeout is not a float or out of range"), ("BLPOP a -1", "timeout is negative"),
            ("BLPOP a nan", "timeout is not a float or out of range"), ("BLPOP a 1e30", "timeout is out of range"),
            ("BLPOP a inf", "timeout is out of range"), ("BLPOP a -inf", "timeout is negative"),
            ("BLMOVE a b X RIGHT 0.01", "syntax error"), ("BLMPOP 1 0 a LEFT", "numkeys should be greater than 0"),
            ("BZPOPMIN a x", "timeout is not a float or out of range"), ("BZPOPMAX a -1", "timeout is negative"),
            ("BZMPOP x 1 a min", "timeout is not a float or out of range"),
            ("BZMPOP 1 0 a min", "numkeys should be greater than 0"),
            ("BZMPOP 1 1 a min count 0", "count should be greater than 0"),
            ("BLPOP a", "wrong number of arguments for 'blpop' command"),
        ])
    func faults(_ line: String, _ text: String) throws {
        let server = TestServer()
        let client = try server.connect()
        #expect(try client.ask(line) == "-ERR \(text)|")
        #expect(server.storage.seen.isEmpty)
    }

    @Test("Nothing is carried out behind them until they are answered")
    func later() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("GET a\r\nBLPOP l 0\r\nGET b\r\nPING\r\n")
        server.settle()
        #expect(try client.received() == "$1|a|")
        #expect(server.storage.commands.count == 2)
        try client.send("GET c\r\n")
        server.settle()
        #expect(server.storage.commands.count == 2)
        server.storage.answer(at: 0, .success(.keys([.array([.bytes(bytes("l")), .bytes(bytes("e"))])])))
        server.settle()
        #expect(try client.received() == "*2|$1|l|$1|e|$1|b|+PONG|$1|c|")
    }

    @Test("A client that closes while it waits is taken out of the line")
    func closed() throws {
        let server = TestServer()
        let client = try server.connect()
        #expect(try client.ask("BLPOP l 0") == "")
        client.close()
        #expect(server.storage.cancelledCount == 1)
        server.settle()
        #expect(server.storage.pendingCount == 0)
        #expect(server.services.load.isIdle)
        let observer = try server.connect()
        #expect(try observer.ask("INFO clients").contains("blocked_clients:0"))
    }

    @Test("The end of the wait is a null array, in RESP2 for moves too, and a null in RESP3")
    func nothing() throws {
        for line in ["BLPOP l 1", "BLMOVE a b LEFT LEFT 1", "BLMPOP 1 1 a LEFT"] {
            let server = TestServer()
            let client = try server.connect()
            _ = try client.ask(line)
            server.storage.answer(at: 0, .success(.keys([line.hasPrefix("BLM") ? .null : .nullArray])))
            #expect(try client.received() == "*-1|")
            _ = try client.ask("HELLO 3")
            _ = try client.ask(line)
            server.storage.answer(at: 0, .success(.keys([.nullArray])))
            #expect(try client.received() == "_|")
        }
    }

    @Test("CLIENT UNBLOCK ends the wait of another client")
    func unblock() throws {
        let server = TestServer(loops: 2)
        let (waiter, other) = (try server.connect(), try server.connect(loop: 1))
        #expect(try other.ask("CLIENT UNBLOCK 1") == ":0|")
        for (line, reply) in [
            ("CLIENT UNBLOCK 1", "*-1|"), ("CLIENT UNBLOCK 1 TIMEOUT", "*-1|"),
            ("CLIENT UNBLOCK 1 error", "-UNBLOCKED client unblocked via CLIENT UNBLOCK|"),
        ] {
            #expect(try waiter.ask("BLPOP l 0") == "")
            #expect(try other.ask(line) == ":1|")
            server.settle()
            #expect(try waiter.received() == reply)
        }
        #expect(try other.ask("CLIENT UNBLOCK 99") == ":0|")
        #expect(
            try other.ask("CLIENT UNBLOCK 1 x") == "-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR|")
    }

    @Test("In a transaction they do not wait")
    func inTransaction() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("MULTI\r\nBLPOP l 0\r\nBLMOVE a b LEFT LEFT 0\r\nEXEC\r\n")
        server.settle()
        #expect(try client.received() == "+OK|+QUEUED|+QUEUED|*2|*-1|$-1|")
        #expect(waits(server) == [nil])
    }
}
