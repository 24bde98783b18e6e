import RoostCore
import RoostModel
import Testing

@Suite("Commands on several databases")
struct DatabaseCommandTests {
    private var databases = Databases.forTests()
    /// Gets the entries only, by way of their bytes.
    private var replayed = Databases.forTests(2)
    private let now = BrokerTime(milliseconds: 1000)
    private let key = bytes("key")

    private mutating func ask(_ database: UInt8, _ commands: KeyCommand...) throws -> [KeyReply] {
        let (replies, entry) = try databases.prepare(KeyRequest(database: database, commands), now: now, random: 7)
        try databases.apply(entry)
        if !entry.effects.isEmpty {
            var bytes = Bytes(repeating: 0xAA, count: entry.size)
            bytes.withUnsafeMutableBytes { entry.encode(into: $0) }
            try replayed.apply(try bytes.withUnsafeBytes { try KeysEntry(decoding: $0) })
        }
        #expect(databases.content(now) == replayed.content(now))
        #expect(databases.nextExpiry == replayed.nextExpiry && databases.keyCount == replayed.keyCount)
        return replies.map(\.inParts)
    }

    private func set(_ value: String, after: Int64? = nil) -> KeyCommand {
        let expiry = after.map { ExpiryChange.after(Milliseconds($0)) } ?? .remove
        return .string(.set(key, bytes(value), SetOptions(expiry: expiry)))
    }

    @Test("Flushed, all databases are empty and give their memory back")
    mutating func flushAll() throws {
        let empty = databases.residentBytes
        #expect(try ask(3, .databases(.flushAll)) == [.ok])
        _ = try ask(0, set("a"))
        _ = try ask(15, set("b", after: 5), .list(.push(bytes("l"), .left, [bytes("x")], onlyExisting: false)))
        #expect(try ask(3, .databases(.flushAll)) == [.ok])
        #expect(databases.keyCount == 0 && databases.nextExpiry == nil && databases.hasRemains)
        while databases.hasRemains { databases.freeRemains(100) }
        #expect(databases.residentBytes == empty)
        #expect(try databases.prepare(KeyRequest([.databases(.flushAll)]), now: now, random: 1).entry.effects == [])
    }

    @Test("A transaction sees what it did to other databases")
    mutating func transaction() throws {
        let replies = try ask(
            0, set("a"), .databases(.move(key, to: 1)), .key(.exists([key])), .databases(.swap(0, 1)),
            .string(.get(key)), .databases(.flushAll), .key(.count), set("b"))
        #expect(replies == [.ok, .integer(1), .integer(0), .ok, .text("a"), .ok, .integer(0), .ok])
        #expect(databases.keyCount == 1)
    }

    @Test("A key moves with its expiry, unless it is there")
    mutating func move() throws {
        #expect(try ask(0, .databases(.move(key, to: 1))) == [.integer(0)])
        _ = try ask(0, set("a", after: 5))
        #expect(try ask(0, .databases(.move(key, to: 1))) == [.integer(1)])
        #expect(try ask(1, .key(.expiry(key)), .string(.get(key))) == [.integer(1005), .text("a")])
        _ = try ask(0, set("b"))
        #expect(try ask(0, .databases(.move(key, to: 1))) == [.integer(0)])
        #expect(try ask(0, .databases(.move(key, to: 0))) == [.failure(.sameObject)])
        #expect(try ask(0, .databases(.move(key, to: 16))) == [.failure(.noSuchDatabase)])
    }

    @Test("A copy in another database changes alone")
    mutating func copy() throws {
        _ = try ask(0, .list(.push(key, .left, [bytes("x")], onlyExisting: false)))
        #expect(try ask(0, .databases(.copy(key, to: key, in: 1, replaces: false))) == [.integer(1)])
        #expect(try ask(0, .databases(.copy(key, to: key, in: 1, replaces: false))) == [.integer(0)])
        _ = try ask(0, .list(.push(key, .left, [bytes("y")], onlyExisting: false)))
        #expect(try ask(1, .list(.length(key))) == [.integer(1)])
        #expect(try ask(0, .databases(.copy(key, to: key, in: 1, replaces: true))) == [.integer(1)])
        #expect(try ask(1, .list(.length(key))) == [.integer(2)])
        #expect(try ask(1, .databases(.copy(key, to: bytes("o"), in: 1, replaces: false))) == [.integer(1)])
        #expect(try ask(1, .databases(.copy(key, to: key, in: 1, replaces: true))) == [.failure(.sameObject)])
        #expect(try ask(1, .databases(.copy(key, to: key, in: 255, replaces: true))) == [.failure(.noSuchDatabase)])
    }

    @Test("Databases change places")
    mutating func swap() throws {
        _ = try ask(2, set("a", after: 9))
        #expect(try ask(0, .databases(.swap(2, 5))) == [.ok])
        #expect(try ask(5, .string(.get(key))) == [.text("a")] && databases[2].count == 0)
        #expect(databases.nextExpiry == BrokerTime(milliseconds: 1009))
        #expect(try ask(0, .databases(.swap(5, 16))) == [.failure(.noSuchDatabase)])
        for (one, other) in [(UInt8(3), UInt8(3)), (3, 4)] {
            let request = KeyRequest([.databases(.swap(one, other))])
            #expect(try databases.prepare(request, now: now, random: 1).entry.effects.isEmpty)
        }
    }

    @Test(
        "Effects that fit nothing are refused",
        arguments: [
            DatabaseEffect.copy(bytes("none"), to: [], in: 1), .copy(bytes("key"), to: [], in: 0),
            .copy(bytes("key"), to: [], in: 16), .move(bytes("none"), to: 1), .move(bytes("key"), to: 0),
            .move(bytes("key"), to: 99), .swap(1, 1), .swap(0, 16), .swap(16, 0),
        ])
    mutating func refused(_ effect: DatabaseEffect) throws {
        _ = try ask(0, set("a"))
        #expect(throws: KeyMismatch.self) {
            try databases.apply(KeysEntry(database: 0, effects: [.databases(effect)]))
        }
        #expect(try ask(0, .string(.get(key))) == [.text("a")])
    }

    @Test("Others are told what changed")
    func facts() {
        let copy = KeyEffect.databases(.copy(key, to: bytes("new"), in: 3))
        #expect(copy.changedKeys == [] && copy.namedChange == .key(bytes("new"), in: 3) && copy.grows)
        let move = KeyEffect.databases(.move(key, to: 3))
        #expect(move.changedKeys == [key] && move.namedChange == .key(key, in: 3) && !move.grows)
        #expect(KeyEffect.databases(.swap(1, 2)).namedChange == .all(of: [1, 2]))
        #expect(KeyEffect.databases(.flushAll).namedChange == .all(of: Array(0..<16)))
        #expect(KeyEffect.flush.namedChange == nil)
    }
}
