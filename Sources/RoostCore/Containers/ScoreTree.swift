/// Members by score, then by their bytes: what is under sorted sets, beside a map from member to score.
///
/// A score must not be NaN. -0.0 is 0.0.
package struct ScoreTree: Sendable {
    private var tree: KeyedTree<NoColumn>

    package init(limits: NodeLimits = NodeLimits()) { tree = CountedTree(limits) }

    package var count: Int { tree.count }
    package var isEmpty: Bool { tree.count == 0 }
    /// Bytes of all members.
    package var byteCount: Int { tree.measure.payload }
    /// Bytes of memory, slack included.
    package var residentBytes: Int { tree.measure.resident }

    /// False when it is there already.
    @discardableResult
    package mutating func insert(_ score: Double, _ member: some ByteString & ~Escapable) -> Bool {
        member.withRawBytes { tree.put(TreeKey(word: Self.word(score), bytes: $0), ()) } == nil
    }

    /// False when it is not there.
    @discardableResult
    package mutating func remove(_ score: Double, _ member: some ByteString & ~Escapable) -> Bool {
        member.withRawBytes { tree.remove(TreeKey(word: Self.word(score), bytes: $0)) } != nil
    }

    /// Nil when it is not there.
    package func rank(of score: Double, _ member: some ByteString & ~Escapable) -> Int? {
        let (rank, isFound) = place(of: score, member)
        return isFound ? rank : nil
    }

    /// The rank of the first entry whose score is not below `score`; the number of entries when there is none.
    package func firstRank(scoreAtLeast score: Double) -> Int { firstRank(wordAtLeast: Self.word(score)) }

    /// The rank of the first entry whose score is above `score`.
    package func firstRank(scoreAbove score: Double) -> Int { firstRank(wordAtLeast: Self.word(score) + 1) }

    /// The rank of the first entry with this score whose member is not below `member`, or with a higher score.
    package func firstRank(of score: Double, memberAtLeast member: some ByteString & ~Escapable) -> Int {
        place(of: score, member).rank
    }

    /// The rank of the first entry with this score whose member is above `member`, or with a higher score.
    package func firstRank(of score: Double, memberAbove member: some ByteString & ~Escapable) -> Int {
        let (rank, isFound) = place(of: score, member)
        return isFound ? rank + 1 : rank
    }

    private func place(of score: Double, _ member: some ByteString & ~Escapable) -> (rank: Int, isFound: Bool) {
        member.withRawBytes { tree.rank(of: TreeKey(word: Self.word(score), bytes: $0)) }
    }

    private func firstRank(wordAtLeast word: UInt64) -> Int {
        tree.rank(of: TreeKey(word: word, bytes: UnsafeRawBufferPointer(start: nil, count: 0))).rank
    }
}

extension ScoreTree {
    /// Runs `body` on an entry that exists.
    package func withEntry<Result>(at rank: Int, _ body: (Double, Span<UInt8>) -> Result) -> Result {
        precondition(rank >= 0 && rank < count, "no such rank in the tree")
        return tree.withEntry(at: rank) { leaf, index in
            leaf.pointee.keys.withBytes(index) { body(Self.score(leaf.pointee.keys.word(index)), $0) }
        }
    }

    /// Visits the entries with these ranks in order, while `body` says so.
    package func forEach(in ranks: Range<Int>, _ body: (Double, Span<UInt8>) -> Bool) {
        checkExists(ranks)
        tree.ascend(ranks) { leaf, _, inside in
            inside.allSatisfy { Self.visit(leaf, $0, body) }
        }
    }

    /// Visits the entries with these ranks from the last to the first, while `body` says so.
    package func forEachReversed(in ranks: Range<Int>, _ body: (Double, Span<UInt8>) -> Bool) {
        checkExists(ranks)
        tree.descend(ranks) { leaf, _, inside in
            inside.reversed().allSatisfy { Self.visit(leaf, $0, body) }
        }
    }

    private static func visit(
        _ leaf: KeyedLeaf<NoColumn>, _ index: Int, _ body: (Double, Span<UInt8>) -> Bool
    ) -> Bool {
        let score = score(leaf.keys.word(index))
        return leaf.keys.withBytes(index) { body(score, $0) }
    }

    /// Removes entries in a time that does not depend on how many there are; they are freed with what is returned.
    package mutating func removeSubrange(_ ranks: Range<Int>) -> Remains {
        checkExists(ranks)
        return Remains(nodes: tree.remove(ranks))
    }

    package mutating func removeAll() -> Remains { removeSubrange(0..<count) }

    /// Removed entries that still hold their memory.
    package struct Remains: Sendable {
        fileprivate var nodes: TreeRemains<KeyedLeaf<NoColumn>>

        package var isEmpty: Bool { nodes.isEmpty }
        package var residentBytes: Int { nodes.measure.resident }
        package var count: Int { nodes.measure.count }

        /// Frees about that many entries.
        package mutating func free(_ entriesMax: Int) { nodes.free(entriesMax) }
    }

    private func checkExists(_ ranks: Range<Int>) {
        precondition(ranks.lowerBound >= 0 && ranks.upperBound <= count, "no such ranks in the tree")
    }

    package var violation: String? { tree.violation ?? tree.orderViolation() }
}

extension ScoreTree {
    /// A word in the order of scores: the bits of a number rise with its magnitude. Setting the highest one makes 0.0
    /// of -0.0.
    static func word(_ score: Double) -> UInt64 {
        precondition(!score.isNaN, "a score is a number")
        return score < 0 ? ~score.bitPattern : score.bitPattern | 1 << 63
    }

    static func score(_ word: UInt64) -> Double {
        Double(bitPattern: word >> 63 == 1 ? word & ~(1 << 63) : ~word)
    }
}
