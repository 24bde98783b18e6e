import NIOCore
import RedisFrontend
import RoostModel
import Testing

@Suite("CLIENT PAUSE")
struct ClientPauseTests {
    private static let missing = "$-1|"

    @Test("Everything waits until the time is over, of all clients, and keeps its order")
    func all() throws {
        let server = TestServer(loops: 2)
        let (pausing, other) = (try server.connect(), try server.connect(loop: 1))
        #expect(try pausing.ask("CLIENT PAUSE 2000") == "+OK|")
        #expect(try other.ask("GET a\r\nPING\r\nSET a 1") == "")
        #expect(try pausing.ask("PING") == "")
        server.advance(seconds: 1)
        server.settle()
        #expect(try other.received() == "")
        server.advance(seconds: 1)
        server.settle()
        #expect(try other.received().hasPrefix("$1|a|+PONG|"))
        #expect(try pausing.received() == "+PONG|")
    }

    @Test("A pause of writes lets reads go on, and holds what changes or publishes something")
    func writes() throws {
        let server = TestServer()
        let (pausing, other) = (try server.connect(), try server.connect())
        #expect(try pausing.ask("CLIENT PAUSE 5000 write") == "+OK|")
        #expect(try other.ask("GET a") == "$1|a|")
        #expect(try other.ask("PING") == "+PONG|")
        for command in ["SET a 1", "LPUSH l 1", "PUBLISH c x", "BLPOP l 0"] {
            let held = try server.connect()
            #expect(try held.ask(command) == "", "\(command)")
            #expect(try held.ask("PING") == "", "behind \(command)")
        }
    }

    @Test("Commands that wait inside a transaction are queued when the pause is over")
    func transaction() throws {
        let server = TestServer()
        let (pausing, other) = (try server.connect(), try server.connect())
        #expect(try other.ask("MULTI") == "+OK|")
        #expect(try pausing.ask("CLIENT PAUSE 5000 WRITE") == "+OK|")
        #expect(try other.ask("GET a") == "+QUEUED|")
        #expect(try other.ask("SET a 1") == "")
        #expect(try pausing.ask("CLIENT UNPAUSE") == "+OK|")
        server.settle()
        #expect(try other.received() == "+QUEUED|")
    }

    @Test("EXEC waits when it changes something")
    func exec() throws {
        let server = TestServer()
        let (pausing, reading, writing) = (try server.connect(), try server.connect(), try server.connect())
        #expect(try reading.ask("MULTI\r\nGET a") == "+OK|+QUEUED|")
        #expect(try writing.ask("MULTI\r\nSET a 1") == "+OK|+QUEUED|")
        #expect(try pausing.ask("CLIENT PAUSE 5000 WRITE") == "+OK|")
        #expect(try reading.ask("EXEC") != "")
        #expect(try writing.ask("EXEC") == "")
        #expect(try pausing.ask("CLIENT UNPAUSE") == "+OK|")
        server.settle()
        #expect(try writing.received() != "")
    }

    @Test("Pauses add up: the later end counts, and the stricter kind")
    func twice() throws {
        let server = TestServer()
        let (pausing, other) = (try server.connect(), try server.connect())
        #expect(try pausing.ask("CLIENT PAUSE 3000 WRITE") == "+OK|")
        #expect(try pausing.ask("CLIENT PAUSE 1000 ALL") == "+OK|")
        #expect(try other.ask("PING") == "")
        server.advance(seconds: 1)
        server.settle()
        #expect(try other.received() == "")
        server.advance(seconds: 2)
        server.settle()
        #expect(try other.received() == "+PONG|")
    }

    @Test("A client that goes while it waits leaves nothing behind; the end of the server ends the pause")
    func ends() throws {
        let server = TestServer()
        let (pausing, gone, other) = (try server.connect(), try server.connect(), try server.connect())
        #expect(try pausing.ask("CLIENT PAUSE 60000") == "+OK|")
        #expect(try gone.ask("SET a 1") == "")
        gone.close()
        #expect(try other.ask("PING") == "")
        _ = server.loops[0].redis.shutDown()
        server.settle()
        #expect(server.storage.submits == 0)
        #expect(try other.received() == "+PONG|")
        #expect(!other.isOpen)
    }
}
