import NIOCore
import RESP
import RedisFrontend
import RoostModel
import RoostStorage
import Testing

/// A server, one client of it, and the server that keys are sent to.
struct MigrationStage {
    let target: FakeTarget
    let server: TestServer
    let client: TestClient

    init(_ behaviour: FakeTarget.Behaviour = .connects, _ configure: (inout RedisConfiguration) -> Void = { _ in })
        throws
    {
        let target = FakeTarget(behaviour)
        self.target = target
        server = TestServer {
            $0.connectTarget = target.connect
            configure(&$0)
        }
        client = try server.connect()
    }

    var services: RedisServices { server.services }

    /// Sends the command, and lets the storage read the first key.
    func begin(_ line: String) throws {
        try client.send(line + "\r\n")
        server.settle()
    }

    /// The target takes the database, or the password and the database.
    func greet(_ count: Int = 1) throws {
        for _ in 0..<count { try target.say("+OK\r\n") }
        server.run()
    }

    /// The target answers, and the storage does what is asked of it then.
    func say(_ text: String) throws {
        try target.say(text)
        server.settle()
    }

    /// The storage answers what is asked of it with these.
    func answer(_ results: StorageReply...) {
        server.run()
        for result in results { server.storage.answer(at: 0, .success(result)) }
        server.run()
    }

    /// What was asked about keys: `watch k`, `dump k`, `delete k under 1`, `unwatch 1`.
    var asked: [String] {
        server.storage.seen.compactMap { request in
            switch request {
            case .watchToRemove(_, let key): "watch \(text(key))"
            case .unwatch(let number): "unwatch \(number)"
            case .keys(let request): describe(request)
            default: nil
            }
        }
    }

    private func describe(_ request: KeyRequest) -> String? {
        switch request.commands.first {
        case .key(.dump(let key)): "dump \(text(key))"
        case .key(.delete(let keys)):
            "delete \(keys.map(text).joined(separator: " ")) under \(request.watch.map(String.init) ?? "nothing")"
        default: nil
        }
    }

    private func text(_ bytes: Bytes) -> String { String(decoding: bytes, as: UTF8.self) }

    /// Whether nothing of it is left.
    func isOver() -> Bool {
        server.settle()
        return server.services.migrationCount == 0 && !target.isConnected && server.storage.pendingCount == 0
    }
}

/// The request that a key is sent with.
func restore(_ key: String, _ content: String? = nil, ttl: Int64 = 0, replaces: Bool = false) -> String {
    let payload = DumpWriter.dump(.string(bytes(content ?? key)))
    let arguments = bytes("RESTORE", key, "\(ttl)") + [payload] + (replaces ? [bytes("REPLACE")] : [])
    return shown(
        arguments.reduce(bytes("*\(arguments.count)\r\n")) { $0 + bytes("$\($1.count)\r\n") + $1 + bytes("\r\n") })
}

private let notRead = "-IOERR error or timeout reading to target instance|"
private let notWritten = "-IOERR error or timeout writing to target instance|"
private let notConnected = "-IOERR error or timeout connecting to the client|"
private let noReply = "-IOERR the target instance sent something that is neither OK nor an error|"

@Suite("MIGRATE")
struct MigrateTests {
    @Test("A key is watched, read, sent, and removed when the target has it")
    func moves() throws {
        let stage = try MigrationStage()
        try stage.begin("MIGRATE host 7000 k 3 100")
        #expect(stage.target.addresses == ["host:7000 100"])
        #expect(try stage.target.received() == "*2|$6|SELECT|$1|3|")
        #expect(stage.asked == ["watch k", "dump k"])
        try stage.greet()
        #expect(try stage.target.received() == restore("k"))
        #expect(stage.asked == ["watch k", "dump k"], "nothing is removed before the target has it")
        #expect(try stage.client.received() == "")
        try stage.say("+OK\r\n")
        #expect(stage.asked == ["watch k", "dump k", "delete k under 1"])
        #expect(try stage.client.received() == "+OK|")
        #expect(stage.isOver())
        stage.client.close()
        #expect(stage.server.services.load.isIdle)
    }

    @Test("With COPY nothing is watched or removed; REPLACE, the password and the time left go along")
    func options() throws {
        for (option, greeting) in [
            ("", ""), (" AUTH pw", "*2|$4|AUTH|$2|pw|"), (" AUTH2 me pw", "*3|$4|AUTH|$2|me|$2|pw|"),
        ] {
            let stage = try MigrationStage()
            try stage.client.send("MIGRATE h 1 k 0 0 COPY replace\(option)\r\n")
            stage.answer(.keys([.content(.string(bytes("v"))), .integer(0)]))
            if !greeting.isEmpty {
                #expect(try stage.target.received() == greeting)
                try stage.greet()
            }
            #expect(stage.target.addresses == ["h:1 1000"])
            #expect(try stage.target.received() == "*2|$6|SELECT|$1|0|")
            try stage.greet()
            #expect(try stage.target.received() == restore("k", "v", ttl: 1, replaces: true))
            try stage.say("+OK\r\n")
            #expect(try stage.client.received() == "+OK|")
            #expect(stage.asked == ["dump k"])
            #expect(stage.isOver())
        }
    }

    @Test("Keys that are not there are left out; without any the target is not asked")
    func missing() throws {
        let stage = try MigrationStage()
        try stage.client.send("MIGRATE h 1 \"\" 0 0 KEYS a b\r\n")
        stage.answer(.watching(1), .keys([.null, .integer(-2)]))
        stage.answer(.done, .watching(2), .keys([.null, .integer(-2)]))
        #expect(try stage.client.received() == "+NOKEY|")
        #expect(stage.target.addresses.isEmpty)
        stage.server.settle()
        #expect(stage.asked.filter { $0.hasPrefix("unwatch") } == ["unwatch 1", "unwatch 2"])
        #expect(try stage.client.ask("MIGRATE h 1 \"\" 0 0 KEYS") == "+NOKEY|")
        #expect(stage.isOver())
    }

    @Test("Keys go one after the other; those that were taken are removed, and the first error is told")
    func several() throws {
        let stage = try MigrationStage()
        try stage.begin("MIGRATE h 1 \"\" 0 0 KEYS a b c")
        try stage.greet()
        var sent = [try stage.target.received()]
        for answer in ["-BUSYKEY Target key name already exists.", "+OK", "-OOM no room"] {
            try stage.say(answer + "\r\n")
            stage.server.settle()
            sent.append(try stage.target.received())
        }
        #expect(
            try stage.client.received()
                == "-ERR Target instance replied with error: BUSYKEY Target key name already exists.|")
        stage.server.settle()
        #expect(
            stage.asked == [
                "watch a", "dump a", "unwatch 1", "watch b", "dump b", "delete b under 2", "watch c", "dump c",
                "unwatch 3",
            ])
        #expect(sent == ["*2|$6|SELECT|$1|0|" + restore("a"), restore("b"), restore("c"), ""], "\(sent)")
        #expect(stage.isOver())
        #expect(try stage.client.ask("INFO errorstats").contains("errorstat_ERR:count=1"))
        #expect(try stage.client.ask("INFO commandstats").contains("cmdstat_migrate:calls=1,"))
    }

    @Test("A password or a database that the target refuses ends it before a key is sent")
    func refusedGreeting() throws {
        for count in 0...1 {
            let stage = try MigrationStage()
            try stage.begin("MIGRATE h 1 k 0 0 AUTH pw")
            try stage.greet(count)
            _ = try stage.target.received()
            try stage.say("-WRONGPASS invalid\r\n")
            #expect(try stage.client.received() == "-ERR Target instance replied with error: WRONGPASS invalid|")
            #expect(try stage.target.received() == "")
            #expect(stage.asked == ["watch k", "dump k", "unwatch 1"])
            #expect(stage.isOver())
        }
    }

    // MARK: Networks

    @Test("A target that cannot be reached, or not in time")
    func unreachable() throws {
        let refusing = try MigrationStage(.refuses)
        try refusing.begin("MIGRATE h 1 k 0 100")
        #expect(try refusing.client.received() == notConnected)
        #expect(refusing.isOver())

        let hanging = try MigrationStage(.hangs)
        try hanging.begin("MIGRATE h 1 k 0 1000")
        #expect(try hanging.client.received() == "")
        hanging.server.advance(seconds: 1)
        hanging.server.settle()
        #expect(try hanging.client.received() == notConnected)
        hanging.target.connectLate(hanging.server.loops[0].event)
        hanging.server.settle()
        #expect(hanging.target.channels.count == 1)
        #expect(hanging.asked == ["watch k", "dump k", "unwatch 1"])
        #expect(hanging.isOver())
    }

    @Test("A target that never answers is waited for as long as the timeout says; others are served meanwhile")
    func silent() throws {
        let stage = try MigrationStage()
        let other = try stage.server.connect()
        try stage.begin("MIGRATE h 1 k 0 3000\r\nGET b")
        stage.server.advance(seconds: 2)
        try stage.greet()
        stage.server.advance(seconds: 2)
        #expect(try other.ask("GET a") == "$1|a|")
        #expect(try stage.client.received() == "", "the OK to SELECT was a sign of life")
        stage.server.advance(seconds: 1)
        stage.server.settle()
        stage.server.settle()
        #expect(try stage.client.received() == notRead + "$1|b|")
        #expect(stage.isOver())
    }

    @Test("A target that takes no bytes")
    func stalled() throws {
        let stage = try MigrationStage(.takesNothing)
        try stage.begin("MIGRATE h 1 k 0 1000")
        stage.server.advance(seconds: 1)
        stage.server.settle()
        #expect(try stage.client.received() == notWritten)
        #expect(stage.isOver())
    }

    @Test("A target that says no while the key is still being written is believed")
    func earlyRefusal() throws {
        let stage = try MigrationStage(.takesNothing)
        try stage.begin("MIGRATE h 1 k 0 1000")
        try stage.say("-ERR Protocol error\r\n")
        #expect(try stage.client.received() == "-ERR Target instance replied with error: ERR Protocol error|")
        #expect(stage.isOver())
    }

    @Test("A target that closes after any of its bytes: the key is removed if it said OK to it")
    func closes() throws {
        let answer = Bytes("+OK\r\n+OK\r\n".utf8)
        for count in 0...answer.count {
            let stage = try MigrationStage()
            try stage.begin("MIGRATE h 1 k 0 100")
            for byte in answer.prefix(count) { try stage.target.say([byte]) }
            stage.target.close()
            stage.server.settle()
            stage.server.settle()
            let isStored = count == answer.count
            #expect(try stage.client.received() == (isStored ? "+OK|" : notRead))
            #expect(stage.asked.last == (isStored ? "delete k under 1" : "unwatch 1"))
            #expect(stage.isOver())
        }
    }

    private static let garbage = [
        "$2\r\nOK\r\n", ":1\r\n", "+QUEUED\r\n", "+ok\r\n", "*1\r\n+OK\r\n", "*-1\r\n", "HTTP/1.1 400 No\r\n",
        "+OK\n\r\n", "\r\n", "$99999999999\r\n", "*99999999\r\n", String(repeating: "x", count: 70_000), "%0\r\n",
        "+" + String(repeating: "x", count: 70_000), "+OK\rx", "*1\r\n*1\r\n*1\r\n+OK\r\n",
    ]

    @Test("What is neither OK nor an error ends it, and the key stays")
    func garbage() throws {
        for (text, count) in Self.garbage.flatMap({ [($0, 0), ($0, 1)] }) {
            let stage = try MigrationStage()
            try stage.begin("MIGRATE h 1 k 0 100")
            try stage.greet(count)
            try stage.say(text)
            #expect(try stage.client.received() == noReply, "\(text.prefix(40))")
            #expect(stage.asked == ["watch k", "dump k", "unwatch 1"])
            #expect(stage.isOver())
        }
    }

    @Test("A long error is cut, and has one line")
    func longError() throws {
        let stage = try MigrationStage()
        try stage.begin("MIGRATE h 1 k 0 100")
        try stage.say("!1006\r\nERR a\r\n" + String(repeating: "b", count: 999) + "\r\n")
        let answer = try stage.client.received()
        #expect(answer.hasPrefix("-ERR Target instance replied with error: ERR a  bbb"))
        #expect(answer.utf8.count < 600 && answer.hasSuffix("b|"))
    }

    @Test("A value goes out in parts, each with a timeout of its own")
    func largeValue() throws {
        let stage = try MigrationStage()
        try stage.client.send("MIGRATE h 1 k 0 100\r\n")
        let value = Bytes(repeating: 0x61, count: 1_000_000)
        stage.answer(.watching(1), .keys([.content(.string(value)), .integer(-1)]))
        try stage.greet()
        #expect(stage.server.services.load.account.unsentBytes > 1_000_000)
        #expect(try stage.target.received().hasSuffix(restore("k", String(decoding: value, as: UTF8.self))))
        try stage.say("+OK\r\n")
        #expect(try stage.client.received() == "+OK|")
        stage.client.close()
        #expect(stage.server.services.load.isIdle)
    }
}
