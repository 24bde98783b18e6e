import RoostCore
import Testing

@Suite("The tree of scores")
struct ScoreTreeTests {
    private struct Entry: Comparable {
        var score: Double
        var member: [UInt8]

        static func < (left: Self, right: Self) -> Bool {
            left.score == right.score ? left.member.lexicographicallyPrecedes(right.member) : left.score < right.score
        }
    }

    /// A tree and a sorted array that went through the same.
    private struct Pair {
        var tree: ScoreTree
        var array: [Entry] = []

        func place(_ isBefore: (Entry) -> Bool) -> Int { array.firstIndex { !isBefore($0) } ?? array.count }

        mutating func change(_ random: inout SplitMix64, removals: Int) {
            let entry = ScoreTreeTests.entry(&random)
            let place = place { $0 < entry }
            let isThere = place < array.count && array[place] == entry
            #expect(tree.rank(of: entry.score, entry.member) == (isThere ? place : nil))
            if random.chance(removals) {
                #expect(tree.remove(entry.score, entry.member) == isThere)
                if isThere { array.remove(at: place) }
            } else {
                #expect(tree.insert(entry.score, entry.member) != isThere)
                if !isThere { array.insert(entry, at: place) }
            }
            if random.below(500) == 0 {
                let range = random.range(in: array.count)
                var remains = tree.removeSubrange(range)
                array.removeSubrange(range)
                while !remains.isEmpty { remains.free(1) }
            }
        }

        func entries(in range: Range<Int>, reversed: Bool = false, limit: Int = .max) -> [Entry] {
            var found: [Entry] = []
            let visit = { (score: Double, member: Span<UInt8>) in
                found.append(Entry(score: score, member: member.array))
                return found.count < limit
            }
            if reversed { tree.forEachReversed(in: range, visit) } else { tree.forEach(in: range, visit) }
            return found
        }

        func check() throws {
            try #require(tree.violation == nil && tree.count == array.count)
            try #require(entries(in: 0..<array.count) == array)
            #expect(tree.byteCount == array.reduce(0) { $0 + $1.member.count })
        }

        func compareQuestions(_ random: inout SplitMix64) {
            let probe = ScoreTreeTests.entry(&random)
            let (score, member) = (probe.score, probe.member)
            #expect(tree.firstRank(scoreAtLeast: score) == place { $0.score < score })
            #expect(tree.firstRank(scoreAbove: score) == place { $0.score <= score })
            #expect(tree.firstRank(of: score, memberAtLeast: member) == place { $0 < probe })
            #expect(tree.firstRank(of: score, memberAbove: member) == place { $0 <= probe })
            let (range, limit) = (random.range(in: array.count), 1 + random.below(10))
            #expect(entries(in: range) == Array(array[range]))
            #expect(entries(in: range, reversed: true, limit: limit) == Array(array[range].reversed().prefix(limit)))
            guard !array.isEmpty else { return }
            let rank = random.below(array.count)
            #expect(tree.withEntry(at: rank) { Entry(score: $0, member: $1.array) } == array[rank])
        }
    }

    private static let scores: [Double] = [
        0, 0, 0, 0, -0.0, 1, 1, 1.5, -1, -1.5, .infinity, -.infinity, .greatestFiniteMagnitude,
        -.greatestFiniteMagnitude, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 1e9, 1e-9,
    ]

    private static func entry(_ random: inout SplitMix64) -> Entry {
        Entry(score: random.pick(scores), member: random.key(of: 60))
    }

    @Test("Random histories agree with a sorted array, and copies stay as they were", arguments: limitsToTest)
    func randomHistories(limits: NodeLimits) throws {
        for seed in UInt64(1)...5 {
            var random = SplitMix64(seed: seed)
            var pair = Pair(tree: ScoreTree(limits: limits))
            var copies: [Pair] = []
            for step in 0..<4000 {
                pair.change(&random, removals: step / 1000 % 2 == 0 ? 25 : 70)
                if step % 10 == 0 { pair.compareQuestions(&random) }
                if step % 97 == 0 { try pair.check() }
                if step % 400 == 0 { copies.append(pair) }
                if copies.count > 4 { try copies.remove(at: random.below(copies.count)).check() }
            }
            for copy in copies { try copy.check() }
        }
    }

    @Test("Scores come back as they were, and -0.0 is 0.0")
    func scores() {
        var tree = ScoreTree()
        var inserted: Set<Double> = []
        for score in Self.scores { #expect(tree.insert(score, []) == inserted.insert(score).inserted) }
        #expect(tree.remove(-0.0, []) && tree.insert(-0.0, []) && !tree.insert(0.0, []))
        #expect(tree.rank(of: 0, []) == tree.rank(of: -0.0, []))
        var found: [Double] = []
        tree.forEach(in: 0..<tree.count) { score, _ in found.append(score) == () }
        #expect(found == Array(Set(Self.scores)).sorted() && found.allSatisfy { $0.sign == .plus || $0 < 0 })
    }

    @Test("Many members of one score, alike for long", arguments: limitsToTest)
    func alikeMembers(limits: NodeLimits) {
        var random = SplitMix64(seed: 9)
        var tree = ScoreTree(limits: limits)
        let start = [UInt8](repeating: 7, count: 500)
        let members = (0..<300).map { start + Array(repeating: 0, count: $0 % 3) + [UInt8($0 / 3)] }
        var order = Array(members.indices)
        for last in order.indices.reversed() { order.swapAt(last, random.below(last + 1)) }
        for index in order { tree.insert(0, members[index]) }
        // What parts two such members is as long as what they share, and is counted too.
        #expect(limits.pageBytes > 500 || tree.residentBytes > tree.byteCount * 18 / 10)
        let sorted = members.sorted { $0.lexicographicallyPrecedes($1) }
        #expect(tree.violation == nil && sorted.indices.allSatisfy { tree.rank(of: 0, sorted[$0]) == $0 })
        for index in order { #expect(tree.remove(0, members[index]) == true) }
        #expect(tree.isEmpty && tree.residentBytes == 0)
    }

    @Test("Memory goes back when members do")
    func memoryGoesBack() {
        var tree = ScoreTree()
        let members = (0..<200_000).map { withUnsafeBytes(of: UInt64($0).byteSwapped) { Array($0) } }
        for (index, member) in members.enumerated() { tree.insert(Double(index % 1000), member) }
        let full = tree.residentBytes
        for (index, member) in members.enumerated() where index % 200 != 0 {
            tree.remove(Double(index % 1000), member)
        }
        #expect(tree.violation == nil && tree.count == 1000)
        #expect(tree.residentBytes < full / 50, "\(tree.residentBytes) of \(full) bytes are left")
    }
}
