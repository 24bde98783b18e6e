import RoostCore
import RoostModel
import Testing

@Suite("Turns of many groups in one receive")
struct LargeReceiveTests {
    /// Groups with 1, 2, 3, ... messages, and as many without a group as the largest has. The groups come first.
    private func brokerWithGroups(_ count: Int) throws -> (Broker, UInt32, [[UInt64]]) {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q")
        var lines: [[UInt64]] = []
        for group in 0...count {
            let name = group < count ? "g\(group)" : nil
            var line: [UInt64] = []
            for _ in 0...min(group, count - 1) { line.append(try broker.send(to: queue, in: name).number) }
            lines.append(line)
        }
        return (broker, queue, lines)
    }

    /// One of each line that has some left, again and again. The one without a group comes first.
    private func inTurns(_ lines: [[UInt64]]) -> [UInt64] {
        let (groups, others) = (lines.dropLast(), lines.last ?? [])
        let rounds = lines.map(\.count).max() ?? 0
        return (0..<rounds).flatMap { round in
            ([others] + groups).compactMap { round < $0.count ? $0[round] : nil }
        }
    }

    @Test("A receive gets one of each group in turn, as far as each goes", arguments: [1, 2, 5, 30])
    func uneven(groups: Int) throws {
        var (broker, queue, lines) = try brokerWithGroups(groups)
        let expected = inTurns(lines)
        #expect(expected.count <= 1000)
        #expect(try broker.lease(1000, from: queue).map(\.number) == expected)
    }
}
