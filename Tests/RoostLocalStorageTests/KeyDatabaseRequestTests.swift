import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

@Suite("Commands on several databases, for those who wait or watch")
struct KeyDatabaseRequestTests {
    private let list = Bytes("list".utf8)
    private let scores = Bytes("scores".utf8)

    private func open() throws -> Harness {
        try Harness(on: MemoryDisk(), logBegun: false, clock: ManualClock()) { _ in }
    }

    private var push: KeyCommand { .list(.push(list, .right, [list], onlyExisting: false)) }

    private func wait(in database: UInt8) -> StorageRequest {
        .keys(
            KeyRequest(
                database: database, [.list(.popFirstElement([list], .left))], wait: KeyWait([list], timeout: nil)))
    }

    @Test(
        "What comes from another database is taken",
        arguments: [
            DatabaseCommand.move(Bytes("list".utf8), to: 3), .swap(0, 3), .swap(3, 0),
            .copy(Bytes("list".utf8), to: Bytes("list".utf8), in: 3, replaces: false),
        ])
    func waiters(_ command: DatabaseCommand) throws {
        let harness = try open()
        let token = try #require(harness.submit(wait(in: 3)).first)
        _ = try harness.ask(.keys(KeyRequest([push])))
        #expect(harness.result(token) == nil)
        _ = try harness.ask(.keys(KeyRequest([.databases(command)])))
        #expect(harness.result(token) == .success(.keys([.array([.bytes(list), .bytes(list)])])))
    }

    @Test("A member of a sorted set is taken when it comes")
    func sortedSets() throws {
        let harness = try open()
        let request = KeyRequest(
            [.sortedSet(.popFirstMember([list, scores], .lowest))], wait: KeyWait([list, scores], timeout: nil))
        let token = try #require(harness.submit(.keys(request)).first)
        harness.run()
        #expect(harness.result(token) == nil)
        let members = [ScoredMember(2, list), ScoredMember(1, scores)]
        _ = try harness.ask(
            .keys(KeyRequest([.sortedSet(.add(scores, members, AddCondition(), countsChanged: false))])))
        #expect(harness.result(token) == .success(.keys([.array([.bytes(scores), .bytes(scores), .double(1)])])))
        #expect(try harness.ask(.keys(KeyRequest([.sortedSet(.count(scores))]))) == .keys([.integer(1)]))
    }

    @Test(
        "A watch breaks when its database is flushed, swapped or gets the key",
        arguments: [
            (DatabaseCommand.flushAll, true), (.swap(3, 5), true), (.swap(5, 6), false),
            (.move(Bytes("list".utf8), to: 3), true), (.move(Bytes("list".utf8), to: 4), false),
            (.copy(Bytes("list".utf8), to: Bytes("list".utf8), in: 3, replaces: true), true),
        ])
    func watches(_ command: DatabaseCommand, _ isBroken: Bool) throws {
        let harness = try open()
        guard case .watching(let number) = try harness.ask(.watch(database: 3, [list], under: nil)) else {
            throw Unexpected()
        }
        _ = try harness.ask(.keys(KeyRequest([push])))
        _ = try harness.ask(.keys(KeyRequest(database: 5, [push])))
        _ = try harness.ask(.keys(KeyRequest([.databases(command)])))
        let reply = try harness.ask(.keys(KeyRequest(database: 3, [.key(.count)], watch: number)))
        #expect((reply == .watchBroken) == isBroken)
    }
}
