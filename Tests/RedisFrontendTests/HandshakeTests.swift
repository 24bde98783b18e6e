import RedisFrontend
import RoostModel
import RoostStorage
import Testing

@Suite("The beginning of a connection")
struct HandshakeTests {
    private static let hello =
        "$6|server|$5|redis|$7|version|$5|7.2.5|$5|proto|:%|$2|id|:1|$4|mode|$10|standalone|$4|role|$6|master|"
        + "$7|modules|*0|"
    private let wrong = "-WRONGPASS invalid username-password pair or user is disabled.|"
    private let missing = "-NOAUTH Authentication required.|"

    private func hello(_ version: String) -> String {
        (version == "3" ? "%7|" : "*14|") + Self.hello.replacing("%", with: version)
    }

    @Test("HELLO chooses the version and answers a map")
    func versions() throws {
        let client = try TestServer().connect()
        #expect(try client.ask("HELLO") == hello("2"))
        #expect(try client.ask("HELLO 3") == hello("3"))
        #expect(try client.ask("HELLO") == hello("3"))
        #expect(try client.ask("HELLO 2") == hello("2"))
        #expect(try client.ask("HELLO 4") == "-NOPROTO unsupported protocol version|")
        #expect(try client.ask("HELLO x") == "-ERR Protocol version is not an integer or out of range|")
        #expect(try client.ask("HELLO 3 AUTH x") == "-ERR Syntax error in HELLO option 'AUTH'|")
        #expect(try client.ask("HELLO 3 NOTHING") == "-ERR Syntax error in HELLO option 'NOTHING'|")
        #expect(try client.ask("HELLO 2 SETNAME me") == hello("2"))
        #expect(try client.ask("CLIENT GETNAME") == "$2|me|")
        #expect(
            try client.ask("HELLO 2 SETNAME 'a b'")
                == "-ERR Client names cannot contain spaces, newlines or special characters.|")
    }

    @Test("A version counts from its HELLO on, whatever is under way")
    func pipelinedVersion() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("BLPOP l 1\r\nLPOP l\r\nHELLO 3\r\nLPOP l\r\nHELLO 2\r\nLPOP l\r\n")
        server.run()
        server.storage.answer(at: 0, .success(.keys([.nullArray])))
        for _ in 0..<4 { server.settle() }
        #expect(try client.received() == "*-1|$-1|" + hello("3") + "_|" + hello("2") + "$-1|")
    }

    @Test("With a password nothing is done before it is said")
    func password() throws {
        let server = TestServer { $0.password = "secret" }
        let client = try server.connect()
        #expect(try client.ask("GET a") == missing)
        #expect(try client.ask("PING") == missing)
        #expect(try client.ask("MULTI") == missing)
        #expect(try client.ask("SUBSCRIBE a") == missing)
        #expect(try client.ask("GET") == "-ERR wrong number of arguments for 'get' command|")
        #expect(try client.ask("HELLO 3").hasPrefix("-NOAUTH HELLO must be called with the client already"))
        #expect(try client.ask("HELLO 3 AUTH default x") == wrong)
        #expect(try client.ask("AUTH x") == wrong)
        #expect(try client.ask("AUTH secre") == wrong)
        #expect(try client.ask("AUTH secrets") == wrong)
        #expect(try client.ask("AUTH secretsecret") == wrong)
        #expect(try client.ask("AUTH \"\"") == wrong)
        #expect(try client.ask("AUTH nobody secret") == wrong)
        #expect(try client.ask("AUTH a b c") == "-ERR syntax error|")
        #expect(server.storage.seen.isEmpty)
        #expect(try client.ask("AUTH default secret") == "+OK|")
        #expect(try client.ask("GET a") == "$1|a|")
        #expect(try client.ask("AUTH x") == wrong)
        #expect(try client.ask("PING") == "+PONG|")
        #expect(try client.ask("RESET") == "+RESET|")
        #expect(try client.ask("PING") == missing)
        #expect(try client.ask("HELLO 3 AUTH default secret SETNAME x") == hello("3"))
        #expect(try client.ask("QUIT") == "+OK|")
    }

    @Test("Without a password there is none to say")
    func noPassword() throws {
        let client = try TestServer().connect()
        #expect(try client.ask("AUTH x").hasPrefix("-ERR AUTH <password> called without any password configured"))
        #expect(try client.ask("AUTH default anything") == "+OK|")
        #expect(try client.ask("AUTH a b") == wrong)
    }

    @Test("A client that has not said its password cannot make the server hold much")
    func unauthenticatedLimits() throws {
        for (request, text) in [
            ("*11\r\n", "unauthenticated multibulk length"), ("*1\r\n$16385\r\n", "unauthenticated bulk length"),
        ] {
            let server = TestServer { $0.password = "secret" }
            let client = try server.connect()
            try client.send(request)
            server.run()
            #expect(try client.received() == "-ERR Protocol error: \(text)|")
        }
        let server = TestServer { $0.password = "secret" }
        let client = try server.connect()
        try client.send("AUTH secret\r\n*11\r\n")
        server.run()
        #expect(try client.received() == "+OK|")
    }

    @Test("In protected mode only this machine is served")
    func protected() throws {
        for (address, isServed) in [("127.0.0.1", true), ("::1", true), ("10.0.0.7", false), ("2001:db8::1", false)] {
            let client = try TestServer().connect(from: address)
            #expect(try client.ask("PING").hasPrefix(isServed ? "+PONG" : "-DENIED"))
            #expect(client.isOpen == isServed)
            #expect(try TestServer { $0.isProtected = false }.connect(from: address).ask("PING") == "+PONG|")
            let server = TestServer { $0.password = "x" }
            #expect(try server.connect(from: address).ask("AUTH x") == "+OK|")
        }
    }

    @Test("What a browser sends is not carried out")
    func browsers() throws {
        for head in ["POST / HTTP/1.1", "GET / HTTP/1.1", "OPTIONS * HTTP/1.1", "post"] {
            let server = TestServer()
            let client = try server.connect()
            try client.send("\(head)\r\nHost: localhost:6380\r\nContent-Length: 20\r\n\r\nSET a 1\r\n")
            server.settle()
            try client.send("SET a 2\r\n")
            server.settle()
            #expect(server.storage.seen.isEmpty)
            server.advance(seconds: 5)
            #expect(!client.isOpen)
        }
    }

    @Test("RESET makes the connection a new one")
    func reset() throws {
        let server = TestServer()
        let client = try server.connect()
        try client.send("HELLO 3\r\nSELECT 2\r\nCLIENT SETNAME me\r\nSUBSCRIBE a\r\nMULTI\r\n")
        server.settle()
        _ = try client.received()
        #expect(try client.ask("RESET") == "+RESET|")
        #expect(try client.ask("EXEC") == "-ERR EXEC without MULTI|")
        #expect(try client.ask("CLIENT GETNAME") == "$-1|")
        #expect(try client.ask("PUBSUB CHANNELS") == "*0|")
        let line = try client.ask("CLIENT INFO")
        #expect(line.contains(" db=0 ") && line.contains(" resp=2 ") && line.contains(" sub=0 "))
    }

    @Test("CLIENT REPLY leaves replies out")
    func silence() throws {
        let client = try TestServer().connect()
        #expect(try client.ask("CLIENT REPLY SKIP") == "")
        #expect(try client.ask("GET a") == "")
        #expect(try client.ask("GET b") == "$1|b|")
        #expect(try client.ask("CLIENT REPLY OFF") == "")
        for line in ["PING", "GET a", "NOTHING", "CLIENT REPLY SKIP", "GET b"] {
            #expect(try client.ask(line) == "")
        }
        #expect(try client.ask("CLIENT REPLY ON") == "+OK|")
        #expect(try client.ask("PING") == "+PONG|")
        #expect(try client.ask("CLIENT REPLY nothing") == "-ERR syntax error|")
        try client.send("CLIENT REPLY SKIP\r\nPING\r\nECHO a\r\nGET x\r\nCLIENT REPLY SKIP\r\nGET y\r\nGET z\r\n")
        client.server.settle()
        client.server.settle()
        #expect(try client.received() == "$1|a|$1|x|$1|z|")
    }
}
