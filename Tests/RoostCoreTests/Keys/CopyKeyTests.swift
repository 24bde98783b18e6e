import RoostCore
import RoostModel
import Testing

@Suite("COPY")
struct CopyKeyTests {
    private let key = bytes("key")
    private let other = bytes("other")

    @Test("A copy has the value and the expiry, and changes alone")
    func copies() throws {
        var keys = KeyspaceHarness()
        _ = try keys.ask(.push(key, .right, [bytes("a")], onlyExisting: false))
        _ = try keys.ask(.expire(key, at: keys.now + .seconds(1), .always))
        #expect(try keys.ask(.copy(key, to: other, replaces: false)) == .integer(1))
        _ = try keys.ask(.push(key, .right, [bytes("b")], onlyExisting: false))
        _ = try keys.ask(.push(other, .right, [bytes("c")], onlyExisting: false))
        #expect(try keys.ask(ListCommand.range(key, start: 0, end: -1)) == .texts("a", "b"))
        #expect(try keys.ask(ListCommand.range(other, start: 0, end: -1)) == .texts("a", "c"))
        _ = try keys.ask(.persist(key))
        #expect(try keys.ask(GenericCommand.expiry(other)) == .integer(1_001_000))
        keys.advance(1_000)
        #expect(try keys.ask(.exists([key, other])) == .integer(1))
    }

    @Test("What is there stays without REPLACE, and is replaced with it, whatever it is")
    func replaces() throws {
        var keys = KeyspaceHarness()
        _ = try keys.ask(.set(key, bytes("a"), SetOptions()))
        _ = try keys.ask(.add(other, [bytes("m")]))
        _ = try keys.ask(.expire(other, at: keys.now + .seconds(1), .always))
        #expect(try keys.ask(.copy(key, to: other, replaces: false)) == .integer(0))
        #expect(try keys.ask(.copy(bytes("none"), to: other, replaces: true)) == .integer(0))
        #expect(try keys.ask(.type(other)) == .word(.set))
        #expect(try keys.ask(.copy(key, to: other, replaces: true)) == .integer(1))
        #expect(try keys.ask(StringCommand.get(other)) == .text("a") && keys.keys.nextExpiry == nil)
        #expect(try keys.ask(GenericCommand.expiry(other)) == .integer(-1))
    }

    @Test("A key whose time is over is no source, and no obstacle")
    func leftOver() throws {
        var keys = KeyspaceHarness()
        _ = try keys.ask(.set(key, bytes("a"), SetOptions(expiry: .after(Milliseconds(1)))))
        _ = try keys.ask(.set(other, bytes("b"), SetOptions()))
        keys.advance(1)
        #expect(try keys.ask(.copy(key, to: other, replaces: true)) == .integer(0))
        #expect(try keys.ask(.copy(other, to: key, replaces: false)) == .integer(1))
        #expect(try keys.ask(StringCommand.get(key)) == .text("b") && keys.keys.nextExpiry == nil)
    }
}
