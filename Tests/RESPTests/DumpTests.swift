import RESP
import RoostModel
import Testing

@Suite("Values as DUMP and RESTORE have them")
struct DumpTests {
    private static let contents: [KeyContent] = [
        .string([]), .string(text("text")), .string(Bytes(repeating: 1, count: 70_000)),
        .list([text("a"), [], Bytes(repeating: 2, count: 64)]), .set([text("a"), text("b")]),
        .hash([KeyValuePair(text("f"), text("v"))]),
        .sortedSet([ScoredMember(1.5, text("a")), ScoredMember(-.infinity, text("b"))]),
    ]

    /// What redis-server 7.0.15 answered.
    private static let recorded: [(payload: String, content: KeyContent)] = [
        ("000568656c6c6f0a006372df766534200a", .string(text("hello"))),
        ("00c0fb0a0049c4c6f4d7263f68", .string(text("-5"))),
        ("00c1e8030a0089d1478ebac4b764", .string(text("1000"))),
        ("00c26079feff0a00a1ca8470cc216d9d", .string(text("-100000"))),
        (
            "00c30c412c016161e0ff00e017000161610a004b1bc2625246e713",
            .string(Bytes(repeating: UInt8(ascii: "a"), count: 300))
        ),
        (
            "120102c33740761f760000000a008161020101dfff02c0c802f1ffef03f2409c0004f3c0ab76ff0504f4005ed0b22023040009e"
                + "04678e03c0003488001ff0a00156e834737f697cd",
            .list(
                [
                    "a", "1", "-1", "200", "-4097", "40000", "-9000000", "3000000000",
                    String(repeating: "x", count: 70), "",
                ]
                .map { text($0) })
        ),
        (
            "0b140400000003000000fdffffff01000000701101000a007b8d4dddaf2286d7",
            .set(["-3", "1", "70000"].map { text($0) })
        ),
        (
            "0b180800000002000000010000000000000000f2052a010000000a0054f5a26ae707b5fc",
            .set(["1", "5000000000"].map { text($0) })
        ),
        ("0201046f6e6c790a006190c4de032a2d68", .set([text("only")])),
        (
            "1012120000000400816602817602816e020c01ff0a0001369481d35b8974",
            .hash([KeyValuePair(text("f"), text("v")), KeyValuePair(text("n"), text("12"))])
        ),
        (
            "111d1d0000000600816202842d696e660581610283312e35048163020301ff0a002970c58fcde6fc31",
            .sortedSet(
                [ScoredMember(-.infinity, text("b")), ScoredMember(1.5, text("a")), ScoredMember(3, text("c"))])
        ),
        (
            "05020161000000000000f83f0162000000000000f0ff0a0048977e33659e660b",
            .sortedSet([ScoredMember(1.5, text("a")), ScoredMember(-.infinity, text("b"))])
        ),
        ("0401016601760a00adf24356b1860efc", .hash([KeyValuePair(text("f"), text("v"))])),
    ]

    private static func text(_ text: String) -> Bytes { Bytes(text.utf8) }

    private static func payload(_ text: String) -> Bytes {
        let digits = Array(text)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16) ?? 0 }
    }

    @Test("What is dumped is restored", arguments: contents)
    func roundTrip(_ content: KeyContent) throws {
        #expect(try DumpReader.content(of: DumpWriter.dump(content)) == content)
    }

    @Test("What Redis dumped is restored")
    func ofRedis() throws {
        for (payload, content) in Self.recorded {
            #expect(try DumpReader.content(of: Self.payload(payload)) == content, "\(payload)")
        }
    }

    @Test("A payload that lacks bytes, or has others, fails by its checksum")
    func damage() {
        for payload in Self.recorded.map({ Self.payload($0.payload) }) {
            for count in payload.indices {
                #expect(throws: DumpError.versionOrChecksum) { try DumpReader.content(of: Bytes(payload[..<count])) }
                var other = payload
                other[count] ^= 1
                #expect(throws: DumpError.versionOrChecksum) { try DumpReader.content(of: other) }
            }
        }
    }

    @Test("A value that ends early under a checksum that is right is refused")
    func truncation() {
        for payload in Self.recorded.map({ Self.payload($0.payload) }) {
            for count in 1..<payload.count - 10 {
                #expect(throws: DumpError.format) {
                    try DumpReader.content(of: DumpWriter.sealed(Bytes(payload[..<count])))
                }
            }
        }
    }

    @Test(
        "Values that cannot be are refused",
        arguments: [
            [], [1, 0], [2, 0], [4, 0], [5, 0], [250], [0, 1], [0, 1, 2, 3],
            // Twice the same member or field; a score that is none.
            [2, 2, 1, 7, 1, 7], [4, 2, 1, 7, 1, 1, 1, 7, 1, 1], [3, 1, 1, 7, 253],
            [5, 1, 1, 7, 0, 0, 0, 0, 0, 0, 0xF8, 0x7F],
            // Lengths that are not there: of the value, of 2^63 elements, of what would become 2^40 bytes.
            [0, 0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [4, 0x81, 0x7F, 0, 0, 0, 0, 0, 0, 0],
            [0, 0xC3, 3, 0x81, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1],
            // A repetition of what is not there; a listpack with another length or count than it says; its ends.
            [0, 0xC3, 2, 3, 0x20, 0], [16, 8, 9, 0, 0, 0, 0, 0, 0xFF, 0], [20, 7, 7, 0, 0, 0, 1, 0, 0xFF],
            [20, 9, 9, 0, 0, 0, 1, 0, 7, 1, 7], [20, 9, 9, 0, 0, 0, 1, 0, 0xF5, 1, 0xFF],
            [18, 1, 3, 1, 7], [11, 8, 3, 0, 0, 0, 1, 0, 0, 0],
        ] as [Bytes])
    func impossible(_ value: Bytes) {
        #expect(throws: (value.isEmpty ? DumpError.versionOrChecksum : .format)) {
            try DumpReader.content(of: DumpWriter.sealed(value))
        }
    }

    @Test("A version that is to come is refused")
    func version() {
        var payload = DumpWriter.dump(.string([1]))
        payload[payload.count - 10] = 200
        #expect(throws: DumpError.versionOrChecksum) { try DumpReader.content(of: payload) }
    }
}
