import RoostCore
import RoostModel
import Testing

@Suite("When keys expire")
struct ExpiryKeyTests {
    private let key = bytes("key")

    private func filled() throws -> KeyspaceHarness {
        var keys = KeyspaceHarness()
        _ = try keys.ask(.set(key, bytes("x"), SetOptions()))
        return keys
    }

    @Test("A span counts from now, and a time that is over ends the key")
    func spans() throws {
        var keys = try filled()
        #expect(try keys.ask(.expireAfter(key, Milliseconds(1700), .always)) == .integer(1))
        #expect(try keys.ask(.expiry(key, .milliseconds)) == .integer(1_001_700))
        #expect(try keys.ask(.expiry(key, .seconds)) == .integer(1002))
        #expect(try keys.ask(.expiry(key, .millisecondsLeft)) == .integer(1700))
        #expect(try keys.ask(.expiry(key, .secondsLeft)) == .integer(2))
        keys.advance(201)
        #expect(try keys.ask(.expiry(key, .secondsLeft)) == .integer(1))
        #expect(try keys.ask(.expireAfter(key, Milliseconds(.min), .always)) == .integer(1))
        #expect(try keys.ask(.exists([key])) == .integer(0) && keys.replayed.count == 0)
        for form in [ExpiryForm.milliseconds, .seconds, .millisecondsLeft, .secondsLeft] {
            #expect(try keys.ask(.expiry(key, form)) == .integer(-2))
        }
    }

    @Test(
        "Conditions, without an expiry and with one in 1000 ms",
        arguments: [
            (ExpiryCondition.always, 1, 1, 1), (.ifNone, 1, 0, 0), (.ifSome, 0, 1, 1), (.ifLater, 0, 0, 1),
            (.ifEarlier, 1, 1, 0), (.ifSomeEarlier, 0, 1, 0),
        ])
    func conditions(_ condition: ExpiryCondition, _ without: Int64, _ earlier: Int64, _ later: Int64) throws {
        var keys = try filled()
        #expect(try keys.ask(.expireAfter(key, Milliseconds(1000), condition)) == .integer(without))
        for (span, expected) in [(Int64(500), earlier), (1500, later)] {
            keys = try filled()
            _ = try keys.ask(.expireAfter(key, Milliseconds(1000), .always))
            #expect(try keys.ask(.expireAfter(key, Milliseconds(span), condition)) == .integer(expected))
            let left = expected == 1 ? span : 1000
            #expect(try keys.ask(.expiry(key, .millisecondsLeft)) == .integer(left))
        }
    }

    @Test("All names that match, without those whose time is over")
    func names() throws {
        var keys = KeyspaceHarness()
        for name in ["one", "two", "three"] { _ = try keys.ask(.set(bytes(name), [], SetOptions())) }
        _ = try keys.ask(.expireAfter(bytes("three"), Milliseconds(1), .always))
        keys.advance(1)
        #expect(try keys.ask(GenericCommand.names(nil)).texts.sorted() == ["one", "two"])
        #expect(try keys.ask(GenericCommand.names(GlobPattern(bytes("t*")))).texts == ["two"])
    }
}
