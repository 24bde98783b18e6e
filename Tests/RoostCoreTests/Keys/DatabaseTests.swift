import RoostCore
import RoostModel
import Testing

@Suite("Databases and transactions")
struct DatabaseTests {
    private var databases = Databases(SealingKey(words: (1, 2, 3, 4)))
    private let now = BrokerTime(milliseconds: 1000)

    private mutating func ask(_ database: UInt8, _ commands: KeyCommand...) throws -> [KeyReply] {
        let (replies, entry) = try databases.prepare(KeyRequest(database: database, commands), now: now, random: 7)
        try databases.apply(entry)
        return replies.map(\.inParts)
    }

    private func push(_ key: String, _ elements: String...) -> KeyCommand {
        .list(.push(bytes(key), .right, elements.map(bytes), onlyExisting: false))
    }

    @Test("A transaction reads what it wrote, and is one entry")
    mutating func transaction() throws {
        let replies = try ask(
            0, push("list", "a", "b"), .list(.pop(bytes("list"), .left, count: nil)),
            .string(.set(bytes("n"), bytes("1"), SetOptions())), .string(.increment(bytes("n"), by: 4)),
            .list(.length(bytes("list"))))
        #expect(replies == [.integer(2), .text("a"), .ok, .integer(5), .integer(1)])
        #expect(try ask(0, .string(.get(bytes("n")))) == [.text("5")])
    }

    @Test("Prepared alone, it changes nothing")
    mutating func preparing() throws {
        _ = try ask(0, push("list", "a"))
        let request = KeyRequest([push("list", "b"), .key(.delete([bytes("list")])), push("list", "c")])
        let (replies, entry) = try databases.prepare(request, now: now, random: 1)
        #expect(replies == [.integer(2), .integer(1), .integer(1)] && entry.effects.count == 3)
        #expect(try ask(0, .list(.range(bytes("list"), start: 0, end: -1))) == [.texts("a")])
    }

    @Test("A command that fails does nothing, and the others go on")
    mutating func failures() throws {
        let replies = try ask(
            0, push("list", "a"), .string(.increment(bytes("list"), by: 1)), push("list", "b"))
        #expect(replies == [.integer(1), .failure(.wrongType), .integer(2)])
    }

    @Test("Databases do not see each other, and there are sixteen")
    mutating func numbers() throws {
        _ = try ask(0, push("list", "a"))
        _ = try ask(15, push("list", "b", "c"))
        #expect(try ask(0, .list(.length(bytes("list")))) == [.integer(1)])
        #expect(try ask(15, .list(.length(bytes("list"))), .key(.count)) == [.integer(2), .integer(1)])
        #expect(throws: KeyError.noSuchDatabase) {
            try databases.prepare(KeyRequest(database: 16, []), now: now, random: 0)
        }
        #expect(throws: KeyMismatch.self) { try databases.apply(KeysEntry(database: 16, effects: [])) }
        _ = try ask(0, .key(.flush))
        #expect(try ask(0, .key(.count)) == [.integer(0)] && ask(15, .key(.count)) == [.integer(1)])
    }
}
