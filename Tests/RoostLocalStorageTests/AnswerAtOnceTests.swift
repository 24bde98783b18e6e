import Glibc
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

@Suite("Reads without a turn")
struct AnswerAtOnceTests {
    private func bytes(_ text: String) -> Bytes { Array(text.utf8) }
    private func get(_ key: String) -> KeyCommand { .string(.get(bytes(key))) }

    private func set(_ key: String, _ value: String, _ options: SetOptions = SetOptions()) -> StorageRequest {
        .key(.string(.set(bytes(key), bytes(value), options)), database: 0)
    }

    @Test("What is on disk is told at once")
    func synced() throws {
        let harness = try Harness()
        _ = try harness.ask(set("a", "1"))
        #expect(harness.storage.answerAtOnce(get("a"), database: 0) == .bytes(bytes("1")))
        #expect(harness.storage.answerAtOnce(get("a"), database: 1) == .null)
        #expect(harness.storage.answerAtOnce(get("b"), database: 0) == .null)
    }

    @Test("Nothing is told while something that was carried out is not on disk")
    func unsynced() throws {
        let harness = try Harness()
        _ = try harness.ask(set("a", "1"))
        harness.submit(set("a", "2"))
        harness.turn()
        #expect(harness.storage.answerAtOnce(get("a"), database: 0) == nil)
        #expect(harness.storage.answerAtOnce(get("b"), database: 0) == nil)
        harness.run()
        #expect(harness.storage.answerAtOnce(get("a"), database: 0) == .bytes(bytes("2")))
    }

    @Test("What changes something is left to a turn, and does nothing")
    func changes() throws {
        let harness = try Harness()
        _ = try harness.ask(set("a", "1"))
        let command = KeyCommand.string(.set(bytes("a"), bytes("2"), SetOptions()))
        #expect(harness.storage.answerAtOnce(command, database: 0) == nil)
        #expect(harness.storage.answerAtOnce(get("a"), database: 0) == .bytes(bytes("1")))
    }

    @Test("A key that has expired is not there, though no turn has seen it")
    func expired() throws {
        let clock = ManualClock()
        let harness = try Harness(clock: clock)
        _ = try harness.ask(set("a", "1"))
        _ = try harness.ask(
            .key(.key(.expireAfter(bytes("a"), .seconds(1), .always)), database: 0))
        #expect(harness.storage.answerAtOnce(get("a"), database: 0) == .bytes(bytes("1")))
        clock.advance(.seconds(2))
        #expect(harness.storage.answerAtOnce(get("a"), database: 0) ?? .null == .null)
    }

    @Test("Queues are left to a turn, and so is everything while somebody wants to be told of keys")
    func others() throws {
        let harness = try Harness()
        let name = try QueueName("jobs")
        _ = try harness.ask(.createQueue(name, QueueSettingsChange()))
        #expect(harness.storage.answerAtOnce(.list(.length(bytes("jobs"))), database: 0) == nil)
        #expect(harness.storage.answerAtOnce(.list(.length(bytes("list"))), database: 0) == .integer(0))
        _ = try harness.ask(.tellKeyEvents(.generic))
        #expect(harness.storage.answerAtOnce(.list(.length(bytes("list"))), database: 0) == nil)
    }

    @Test("Nothing is told by a storage that has failed or is shut down")
    func ended() throws {
        let harness = try Harness()
        _ = try harness.ask(set("a", "1"))
        harness.storage.shutDown()
        #expect(harness.storage.answerAtOnce(get("a"), database: 0) == nil)
        let failing = try Harness()
        _ = try failing.ask(set("a", "1"))
        failing.disk.fail(.sync, nth: failing.disk.count(of: .sync) + 1, errno: EIO)
        failing.submit(set("a", "2"))
        failing.run(turns: 4)
        #expect(failing.storage.answerAtOnce(get("a"), database: 0) == nil)
    }
}
