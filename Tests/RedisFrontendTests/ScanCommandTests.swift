import RESP
import RedisFrontend
import RoostModel
import Testing

@Suite("The SCAN family, as it stands on the wire")
struct ScanCommandTests {
    @Test("All four take the same options")
    func options() throws {
        let none = ScanOptions(cursor: 5)
        let all = ScanOptions(cursor: 5, countMin: 7, pattern: GlobPattern(bytes("a*")))
        let expected: [(words: String, options: ScanOptions)] = [
            ("5", none), ("5 MATCH *", none), ("5 match a* COUNT 7", all), ("5 count 1 match b count 7 match a*", all),
            ("5 count 9223372036854775807", ScanOptions(cursor: 5, countMin: .max)),
        ]
        for (words, options) in expected {
            #expect(try parse("scan \(words)") == .key(.scan(options, type: nil)), "\(words)")
            #expect(try parse("hscan k \(words)") == .hash(.scan(bytes("k"), options)), "\(words)")
            #expect(try parse("sscan k \(words)") == .set(.scan(bytes("k"), options)), "\(words)")
            #expect(try parse("zscan k \(words)") == .sortedSet(.scan(bytes("k"), options)), "\(words)")
        }
    }

    @Test("Values can be left out, with a word of its own for hashes and for sorted sets")
    func onlyNames() throws {
        var options = ScanOptions(countMin: 7)
        options.onlyNames = true
        #expect(try parse("hscan k 0 novalues count 7") == .hash(.scan(bytes("k"), options)))
        #expect(try parse("zscan k 0 COUNT 7 NOSCORES") == .sortedSet(.scan(bytes("k"), options)))
        for line in ["hscan k 0 noscores", "zscan k 0 novalues", "sscan k 0 novalues", "scan 0 novalues"] {
            #expect(throws: CommandError.syntax) { try parse(line) }
        }
    }

    @Test("Types in large and small letters; one that nobody knows is that of no key")
    func types() throws {
        let types: KeyValuePairs<String, KeyReply.StaticWord> = [
            "hash": .hash, "ZSet": .zset, "STRING": .string, "stream": .stream, "nonsense": .none, "": .none,
            "a-very-long-word": .none,
        ]
        for (text, type) in types {
            #expect(try parse("scan 0 type \"\(text)\"") == .key(.scan(ScanOptions(), type: type)), "\(text)")
        }
    }

    @Test(
        "A cursor is what strtoul reads",
        arguments: [
            ("0", 0), ("007", 7), ("+9", 9), ("18446744073709551615", .max), ("-1", .max), ("-0", 0),
            ("-18446744073709551615", 1), (#""""#, 0),
        ] as [(String, UInt64)])
    func cursors(_ text: String, _ cursor: UInt64) throws {
        #expect(try parse("scan \(text)") == .key(.scan(ScanOptions(cursor: cursor), type: nil)))
        #expect(try parse("sscan k \(text)") == .set(.scan(bytes("k"), ScanOptions(cursor: cursor))))
    }

    @Test(
        "What is no cursor",
        arguments: ["-", "+", "--1", "1 2", " 1", "1 ", "x", "1.0", "18446744073709551616", "-18446744073709551616"])
    func noCursors(_ text: String) {
        for command in ["scan", "hscan k", "sscan k", "zscan k"] {
            #expect(faultText("\(command) \"\(text)\"") == "ERR invalid cursor")
        }
    }

    @Test("A page has its cursor as text, in both versions", arguments: [RESPVersion.two, .three])
    func page(_ version: RESPVersion) {
        var writer = ReplyWriter(version: version)
        writer.write(.page(next: .max, bytes("a", "1.5")))
        writer.write(.page(next: 0, []))
        #expect(
            String(decoding: writer.take(), as: UTF8.self)
                == "*2\r\n$20\r\n18446744073709551615\r\n*2\r\n$1\r\na\r\n$3\r\n1.5\r\n*2\r\n$1\r\n0\r\n*0\r\n")
    }
}
