import RoostCore
import RoostModel
import Testing

@Suite("Images of keys")
struct KeyImageTests {
    private static let pieceBytes = 48 * 1024
    private var databases = Databases.forTests()
    private let now = BrokerTime(milliseconds: 1000)

    private mutating func ask(_ database: UInt8, _ command: KeyCommand) throws {
        let entry = try databases.prepare(KeyRequest(database: database, [command]), now: now, random: 7).entry
        try databases.apply(entry)
    }

    private mutating func push(_ database: UInt8, _ key: Bytes, _ elements: [Bytes]) throws {
        try ask(database, .list(.push(key, .right, elements, onlyExisting: false)))
    }

    private mutating func put(_ database: UInt8, _ key: Bytes, _ members: [ScoredMember]) throws {
        try ask(database, .sortedSet(.add(key, members, AddCondition(), countsChanged: false)))
    }

    /// Restores, and compares all that can be read. Returns the sizes of the entries.
    @discardableResult
    private func check(sourceLocation: SourceLocation = #_sourceLocation) throws -> [Int] {
        var sizes: [Int] = []
        let restored = try databases.restored { sizes.append($0.size) }
        for database in 0..<UInt8(Databases.count) {
            let isEqual = restored[database].content(now) == databases[database].content(now)
            #expect(isEqual, "database \(database)", sourceLocation: sourceLocation)
            #expect(restored[database].count == databases[database].count, sourceLocation: sourceLocation)
            #expect(restored[database].nextExpiry == databases[database].nextExpiry, sourceLocation: sourceLocation)
        }
        return sizes
    }

    @Test("Of nothing there is none")
    func empty() { #expect(Array(databases.image()).isEmpty) }

    @Test("Many keys, and strings and lists that take several pieces")
    mutating func stringsAndLists() throws {
        for number in 0..<3000 {
            let expiry = number % 3 == 0 ? ExpiryChange.after(.seconds(Int64(number + 1))) : .remove
            try ask(3, .string(.set(bytes("key \(number)"), bytes("value"), SetOptions(expiry: expiry))))
            try push(4, bytes("long list"), [bytes("element \(number)"), []])
        }
        try ask(4, .string(.set(bytes("long"), Bytes(repeating: 7, count: 300_000), SetOptions())))
        try push(5, bytes("wide"), (0..<9).map { Bytes(repeating: $0, count: 30_000) })
        try ask(5, .string(.set([], [], SetOptions())))
        try ask(5, .key(.expire(bytes("wide"), at: now + .seconds(9), .always)))
        try check()
        #expect(databases[3].content(now).count == 3000 && databases[4].content(now).count == 2)
    }

    @Test("Hashes with fields of a mebibyte and with many fields")
    mutating func hashes() throws {
        for number: UInt8 in 0..<3 {
            let pair = KeyValuePair(bytes("field \(number)"), Bytes(repeating: number, count: 1 << 20))
            try ask(0, .hash(.set(bytes("wide"), [pair, KeyValuePair(Bytes(repeating: number, count: 90_000), [])])))
        }
        let pairs = (0..<20_000).map { KeyValuePair(bytes("f\($0)"), bytes("\($0 * 7)")) }
        try ask(0, .hash(.set(bytes("long"), pairs)))
        try ask(0, .hash(.set(bytes("empty field"), [KeyValuePair([], [])])))
        try ask(0, .key(.expire(bytes("long"), at: now + .seconds(9), .always)))
        try check()
    }

    @Test("Sets of a hundred thousand members")
    mutating func sets() throws {
        try ask(15, .set(.add(bytes("long"), (0..<100_000).map { bytes("member \($0)") })))
        try ask(15, .set(.add(bytes("short"), [[], bytes("a")])))
        try ask(15, .key(.expire(bytes("long"), at: now + .seconds(9), .always)))
        let sizes = try check()
        #expect(sizes.count > 20 && sizes.count < 60)
    }

    @Test("Sorted sets with equal scores, infinities and zeros")
    mutating func sortedSets() throws {
        try put(1, bytes("equal"), (0..<20_000).map { ScoredMember(1.5, bytes("\($0)")) })
        let odd = [Double.infinity, -.infinity, 0.0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .pi, 1e308]
        try put(1, bytes("odd"), odd.enumerated().map { ScoredMember($0.element, bytes("m\($0.offset)")) })
        try put(1, bytes("zero"), [ScoredMember(0.0, [])])
        try put(1, bytes("zero"), [ScoredMember(-0.0, [])])
        try ask(1, .key(.expire(bytes("odd"), at: now + .seconds(9), .always)))
        try check()
    }

    @Test("Keys whose time is over come along, as long as nobody removed them")
    mutating func leftOvers() throws {
        try ask(0, .set(.add(bytes("set"), [bytes("a")])))
        try ask(0, .key(.expire(bytes("set"), at: now + Milliseconds(1), .always)))
        let restored = try databases.restored()
        #expect(restored[0].count == 1 && restored[0].expired(now + Milliseconds(1), atMost: 9) == [bytes("set")])
    }

    @Test("Pieces are neither large nor many")
    mutating func sizes() throws {
        for number in 0..<400 {
            let (key, value) = (bytes("\(number)"), Bytes(repeating: 1, count: 990))
            try ask(0, .string(.set(key, Bytes(repeating: 1, count: number * 331), SetOptions())))
            try push(1, bytes("list"), [value + key])
            try ask(2, .hash(.set(bytes("hash"), [KeyValuePair(key, value)])))
            try ask(3, .set(.add(bytes("set"), [value + key])))
            try put(4, bytes("sorted set"), [ScoredMember(Double(number), value + key)])
        }
        for size in try check() { #expect(size < Self.pieceBytes + 1100) }
        #expect(try check().count < 400 * 200 * 331 / Self.pieceBytes + 5 * 400 * 1000 / Self.pieceBytes + 10)
    }

    @Test("The name of a key does not make an image many times as large")
    mutating func longNames() throws {
        let name = Bytes(repeating: 3, count: 400_000)
        try push(0, name, (0..<1000).map { bytes("\($0)") + Bytes(repeating: 1, count: 1000) })
        #expect(try check().reduce(0, +) < 4_000_000)
    }

    @Test("What changes after the image was begun is not in it")
    mutating func snapshot() throws {
        let before = (0..<20_000).map { bytes("\($0)") }
        try ask(0, .set(.add(bytes("set"), before)))
        let (image, content) = (databases.image(), databases[0].content(now))
        try ask(0, .set(.remove(bytes("set"), Array(before[5000..<9000]))))
        try ask(0, .set(.add(bytes("set"), [bytes("new")])))
        var restored = Databases.forTests()
        for entry in image { try restored.apply(entry) }
        #expect(restored[0].content(now) == content)
    }

    @Test("Random keys of all types are restored", arguments: UInt64(1)...6)
    mutating func random(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<4000 {
            try ask([0, 7, 15][random.below(3)], KeyCommand.random(&random, at: now))
        }
        try check()
        let types = (0..<UInt8(16)).flatMap { databases[$0].content(now).values.map { $0[0] } }
        for word in [KeyReply.StaticWord.string, .list, .hash, .set, .zset] { #expect(types.contains(.word(word))) }
    }
}

extension KeyCommand {
    /// Something that changes one of some hundred keys.
    fileprivate static func random(_ random: inout SplitMix64, at now: BrokerTime) -> KeyCommand {
        let (key, other) = (bytes("k\(random.below(200))"), bytes("k\(random.below(200))"))
        let texts = (0...random.below(random.chance(5) ? 1000 : 6)).map { _ in
            random.chance(1) ? random.bytes(random.below(3000)) : bytes("\(random.below(3000))")
        }
        switch random.below(12) {
        case 0: return .string(.set(key, random.bytes(random.below(random.chance(2) ? 100_000 : 50)), SetOptions()))
        case 1: return .string(.setRange(key, offset: random.below(100), texts[0]))
        case 2: return .list(.push(key, random.chance(50) ? .left : .right, texts, onlyExisting: false))
        case 3: return .list(.trim(key, start: 1, end: -2))
        case 4: return .hash(.set(key, texts.map { KeyValuePair($0, random.bytes(random.below(20))) }))
        case 5: return .hash(.remove(key, fields: texts))
        case 6: return .set(.add(key, texts))
        case 7: return .set(.pop(key, count: random.below(20)))
        case 8, 9:
            let members = texts.map { ScoredMember(Double(random.below(100)) - 50, $0) }
            return .sortedSet(.add(key, members, AddCondition(), countsChanged: false))
        case 10: return .key(.expire(key, at: now + Milliseconds(Int64(1 + random.below(500))), .always))
        default: return .key(random.chance(50) ? .delete([key]) : .copy(key, to: other, replaces: true))
        }
    }
}
