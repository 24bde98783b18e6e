import LoadGenerator
import Testing

struct PaceTests {
    @Test func roundsAreDueAtTheRateAndConnectionsTakeTurns() throws {
        let pace = Pace(perSecond: 1000, .steady)
        pace.rest(4)
        pace.rest(5)
        #expect(pace.takeRound(at: 0) == nil, "before it began")
        pace.begin(at: 500)
        let first = try #require(pace.takeRound(at: 500))
        #expect(first == (4, 500))
        #expect(pace.takeRound(at: 1_000_499) == nil)
        #expect(pace.wait(at: 1_000_499, atMost: 20) == 1)
        #expect(pace.wait(at: 600, atMost: 20) == 20)
        let second = try #require(pace.takeRound(at: 1_000_500))
        #expect(second == (5, 1_000_500))
    }

    @Test func aRoundThatNoConnectionWasFreeForCountsFromWhenItWasDue() throws {
        let pace = Pace(perSecond: 1000, .steady)
        pace.begin(at: 0)
        #expect(pace.takeRound(at: 5_000_000) == nil)
        #expect(pace.wait(at: 5_000_000, atMost: 20) == 20, "a reply comes first")
        for expected in [UInt64(0), 1_000_000] {
            pace.rest(1)
            #expect(pace.wait(at: 5_000_000, atMost: 20) == 0)
            let round = try #require(pace.takeRound(at: 5_000_000))
            #expect(round == (1, expected))
        }
    }

    @Test func aConnectionThatRestsTwiceHasOneRound() {
        let pace = Pace(perSecond: 1, .steady)
        pace.begin(at: 0)
        pace.rest(1)
        pace.rest(1)
        #expect(pace.takeRound(at: 0) != nil)
        #expect(pace.takeRound(at: .max) == nil)
    }

    @Test func randomRoundsHaveTheRateOnAverageAndAreTheSameInEachRun() {
        let rounds = dues(count: 10_000)
        #expect(rounds == dues(count: 10_000))
        let average = Double(rounds[rounds.count - 1]) / Double(rounds.count)
        #expect(abs(average - 1_000_000) < 50_000)
        #expect(Set(zip(rounds, rounds.dropFirst()).map { $1 - $0 }).count > 9_000)
    }

    private func dues(count: Int) -> [UInt64] {
        let pace = Pace(perSecond: 1000, .random)
        pace.begin(at: 0)
        return (0..<count).compactMap { _ in
            pace.rest(0)
            return pace.takeRound(at: .max)?.due
        }
    }
}
