import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

@Suite("Keys")
struct KeyRequestTests {
    private func open(
        _ disk: MemoryDisk = MemoryDisk(), logBegun: Bool = false, clock: ManualClock = ManualClock(),
        snapshotBytes: Int = 100_000_000
    ) throws -> Harness {
        try Harness(on: disk, logBegun: logBegun, clock: clock) {
            $0.log.segmentBytes = 256 * 1024
            $0.messageBytesMax = 20_000
            $0.snapshotGrowthBytesMin = snapshotBytes
        }
    }

    private func bytes(_ text: String) -> Bytes { Array(text.utf8) }

    private func push(_ key: String, _ elements: String...) -> KeyCommand {
        .list(.push(bytes(key), .right, elements.map { bytes($0) }, onlyExisting: false))
    }

    private func pop(_ keys: String...) -> KeyCommand { .list(.popFirst(keys.map { bytes($0) }, .left, count: 1)) }

    private func popped(_ key: String, _ element: String) -> StorageReply {
        .keys([.array([.bytes(bytes(key)), .array([.bytes(bytes(element))])])])
    }

    private func waiting(_ timeout: Milliseconds?, _ keys: String...) -> StorageRequest {
        let names = keys.map { bytes($0) }
        return .keys(
            KeyRequest([.list(.popFirst(names, .left, count: 1))], wait: KeyWait(names, timeout: timeout)))
    }

    private func strings(_ texts: String...) -> KeyReply { strings(texts) }
    private func strings(_ texts: [String]) -> KeyReply {
        var strings = ByteStrings()
        for text in texts { strings.append(bytes(text).span) }
        return .strings(strings)
    }

    private func whole(_ key: String) -> KeyCommand { .list(.range(bytes(key), start: 0, end: -1)) }

    private func set(_ key: String, _ value: Bytes, _ options: SetOptions = SetOptions()) -> KeyCommand {
        .string(.set(bytes(key), value, options))
    }

    @Test("They survive a power cut, from the log or from a snapshot", arguments: [100_000_000, 1000])
    func powerCut(snapshotBytes: Int) throws {
        let harness = try open(snapshotBytes: snapshotBytes)
        for number in 0..<200 {
            let request = KeyRequest(database: UInt8(number % 16), [push("list", "\(number)"), set("\(number)", [7])])
            _ = try harness.ask(.keys(request))
        }
        _ = try harness.ask(.keys(KeyRequest(database: 3, [pop("list")])))
        // Longer than a section of a snapshot.
        let long = Bytes(repeating: 3, count: 150_000)
        _ = try harness.ask(.keys(KeyRequest(database: 3, [set("long", long)])))
        #expect((harness.storage.metrics.snapshots > 0) == (snapshotBytes == 1000))
        #expect(harness.storage.metrics.keys == 217)
        let second = try open(harness.disk.afterPowerCut(), logBegun: true, snapshotBytes: snapshotBytes)
        let request = KeyRequest(database: 3, [whole("list"), .string(.get(bytes("long"))), .key(.count)])
        let list = strings(stride(from: 19, to: 200, by: 16).map { "\($0)" })
        #expect(try second.ask(.keys(request)) == .keys([list, .bytes(long), .integer(15)]))
        #expect(second.storage.metrics.keys == 217)
    }

    @Test("A reply waits for the sync, and what was not synced is gone")
    func noReplyBeforeTheSync() throws {
        let harness = try open()
        let token = try #require(harness.submit(.keys(KeyRequest([push("list", "a")]))).first)
        harness.turn()
        #expect(harness.result(token) == nil)
        let second = try open(harness.disk.afterPowerCut(), logBegun: true)
        #expect(try second.ask(.keys(KeyRequest([whole("list")]))) == .keys([.array([])]))
    }

    @Test("Who waited longest gets what comes, and one push serves one")
    func waiters() throws {
        let harness = try open()
        let first = try #require(harness.submit(waiting(nil, "a", "b")).first)
        let second = try #require(harness.submit(waiting(nil, "b")).first)
        let third = try #require(harness.submit(waiting(nil, "b")).first)
        harness.run()
        #expect(harness.answered.isEmpty)
        _ = try harness.ask(.keys(KeyRequest([push("b", "1")])))
        #expect(harness.result(first) == .success(popped("b", "1")))
        #expect(harness.result(second) == nil)
        // A transaction is over before anybody is served.
        _ = try harness.ask(.keys(KeyRequest([push("b", "2", "3", "4"), pop("b")])))
        #expect(harness.result(second) == .success(popped("b", "3")))
        #expect(harness.result(third) == .success(popped("b", "4")))
        #expect(try harness.ask(.keys(KeyRequest([.key(.count)]))) == .keys([.integer(0)]))
        #expect(harness.storage.metrics.memory.waiters == 0)
        let restarted = try open(harness.disk.afterPowerCut(), logBegun: true)
        #expect(try restarted.ask(.keys(KeyRequest([.key(.count)]))) == .keys([.integer(0)]))
    }

    @Test("Keys serve their waiters in the order in which a transaction filled them")
    func orderOfKeys() throws {
        let harness = try open()
        let first = try #require(harness.submit(waiting(nil, "a", "b")).first)
        let second = try #require(harness.submit(waiting(nil, "a", "b")).first)
        harness.run()
        _ = try harness.ask(.keys(KeyRequest([push("a", "1"), push("b", "2")])))
        #expect(harness.result(first) == .success(popped("a", "1")))
        #expect(harness.result(second) == .success(popped("b", "2")))
    }

    @Test("A wait ends with its time, with a cancellation, and when the doors close")
    func endOfWaits() throws {
        let clock = ManualClock()
        let harness = try open(clock: clock)
        let tokens = try [waiting(.seconds(5), "a"), waiting(nil, "a"), waiting(nil, "a", "b")].map {
            try #require(harness.submit($0).first)
        }
        harness.run()
        clock.advance(.seconds(5))
        harness.run()
        #expect(harness.answered.isEmpty)
        clock.advance(Milliseconds(1))
        harness.run()
        #expect(harness.answered == [tokens[0]])
        harness.storage.cancel(tokens[1], for: harness.inbox)
        harness.run()
        #expect(harness.answered == [tokens[0], tokens[1]])
        harness.storage.endWaits()
        harness.run()
        for token in tokens { #expect(harness.result(token) == .success(.keys([.nullArray]))) }
        #expect(try harness.ask(waiting(nil, "a")) == .keys([.nullArray]))
        _ = try harness.ask(.keys(KeyRequest([push("a", "1")])))
        #expect(try harness.ask(.keys(KeyRequest([whole("a")]))) == .keys([strings("1")]))
    }

    @Test("One that waits for a list is not served by another type")
    func wrongType() throws {
        let harness = try open()
        let token = try #require(harness.submit(waiting(nil, "a")).first)
        let scores = KeyCommand.sortedSet(
            .add(bytes("a"), [ScoredMember(1, bytes("m"))], AddCondition(), countsChanged: false))
        _ = try harness.ask(.keys(KeyRequest([scores])))
        #expect(harness.result(token) == nil)
        _ = try harness.ask(.keys(KeyRequest([.key(.delete([bytes("a")])), push("a", "1")])))
        #expect(harness.result(token) == .success(popped("a", "1")))
    }

    @Test("One that waits to move an element is told that it cannot go there, and others keys of it do not matter")
    func wrongTarget() throws {
        let harness = try open()
        _ = try harness.ask(.keys(KeyRequest([set("text", [1])])))
        let command = KeyCommand.list(.move(from: bytes("a"), .left, to: bytes("text"), .right))
        let move = KeyRequest([command], wait: KeyWait([bytes("a")], timeout: nil))
        let (mover, popper) = (harness.submit(.keys(move))[0], harness.submit(waiting(nil, "b", "c"))[0])
        harness.run()
        _ = try harness.ask(.keys(KeyRequest([set("b", [1])])))
        _ = try harness.ask(.keys(KeyRequest([push("c", "1")])))
        #expect(harness.result(popper) == .success(popped("c", "1")))
        _ = try harness.ask(.keys(KeyRequest([push("a", "1")])))
        #expect(harness.result(mover) == .success(.keys([.failure(.wrongType)])))
        #expect(try harness.ask(.keys(KeyRequest([whole("a")]))) == .keys([strings("1")]))
    }

    @Test("An expired key with a long name does not hold up the others")
    func longNames() throws {
        let clock = ManualClock()
        let harness = try open(clock: clock)
        let options = SetOptions(expiry: .after(.seconds(1)))
        for number in 0..<50 { _ = try harness.ask(.keys(KeyRequest([set("\(number)", [1], options)]))) }
        // A record has room for the name and little more.
        let long = String(repeating: "x", count: 129_000)
        for end in ["a", "b"] { _ = try harness.ask(.keys(KeyRequest([set(long + end, [1], options)]))) }
        clock.advance(.seconds(1))
        harness.run()
        #expect(harness.storage.metrics.keys == 0)
    }

    @Test("Small values that go do not pile up")
    func manySmallValues() throws {
        let harness = try open()
        for number in 0..<3000 {
            let fields = KeyCommand.hash(.set(bytes("h\(number)"), [KeyValuePair(bytes("f"), bytes("v"))]))
            _ = harness.submit(.keys(KeyRequest([fields])), .keys(KeyRequest([.key(.delete([bytes("h\(number)")]))])))
        }
        harness.turn()
        #expect(harness.storage.metrics.memory.keys < 10_000)
        harness.run()
        #expect(harness.storage.metrics.keys == 0)
    }

    @Test("A watch breaks when one of its keys changes, or expires")
    func watches() throws {
        let clock = ManualClock()
        let harness = try open(clock: clock)
        func watch(_ key: String, under number: UInt64? = nil) throws -> UInt64 {
            guard case .watching(let number) = try harness.ask(.watch(database: 0, [bytes(key)], under: number))
            else { throw Unexpected() }
            return number
        }
        func carryOut(_ number: UInt64) throws -> StorageReply {
            try harness.ask(.keys(KeyRequest([push("list", "x")], watch: number)))
        }
        var number = try watch("a")
        #expect(try watch("b", under: number) == number)
        _ = try harness.ask(.keys(KeyRequest(database: 1, [set("a", [1])])))
        _ = try harness.ask(.keys(KeyRequest([set("c", [1])])))
        #expect(try carryOut(number) == .keys([.integer(1)]))
        #expect(try carryOut(number) == .watchBroken, "a watch is good once")
        _ = try harness.ask(.keys(KeyRequest([set("a", [1])])))
        number = try watch("a")
        _ = try harness.ask(.keys(KeyRequest([.key(.copy(bytes("a"), to: bytes("copy"), replaces: true))])))
        #expect(try carryOut(number) == .keys([.integer(2)]), "a copy leaves its source alone")
        for change in [set("a", [1]), .key(.delete([bytes("a")])), .key(.flush)] {
            number = try watch("a")
            _ = try harness.ask(.keys(KeyRequest([change])))
            #expect(try carryOut(number) == .watchBroken)
        }
        _ = try harness.ask(.keys(KeyRequest([set("a", [1], SetOptions(expiry: .after(.seconds(1))))])))
        number = try watch("a")
        clock.advance(.seconds(1))
        #expect(try carryOut(number) == .watchBroken)
        #expect(try harness.ask(.keys(KeyRequest([.key(.count)]))) == .keys([.integer(0)]))
    }

    @Test("Keys whose time is over give their memory back")
    func expiry() throws {
        let clock = ManualClock()
        let harness = try open(clock: clock)
        let before = harness.storage.metrics.memory.keys
        for number in 0..<3000 {
            let options = SetOptions(expiry: .after(.seconds(Int64(1 + number % 2))))
            _ = harness.submit(.keys(KeyRequest([set("\(number)", Bytes(repeating: 1, count: 100), options)])))
        }
        harness.run()
        #expect(harness.storage.metrics.keys == 3000 && harness.storage.metrics.memory.keys > 300_000)
        #expect(harness.storage.metrics.keyspaces == [KeyspaceCount(database: 0, keys: 3000, expiring: 3000)])
        clock.advance(.seconds(1))
        harness.run()
        #expect(harness.storage.metrics.keys == 1500)
        clock.advance(.seconds(1))
        harness.run()
        #expect(harness.storage.metrics.keys == 0)
        #expect(harness.storage.metrics.memory.keys <= before)
    }

    @Test("What a flush removed is freed bit by bit")
    func flush() throws {
        let harness = try open()
        for key in 0..<40 {
            for _ in 0..<20 { _ = harness.submit(.keys(KeyRequest([push("\(key)", "a", "b", "c")]))) }
        }
        harness.run()
        _ = harness.submit(.keys(KeyRequest([.key(.flush)])))
        harness.run()
        #expect(harness.storage.metrics.keys == 0 && harness.storage.metrics.memory.keys == 0)
    }

    @Test("Above the limit of memory what grows is refused, and the rest goes on")
    func memoryLimit() throws {
        let harness = try Harness {
            $0.memoryBytesMax = 1_000_000
            $0.cacheBytes = 0
        }
        _ = try harness.ask(.keys(KeyRequest([push("a", "1")])))
        var number = 0
        for size in [200_000, 10_000, 500, 1] {
            func fill() throws {
                _ = try harness.ask(.keys(KeyRequest([set("\(number)", Bytes(repeating: 0, count: size))])))
            }
            while (try? fill()) != nil { number += 1 }
        }
        #expect(number > 4)
        #expect(throws: Rejection.outOfMemory) { try harness.ask(.keys(KeyRequest([push("a", "2")]))) }
        #expect(throws: Rejection.outOfMemory) { try harness.ask(.watch(database: 0, [bytes("a")], under: nil)) }
        // What is watched to be removed makes room.
        let watches = try ["0", "1"].map { key in
            guard case .watching(let watch) = try harness.ask(.watchToRemove(database: 0, bytes(key))) else {
                throw Unexpected()
            }
            return KeyRequest([.key(.delete([bytes(key)]))], watch: watch)
        }
        _ = try harness.ask(.keys(KeyRequest([.key(.delete([bytes("0")]))])))
        #expect(try harness.ask(.keys(watches[0])) == .watchBroken)
        #expect(try harness.ask(.keys(watches[1])) == .keys([.integer(1)]))
        #expect(try harness.ask(.keys(KeyRequest([pop("a")]))) == popped("a", "1"))
        #expect(try harness.ask(.keys(KeyRequest([.key(.flush)]))) == .keys([.ok]))
        #expect(try harness.ask(.keys(KeyRequest([push("a", "2")]))) == .keys([.integer(1)]))
    }

    @Test("What would add more than there is room for is refused before it is made, alone and in a transaction")
    func growthLimit() throws {
        let harness = try Harness {
            $0.memoryBytesMax = 20_000_000
            $0.cacheBytes = 0
        }
        func far(_ key: String) -> KeyCommand { .string(.setRange(bytes(key), offset: 15_000_000, [1])) }
        #expect(throws: Rejection.outOfMemory) {
            try harness.ask(.keys(KeyRequest([.string(.setRange(bytes("a"), offset: 500_000_000, [1]))])))
        }
        #expect(throws: Rejection.outOfMemory) {
            try harness.ask(.keys(KeyRequest([far("a"), .key(.delete([bytes("a")])), far("b")])))
        }
        #expect(try harness.ask(.keys(KeyRequest([.key(.count)]))) == .keys([.integer(0)]))
        #expect(try harness.ask(.keys(KeyRequest([far("a")]))) == .keys([.integer(15_000_001)]))
        #expect(throws: Rejection.outOfMemory) { try harness.ask(.keys(KeyRequest([far("b")]))) }
    }

    @Test("A change that no record holds is refused")
    func tooLarge() throws {
        let harness = try open()
        let (long, half) = (Bytes(repeating: 0, count: 300_000), Bytes(repeating: 0, count: 150_000))
        do throws(Rejection) {
            for request in [KeyRequest([set("a", long)]), KeyRequest([set("a", half), set("b", half)])] {
                let token = harness.submit(.keys(request))[0]
                harness.run()
                _ = try harness.result(token)?.get()
                Issue.record("accepted")
            }
        } catch {
            guard case .messageTooLarge(let count, let max) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(count > 300_000 && max < 262_144)
        }
        #expect(try harness.ask(.keys(KeyRequest([.key(.count)]))) == .keys([.integer(0)]))
    }

    @Test("Large answers are made as the ones before them leave")
    func largeAnswers() throws {
        let harness = try open()
        let key = bytes("large")
        _ = try harness.ask(.key(.string(.setRange(key, offset: 20 << 20, [1])), database: 0))
        let tokens = (0..<10).flatMap { _ in harness.submit(.key(.string(.get(key)), database: 0)) }
        harness.turn()
        harness.storage.commit()
        // The fourth is the one that makes it too much.
        #expect(tokens.count { harness.result($0) != nil } == 4)
        harness.run()
        #expect(tokens.allSatisfy { harness.result($0) != nil })
    }
}
