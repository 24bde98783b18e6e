import RoostCore
import RoostModel
import Testing

@Suite("Picks from sets, and scans")
struct SetPickTests {
    private let key = bytes("set")

    private func numbers(_ count: Int) throws -> KeyspaceHarness {
        var keys = KeyspaceHarness()
        if count > 0 { _ = try keys.ask(.add(key, (0..<count).map { bytes(String($0)) })) }
        return keys
    }

    @Test("A pop takes away what it answers, on both sides of the log", arguments: [0, 1, 5, 99, 100, 101, Int.max])
    func pop(_ count: Int) throws {
        var keys = try numbers(100)
        let popped = try keys.ask(.pop(key, count: count)).texts
        #expect(popped.count == min(count, 100) && Set(popped).count == popped.count)
        let left = try keys.ask(.members(key)).texts
        #expect(Set(left).union(popped) == Set((0..<100).map(String.init)) && left.count + popped.count == 100)
        #expect(keys.keys.count == (left.isEmpty ? 0 : 1))
        #expect(
            keys.replayed.prepare(.set(.members(key)), now: keys.now, random: 0)
                == PreparedKeys(.set(left.map { .text($0) })))
    }

    @Test("A pick without repeats has different members, one with repeats as many as asked for")
    func random() throws {
        var keys = try numbers(10)
        let all = Set((0..<10).map(String.init))
        for count in 0...12 {
            let picked = try keys.ask(.randomMembers(key, count: count)).texts
            #expect(picked.count == min(count, 10) && Set(picked).count == picked.count && all.isSuperset(of: picked))
            let repeated = try keys.ask(.randomMembers(key, count: -count)).texts
            #expect(repeated.count == count && all.isSuperset(of: repeated))
        }
        #expect(try keys.ask(SetCommand.count(key)) == .integer(10))
    }

    @Test("Every member is picked about as often", arguments: [1, 3, 9, -1, -3])
    func fair(_ count: Int) throws {
        var keys = try numbers(10)
        var picked: [String: Int] = [:]
        for _ in 0..<2_000 {
            for member in try keys.ask(.randomMembers(key, count: count)).texts { picked[member, default: 0] += 1 }
        }
        let mean = 200 * abs(count)
        #expect(picked.count == 10 && picked.values.allSatisfy { abs($0 - mean) < mean / 3 })
    }

    @Test("A count of repeats without bounds is refused")
    func unbounded() throws {
        var keys = try numbers(1)
        for count in [Int.min, -1 << 40, -(1 << 23)] {
            #expect(try keys.ask(.randomMembers(key, count: count)) == .failure(.replyTooLong))
        }
        _ = try keys.ask(.add(bytes("large"), [Bytes(repeating: 1, count: 1 << 20)]))
        #expect(try keys.ask(.randomMembers(bytes("large"), count: -512)) == .failure(.replyTooLong))
    }

    @Test("A scan meets every member that stays, whatever goes meanwhile", arguments: [1, 10, 1_000])
    func scan(_ countMin: Int) throws {
        var keys = try numbers(500)
        var (cursor, met) = (UInt64(0), Set<String>())
        var round = 0
        repeat {
            let options = ScanOptions(cursor: cursor, countMin: countMin)
            guard case .page(let next, let members) = try keys.ask(SetCommand.scan(key, options)) else { return }
            met.formUnion(members.map { String(decoding: $0, as: UTF8.self) })
            cursor = next
            _ = try keys.ask(.remove(key, [bytes(String(250 + round % 250))]))
            _ = try keys.ask(.add(key, [bytes("new\(round)")]))
            round += 1
        } while cursor != 0
        #expect(met.isSuperset(of: (0..<250).map(String.init)))
        #expect(try keys.ask(SetCommand.scan(key, ScanOptions(cursor: .max))) == .page(next: 0, []))
    }
}
