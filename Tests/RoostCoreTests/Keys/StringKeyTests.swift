import RoostCore
import RoostModel
import Testing

@Suite("Strings")
struct StringKeyTests {
    private let key = bytes("key")

    @Test("A key holds what it was set to, and nothing else does")
    func set() throws {
        var keys = KeyspaceHarness()
        #expect(try keys.ask(StringCommand.get(key)) == .null)
        #expect(try keys.ask(.set(key, bytes("a"), SetOptions())) == .ok)
        #expect(try keys.ask(StringCommand.get(key)) == .text("a"))
        #expect(try keys.ask(StringCommand.get(bytes("KEY"))) == .null)
        #expect(try keys.ask(.type(key)) == .word(.string))
    }

    @Test("Conditions of SET", arguments: [SetOptions.Condition.always, .ifNone, .ifExists], [false, true])
    func conditions(_ condition: SetOptions.Condition, _ answersOld: Bool) throws {
        for exists in [false, true] {
            var keys = KeyspaceHarness()
            if exists { _ = try keys.ask(.set(key, bytes("old"), SetOptions())) }
            let isMet = condition == .always || exists == (condition == .ifExists)
            let reply = try keys.ask(.set(key, bytes("new"), SetOptions(condition: condition, answersOld: answersOld)))
            #expect(reply == (answersOld ? exists ? .text("old") : .null : isMet ? .ok : .null))
            let now: KeyReply = isMet ? .text("new") : exists ? .text("old") : .null
            #expect(try keys.ask(StringCommand.get(key)) == now)
        }
    }

    @Test("Time ends a key, whether a tick came or not")
    func expiry() throws {
        var keys = KeyspaceHarness()
        _ = try keys.ask(.set(key, bytes("a"), SetOptions(expiry: .after(Milliseconds(100)))))
        #expect(try keys.ask(GenericCommand.expiry(key)) == .integer(1_000_100))
        keys.advance(99)
        #expect(try keys.ask(StringCommand.get(key)) == .text("a"))
        keys.advance(1)
        #expect(try keys.ask(StringCommand.get(key)) == .null && keys.ask(.exists([key])) == .integer(0))
        #expect(keys.keys.expired(keys.now, atMost: 10) == [key])
        #expect(try keys.ask(.append(key, bytes("b"))) == .integer(1))
        #expect(try keys.ask(StringCommand.get(key)) == .text("b"))
        #expect(try keys.ask(GenericCommand.expiry(key)) == .integer(-1) && keys.keys.nextExpiry == nil)
    }

    @Test("A time that is over takes the key away")
    func expiryInThePast() throws {
        var keys = KeyspaceHarness()
        _ = try keys.ask(.set(key, bytes("a"), SetOptions()))
        _ = try keys.ask(.set(key, bytes("b"), SetOptions(expiry: .at(keys.now))))
        #expect(try keys.ask(StringCommand.get(key)) == .null && keys.keys.count == 0)
    }

    @Test(
        "Numbers are counted in 64 bits, and only what Redis takes for one",
        arguments: [
            ("0", 1, KeyReply.integer(1)), ("-5", 5, .integer(0)), ("9223372036854775806", 1, .integer(.max)),
            ("9223372036854775807", 1, .failure(.overflow)), ("-9223372036854775808", -1, .failure(.overflow)),
            ("-9223372036854775808", 1, .integer(.min + 1)), ("9223372036854775808", 0, .failure(.notAnInteger)),
            ("01", 1, .failure(.notAnInteger)), ("+1", 1, .failure(.notAnInteger)), ("-0", 1, .failure(.notAnInteger)),
            ("", 1, .failure(.notAnInteger)), (" 1", 1, .failure(.notAnInteger)), ("-", 1, .failure(.notAnInteger)),
        ])
    func increment(_ old: String, _ step: Int64, _ reply: KeyReply) throws {
        var keys = KeyspaceHarness()
        _ = try keys.ask(.set(key, bytes(old), SetOptions(expiry: .after(.seconds(1)))))
        #expect(try keys.ask(.increment(key, by: step)) == reply)
        if case .integer(let sum) = reply { #expect(try keys.ask(StringCommand.get(key)) == .text("\(sum)")) }
        #expect(try keys.ask(GenericCommand.expiry(key)) == .integer(1_001_000))
    }

    @Test("Parts are read and written")
    func parts() throws {
        var keys = KeyspaceHarness()
        #expect(try keys.ask(.setRange(key, offset: 2, bytes("cd"))) == .integer(4))
        #expect(try keys.ask(StringCommand.get(key)) == .text("\0\0cd"))
        #expect(try keys.ask(.setRange(key, offset: 3, bytes("DE"))) == .integer(5))
        #expect(try keys.ask(.setRange(key, offset: 6, bytes("g"))) == .integer(7))
        #expect(try keys.ask(StringCommand.get(key)) == .text("\0\0cDE\0g"))
        #expect(try keys.ask(.setRange(key, offset: 512 << 20, bytes("g"))) == .failure(.stringTooLong))
        #expect(try keys.ask(StringCommand.range(key, start: -5, end: -3)) == .text("cDE"))
        #expect(try keys.ask(StringCommand.range(key, start: 5, end: .max)) == .text("\0g"))
        #expect(try keys.ask(StringCommand.range(key, start: 4, end: 2)) == .text(""))
        // As redis-server 7.0.15 answers.
        let places: [(start: Int64, end: Int64, String)] = [
            (.min, .min, "\0"), (-7, -9, ""), (-9, -7, "\0"), (0, -9, "\0"), (1, -9, ""),
        ]
        for (start, end, text) in places {
            #expect(try keys.ask(StringCommand.range(key, start: start, end: end)) == .text(text))
        }
        let other = bytes("other")
        #expect(try keys.ask(.append(other, [])) == .integer(0) && keys.ask(.exists([other])) == .integer(1))
        #expect(try keys.ask(StringCommand.range(other, start: 0, end: -1)) == .text(""))
    }

    @Test("Several at once: all or none with NX")
    func many() throws {
        var keys = KeyspaceHarness()
        let pairs = [KeyValuePair(bytes("a"), bytes("1")), KeyValuePair(bytes("b"), bytes("2"))]
        #expect(try keys.ask(.setMany(pairs, onlyNew: true)) == .integer(1))
        let more = [KeyValuePair(bytes("c"), bytes("3")), KeyValuePair(bytes("a"), bytes("9"))]
        #expect(try keys.ask(.setMany(more, onlyNew: true)) == .integer(0))
        _ = try keys.ask(.push(bytes("l"), .left, [bytes("x")], onlyExisting: false))
        #expect(
            try keys.ask(.getMany(["a", "b", "c", "l"].map(bytes)))
                == .array([.text("1"), .text("2"), .null, .null]))
    }
}
