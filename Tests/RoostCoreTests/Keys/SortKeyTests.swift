import RoostCore
import RoostModel
import Testing

@Suite("SORT")
struct SortKeyTests {
    private let key = bytes("key")

    private func list(_ texts: String...) throws -> KeyspaceHarness {
        var keys = KeyspaceHarness()
        _ = try keys.ask(.push(key, .right, texts.map(bytes), onlyExisting: false))
        return keys
    }

    private func sort(_ keys: inout KeyspaceHarness, _ options: SortOptions) throws -> [String] {
        try keys.ask(.sort(key, options)).texts
    }

    private func put(_ keys: inout KeyspaceHarness, _ pairs: KeyValuePairs<String, String>) throws {
        for (key, value) in pairs { _ = try keys.ask(.set(bytes(key), bytes(value), SetOptions())) }
    }

    @Test("As numbers, or as bytes; up and down")
    func order() throws {
        var keys = try list("10", "9", "-1.5", "1e2", "9.0", "")
        #expect(try sort(&keys, SortOptions()) == ["-1.5", "", "9", "9.0", "10", "1e2"])
        #expect(try sort(&keys, SortOptions(isDescending: true)) == ["1e2", "10", "9.0", "9", "", "-1.5"])
        #expect(try sort(&keys, SortOptions(isAlphabetic: true)) == ["", "-1.5", "10", "1e2", "9", "9.0"])
        #expect(
            try sort(&keys, SortOptions(isDescending: true, isAlphabetic: true)) == [
                "9.0", "9", "1e2", "10", "-1.5", "",
            ])
    }

    @Test("What is a number", arguments: ["inf", "-Infinity", "0x10", " 1", "1.", ".5", "+1", "\t\n1", "1e308"])
    func numbers(_ text: String) throws {
        var keys = try list(text)
        #expect(try sort(&keys, SortOptions()) == [text])
    }

    @Test("What is none", arguments: ["a", "nan", "1 ", " ", "1e400", "-1e400", "1,5", "1a", "é", "--1"])
    func noNumbers(_ text: String) throws {
        var keys = try list("1", text)
        #expect(try keys.ask(.sort(key, SortOptions())) == .failure(.sortValueNotANumber))
        #expect(try keys.ask(.sort(key, SortOptions(destination: key))) == .failure(.sortValueNotANumber))
        #expect(try sort(&keys, SortOptions(isAlphabetic: true)).count == 2)
    }

    @Test(
        "A part of it",
        arguments: [
            (0, -1, "1234"), (1, 2, "23"), (-5, 2, "12"), (3, 9, "4"), (4, 1, ""), (9, 1, ""), (1, 0, ""),
            (0, Int64.max, "1234"), (Int64.max, Int64.max, ""), (2, Int64.min, "34"),
        ] as [(Int64, Int64, String)])
    func limit(_ offset: Int64, _ count: Int64, _ expected: String) throws {
        var keys = try list("3", "1", "4", "2")
        #expect(try sort(&keys, SortOptions(offset: offset, count: count)) == expected.map { String($0) })
        var ordered = try list("1", "2", "3", "4")
        let kept = SortOptions(by: .constant, offset: offset, count: count)
        #expect(try sort(&ordered, kept) == expected.map { String($0) })
        var reversed = try list("4", "3", "2", "1")
        let down = SortOptions(by: .constant, offset: offset, count: count, isDescending: true)
        #expect(try sort(&reversed, down) == expected.map { String($0) })
    }

    @Test("By the values of other keys, and answering them")
    func patterns() throws {
        var keys = try list("a", "b", "c", "d")
        try put(&keys, ["w_a": "3", "w_b": "1", "w_d": "-1", "name_a_x": "A", "name_c_x": "C"])
        let by = SortPattern(bytes("w_*"))
        #expect(try sort(&keys, SortOptions(by: by)) == ["d", "c", "b", "a"])
        #expect(try sort(&keys, SortOptions(by: by, isAlphabetic: true)) == ["c", "d", "b", "a"])
        let get = ["#", "name_*_x", "fixed"].map { SortPattern(bytes($0)) }
        #expect(
            try sort(&keys, SortOptions(by: by, get: get, offset: 2, isDescending: true))
                == ["c", "C", "-", "d", "-", "-"])
        _ = try keys.ask(.push(bytes("w_c"), .left, [bytes("9")], onlyExisting: false))
        #expect(try sort(&keys, SortOptions(by: by)) == ["d", "c", "b", "a"])
        try put(&keys, ["w_c": "nine"])
        #expect(try keys.ask(.sort(key, SortOptions(by: by))) == .failure(.sortValueNotANumber))
    }

    @Test("An answer that repeats a large value again and again is refused")
    func unbounded() throws {
        var keys = try list("a", "a")
        try put(&keys, ["w_a": String(repeating: "x", count: 1 << 20)])
        let get = Array(repeating: SortPattern(bytes("w_*")), count: 256)
        let options = SortOptions(by: .constant, get: get)
        #expect(try keys.ask(.sort(key, options)) == .failure(.replyTooLong))
    }

    @Test("Patterns name keys and fields")
    func patternForms() {
        let forms: KeyValuePairs<String, SortPattern> = [
            "#": .element, "##": .constant, "": .constant, "a->b": .constant,
            "*": .key(prefix: [], suffix: []), "a*b*c": .key(prefix: bytes("a"), suffix: bytes("b*c")),
            "a*->": .key(prefix: bytes("a"), suffix: bytes("->")), "*-": .key(prefix: [], suffix: bytes("-")),
            "a*b->c": .field(bytes("c"), prefix: bytes("a"), suffix: bytes("b")),
            "*->x->y": .field(bytes("x->y"), prefix: [], suffix: []),
            "x->*->y": .field(bytes("y"), prefix: bytes("x->"), suffix: []),
            "*-->y": .field(bytes("y"), prefix: [], suffix: bytes("-")),
        ]
        for (text, pattern) in forms { #expect(SortPattern(bytes(text)) == pattern, "\(text)") }
    }

    @Test("Sets are sorted, and stay as they are where nothing is to be sorted, unless that would be seen later")
    func sets() throws {
        var keys = KeyspaceHarness()
        let members = (1...50).map { String($0) }
        _ = try keys.ask(.add(key, members.map(bytes)))
        #expect(try sort(&keys, SortOptions()) == members)
        let held = try keys.ask(.members(key)).texts
        for isDescending in [false, true] {
            #expect(
                try sort(&keys, SortOptions(by: .constant, offset: 5, count: 9, isDescending: isDescending))
                    == Array(held[5..<14]))
        }
        #expect(try sort(&keys, SortOptions(by: .element, ordersSets: true)) == members.sorted())
        let stored = SortOptions(by: .constant, count: 7, isDescending: true, destination: bytes("list"))
        #expect(try keys.ask(.sort(key, stored)) == .integer(7))
        #expect(
            try keys.ask(ListCommand.range(bytes("list"), start: 0, end: -1)).texts
                == Array(members.sorted().reversed()[..<7]))
    }

    @Test("The answer is stored in place of what is there, and nothing is stored as no key")
    func store() throws {
        var keys = try list("3", "1", "2")
        let destination = bytes("to")
        for target in [destination, key] {
            _ = try keys.ask(.set(destination, bytes("old"), SetOptions(expiry: .after(.seconds(1)))))
            let get = [SortPattern.element, .constant]
            #expect(try keys.ask(.sort(key, SortOptions(get: get, destination: target))) == .integer(6))
            #expect(try keys.ask(ListCommand.range(target, start: 0, end: -1)) == .texts("1", "", "2", "", "3", ""))
            #expect(try keys.ask(GenericCommand.expiry(target)) == .integer(-1))
        }
        #expect(try keys.ask(.sort(bytes("none"), SortOptions(destination: key))) == .integer(0))
        #expect(try keys.ask(.exists([key])) == .integer(0))
        #expect(try keys.ask(.sort(key, SortOptions())) == .array([]))
        _ = try keys.ask(.set(key, bytes("1"), SetOptions()))
        #expect(try keys.ask(.sort(key, SortOptions(destination: destination))) == .failure(.wrongType))
    }

    @Test("A destination whose time is over is made anew")
    func storeOverLeftOver() throws {
        var keys = try list("2", "1")
        for source in ["none", "key"] {
            _ = try keys.ask(.set(bytes("to"), bytes("old"), SetOptions(expiry: .after(Milliseconds(1)))))
            keys.advance(1)
            _ = try keys.ask(.sort(bytes(source), SortOptions(destination: bytes("to"))))
            let expected: [String] = source == "none" ? [] : ["1", "2"]
            #expect(try keys.ask(ListCommand.range(bytes("to"), start: 0, end: -1)).texts == expected)
            #expect(keys.keys.count == keys.replayed.count && keys.keys.nextExpiry == nil)
        }
    }
}
