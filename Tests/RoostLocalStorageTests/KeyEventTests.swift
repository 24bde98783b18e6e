import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

@Suite("Events of keys")
struct KeyEventTests {
    private let clock = ManualClock()

    private func open() throws -> Harness { try Harness(clock: clock) }

    private func bytes(_ text: String) -> Bytes { Array(text.utf8) }

    private func event(_ kind: KeyEventKind, _ key: String) -> KeyEvent { KeyEvent(kind, bytes(key), in: 0) }

    private func push(_ key: String, _ elements: String...) -> KeyCommand {
        .list(.push(bytes(key), .right, elements.map { bytes($0) }, onlyExisting: false))
    }

    private func pop(_ key: String) -> KeyCommand { .list(.pop(bytes(key), .left, count: nil)) }

    private func move(_ from: String, _ to: String) -> KeyCommand {
        .list(.move(from: bytes(from), .left, to: bytes(to), .right))
    }

    private func set(_ key: String, _ options: SetOptions = SetOptions()) -> KeyCommand {
        .string(.set(bytes(key), [1], options))
    }

    /// All that came to nobody's question since the last call.
    private func told(_ harness: Harness) -> [KeyEvent] {
        var told: [KeyEvent] = []
        for case .success(.keyEvents(let events)) in harness.inbox.takeUnasked() { told += events }
        return told
    }

    @Test("Nothing is told until somebody wants it, and nothing afterwards")
    func wanted() throws {
        let harness = try open()
        _ = try harness.ask(.key(set("a"), database: 0))
        #expect(told(harness) == [])
        #expect(try harness.ask(.tellKeyEvents([.string])) == .done)
        _ = try harness.ask(.key(set("a"), database: 0))
        _ = try harness.ask(.key(push("l", "x"), database: 0))
        #expect(told(harness) == [event(.set, "a")])
        _ = try harness.ask(.tellKeyEvents([]))
        _ = try harness.ask(.key(set("a"), database: 0))
        #expect(told(harness) == [])
    }

    @Test("They are told when what they tell of is on disk, before the reply, and not after a power cut")
    func synced() throws {
        let harness = try open()
        _ = try harness.ask(.tellKeyEvents([.string, .generic]))
        harness.submit(.key(set("a"), database: 0))
        harness.turn()
        #expect(told(harness) == [])
        harness.storage.commit()
        #expect(told(harness) == [event(.set, "a")])
        // A refused command tells nothing.
        _ = try harness.ask(.key(pop("a"), database: 0))
        #expect(told(harness) == [])
    }

    @Test("Commands of a transaction are told in order")
    func transaction() throws {
        let harness = try open()
        _ = try harness.ask(.tellKeyEvents([.list, .generic, .new]))
        _ = try harness.ask(.keys(KeyRequest([push("l", "x"), pop("l"), push("l", "y"), .key(.delete([bytes("l")]))])))
        #expect(
            told(harness)
                == [.new, .rpush, .lpop, .del, .new, .rpush, .del].map { event($0, "l") })
    }

    @Test("A pop that waited is told behind the push that it waited for")
    func waited() throws {
        let harness = try open()
        _ = try harness.ask(.tellKeyEvents([.list]))
        let key = bytes("l")
        let wait = KeyWait([key], timeout: nil)
        let token = try #require(
            harness.submit(.keys(KeyRequest([.list(.popFirstElement([key], .left))], wait: wait))).first)
        harness.run()
        #expect(harness.result(token) == nil && told(harness) == [])
        _ = try harness.ask(.key(push("l", "x"), database: 0))
        #expect(told(harness) == [event(.rpush, "l"), event(.lpop, "l")])
    }

    @Test("What time ends is told once, be it removed by time or by a command")
    func expired() throws {
        let harness = try open()
        _ = try harness.ask(.tellKeyEvents([.expired, .new, .string, .generic]))
        for key in ["a", "b"] {
            _ = try harness.ask(.key(set(key, SetOptions(expiry: .after(Milliseconds(10)))), database: 0))
        }
        #expect(
            told(harness) == ["a", "b"].flatMap { [event(.new, $0), event(.set, $0), event(.expire, $0)] })
        clock.advance(Milliseconds(20))
        harness.run()
        #expect(told(harness) == [event(.expired, "a"), event(.expired, "b")])
        _ = try harness.ask(.key(set("a"), database: 0))
        #expect(told(harness) == [event(.new, "a"), event(.set, "a")])
    }

    @Test("Of queues nothing is told, of the keys beside them everything")
    func queues() throws {
        let harness = try open()
        let queue = try harness.create("jobs")
        _ = try harness.ask(.tellKeyEvents([.list, .generic]))
        _ = try harness.ask(.key(push("jobs", "x", "y"), database: 0))
        _ = try harness.ask(.key(pop("jobs"), database: 0))
        _ = try harness.ask(.key(.key(.delete([bytes("none")])), database: 0))
        #expect(told(harness) == [])
        _ = try harness.ask(.key(move("jobs", "l"), database: 0))
        #expect(told(harness) == [event(.rpush, "l")])
        _ = try harness.ask(.key(move("l", "jobs"), database: 0))
        #expect(told(harness) == [event(.lpop, "l"), event(.del, "l")])
        _ = try harness.ask(.keys(KeyRequest([push("jobs", "z"), push("l", "z")])))
        #expect(told(harness) == [event(.rpush, "l")])
        #expect(try harness.receive(queue).count == 2)
    }
}
