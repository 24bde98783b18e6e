import RedisFrontend
import RoostModel
import RoostStorage
import Testing

@Suite("Counts of commands")
struct CommandCountTests {
    /// What is told of a command, without its time; nil: nothing.
    private func line(_ client: TestClient, _ name: String) throws -> String? {
        let text = try client.ask("INFO commandstats")
        guard let found = text.firstRange(of: "|cmdstat_\(name):") else { return nil }
        return String(text[found.upperBound...].prefix { $0 != "|" })
            .replacing(",usec=0,usec_per_call=0.00", with: "")
    }

    @Test("Calls of all loops are counted, what was refused and what failed apart")
    func counted() throws {
        let server = TestServer(loops: 2)
        let (one, two) = (try server.connect(), try server.connect(loop: 1))
        _ = try (one.ask("GET a"), two.ask("GET a"), two.ask("GET"), two.ask("SET a b PX x"))
        #expect(try line(one, "get") == "calls=2,rejected_calls=1,failed_calls=0")
        #expect(try line(one, "set") == "calls=1,rejected_calls=0,failed_calls=1")
        #expect(try line(one, "lpush") == nil)
        try one.send("LPUSH a b\r\n")
        server.run()
        server.storage.answer(at: 0, .success(.key(.failure(.wrongType))))
        server.run()
        _ = try one.received()
        #expect(try line(one, "lpush") == "calls=1,rejected_calls=0,failed_calls=1")
        _ = try (one.ask("CLIENT ID"), one.ask("CLIENT ID x"))
        #expect(try line(one, "client|id") == "calls=1,rejected_calls=1,failed_calls=0")
    }

    @Test("What finds no memory is refused")
    func noRoom() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("SET a b\r\n")
        server.run()
        server.storage.answer(at: 0, .failure(.outOfMemory))
        server.run()
        _ = try client.received()
        #expect(try line(client, "set") == "calls=1,rejected_calls=1,failed_calls=0")
    }

    @Test("Commands of a transaction count when it is carried out, one that waits when it is answered")
    func later() throws {
        let server = TestServer()
        let (client, other) = (try server.connect(), try server.connect())
        _ = try (client.ask("MULTI"), client.ask("GET a"), client.ask("INCR"), client.ask("DISCARD"))
        #expect(try line(client, "get") == nil)
        #expect(try line(client, "incr") == "calls=0,rejected_calls=1,failed_calls=0")
        _ = try (client.ask("MULTI"), client.ask("GET a"), client.ask("SET a b PX x"), client.ask("PING"))
        _ = try client.ask("EXEC")
        #expect(try line(client, "get") == "calls=1,rejected_calls=0,failed_calls=0")
        #expect(try line(client, "set") == "calls=1,rejected_calls=0,failed_calls=1")
        #expect(try line(client, "ping") == "calls=1,rejected_calls=0,failed_calls=0")
        _ = try other.ask("BLPOP a 0")
        #expect(try line(client, "blpop") == nil)
        _ = try client.ask("CLIENT UNBLOCK 2")
        server.settle()
        #expect(try line(client, "blpop") == "calls=1,rejected_calls=0,failed_calls=0")
    }

    @Test("RESETSTAT begins anew, and errors are told by their codes")
    func reset() throws {
        let client = try TestServer().connect()
        _ = try (client.ask("GET a"), client.ask("NOTHING"), client.ask("EXEC"))
        #expect(try client.ask("INFO errorstats").contains("|errorstat_ERR:count=2|"))
        #expect(try !client.ask("INFO").contains("cmdstat_"))
        #expect(try client.ask("INFO all").contains("|cmdstat_get:calls=1,"))
        _ = try client.ask("CONFIG RESETSTAT")
        #expect(try line(client, "get") == nil)
        #expect(try !client.ask("INFO errorstats").contains("errorstat_"))
        _ = try client.ask("GET a")
        #expect(try line(client, "get") == "calls=1,rejected_calls=0,failed_calls=0")
    }
}
