/// An entry, or its place, in a tree of `KeyedLeaf`.
struct KeyLocator<Column: TreeColumn>: TreeLocator {
    typealias Leaf = KeyedLeaf<Column>
    let key: TreeKey
    /// Words of the node that was come to.
    private(set) var words = WordSpan()

    init(_ key: TreeKey) { self.key = key }

    /// The last child whose bound is not above the key.
    @inline(__always)
    mutating func step(into children: UnsafeBufferPointer<TreeNode<Leaf>>) -> Int {
        let child = words.search(key.word, children.count - 1) { !isAbove(children, $0 + 1) }
        if child > 0 { words.lowest = children[child].low.word }
        if child + 1 < children.count { words.highest = children[child + 1].low.word }
        return child
    }

    @inline(__always)
    private func isAbove(_ children: UnsafeBufferPointer<TreeNode<Leaf>>, _ index: Int) -> Bool {
        let word = children[index].low.word
        if word != key.word { return word > key.word }
        return children[index].low.bytes.withUnsafeBytes { compareBytes($0, key.bytes) > 0 }
    }
}

/// A place in a keyed tree, and how many entries are before the node that it is in.
struct RankLocator<Column: TreeColumn>: TreeLocator {
    typealias Leaf = KeyedLeaf<Column>
    private(set) var place: KeyLocator<Column>
    private(set) var rank = 0

    init(_ key: TreeKey) { place = KeyLocator(key) }

    @inline(__always)
    mutating func step(into children: UnsafeBufferPointer<TreeNode<Leaf>>) -> Int {
        let child = place.step(into: children)
        for index in 0..<child { rank += children[index].count }
        return child
    }
}

/// The words between which those of a node lie, as far as they are known.
struct WordSpan {
    var lowest: UInt64 = 0
    /// 0 while nothing is known.
    var highest: UInt64 = 0

    /// How many of the indices below `count` are before the one that is looked for.
    ///
    /// Hashes are spread evenly, so the word says nearly where to look. A step to memory that is not in the cache costs
    /// more than all the rest: this takes two or three of them where halving takes seven. Where words are spread
    /// otherwise it takes at most twice the steps of halving.
    @inline(__always)
    func search(_ word: UInt64, _ count: Int, _ isBefore: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        if let guess = guess(word, count) { (low, high) = widen(guess, count, isBefore) }
        while low < high {
            let middle = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    @inline(__always)
    private func guess(_ word: UInt64, _ count: Int) -> Int? {
        guard lowest < highest, word >= lowest, word < highest, count > 0 else { return nil }
        return min(Int(Double(word - lowest) / Double(highest - lowest) * Double(count)), count - 1)
    }

    /// Goes away from the guess, in steps that double, until the answer lies between.
    @inline(__always)
    private func widen(_ guess: Int, _ count: Int, _ isBefore: (Int) -> Bool) -> (low: Int, high: Int) {
        var (low, high, step) = (guess, guess, 1)
        if isBefore(guess) {
            low = guess + 1
            high = low
            while high < count, isBefore(high) {
                low = high + 1
                high = min(count, high + step)
                step *= 2
            }
        } else {
            while low > 0, !isBefore(low - 1) {
                high = low - 1
                low = max(0, low - step)
                step *= 2
            }
        }
        return (low, high)
    }
}
