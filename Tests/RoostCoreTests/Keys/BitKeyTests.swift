import RoostCore
import RoostModel
import Testing

@Suite("Commands on bits")
struct BitKeyTests {
    private var keys = KeyspaceHarness()
    private let key = bytes("key")

    private mutating func ask(_ command: BitCommand) throws -> KeyReply {
        let reply = try keys.ask(.bits(command))
        #expect(
            keys.keys.prepare(.string(.get(key)), now: keys.now, random: 0)
                == keys.replayed.prepare(.string(.get(key)), now: keys.now, random: 0))
        return reply
    }

    private mutating func put(_ bytes: Bytes) throws { _ = try keys.ask(.set(key, bytes, SetOptions())) }

    @Test("A bit far away makes zeros before it, and a small record")
    mutating func far() throws {
        let prepared = keys.keys.prepare(.bits(.set(key, at: 1 << 26, true)), now: keys.now, random: 0)
        #expect(KeyEffectCodec.size(prepared.effects) < 100)
        #expect(try ask(.set(key, at: 1 << 26, true)) == .integer(0))
        #expect(try keys.ask(StringCommand.length(key)) == .integer(1 << 23 + 1))
        #expect(try ask(.get(key, at: 1 << 26)) == .integer(1) && ask(.get(key, at: 1 << 26 - 1)) == .integer(0))
        #expect(try ask(.get(key, at: .max)) == .integer(0))
        #expect(try ask(.position(key, of: true, nil)) == .integer(1 << 26))
        #expect(try ask(.count(key, nil)) == .integer(1))
        #expect(try keys.ask(.setRange(bytes("o"), offset: 1 << 23, bytes("x"))) == .integer(1 << 23 + 1))
    }

    @Test("A bit that is as it was changes nothing, and an expiry stays")
    mutating func unchanged() throws {
        _ = try keys.ask(.set(key, [0x80], SetOptions(expiry: .after(Milliseconds(500)))))
        #expect(keys.keys.prepare(.bits(.set(key, at: 0, true)), now: keys.now, random: 0).effects.isEmpty)
        #expect(try ask(.set(key, at: 9, false)) == .integer(0))
        #expect(try keys.ask(StringCommand.get(key)) == .bytes([0x80, 0]))
        #expect(try keys.ask(GenericCommand.expiry(key)) == .integer(1_000_500))
        keys.advance(500)
        #expect(try ask(.set(key, at: 7, true)) == .integer(0))
        #expect(try keys.ask(StringCommand.get(key)) == .bytes([1]) && keys.keys.nextExpiry == nil)
    }

    @Test("Counts and positions are those of bit by bit", arguments: UInt64(1)...4)
    mutating func ranges(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<300 {
            let fill: [UInt8] = [0, 255, UInt8(truncatingIfNeeded: random.next())]
            let text = (0..<random.below(40)).map { _ in fill[random.below(3)] }
            try put(text)
            let isOfBits = random.chance(50)
            let count = isOfBits ? text.count * 8 : text.count
            let (start, end) = (random.below(count + 3), random.below(count + 3))
            let range = BitRange(Int64(start), Int64(end), isOfBits: isOfBits)
            let unit = isOfBits ? 1 : 8
            let bits = (0..<text.count * 8).filter { $0 / unit >= start && $0 / unit <= end }
            let isSet = { (place: Int) in text[place / 8] & 0x80 >> UInt8(place % 8) != 0 }
            #expect(try ask(.count(key, range)) == .integer(Int64(bits.count(where: isSet))))
            #expect(try ask(.position(key, of: true, range)) == .integer(Int64(bits.first(where: isSet) ?? -1)))
            #expect(
                try ask(.position(key, of: false, range)) == .integer(Int64(bits.first { !isSet($0) } ?? -1)))
        }
    }

    @Test("Behind a string without an end stand zeros")
    mutating func padding() throws {
        try put([255, 255])
        #expect(try ask(.position(key, of: false, nil)) == .integer(16))
        #expect(try ask(.position(key, of: false, BitRange(1, nil))) == .integer(16))
        #expect(try ask(.position(key, of: false, BitRange(0, -1))) == .integer(-1))
        #expect(try ask(.position(key, of: false, BitRange(2, nil))) == .integer(-1))
        #expect(try ask(.position(key, of: true, BitRange(-8, -9))) == .integer(0))
        #expect(try ask(.count(key, BitRange(-8, -9))) == .integer(0))
        #expect(try ask(.count(key, BitRange(0, -9))) == .integer(8))
        #expect(try ask(.position(bytes("none"), of: false, nil)) == .integer(0))
        #expect(try ask(.position(bytes("none"), of: true, nil)) == .integer(-1))
    }

    @Test("Strings are combined as if zeros followed the shorter ones")
    mutating func combined() throws {
        try put([0xF0, 0x0F])
        _ = try keys.ask(.set(bytes("o"), [0xAA], SetOptions()))
        for (operation, expected) in [
            (BitOperation.and, [0xA0, 0]), (.or, [0xFA, 0x0F]), (.xor, [0x5A, 0x0F]),
        ] as [(BitOperation, Bytes)] {
            #expect(try ask(.combine(operation, [bytes("o"), key, bytes("o")], to: bytes("to"))) == .integer(2))
            let again = operation == .xor ? [0xF0, 0x0F] : expected
            #expect(try keys.ask(StringCommand.get(bytes("to"))) == .bytes(again))
            #expect(try ask(.combine(operation, [key, bytes("o")], to: bytes("to"))) == .integer(2))
            #expect(try keys.ask(StringCommand.get(bytes("to"))) == .bytes(expected))
        }
        #expect(try ask(.combine(.not, [key], to: key)) == .integer(2))
        #expect(try keys.ask(StringCommand.get(key)) == .bytes([0x0F, 0xF0]))
        #expect(try ask(.combine(.or, [bytes("none")], to: key)) == .integer(0))
        #expect(try keys.ask(.exists([key])) == .integer(0))
    }

    private func field(_ type: String, _ place: Int) -> BitField {
        BitField(isSigned: type.first == "i", width: Int(type.dropFirst()) ?? 0, place: place)
    }

    @Test("Numbers that have no room in their fields")
    mutating func overflow() throws {
        for (overflow, expected) in [
            (BitOverflow.wrap, KeyReply.array([.integer(4), .integer(-4)])),
            (.saturate, .array([.integer(255), .integer(-128)])), (.fail, .array([.null, .null])),
        ] {
            try put([250, 130])
            let steps = [
                BitFieldStep(field("u8", 0), .increment(10, overflow)),
                BitFieldStep(field("i8", 8), .increment(overflow == .wrap ? 122 + 256 : -10, overflow)),
            ]
            #expect(try ask(.fields(key, steps)) == expected)
        }
        #expect(try keys.ask(StringCommand.get(key)) == .bytes([250, 130]))
        let highest = BitFieldStep(field("i64", 3), .set(.max, .wrap))
        #expect(try ask(.fields(key, [highest])) != .null)
        let one = [BitFieldStep(field("i64", 3), .increment(1, .saturate)), BitFieldStep(field("i64", 3), .get)]
        #expect(try ask(.fields(key, one)) == .array([.integer(.max), .integer(.max)]))
        let wrapped = BitFieldStep(field("i64", 3), .increment(1, .wrap))
        #expect(try ask(.fields(key, [wrapped])) == .array([.integer(.min)]))
    }

    @Test("Fields are read and written anywhere as bit by bit", arguments: UInt64(1)...3)
    mutating func fields(_ seed: UInt64) throws {
        var (random, model) = (SplitMix64(seed: seed), [Bool](repeating: false, count: 500))
        for _ in 0..<300 {
            let width = 1 + random.below(63)
            let field = BitField(isSigned: false, width: width, place: random.below(400))
            let number = random.next() & (1 << UInt64(width) - 1)
            let places = field.place..<field.place + width
            let old = model[places].reduce(UInt64(0)) { $0 << 1 | ($1 ? 1 : 0) }
            let step = BitFieldStep(field, .set(Int64(bitPattern: number), .wrap))
            let read = BitFieldStep(field, .get)
            #expect(
                try ask(.fields(key, [step, read]))
                    == .array([.integer(Int64(bitPattern: old)), .integer(Int64(bitPattern: number))]))
            for place in places { model[place] = number >> UInt64(places.upperBound - 1 - place) & 1 == 1 }
        }
    }

    @Test("Nothing but strings has bits, and a string has an end")
    mutating func refused() throws {
        _ = try keys.ask(.push(key, .left, [bytes("x")], onlyExisting: false))
        let step = BitFieldStep(field("u8", 0), .get)
        for command: BitCommand in [
            .get(key, at: 0), .set(key, at: 0, true), .count(key, nil), .position(key, of: true, nil),
            .combine(.or, [key], to: bytes("to")), .fields(key, [step]),
        ] {
            #expect(try keys.ask(.bits(command)) == .failure(.wrongType))
        }
        #expect(try keys.ask(.bits(.set(bytes("o"), at: 1 << 32, true))) == .failure(.stringTooLong))
        let beyond = BitFieldStep(field("u8", 1 << 32 - 1), .set(1, .wrap))
        #expect(try keys.ask(.bits(.fields(bytes("o"), [beyond]))) == .failure(.stringTooLong))
    }
}

@Suite("LCS")
struct LongestCommonTests {
    private var keys = KeyspaceHarness()

    private mutating func ask(_ one: String, _ other: String, _ form: LongestCommonForm) throws -> KeyReply {
        _ = try keys.ask(.set(bytes("one"), bytes(one), SetOptions()))
        _ = try keys.ask(.set(bytes("other"), bytes(other), SetOptions()))
        return try keys.ask(.longestCommon(bytes("one"), bytes("other"), form))
    }

    @Test("What two strings have in common")
    mutating func common() throws {
        #expect(try ask("ohmytext", "mynewtext", .bytes) == .text("mytext"))
        #expect(try ask("ohmytext", "mynewtext", .count) == .integer(6))
        #expect(try ask("", "x", .bytes) == .text("") && ask("abc", "xyz", .count) == .integer(0))
        let range = { (start: Int64, end: Int64) in KeyReply.array([.integer(start), .integer(end)]) }
        let parts = { (parts: [KeyReply]) in KeyReply.map([.text("matches"), .array(parts), .text("len"), .integer(6)])
        }
        #expect(
            try ask("ohmytext", "mynewtext", .places(countMin: 0, withCounts: true))
                == parts([
                    .array([range(4, 7), range(5, 8), .integer(4)]), .array([range(2, 3), range(0, 1), .integer(2)]),
                ]))
        #expect(
            try ask("ohmytext", "mynewtext", .places(countMin: 4, withCounts: false))
                == parts([.array([range(4, 7), range(5, 8)])]))
    }

    @Test("What is too long to compare, or no string, is refused")
    mutating func refused() throws {
        let long = String(repeating: "x", count: 12_000)
        #expect(try ask(long, long, .count) == .failure(.stringsTooLongToCompare))
        _ = try keys.ask(.push(bytes("list"), .left, [bytes("x")], onlyExisting: false))
        #expect(try keys.ask(.longestCommon(bytes("list"), bytes("one"), .count)) == .failure(.notStrings))
        #expect(try ask(String(long.prefix(1000)), String(long.prefix(900)), .bytes) == .text(String(long.prefix(900))))
    }
}
