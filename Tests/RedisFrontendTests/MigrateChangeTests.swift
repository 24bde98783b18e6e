import NIOCore
import NIOEmbedded
import RedisFrontend
import RoostModel
import RoostStorage
import Testing

/// What happens while a key is on its way.
@Suite("MIGRATE, and what happens meanwhile")
struct MigrateChangeTests {
    private let value = KeyReply.content(.string(bytes("k")))

    @Test("A key that changed is sent again, in place of what the target got first")
    func changed() throws {
        let stage = try MigrationStage()
        try stage.begin("MIGRATE h 1 k 0 1000")
        try stage.greet()
        try stage.target.say("+OK\r\n")
        stage.answer(.watchBroken)
        #expect(try stage.client.received() == "")
        stage.answer(.watching(7), .keys([.content(.string(bytes("new"))), .integer(50)]))
        #expect(
            try stage.target.received()
                == "*2|$6|SELECT|$1|0|" + restore("k") + restore("k", "new", ttl: 50, replaces: true))
        try stage.say("+OK\r\n")
        #expect(try stage.client.received() == "+OK|")
        #expect(stage.asked == ["watch k", "dump k", "delete k under 1", "watch k", "dump k", "delete k under 7"])
        #expect(stage.isOver())
    }

    @Test("One that goes on changing stays, and that is told when the timeout is over")
    func goesOnChanging() throws {
        let stage = try MigrationStage()
        try stage.begin("MIGRATE h 1 \"\" 0 2000 KEYS k l")
        try stage.greet()
        for _ in 0..<2 {
            try stage.target.say("+OK\r\n")
            stage.server.advance(seconds: 1)
            stage.answer(.watchBroken)
            stage.server.settle()
        }
        // The other one goes all the same.
        try stage.say("+OK\r\n")
        #expect(
            try stage.client.received()
                == "-IOERR the key went on changing while it was sent: it is still here, and the target instance has "
                + "an older value|")
        #expect(stage.asked.count { $0.hasPrefix("delete k") } == 2)
        #expect(stage.asked.last == "delete l under 3")
        #expect(stage.isOver())
    }

    @Test("One that was removed here is told, unless its time was over")
    func removed() throws {
        for (ttl, seconds, answer) in [
            (Int64(-1), Int64(0), "-IOERR the key was removed here while it was sent: the target instance has it|"),
            (5000, 1, "-IOERR the key was removed here while it was sent: the target instance has it|"),
            (5000, 5, "+OK|"),
        ] {
            let stage = try MigrationStage()
            try stage.client.send("MIGRATE h 1 k 0 9000\r\n")
            stage.answer(.watching(1), .keys([value, .integer(ttl)]))
            try stage.greet()
            stage.server.advance(seconds: seconds)
            try stage.target.say("+OK\r\n")
            stage.answer(.watchBroken)
            stage.answer(.watching(2), .keys([.null, .integer(-2)]))
            #expect(try stage.client.received() == answer)
            stage.server.settle()
            #expect(stage.asked.last == "unwatch 2")
            #expect(stage.isOver())
        }
    }

    @Test("A refusal of the storage at any step is told, and the watch ends")
    func storageRefuses() throws {
        let oom = "-OOM command not allowed when used memory > 'maxmemory'.|"
        for step in 0...2 {
            let stage = try MigrationStage()
            try stage.client.send("MIGRATE h 1 k 0 1000\r\n")
            stage.server.run()
            if step == 0 {
                stage.server.storage.answer(at: 0, .failure(.outOfMemory))
            } else if step == 1 {
                stage.server.storage.answer(at: 1, .failure(.outOfMemory))
            }
            stage.server.settle()
            if step == 2 {
                try stage.greet()
                try stage.target.say("+OK\r\n")
                stage.server.run()
                stage.server.storage.answer(at: 0, .failure(.outOfMemory))
                stage.server.settle()
            }
            #expect(try stage.client.received() == oom)
            stage.server.settle()
            #expect(stage.asked.contains("unwatch 1") == (step > 0))
            #expect(stage.isOver())
        }
    }

    @Test("What cannot be dumped is told, and the others go")
    func notDumped() throws {
        let stage = try MigrationStage()
        try stage.client.send("MIGRATE h 1 \"\" 0 0 KEYS q k\r\n")
        stage.answer(.watching(1), .keys([.failure(.wrongType), .integer(-1)]))
        stage.answer(.done, .watching(2), .keys([value, .integer(-1)]))
        try stage.greet()
        try stage.say("+OK\r\n")
        #expect(
            try stage.client.received() == "-WRONGTYPE Operation against a key holding the wrong kind of value|")
        #expect(stage.asked.last == "delete k under 2")
    }

    // MARK: The client

    @Test("What stands behind it in a pipeline waits; what stands before it is answered first")
    func pipelined() throws {
        let stage = try MigrationStage()
        try stage.begin("GET a\r\nMIGRATE h 1 k 0 1000\r\nGET b\r\nPING")
        #expect(try stage.client.received() == "$1|a|")
        try stage.greet()
        stage.server.settle()
        #expect(stage.server.storage.commands.contains(.string(.get(bytes("b")))) == false)
        try stage.say("+OK\r\n")
        stage.server.settle()
        #expect(try stage.client.received() == "+OK|$1|b|+PONG|")
    }

    @Test("A client that goes leaves nothing behind, at any step")
    func clientGoes() throws {
        for step in 0...4 {
            let stage = try MigrationStage(step == 2 ? .hangs : .connects)
            try stage.client.send("MIGRATE h 1 k 0 1000\r\n")
            stage.server.run()
            if step > 0 { stage.server.settle() }
            if step > 2 { try stage.greet() }
            if step > 3 { try stage.target.say("+OK\r\n") }
            stage.client.close()
            for _ in 0..<3 { stage.server.settle() }
            stage.target.connectLate(stage.server.loops[0].event)
            stage.server.settle()
            #expect(stage.isOver())
            #expect(stage.server.services.load.isIdle)
            let isRemoved = step == 4
            #expect(stage.asked.last == (isRemoved ? "delete k under 1" : "unwatch 1"), "step \(step)")
        }
    }

    @Test("A client that says nothing more gets its answer, and one that is told nothing does not")
    func quietClients() throws {
        let closing = try MigrationStage()
        try closing.begin("MIGRATE h 1 k 0 1000")
        closing.client.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        closing.server.settle()
        try closing.greet()
        try closing.say("+OK\r\n")
        #expect(try closing.client.received() == "+OK|")
        #expect(closing.isOver())

        let silent = try MigrationStage()
        try silent.begin("CLIENT REPLY SKIP\r\nMIGRATE h 1 k 0 1000\r\nPING")
        try silent.greet()
        try silent.say("+OK\r\n")
        silent.server.settle()
        #expect(try silent.client.received() == "+PONG|")
    }

    @Test("For a client that says nothing more no step takes longer than a second, from wherever it is")
    func hurries() throws {
        for step in 0...2 {
            let stage = try MigrationStage()
            let close = { stage.client.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
            if step == 0 {
                // What stands before it is not answered when the client closes its side.
                try stage.client.send("GET a\r\nWATCH b\r\nMIGRATE h 1 k 0 60000\r\n")
                close()
                for _ in 0..<3 { stage.server.settle() }
                #expect(stage.target.addresses == ["h:1 1000"])
            } else {
                try stage.begin("MIGRATE h 1 k 0 60000")
                if step == 2 { try stage.greet() }
                close()
            }
            #expect(stage.target.isConnected)
            stage.server.advance(seconds: 1)
            #expect(stage.isOver())
            #expect(try stage.client.received().hasSuffix(notReadText))
        }
    }

    private let notReadText = "-IOERR error or timeout reading to target instance|"

    @Test("A client does not count as idle meanwhile")
    func idle() throws {
        let stage = try MigrationStage { $0.limits.idleSecondsMax = 2 }
        try stage.begin("MIGRATE h 1 k 0 60000")
        for _ in 0..<10 { stage.server.advance(seconds: 1) }
        try stage.greet()
        try stage.say("+OK\r\n")
        #expect(try stage.client.received() == "+OK|")
        stage.server.advance(seconds: 1)
        #expect(stage.client.isOpen)
    }

    @Test("A shutdown does not wait for the target")
    func shutdown() throws {
        for step in 0...2 {
            let stage = try MigrationStage()
            try stage.client.send("MIGRATE h 1 \"\" 0 60000 KEYS k l\r\n")
            if step > 0 { stage.server.settle() }
            if step > 1 {
                try stage.greet()
                try stage.target.say("+OK\r\n")
            }
            _ = stage.server.loops[0].redis.shutDown()
            for _ in 0..<3 { stage.server.settle() }
            #expect(try stage.client.received() == "-IOERR the server shuts down|")
            #expect(stage.isOver())
        }
    }

    @Test("No more of them run than the limit allows")
    func limit() throws {
        let stage = try MigrationStage { $0.limits.migrationsMax = 1 }
        let other = try stage.server.connect()
        try stage.begin("MIGRATE h 1 k 0 1000")
        #expect(
            try other.ask("MIGRATE h 1 k 0 1000") == "-ERR 1 migrations are running, which is the most at a time|")
        stage.client.close()
        stage.server.settle()
        #expect(try other.ask("MIGRATE h 1 k 0 1000") == "")
    }

    @Test("An attempt to connect counts until it ends, even when its client is gone")
    func attempts() throws {
        let stage = try MigrationStage(.hangs)
        try stage.begin("MIGRATE h 1 k 0 60000")
        stage.client.close()
        stage.server.settle()
        #expect(stage.services.migrationCount == 1 && stage.services.load.isIdle)
        stage.target.connectLate(stage.server.loops[0].event)
        #expect(stage.isOver())
    }

    @Test("A client that goes leaves nothing in memory, whatever it waited for", arguments: 0...4)
    func leavesNothing(step: Int) throws {
        weak var connection: RedisConnection?
        let stage = try MigrationStage()
        do { connection = try stage.client.connection() }
        #expect(connection != nil)
        try stage.client.send("MIGRATE h 1 k 0 1000\r\n")
        stage.server.run()
        if step > 0 { stage.server.settle() }
        if step > 1 { try stage.greet() }
        if step > 2 { try stage.target.say("+OK\r\n") }
        if step > 3 { stage.server.run() }
        stage.client.close()
        for _ in 0..<3 { stage.server.settle() }
        #expect(stage.isOver())
        #expect(connection == nil)
    }

    @Test("A disk that is full ends the watch of a key that could not be removed, for clients that are gone, too")
    func refusedRemoval() throws {
        for isGone in [false, true] {
            let stage = try MigrationStage()
            try stage.begin("MIGRATE h 1 k 0 1000")
            try stage.greet()
            try stage.target.say("+OK\r\n")
            stage.server.run()
            if isGone { stage.client.close() }
            stage.server.storage.answer(at: 0, .failure(.outOfDiskSpace))
            stage.server.settle()
            #expect(stage.asked.last == "unwatch 1")
        }
    }

    @Test("It is no part of a transaction")
    func transaction() throws {
        let stage = try MigrationStage()
        #expect(try stage.client.ask("MULTI") == "+OK|")
        #expect(
            try stage.client.ask("MIGRATE h 1 k 0 1000") == "-ERR Command not allowed inside a transaction|")
        #expect(try stage.client.ask("EXEC").hasPrefix("-EXECABORT"))
        #expect(stage.server.storage.seen.isEmpty)
    }

    // MARK: Arguments

    @Test(
        "Wrong arguments are told in the words of Redis",
        arguments: [
            ("h 1 k 0", "wrong number of arguments for 'migrate' command"),
            ("h 1 k 0 x", "value is not an integer or out of range"),
            ("h 1 k x 1", "value is not an integer or out of range"),
            ("h 1 k x x FOO", "syntax error"), ("h 1 k 0 1 AUTH", "syntax error"),
            ("h 1 k 0 1 AUTH2 me", "syntax error"), ("h 1 \"\" 0 1 KEYS a COPY", ""),
            (
                "h 1 k 0 1 KEYS a",
                "When using MIGRATE KEYS option, the key argument must be set to the empty string"
            ),
        ])
    func faults(_ arguments: String, _ text: String) throws {
        let stage = try MigrationStage()
        let answer = try stage.client.ask("MIGRATE " + arguments)
        #expect(answer == (text.isEmpty ? "" : "-ERR \(text)|"))
        // Behind KEYS everything is a key.
        if text.isEmpty { #expect(stage.asked == ["watch a", "dump a"]) }
    }

    @Test("COMMAND GETKEYS finds its keys")
    func keys() throws {
        let client = try TestServer().connect()
        for (arguments, keys) in [
            ("h 1 k 0 1 COPY", "*1|$1|k|"), ("h 1 \"\" 0 1 COPY KEYS a b", "*2|$1|a|$1|b|"),
            ("h 1 \"\" 0 1 AUTH keys KEYS a", "*1|$1|a|"), ("h 1 \"\" 0 1 AUTH2 keys KEYS KEYS a", "*1|$1|a|"),
            ("h 1 \"\" 0 1 KEYS", "*0|"), ("h 1 \"\" 0 1 AUTH2", "*1|$0||"), ("h 1 \"\" 0 1 auth keys", "*1|$0||"),
        ] {
            #expect(try client.ask("COMMAND GETKEYS MIGRATE \(arguments)") == keys)
        }
    }
}
