import RedisFrontend
import RoostModel
import RoostStorage
import Testing

@Suite("Keyspace notifications")
struct KeyspaceNotificationTests {
    private func tell(_ server: TestServer, loop: Int = 0, _ events: KeyEvent...) {
        server.loops[loop].redis.receive([Completion(token: 0, result: .success(.keyEvents(events)))])
        server.run()
    }

    private func classes(_ server: TestServer) -> [KeyEventClasses] {
        server.storage.seen.compactMap { if case .tellKeyEvents(let classes) = $0 { classes } else { nil } }
    }

    @Test("The storage is asked for what is wanted, and only when that changes")
    func asked() throws {
        let server = TestServer()
        let client = try server.connect()
        #expect(try client.ask("CONFIG SET notify-keyspace-events KElg") == "+OK|")
        #expect(try client.ask("CONFIG SET notify-keyspace-events gEKl timeout 0") == "+OK|")
        #expect(try client.ask("CONFIG GET notify-keyspace-events") == "*2|$22|notify-keyspace-events|$4|glKE|")
        #expect(classes(server) == [[.generic, .list]])
        // Without a channel there is nothing to tell.
        #expect(try client.ask("CONFIG SET notify-keyspace-events A") == "+OK|")
        #expect(classes(server) == [[.generic, .list], []])
        #expect(try client.ask("CONFIG SET notify-keyspace-events KEq").contains("Invalid event class character"))
        #expect(classes(server).count == 2)
    }

    @Test("OK is said when the storage tells what is wanted")
    func order() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("CONFIG SET notify-keyspace-events KEA\r\n")
        server.run()
        #expect(try client.received() == "")
        server.settle()
        #expect(try client.received() == "+OK|")
        #expect(
            try client.ask("MULTI") + client.ask("GET a") + client.ask("CONFIG SET notify-keyspace-events x")
                + client.ask("GET b") + client.ask("EXEC")
                == "+OK|+QUEUED|+QUEUED|+QUEUED|*3|$1|a|+OK|$1|b|")
        #expect(classes(server).last == [])
    }

    @Test("What the storage refuses stays as it was")
    func refused() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("CONFIG SET notify-keyspace-events KEA\r\n")
        server.run()
        server.storage.answer(at: 0, .failure(.busy))
        server.run()
        #expect(try client.received().hasPrefix("-"))
        #expect(try client.ask("CONFIG GET notify-keyspace-events") == "*2|$22|notify-keyspace-events|$0||")
    }

    @Test("An event goes to the channel of its key, then to its own, on all loops")
    func published() throws {
        let server = TestServer(loops: 2)
        let (one, two) = (try server.connect(), try server.connect(loop: 1))
        _ = try one.ask("CONFIG SET notify-keyspace-events KEA")
        _ = try two.ask("SUBSCRIBE __keyspace@3__:k __keyevent@3__:rename_to")
        tell(server, KeyEvent(.renamedTo, bytes("k"), in: 3), KeyEvent(.del, bytes("k"), in: 0))
        #expect(
            try two.received()
                == "*3|$7|message|$16|__keyspace@3__:k|$9|rename_to|*3|$7|message|$24|__keyevent@3__:rename_to|$1|k|")
        _ = try one.ask("CONFIG SET notify-keyspace-events EA")
        tell(server, KeyEvent(.renamedTo, bytes("k"), in: 3))
        #expect(try two.received() == "*3|$7|message|$24|__keyevent@3__:rename_to|$1|k|")
    }
}
