import RoostCore
import RoostModel
import Testing

@Suite("Lists of keys")
struct ListKeyTests {
    private let key = bytes("list")

    private func list(_ texts: String...) throws -> KeyspaceHarness {
        var keys = KeyspaceHarness()
        _ = try keys.ask(.push(key, .right, texts.map(bytes), onlyExisting: false))
        return keys
    }

    private func all(_ keys: inout KeyspaceHarness, _ key: String = "list") throws -> KeyReply {
        try keys.ask(ListCommand.range(bytes(key), start: 0, end: -1))
    }

    @Test("Neighbours that are equal are removed together")
    func removeNeighbours() throws {
        var keys = try list("x", "x", "a", "x", "b", "x", "x", "x")
        let prepared = keys.keys.prepare(.list(.remove(key, count: 0, bytes("x"))), now: keys.now, random: 0)
        #expect(prepared.effects == [5..<8, 3..<4, 0..<2].map { .removeElements(key, $0) })
        #expect(try keys.ask(.remove(key, count: -2, bytes("x"))) == .integer(2))
        #expect(try keys.ask(.remove(key, count: 0, bytes("x"))) == .integer(4))
        #expect(try all(&keys) == .array([.text("a"), .text("b")]))
        _ = try keys.ask(.push(bytes("all"), .right, [key, key], onlyExisting: false))
        #expect(try keys.ask(.remove(bytes("all"), count: 0, key)) == .integer(2))
        #expect(try keys.ask(.exists([bytes("all")])) == .integer(0))
    }

    @Test("Pushed one after the other, popped from both ends, gone when it is empty")
    func pushAndPop() throws {
        var keys = try list("a", "b")
        #expect(try keys.ask(.push(key, .left, [bytes("x"), bytes("y")], onlyExisting: false)) == .integer(4))
        #expect(try all(&keys) == .texts("y", "x", "a", "b"))
        #expect(try keys.ask(.pop(key, .right, count: nil)) == .text("b"))
        #expect(try keys.ask(.pop(key, .left, count: 2)) == .texts("y", "x"))
        #expect(try keys.ask(.pop(key, .right, count: 0)) == .array([]))
        #expect(try keys.ask(.pop(key, .right, count: 9)) == .texts("a"))
        #expect(try keys.ask(.pop(key, .right, count: 9)) == .nullArray)
        #expect(try keys.ask(.exists([key])) == .integer(0) && keys.replayed.count == 0)
        #expect(try keys.ask(.push(key, .left, [bytes("x")], onlyExisting: true)) == .integer(0))
    }

    @Test("The first list that has elements is popped")
    func popFirst() throws {
        var keys = try list("a", "b", "c")
        let names = [bytes("none"), key]
        #expect(
            try keys.ask(.popFirst(names, .right, count: 2)) == .array([.text("list"), .texts("c", "b")]))
        #expect(try keys.ask(.popFirst([bytes("none")], .left, count: 1)) == .nullArray)
    }

    @Test(
        "An element moves from any end to any end, of another list or the same", arguments: [ListEnd.left, .right],
        [ListEnd.left, .right])
    func move(_ from: ListEnd, _ to: ListEnd) throws {
        for target in ["list", "other"] {
            for texts in [["a"], ["a", "b", "c"]] {
                var (keys, model) = (KeyspaceHarness(), ["list": texts, "other": [String]()])
                _ = try keys.ask(.push(key, .right, texts.map(bytes), onlyExisting: false))
                let element = try #require(from == .left ? model["list"]?.removeFirst() : model["list"]?.removeLast())
                let count = model[target]?.count ?? 0
                model[target]?.insert(element, at: to == .left ? 0 : count)
                #expect(try keys.ask(.move(from: key, from, to: bytes(target), to)) == .text(element))
                for (name, texts) in model { #expect(try all(&keys, name) == .array(texts.map { .text($0) })) }
            }
        }
    }

    @Test("Elements are set, inserted and removed by position and by content")
    func changes() throws {
        var keys = try list("a", "b", "a", "c", "a")
        #expect(try keys.ask(.set(key, at: -2, bytes("C"))) == .ok)
        #expect(try keys.ask(.set(key, at: 5, bytes("C"))) == .failure(.indexOutOfRange))
        #expect(try keys.ask(.set(bytes("none"), at: 0, bytes("C"))) == .failure(.noSuchKey))
        #expect(try keys.ask(.insert(key, before: true, pivot: bytes("b"), bytes("x"))) == .integer(6))
        #expect(try keys.ask(.insert(key, before: false, pivot: bytes("C"), bytes("y"))) == .integer(7))
        #expect(try keys.ask(.insert(key, before: false, pivot: bytes("?"), bytes("y"))) == .integer(-1))
        #expect(try all(&keys) == .texts("a", "x", "b", "a", "C", "y", "a"))
        #expect(
            try keys.ask(.positions(key, bytes("a"), rank: -1, count: 0, lengthMax: 0))
                == .array([.integer(6), .integer(3), .integer(0)]))
        #expect(try keys.ask(.positions(key, bytes("a"), rank: 2, count: nil, lengthMax: 4)) == .integer(3))
        #expect(try keys.ask(.positions(key, bytes("a"), rank: 2, count: nil, lengthMax: 3)) == .null)
        #expect(try keys.ask(.remove(key, count: -2, bytes("a"))) == .integer(2))
        #expect(try all(&keys) == .texts("a", "x", "b", "C", "y"))
        #expect(try keys.ask(.trim(key, start: 1, end: -2)) == .ok)
        #expect(try all(&keys) == .texts("x", "b", "C"))
        #expect(try keys.ask(.trim(key, start: 3, end: 9)) == .ok)
        #expect(try keys.ask(.exists([key])) == .integer(0))
    }

    @Test("What is no list is refused, and nothing happens")
    func wrongType() throws {
        var keys = try list("a")
        #expect(try keys.ask(StringCommand.get(key)) == .failure(.wrongType))
        #expect(try keys.ask(.append(key, bytes("b"))) == .failure(.wrongType))
        _ = try keys.ask(.set(bytes("text"), bytes("a"), SetOptions()))
        #expect(try keys.ask(.push(bytes("text"), .left, [bytes("b")], onlyExisting: false)) == .failure(.wrongType))
        #expect(try keys.ask(.move(from: key, .left, to: bytes("text"), .left)) == .failure(.wrongType))
        #expect(try all(&keys) == .texts("a"))
    }

    @Test("Where nothing is pushed or popped, nothing goes to the log")
    func nothing() throws {
        let list = bytes("list")
        var keys = KeyspaceHarness()
        #expect(try keys.ask(.push(list, .left, [], onlyExisting: false)) == .integer(0))
        #expect(try keys.ask(.exists([list])) == .integer(0))
        _ = try keys.ask(.push(list, .left, [bytes("a")], onlyExisting: false))
        for command in [ListCommand.pop(list, .left, count: 0), .popFirst([list], .right, count: 0)] {
            #expect(keys.keys.prepare(.list(command), now: keys.now, random: 0).effects.isEmpty)
        }
    }
}
