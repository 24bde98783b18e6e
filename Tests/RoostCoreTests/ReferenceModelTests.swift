import RoostCore
import RoostModel
import Testing

@Suite("The broker against the reference model")
struct ReferenceModelTests {
    static let operationsPerSeed = 110_000
    static let operationsPerComparison = 200

    /// 1,100,000 operations in all.
    @Test(arguments: UInt64(1)...10)
    func behavesAsTheModel(seed: UInt64) {
        let moves = rehearse(seed: seed)
        #expect(moves.all.allSatisfy { $0 > 0 }, "seed \(seed): something never happened: \(moves)")
    }

    private func rehearse(seed: UInt64) -> Rehearsal.Moves {
        var rehearsal = Rehearsal(seed: seed)
        var operation = 0
        do {
            var follower = Broker(configuration: Rehearsal.configuration)
            var followed = 0
            while operation < Self.operationsPerSeed {
                try rehearsal.step()
                operation += 1
                guard operation % Self.operationsPerComparison == 0 else { continue }
                try rehearsal.compareAll(rehearsal.broker)
                guard operation % 2000 == 0 else { continue }
                try rehearsal.follow(&follower, from: &followed)
                if operation % 30_000 == 0 { try rehearsal.restart() }
            }
            try rehearsal.compareAll(rehearsal.broker)
            try rehearsal.restart()
        } catch {
            Issue.record("seed \(seed), operation \(operation): \(error)")
        }
        return rehearsal.moves
    }
}

extension Rehearsal {
    /// A second broker that only applies entries is in the same state at any time.
    mutating func follow(_ follower: inout Broker, from followed: inout Int) throws {
        try recording.replay(followed..<recording.count, to: &follower, advancingTimers: random.chance(50))
        followed = recording.count
        try compareAll(follower)
    }

    /// Goes on with a broker made from the recorded entries alone. The old one, now a copy, stays what it is.
    mutating func restart() throws {
        var replayed = Broker(configuration: Self.configuration)
        try recording.replay(0..<recording.count, to: &replayed, advancingTimers: random.chance(50))
        try compareAll(replayed)
        broker = replayed
    }
}
