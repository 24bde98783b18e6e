/// A tree ordered by a word and bytes, with values: under `ByteMap` by hash, under `ScoreTree` by score.
typealias KeyedTree<Column: TreeColumn> = CountedTree<KeyedLeaf<Column>>

extension CountedTree {
    /// Runs `body` on the entry with this key.
    func find<Column, Result>(_ key: TreeKey, _ body: (UnsafePointer<Leaf>, Int) -> Result) -> Result?
    where Leaf == KeyedLeaf<Column> {
        read(KeyLocator(key)) { leaf, place in
            let (index, isFound) = leaf.pointee.find(place)
            return isFound ? body(leaf, index) : nil
        }
    }

    /// How many entries are below the key, and whether it is there.
    func rank<Column>(of key: TreeKey) -> (rank: Int, isFound: Bool) where Leaf == KeyedLeaf<Column> {
        read(RankLocator(key)) { leaf, place in
            let (index, isFound) = leaf.pointee.find(place.place)
            return (place.rank + index, isFound)
        }
    }

    /// Inserts an entry, or replaces its value and returns the old one.
    mutating func put<Column>(_ key: TreeKey, _ value: Column.Value) -> Column.Value?
    where Leaf == KeyedLeaf<Column> {
        var old: Column.Value?
        let limits = limits
        edit(KeyLocator(key)) { leaf, place, edges in
            let (replaced, spilled) = leaf.put(value, place, edges, limits)
            old = replaced
            return spilled
        }
        return old
    }

    /// Removes an entry and returns its value.
    mutating func remove<Column>(_ key: TreeKey) -> Column.Value? where Leaf == KeyedLeaf<Column> {
        var removed: Column.Value?
        edit(KeyLocator(key)) { leaf, place, _ in
            let (index, isFound) = leaf.find(place)
            guard isFound else { return [] }
            removed = leaf.values.value(index)
            leaf.removeSubrange(index..<index + 1)
            return []
        }
        return removed
    }

    /// Runs `body` on the entry at a position that exists.
    func withEntry<Column, Result>(at rank: Int, _ body: (UnsafePointer<Leaf>, Int) -> Result) -> Result
    where Leaf == KeyedLeaf<Column> {
        read(EntryPosition(rank)) { leaf, place in body(leaf, place.position) }
    }
}
