import RoostCore
import RoostModel
import Testing

@Suite("What OBJECT and MEMORY tell")
struct QuestionKeyTests {
    private var keys = KeyspaceHarness()
    private let key = bytes("key")

    private mutating func encoding(_ command: KeyCommand) throws -> KeyReply {
        _ = try keys.ask(GenericCommand.delete([key]))
        _ = try keys.ask(command)
        return try keys.ask(.about(key, .encoding))
    }

    private func text(_ count: Int) -> Bytes { Bytes(repeating: 0x78, count: count) }

    @Test("Forms of strings and lists")
    mutating func stringsAndLists() throws {
        for (value, name) in [
            (bytes("-12"), "int"), (bytes("012"), "embstr"), (text(44), "embstr"), (text(45), "raw"), ([], "embstr"),
        ] {
            #expect(try encoding(.string(.set(key, value, SetOptions()))) == .text(name))
        }
        for (count, name) in [(8000, "listpack"), (8192, "quicklist")] {
            #expect(
                try encoding(.list(.push(key, .left, [text(count)], onlyExisting: false))) == .text(name))
        }
    }

    @Test("Forms of hashes, sets and sorted sets by count and by length")
    mutating func others() throws {
        for (count, length, name) in [(512, 64, "listpack"), (513, 1, "hashtable"), (1, 65, "hashtable")] {
            let pairs = (0..<count).map { KeyValuePair(bytes("\($0)"), text(length)) }
            #expect(try encoding(.hash(.set(key, pairs))) == .text(name))
        }
        for (members, name) in [
            ((0..<512).map { bytes("\($0)") }, "intset"), ((0..<513).map { bytes("\($0)") }, "hashtable"),
            ((0..<128).map { bytes("m\($0)") }, "listpack"), ((0..<129).map { bytes("m\($0)") }, "hashtable"),
            ([text(65)], "hashtable"),
        ] {
            #expect(try encoding(.set(.add(key, members))) == .text(name))
            guard name != "intset" else { continue }
            let scored = members.prefix(129).map { ScoredMember(1, $0) }
            let expected = name == "listpack" ? "listpack" : "skiplist"
            #expect(
                try encoding(.sortedSet(.add(key, scored, AddCondition(), countsChanged: false))) == .text(expected))
        }
    }

    @Test("What is not known is refused, and of no key nothing is known")
    mutating func questions() throws {
        for question in [KeyQuestion.encoding, .references, .idleTime, .frequency, .bytes] {
            #expect(try keys.ask(.about(key, question)) == .null)
        }
        _ = try keys.ask(.set(key, text(1000), SetOptions()))
        #expect(try keys.ask(.about(key, .references)) == .integer(1))
        #expect(try keys.ask(.about(key, .idleTime)) == .failure(.idleTimeNotTracked))
        #expect(try keys.ask(.about(key, .frequency)) == .failure(.frequencyNotTracked))
        guard case .integer(let bytes) = try keys.ask(.about(key, .bytes)) else { return #expect(Bool(false)) }
        #expect((1000..<1300).contains(bytes))
    }
}
