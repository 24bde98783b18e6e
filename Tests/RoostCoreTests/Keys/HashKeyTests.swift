import RoostCore
import RoostModel
import Testing

extension KeyspaceHarness {
    mutating func hash(_ command: HashCommand) throws -> KeyReply { try ask(.hash(command)) }
}

func pairs(_ texts: (String, String)...) -> [KeyValuePair] { texts.map { KeyValuePair(bytes($0), bytes($1)) } }

@Suite("Hashes")
struct HashKeyTests {
    private let key = bytes("hash")
    private let none = bytes("none")

    private func hash(_ pairs: (String, String)...) throws -> KeyspaceHarness {
        var keys = KeyspaceHarness()
        _ = try keys.hash(.set(key, pairs.map { KeyValuePair(bytes($0), bytes($1)) }))
        return keys
    }

    @Test("Fields are set and read; the answer is how many are new")
    func set() throws {
        var keys = KeyspaceHarness()
        #expect(try keys.hash(.set(key, pairs(("a", "1"), ("b", "2")))) == .integer(2))
        #expect(try keys.hash(.set(key, pairs(("b", "3"), ("c", "4"), ("c", "5")))) == .integer(1))
        #expect(try keys.hash(.set(key, pairs(("b", "3")), countsNew: false)) == .ok)
        #expect(try keys.hash(.get(key, field: bytes("b"))) == .text("3"))
        #expect(
            try keys.hash(.get(key, field: bytes("x"))) == .null && keys.hash(.get(none, field: bytes("b"))) == .null)
        #expect(
            try keys.hash(.getMany(key, fields: ["c", "x", "c", "a"].map(bytes)))
                == .array([.text("5"), .null, .text("5"), .text("1")]))
        #expect(try keys.hash(.length(key)) == .integer(3))
        #expect(try keys.ask(.type(key)) == .word(.hash))
    }

    @Test("HSETNX sets what is new alone")
    func setNew() throws {
        var keys = KeyspaceHarness()
        #expect(try keys.hash(.setNew(key, field: bytes("a"), bytes("1"))) == .integer(1))
        #expect(try keys.hash(.setNew(key, field: bytes("a"), bytes("2"))) == .integer(0))
        #expect(try keys.hash(.getAll(key)) == .map([.text("a"), .text("1")]))
    }

    @Test("Fields and values stand in the same order")
    func all() throws {
        var keys = try hash(("a", "1"), ("b", ""), ("", "3"))
        guard case .array(let fields) = try keys.hash(.fields(key)),
            case .array(let values) = try keys.hash(.values(key))
        else { throw KeyError.wrongType }
        #expect(try keys.hash(.getAll(key)) == .map(zip(fields, values).flatMap { [$0, $1] }))
        #expect(fields.count == 3 && ["a", "b", ""].allSatisfy { fields.contains(.text($0)) })
        #expect(try keys.hash(.getAll(none)) == .map([]))
        #expect(try keys.hash(.fields(none)) == .array([]) && keys.hash(.values(none)) == .array([]))
    }

    @Test("Lengths of values, and whether fields are there")
    func lengths() throws {
        var keys = try hash(("a", "four"), ("b", ""))
        #expect(try keys.hash(.valueLength(key, field: bytes("a"))) == .integer(4))
        #expect(try keys.hash(.valueLength(key, field: bytes("b"))) == .integer(0))
        #expect(try keys.hash(.valueLength(key, field: bytes("x"))) == .integer(0))
        #expect(try keys.hash(.exists(key, field: bytes("b"))) == .integer(1))
        #expect(try keys.hash(.exists(key, field: bytes("x"))) == .integer(0))
        #expect(try keys.hash(.length(none)) == .integer(0))
    }

    @Test("Removed fields count once, and the last takes the hash away")
    func remove() throws {
        var keys = try hash(("a", "1"), ("b", "2"), ("c", "3"))
        #expect(try keys.hash(.remove(key, fields: ["a", "x", "a"].map(bytes))) == .integer(1))
        #expect(try keys.hash(.remove(key, fields: ["a"].map(bytes))) == .integer(0))
        #expect(try keys.ask(.exists([key])) == .integer(1))
        #expect(try keys.hash(.remove(key, fields: ["b", "c"].map(bytes))) == .integer(2))
        #expect(try keys.ask(.exists([key])) == .integer(0) && keys.replayed.count == 0)
        #expect(try keys.hash(.remove(none, fields: ["b"].map(bytes))) == .integer(0))
    }

    @Test("What is no hash is refused, and a hash is nothing else")
    func wrongType() throws {
        var keys = try hash(("a", "1"))
        let text = bytes("text")
        _ = try keys.ask(.set(text, bytes("x"), SetOptions()))
        let commands: [HashCommand] = [
            .set(text, pairs(("a", "1"))), .setNew(text, field: key, key), .get(text, field: key),
            .getMany(text, fields: [key]), .getAll(text), .fields(text), .values(text), .length(text),
            .exists(text, field: key), .valueLength(text, field: key), .remove(text, fields: [key]),
            .increment(text, field: key, by: 1), .incrementFloat(text, field: key, by: 1), .pick(text),
            .pickMany(text, count: 1, withValues: false), .scan(text, ScanOptions()),
        ]
        for command in commands { #expect(try keys.hash(command) == .failure(.wrongType)) }
        #expect(try keys.ask(StringCommand.get(key)) == .failure(.wrongType))
        #expect(try keys.ask(StringCommand.get(text)) == .text("x"))
    }

    @Test("A hash whose time is over is not there: a new one has neither its fields nor its time")
    func expired() throws {
        var keys = try hash(("a", "1"), ("n", "5"))
        _ = try keys.ask(GenericCommand.expire(key, at: keys.now + Milliseconds(100), .always))
        _ = try keys.hash(.set(key, pairs(("b", "2"))))
        #expect(try keys.ask(GenericCommand.expiry(key)) == .integer(1_000_100))
        keys.advance(100)
        #expect(try keys.hash(.getAll(key)) == .map([]) && keys.hash(.remove(key, fields: [bytes("a")])) == .integer(0))
        #expect(try keys.hash(.increment(key, field: bytes("n"), by: 1)) == .integer(1))
        #expect(try keys.hash(.getAll(key)) == .map([.text("n"), .text("1")]))
        #expect(try keys.ask(GenericCommand.expiry(key)) == .integer(-1))
    }

    @Test("Effects that do not fit are refused")
    func mismatch() throws {
        var keys = try hash(("a", "1"))
        _ = try keys.ask(.set(none, bytes("x"), SetOptions()))
        let effects: [HashEffect] = [
            .put(key, []), .put(none, pairs(("a", "1"))), .remove(key, fields: [bytes("x")]),
            .remove(none, fields: [bytes("x")]), .remove(bytes("missing"), fields: [bytes("x")]),
        ]
        for effect in effects { #expect(throws: KeyMismatch.self) { try keys.keys.apply(.hash(effect)) } }
    }
}

@Suite("Numbers in hashes")
struct HashNumberTests {
    private let key = bytes("hash")
    private let field = bytes("n")

    @Test(
        "Whole numbers have 64 bits",
        arguments: [
            (nil, 5, KeyReply.integer(5)), ("10", -11, .integer(-1)), ("9223372036854775806", 1, .integer(.max)),
            ("9223372036854775807", 1, .failure(.overflow)), ("-9223372036854775808", -1, .failure(.overflow)),
            ("", 1, .failure(.hashValueNotAnInteger)), ("1.5", 1, .failure(.hashValueNotAnInteger)),
            (" 1", 1, .failure(.hashValueNotAnInteger)), ("01", 1, .failure(.hashValueNotAnInteger)),
            ("9223372036854775808", 0, .failure(.hashValueNotAnInteger)),
        ])
    func integers(_ old: String?, _ step: Int64, _ reply: KeyReply) throws {
        var keys = KeyspaceHarness()
        if let old { _ = try keys.hash(.set(key, [KeyValuePair(field, bytes(old))])) }
        #expect(try keys.hash(.increment(key, field: field, by: step)) == reply)
        let stored: KeyReply = if case .integer(let sum) = reply { .text("\(sum)") } else { .text(old ?? "") }
        #expect(try keys.hash(.get(key, field: field)) == stored)
    }

    /// INCRBYFLOAT and HINCRBYFLOAT of redis-server 7.0.15.
    @Test(
        "Sums of long doubles are written without an exponent, in hashes and in strings",
        arguments: [
            (nil, "10.5", "10.5"), ("10.5", "0.1", "10.6"), ("5.0e3", "2.0e2", "5200"), ("3", "-3", "0"),
            ("0.1", "0.2", "0.3"), ("1e15", "0.5", "1000000000000000.5"),
            ("9223372036854775807", "1", "9223372036854775808"),
            ("0", "1e-17", "0.00000000000000001"), ("-0", "0", "0"), ("0x10", "1", "17"),
        ])
    func floats(_ old: String?, _ step: String, _ sum: String) throws {
        #if arch(x86_64)
            var keys = KeyspaceHarness()
            if let old {
                _ = try keys.hash(.set(key, [KeyValuePair(field, bytes(old))]))
                _ = try keys.ask(.set(bytes("text"), bytes(old), SetOptions(expiry: .after(.seconds(1)))))
            }
            let step = try #require(FloatText.parseLongDouble(bytes(step)))
            #expect(try keys.hash(.incrementFloat(key, field: field, by: step)) == .text(sum))
            #expect(try keys.hash(.get(key, field: field)) == .text(sum))
            #expect(try keys.ask(.incrementFloat(bytes("text"), by: step)) == .text(sum))
            #expect(try keys.ask(StringCommand.get(bytes("text"))) == .text(sum))
            #expect(try keys.ask(GenericCommand.expiry(bytes("text"))) == .integer(old == nil ? -1 : 1_001_000))
        #endif
    }

    @Test(
        "What is no number, and sums that are none, change nothing",
        arguments: [
            ("a", LongDouble(1), KeyError.notAFloat), ("", 1, .notAFloat), ("1 ", 1, .notAFloat),
            ("nan", 1, .notAFloat),
            ("inf", 1, .notFinite), ("1", .infinity, .notFinite), ("inf", -.infinity, .notFinite),
        ])
    func refusedFloats(_ old: String, _ step: LongDouble, _ error: KeyError) throws {
        var keys = KeyspaceHarness()
        _ = try keys.hash(.set(key, [KeyValuePair(field, bytes(old))]))
        _ = try keys.ask(.set(bytes("text"), bytes(old), SetOptions()))
        #expect(
            try keys.hash(.incrementFloat(key, field: field, by: step))
                == .failure(error == .notAFloat ? .hashValueNotAFloat : error))
        #expect(try keys.hash(.get(key, field: field)) == .text(old))
        #expect(try keys.ask(.incrementFloat(bytes("text"), by: step)) == .failure(error))
        #expect(try keys.ask(StringCommand.get(bytes("text"))) == .text(old))
        #expect(try keys.ask(.incrementFloat(key, by: step)) == .failure(.wrongType))
    }
}
