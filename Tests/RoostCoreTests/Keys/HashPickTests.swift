import RoostCore
import RoostModel
import Testing

@Suite("Picks and scans of hashes")
struct HashPickTests {
    private let key = bytes("hash")

    /// Fields `f0`, `f1` … with values `vf0`, `vf1` …
    private func hash(_ count: Int) throws -> KeyspaceHarness {
        var keys = KeyspaceHarness()
        for index in 0..<count { _ = try keys.hash(.set(key, pairs(("f\(index)", "vf\(index)")))) }
        return keys
    }

    private func elements(_ reply: KeyReply) -> [String] {
        switch reply {
        case .array(let elements), .map(let elements), .pairs(let elements):
            elements.map { if case .bytes(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { "?" } }
        default: ["?"]
        }
    }

    private func pick(_ keys: inout KeyspaceHarness, _ count: Int64) throws -> [String] {
        elements(try keys.hash(.pickMany(key, count: count, withValues: false)))
    }

    @Test("One field, and each has its turn")
    func one() throws {
        var keys = try hash(5)
        var seen = Set<String>()
        for _ in 0..<200 { seen.formUnion(elements(.array([try keys.hash(.pick(key))]))) }
        #expect(seen == Set((0..<5).map { "f\($0)" }))
        #expect(try keys.hash(.pick(bytes("none"))) == .null)
    }

    @Test("Different fields with a count, repeats with a negative one")
    func many() throws {
        var keys = try hash(50)
        var (subsets, seen) = (Set<[String]>(), Set<String>())
        for _ in 0..<100 {
            let picked = try pick(&keys, 10)
            #expect(picked.count == 10 && Set(picked).count == 10)
            subsets.insert(picked.sorted())
            seen.formUnion(picked)
        }
        #expect(subsets.count == 100 && seen.count == 50)
        for count in [49, 50] { #expect(Set(try pick(&keys, Int64(count))).count == count) }
        #expect(try pick(&keys, .max).count == 50 && pick(&keys, 0).isEmpty)
        let repeated = try pick(&keys, -500)
        #expect(repeated.count == 500 && Set(repeated).count == 50)
        #expect(try keys.hash(.pickMany(bytes("none"), count: -5, withValues: true)) == .pairs([]))
    }

    @Test("Values stand beside their fields", arguments: [-30, 3, 10, 99])
    func withValues(_ count: Int64) throws {
        var keys = try hash(10)
        let found = elements(try keys.hash(.pickMany(key, count: count, withValues: true)))
        #expect(found.count == 2 * (count < 0 ? 30 : min(10, Int(count))))
        for index in stride(from: 0, to: found.count, by: 2) {
            #expect("v" + found[index] == found[index + 1])
        }
    }

    @Test("An answer of repeats has a limit: so many are refused before the first is picked")
    func limit() throws {
        var keys = try hash(2)
        for count in [Int64.min, -.max, -1 << 23 - 1] {
            #expect(try keys.hash(.pickMany(key, count: count, withValues: true)) == .failure(.replyTooLong))
        }
    }

    @Test("Elements count with their bytes and with what they cost beside them")
    func limitOfBytes() throws {
        var reply = BoundedReply(bytesMax: 2 * 64 + 10)
        try reply.append(.bytes(Bytes(repeating: 0, count: 10)))
        try reply.append(.null)
        #expect(throws: KeyError.replyTooLong) { try reply.append(.null) }
        #expect(reply.elements.count == 2)
        var other = BoundedReply(bytesMax: 64 + 10)
        #expect(throws: KeyError.replyTooLong) { try other.append(.bytes(Bytes(repeating: 0, count: 11))) }
        #expect(throws: KeyError.replyTooLong) { try other.admit(2) }
        try other.admit(1)
    }

    @Test("A scan meets every field that stays, whatever comes and goes")
    func scan() throws {
        var keys = try hash(500)
        var (cursor, met, round) = (UInt64(0), Set<String>(), 0)
        repeat {
            let reply = try keys.hash(.scan(key, ScanOptions(cursor: cursor, countMin: 7)))
            guard case .page(let next, let parts) = reply else { break }
            let found = parts.map { String(decoding: $0, as: UTF8.self) }
            for index in stride(from: 0, to: found.count, by: 2) {
                #expect("v" + found[index] == found[index + 1])
                met.insert(found[index])
            }
            cursor = next
            round += 1
            _ = try keys.hash(.set(key, pairs(("new\(round)", "vnew\(round)"))))
            _ = try keys.hash(.remove(key, fields: [bytes("f\(round % 100)")]))
        } while cursor != 0
        #expect(met.isSuperset(of: (100..<500).map { "f\($0)" }))
        #expect(round > 50 && round < 100)
    }
}
