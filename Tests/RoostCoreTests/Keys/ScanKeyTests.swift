import RoostCore
import RoostModel
import Testing

@Suite("The SCAN family")
struct ScanKeyTests {
    private static let names = (0..<12).map { "f\($0)" }

    /// The four commands, on twelve names each.
    private enum Scan: CaseIterable {
        case keys, hash, set, sortedSet

        func command(_ options: ScanOptions) -> KeyCommand {
            switch self {
            case .keys: .key(.scan(options, type: nil))
            case .hash: .hash(.scan(bytes("c"), options))
            case .set: .set(.scan(bytes("c"), options))
            case .sortedSet: .sortedSet(.scan(bytes("c"), options))
            }
        }

        /// What stands behind the name on a page.
        func value(_ name: String) -> [String] {
            switch self {
            case .keys, .set: []
            case .hash: ["v" + name]
            case .sortedSet: ["0.5"]
            }
        }

        func filled() throws -> KeyspaceHarness {
            var keys = KeyspaceHarness()
            for name in names.map({ bytes($0) }) {
                switch self {
                case .keys: _ = try keys.ask(.set(name, bytes("x"), SetOptions()))
                case .hash: _ = try keys.ask(.hash(.set(bytes("c"), [KeyValuePair(name, bytes("v") + name)])))
                case .set: _ = try keys.ask(.add(bytes("c"), [name]))
                case .sortedSet:
                    let members = [ScoredMember(0.5, name)]
                    _ = try keys.ask(
                        .sortedSet(.add(bytes("c"), members, AddCondition(), countsChanged: false)))
                }
            }
            return keys
        }
    }

    private func page(
        _ keys: inout KeyspaceHarness, _ scan: Scan, _ options: ScanOptions
    ) throws -> (next: UInt64, found: [String]) {
        guard case .page(let next, let found) = try keys.ask(scan.command(options)) else {
            throw Discrepancy("no page of \(scan)")
        }
        return (next, found.map { String(decoding: $0, as: UTF8.self) })
    }

    @Test("One page has everything when it may, values beside their names", arguments: Scan.allCases)
    private func whole(_ scan: Scan) throws {
        var keys = try scan.filled()
        let (next, found) = try page(&keys, scan, ScanOptions(countMin: .max))
        let step = 1 + scan.value("").count
        try #require(next == 0 && found.count == 12 * step)
        for index in stride(from: 0, to: found.count, by: step) {
            #expect(Array(found[(index + 1)..<(index + step)]) == scan.value(found[index]))
        }
        #expect(Set(stride(from: 0, to: found.count, by: step).map { found[$0] }) == Set(Self.names))
    }

    @Test("Names alone, where they are asked for", arguments: Scan.allCases)
    private func namesAlone(_ scan: Scan) throws {
        var keys = try scan.filled()
        var options = ScanOptions(countMin: .max, pattern: GlobPattern(bytes("f*")))
        options.onlyNames = true
        let (next, found) = try page(&keys, scan, options)
        #expect(next == 0 && found.sorted() == Self.names.sorted())
    }

    @Test("A pattern hides names, and not their count", arguments: Scan.allCases)
    private func pattern(_ scan: Scan) throws {
        var keys = try scan.filled()
        let some = try page(&keys, scan, ScanOptions(countMin: 1000, pattern: GlobPattern(bytes("f1*"))))
        #expect(some.next == 0 && Set(some.found) == Set(["f1", "f10", "f11"].flatMap { [$0] + scan.value($0) }))
        let none = try page(&keys, scan, ScanOptions(countMin: 4, pattern: GlobPattern(bytes("x"))))
        #expect(none.next != 0 && none.found.isEmpty)
        // A value is no name.
        let values = try page(&keys, scan, ScanOptions(countMin: 1000, pattern: GlobPattern(bytes("[v0]*"))))
        #expect(values.next == 0 && values.found.isEmpty)
    }

    @Test("Page by page, each name once", arguments: Scan.allCases)
    private func pages(_ scan: Scan) throws {
        var keys = try scan.filled()
        var (options, names, pages) = (ScanOptions(countMin: 5), [String](), 0)
        repeat {
            let (next, found) = try page(&keys, scan, options)
            names += found.filter { $0.hasPrefix("f") }
            options.cursor = next
            pages += 1
        } while options.cursor != 0
        #expect(pages == 3 && names.sorted() == Self.names.sorted())
    }

    @Test("A cursor beyond all names ends the scan, and so does a key that is not there", arguments: Scan.allCases)
    private func nothing(_ scan: Scan) throws {
        var keys = try scan.filled()
        #expect(try page(&keys, scan, ScanOptions(cursor: .max)) == (0, []))
        var empty = KeyspaceHarness()
        #expect(try page(&empty, scan, ScanOptions()) == (0, []))
    }

    @Test("What is something else is refused")
    func wrongType() throws {
        var keys = KeyspaceHarness()
        _ = try keys.ask(.set(bytes("c"), bytes("x"), SetOptions()))
        for scan in Scan.allCases where scan != .keys {
            #expect(try keys.ask(scan.command(ScanOptions())) == .failure(.wrongType))
        }
    }

    @Test("SCAN answers keys of one type, and none whose time is over")
    func keys() throws {
        var keys = KeyspaceHarness()
        _ = try keys.ask(.set(bytes("s1"), bytes("x"), SetOptions()))
        _ = try keys.ask(.set(bytes("s2"), bytes("x"), SetOptions(expiry: .after(Milliseconds(10)))))
        _ = try keys.ask(.add(bytes("t1"), [bytes("x")]))
        func names(_ type: KeyReply.StaticWord?, _ pattern: String) throws -> Set<Bytes> {
            let options = ScanOptions(pattern: GlobPattern(bytes(pattern)))
            guard case .page(0, let found) = try keys.ask(.scan(options, type: type)) else {
                throw Discrepancy("no page")
            }
            return Set(found)
        }
        #expect(try names(nil, "*") == Set(["s1", "s2", "t1"].map(bytes)))
        #expect(try names(.string, "*") == Set(["s1", "s2"].map(bytes)))
        #expect(try names(.set, "*1") == [bytes("t1")] && names(.set, "s*") == [])
        #expect(try names(KeyReply.StaticWord.none, "*") == [])
        keys.advance(10)
        #expect(try names(nil, "*") == Set(["s1", "t1"].map(bytes)) && names(.string, "*") == [bytes("s1")])
    }
}
