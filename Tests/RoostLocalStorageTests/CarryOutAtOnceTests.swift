import Glibc
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

@Suite("Commands without a turn")
struct CarryOutAtOnceTests {
    private func bytes(_ text: String) -> Bytes { Array(text.utf8) }
    private func get(_ key: String) -> KeyCommand { .string(.get(bytes(key))) }
    private func length(_ key: String) -> KeyCommand { .list(.length(bytes(key))) }
    private func set(_ key: String, _ value: String) -> KeyCommand {
        .string(.set(bytes(key), bytes(value), SetOptions()))
    }
    private func push(_ key: String, _ element: String) -> KeyCommand {
        .list(.push(bytes(key), .left, [bytes(element)], onlyExisting: false))
    }

    @Test("What is on disk is told at once, and may be told on")
    func synced() throws {
        let harness = try Harness()
        _ = try harness.ask(.key(set("a", "1"), database: 0))
        for (command, database, expected) in [
            (get("a"), UInt8(0), KeyReply.bytes(bytes("1"))), (get("a"), 1, .null), (get("b"), 0, .null),
        ] {
            let done = try #require(harness.atOnce(command, database: database))
            #expect(done.reply == expected)
            #expect(done.isOnDisk)
        }
    }

    @Test("A change is seen by the next command, and is on disk when a barrier after it is answered")
    func change() throws {
        let harness = try Harness()
        let done = try #require(harness.atOnce(set("a", "1"), database: 0))
        #expect(done.reply == .ok)
        #expect(!done.isOnDisk)
        let read = try #require(harness.atOnce(get("a"), database: 0))
        #expect(read.reply == .bytes(bytes("1")))
        #expect(!read.isOnDisk)
        let token = try #require(harness.submit(.barrier).first)
        harness.turn()
        #expect(harness.result(token) == nil)
        harness.storage.commit()
        #expect(harness.result(token) == .success(.done))
        let again = try Harness(on: harness.disk.afterPowerCut(), logBegun: true)
        #expect(try again.ask(.key(get("a"), database: 0)) == .key(.bytes(bytes("1"))))
    }

    @Test("Without a barrier a loss of power takes the change")
    func lost() throws {
        let harness = try Harness()
        _ = try #require(harness.atOnce(set("a", "1"), database: 0))
        let again = try Harness(on: harness.disk.afterPowerCut(), logBegun: true)
        #expect(try again.ask(.key(get("a"), database: 0)) == .key(.null))
    }

    @Test("What somebody waits for is left to a turn, and what nobody waits for is not")
    func waiter() throws {
        let harness = try Harness()
        let key = bytes("list")
        let pop = KeyRequest([.list(.popFirstElement([key], .right))], wait: KeyWait([key], timeout: nil))
        let token = try #require(harness.submit(.keys(pop)).first)
        harness.run()
        #expect(harness.atOnce(push("list", "x"), database: 0) == nil)
        #expect(harness.atOnce(push("other", "x"), database: 0)?.reply == .integer(1))
        #expect(harness.atOnce(push("list", "x"), database: 1)?.reply == .integer(1))
        #expect(try harness.ask(.key(push("list", "x"), database: 0)) == .key(.integer(1)))
        #expect(harness.result(token) == .success(.keys([.array([.bytes(key), .bytes(bytes("x"))])])))
    }

    @Test("A large reply is left to a turn, which counts it, and nothing is done")
    func large() throws {
        let harness = try Harness()
        let large = String(repeating: "x", count: 5000)
        _ = try harness.ask(.key(set("a", large), database: 0))
        #expect(harness.atOnce(get("a"), database: 0) == nil)
        #expect(harness.atOnce(.string(.getAndDelete(bytes("a"))), database: 0) == nil)
        #expect(try harness.ask(.key(get("a"), database: 0)) == .key(.bytes(bytes(large))))
    }

    @Test("A watch is broken")
    func watch() throws {
        let harness = try Harness()
        guard case .watching(let number) = try harness.ask(.watch(database: 0, [bytes("a")], under: nil)) else {
            Issue.record("no watch")
            return
        }
        _ = harness.atOnce(set("a", "1"), database: 0)
        #expect(try harness.ask(.keys(KeyRequest([get("a")], watch: number))) == .watchBroken)
    }

    @Test("A key that has expired is not there, though no turn has seen it")
    func expired() throws {
        let clock = ManualClock()
        let harness = try Harness(clock: clock)
        _ = try harness.ask(.key(set("a", "1"), database: 0))
        _ = try harness.ask(.key(.key(.expireAfter(bytes("a"), .seconds(1), .always)), database: 0))
        #expect(harness.atOnce(get("a"), database: 0)?.reply == .bytes(bytes("1")))
        clock.advance(.seconds(2))
        #expect(harness.atOnce(get("a"), database: 0)?.reply ?? .null == .null)
    }

    @Test("A command that goes on from another one may have its time")
    func goesOn() throws {
        let clock = ManualClock()
        let harness = try Harness(clock: clock)
        _ = try harness.ask(.key(set("a", "1"), database: 0))
        _ = try harness.ask(.key(.key(.expireAfter(bytes("a"), .seconds(1), .always)), database: 0))
        #expect(harness.atOnce(get("b"), database: 0)?.reply == .null)
        clock.advance(.seconds(2))
        #expect(harness.atOnce(get("a"), database: 0, goesOn: true)?.reply == .bytes(bytes("1")))
        #expect(harness.atOnce(get("a"), database: 0)?.reply ?? .null == .null)
        #expect(harness.atOnce(get("a"), database: 0, goesOn: true)?.reply ?? .null == .null)
    }

    @Test("Queues are left to a turn, and so is everything while somebody wants to be told of keys")
    func others() throws {
        let harness = try Harness()
        let name = try QueueName("jobs")
        _ = try harness.ask(.createQueue(name, QueueSettingsChange()))
        #expect(harness.atOnce(length("jobs"), database: 0) == nil)
        #expect(harness.atOnce(push("jobs", "x"), database: 0) == nil)
        #expect(harness.atOnce(length("list"), database: 0)?.reply == .integer(0))
        _ = try harness.ask(.tellKeyEvents(.generic))
        #expect(harness.atOnce(length("list"), database: 0) == nil)
    }

    @Test("What finds no room in the log is left to a turn, and does nothing")
    func noRoom() throws {
        let harness = try Harness()
        var pushed: Int64 = 0
        let large = push("list", String(repeating: "x", count: 10_000))
        while let done = harness.atOnce(large, database: 0) {
            pushed += 1
            try #require(done.reply == .integer(pushed))
            try #require(pushed < 10_000)
        }
        #expect(harness.atOnce(length("list"), database: 0)?.reply == .integer(pushed))
        #expect(try harness.ask(.key(push("list", "y"), database: 0)) == .key(.integer(pushed + 1)))
    }

    @Test("What is refused for memory is left to a turn, which says so")
    func noMemory() throws {
        let harness = try Harness { $0.memoryBytesMax = 1 }
        #expect(harness.atOnce(set("a", "1"), database: 0) == nil)
        #expect(throws: Rejection.outOfMemory) { try harness.ask(.key(set("a", "1"), database: 0)) }
    }

    @Test("Nothing is carried out by a storage that has failed or is shut down")
    func ended() throws {
        let harness = try Harness()
        _ = try harness.ask(.key(set("a", "1"), database: 0))
        harness.storage.shutDown()
        #expect(harness.atOnce(get("a"), database: 0) == nil)
        let failing = try Harness()
        failing.disk.fail(.sync, nth: failing.disk.count(of: .sync) + 1, errno: EIO)
        _ = failing.atOnce(set("a", "2"), database: 0)
        let token = try #require(failing.submit(.barrier).first)
        failing.run(turns: 4)
        #expect(failing.result(token) == nil)
        #expect(failing.atOnce(get("a"), database: 0) == nil)
    }
}

extension Harness {
    /// What became of a command without a turn, as values that can be looked at more than once.
    fileprivate func atOnce(
        _ command: KeyCommand, database: UInt8, goesOn: Bool = false
    ) -> (reply: KeyReply, isOnDisk: Bool)? {
        guard let done = storage.carryOutAtOnce(command, database: database, goesOn: goesOn) else { return nil }
        return (done.reply, done.isOnDisk)
    }
}
