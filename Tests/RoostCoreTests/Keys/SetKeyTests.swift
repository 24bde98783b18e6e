import RoostCore
import RoostModel
import Testing

@Suite("Sets")
struct SetKeyTests {
    private let key = bytes("set")

    private func sets(_ sets: [String: String]) throws -> KeyspaceHarness {
        var keys = KeyspaceHarness()
        for (name, members) in sets { _ = try keys.ask(.add(bytes(name), members.map { bytes(String($0)) })) }
        return keys
    }

    private func all(_ keys: inout KeyspaceHarness, _ key: String = "set") throws -> KeyReply {
        try keys.ask(.members(bytes(key))).ordered
    }

    @Test("Members are there once, and a set without members is gone")
    func addAndRemove() throws {
        var keys = KeyspaceHarness()
        #expect(try keys.ask(.add(key, [bytes("a"), bytes("b"), bytes("a")])) == .integer(2))
        #expect(try keys.ask(.add(key, [bytes("b"), bytes("c")])) == .integer(1))
        #expect(try keys.ask(.add(key, [bytes("b")])) == .integer(0))
        #expect(try all(&keys) == .members("a", "b", "c") && keys.ask(SetCommand.count(key)) == .integer(3))
        #expect(try keys.ask(.contains(key, bytes("a"))) == .integer(1))
        #expect(try keys.ask(.contains(key, bytes("A"))) == .integer(0))
        #expect(
            try keys.ask(.containsEach(key, [bytes("x"), bytes("c"), bytes("c")]))
                == .array([.integer(0), .integer(1), .integer(1)]))
        #expect(try keys.ask(.remove(key, [bytes("x"), bytes("c"), bytes("c")])) == .integer(1))
        #expect(try all(&keys) == .members("a", "b") && keys.ask(.type(key)) == .word(.set))
        #expect(try keys.ask(.remove(key, [bytes("a"), bytes("b")])) == .integer(2))
        #expect(try keys.ask(.exists([key])) == .integer(0) && keys.replayed.count == 0)
    }

    @Test("A key that is not there is an empty set")
    func missing() throws {
        var keys = KeyspaceHarness()
        #expect(try all(&keys) == .set([]) && keys.ask(SetCommand.count(key)) == .integer(0))
        #expect(try keys.ask(.contains(key, bytes("a"))) == .integer(0))
        #expect(try keys.ask(.containsEach(key, [bytes("a")])) == .array([.integer(0)]))
        #expect(try keys.ask(.remove(key, [bytes("a")])) == .integer(0))
        #expect(try keys.ask(.pop(key, count: nil)) == .null && keys.ask(.pop(key, count: 3)) == .set([]))
        #expect(try keys.ask(.randomMembers(key, count: nil)) == .null)
        #expect(try keys.ask(.randomMembers(key, count: 3)) == .array([]))
        #expect(try keys.ask(.randomMembers(key, count: -3)) == .array([]))
        #expect(try keys.ask(SetCommand.scan(key, ScanOptions())) == .page(next: 0, []))
    }

    @Test("A member moves, and only one that is there")
    func move() throws {
        var keys = try sets(["set": "ab", "other": "bc"])
        let other = bytes("other")
        #expect(try keys.ask(.move(from: key, to: other, bytes("x"))) == .integer(0))
        #expect(try keys.ask(.move(from: key, to: key, bytes("a"))) == .integer(1))
        #expect(try keys.ask(.move(from: key, to: key, bytes("x"))) == .integer(0))
        #expect(try keys.ask(.move(from: key, to: other, bytes("b"))) == .integer(1))
        #expect(try all(&keys) == .members("a") && all(&keys, "other") == .members("b", "c"))
        #expect(try keys.ask(.move(from: key, to: bytes("new"), bytes("a"))) == .integer(1))
        #expect(try all(&keys, "new") == .members("a") && keys.ask(.exists([key])) == .integer(0))
        #expect(try keys.ask(.move(from: key, to: bytes("new"), bytes("a"))) == .integer(0))
    }

    @Test(
        "Intersection, union and difference, of sets that are there and not, also with themselves",
        arguments: [
            (["x", "y"], "bc", "abcd", "a"), (["y", "x"], "bc", "abcd", "d"), (["x", "y", "z"], "c", "abcde", "a"),
            (["x"], "abc", "abc", "abc"), (["x", "x"], "abc", "abc", ""), (["x", "none"], "", "abc", "abc"),
            (["none", "x"], "", "abc", ""), (["z", "x", "y"], "c", "abcde", "e"),
        ])
    func operations(_ names: [String], _ intersection: String, _ union: String, _ difference: String) throws {
        var keys = try sets(["x": "abc", "y": "bcd", "z": "ce"])
        let names = names.map(bytes)
        for (operation, members) in zip(SetOperation.allCases, [intersection, union, difference]) {
            let expected = KeyReply.set(members.map { .text(String($0)) })
            #expect(try keys.ask(.combine(operation, names)).ordered == expected)
            // Over a source, and over what is no set.
            for (destination, old) in [("d", Optional(bytes("old"))), ("e", nil), ("x", nil)] {
                var keys = keys
                if let old {
                    _ = try keys.ask(.set(bytes(destination), old, SetOptions(expiry: .after(.seconds(9)))))
                }
                #expect(
                    try keys.ask(.store(operation, names, in: bytes(destination))) == .integer(Int64(members.count)))
                #expect(try all(&keys, destination) == expected)
                let expiry: Int64 = members.isEmpty ? -2 : -1
                #expect(try keys.ask(GenericCommand.expiry(bytes(destination))) == .integer(expiry))
                #expect(keys.keys.nextExpiry == nil && keys.replayed.count == keys.keys.count)
            }
        }
        let count = intersection.count
        for limit in 0...4 {
            let expected = limit == 0 ? count : min(limit, count)
            #expect(try keys.ask(.intersectionCount(names, limit: limit)) == .integer(Int64(expected)))
        }
    }

    @Test("What is no set is refused in any place, and nothing happens")
    func wrongType() throws {
        var keys = try sets(["set": "ab"])
        let text = bytes("text")
        _ = try keys.ask(.set(text, bytes("a"), SetOptions()))
        let commands: [SetCommand] = [
            .add(text, [bytes("a")]), .remove(text, [bytes("a")]), .count(text), .contains(text, bytes("a")),
            .containsEach(text, [bytes("a")]), .members(text), .pop(text, count: nil), .pop(text, count: 0),
            .randomMembers(text, count: nil), .randomMembers(text, count: -1), .move(from: text, to: key, bytes("a")),
            .move(from: key, to: text, bytes("a")), .combine(.intersection, [bytes("none"), text]),
            .combine(.union, [key, text]), .combine(.difference, [bytes("none"), text]),
            .store(.intersection, [bytes("none"), text], in: key), .intersectionCount([key, text], limit: 1),
            .scan(text, ScanOptions()),
        ]
        for command in commands { #expect(try keys.ask(command) == .failure(.wrongType)) }
        #expect(try keys.ask(.move(from: bytes("none"), to: text, bytes("a"))) == .integer(0))
        #expect(try all(&keys) == .members("a", "b") && keys.ask(StringCommand.get(text)) == .text("a"))
    }

    @Test("A set whose time is over is not there, and what is made in its place does not expire")
    func expiry() throws {
        let commands: [SetCommand] = [
            .add(key, [bytes("b")]), .move(from: bytes("other"), to: key, bytes("b")),
            .store(.union, [bytes("other"), key], in: key),
        ]
        for command in commands {
            var keys = try sets(["set": "abc", "other": "b"])
            _ = try keys.ask(.expire(key, at: keys.now + Milliseconds(1), .always))
            keys.advance(1)
            #expect(try all(&keys) == .set([]) && keys.ask(.combine(.union, [key])) == .set([]))
            #expect(try keys.ask(command) == .integer(1))
            #expect(try all(&keys) == .members("b"))
            #expect(try keys.ask(GenericCommand.expiry(key)) == .integer(-1))
        }
        var keys = try sets(["set": "abc"])
        _ = try keys.ask(.expire(key, at: keys.now + Milliseconds(1), .always))
        keys.advance(1)
        #expect(try keys.ask(.store(.union, [key], in: key)) == .integer(0))
        #expect(keys.keys.count == 0 && keys.replayed.count == 0)
    }

    @Test("A change keeps the expiry")
    func expiryStays() throws {
        var keys = try sets(["set": "abc"])
        _ = try keys.ask(.expire(key, at: keys.now + .seconds(1), .always))
        _ = try keys.ask(.add(key, [bytes("d")]))
        _ = try keys.ask(.pop(key, count: 2))
        #expect(try keys.ask(GenericCommand.expiry(key)) == .integer(1_001_000))
    }
}
