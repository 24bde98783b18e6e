/// A tree ordered by a word and bytes, with values: under `ByteMap` by hash, under `ScoreTree` by score.
typealias KeyedTree<Column: TreeColumn> = CountedTree<KeyedLeaf<Column>>

/// A place in a keyed tree, and how many entries are before the node that it is in.
struct RankLocator<Column: TreeColumn>: TreeLocator {
    typealias Leaf = KeyedLeaf<Column>
    let key: TreeKey
    private(set) var rank = 0

    init(_ key: TreeKey) { self.key = key }

    @inline(__always)
    mutating func step(into children: ContiguousArray<TreeNode<Leaf>>) -> Int {
        let child = KeyLocator<Column>(key: key).step(into: children)
        for index in 0..<child { rank += children[index].count }
        return child
    }
}

extension CountedTree {
    /// Runs `body` on the entry with this key.
    func find<Column, Result>(_ key: TreeKey, _ body: (Leaf, Int) -> Result) -> Result?
    where Leaf == KeyedLeaf<Column> {
        read(KeyLocator(key: key)) { leaf, _ in
            let (index, isFound) = leaf.find(key)
            return isFound ? body(leaf, index) : nil
        }
    }

    /// How many entries are below the key, and whether it is there.
    func rank<Column>(of key: TreeKey) -> (rank: Int, isFound: Bool) where Leaf == KeyedLeaf<Column> {
        read(RankLocator(key)) { leaf, place in
            let (index, isFound) = leaf.find(key)
            return (place.rank + index, isFound)
        }
    }

    /// Inserts an entry, or replaces its value and returns the old one.
    mutating func put<Column>(_ key: TreeKey, _ value: Column.Value) -> Column.Value?
    where Leaf == KeyedLeaf<Column> {
        var old: Column.Value?
        let limits = limits
        edit(KeyLocator(key: key)) { leaf, _, edges in
            let (replaced, spilled) = leaf.put(KeyedLeaf.Entry(key: key, value: value), edges, limits)
            old = replaced
            return spilled
        }
        return old
    }

    /// Removes an entry and returns its value.
    mutating func remove<Column>(_ key: TreeKey) -> Column.Value? where Leaf == KeyedLeaf<Column> {
        var removed: Column.Value?
        edit(KeyLocator(key: key)) { leaf, _, _ in
            let (index, isFound) = leaf.find(key)
            guard isFound else { return [] }
            removed = leaf.values.value(index)
            leaf.removeSubrange(index..<index + 1)
            return []
        }
        return removed
    }

    /// Runs `body` on the entry at a position that exists.
    func withEntry<Column, Result>(at rank: Int, _ body: (Leaf, Int) -> Result) -> Result
    where Leaf == KeyedLeaf<Column> {
        read(EntryPosition(rank)) { leaf, place in body(leaf, place.position) }
    }
}
