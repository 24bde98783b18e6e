/// A B+tree with counts: see `TreeNode`. What stands in the leaves, and in which order, is for its users.
struct CountedTree<Leaf: TreeLeaf>: Sendable {
    private(set) var root = TreeNode<Leaf>()
    let limits: NodeLimits

    init(_ limits: NodeLimits) { self.limits = limits }

    var count: Int { root.count }
    var measure: TreeMeasure { root.measure }

    func read<Locator: TreeLocator<Leaf>, Result>(
        _ locator: Locator, _ body: (UnsafePointer<Leaf>, Locator) -> Result
    ) -> Result {
        root.read(locator, body)
    }

    mutating func update<Locator: TreeLocator<Leaf>, Result>(
        _ locator: Locator, _ body: (inout Leaf, Locator) -> Result
    ) -> Result {
        root.update(locator, body)
    }

    mutating func edit<Locator: TreeLocator<Leaf>>(
        _ locator: Locator, _ change: (inout Leaf, Locator, TreeEdges) -> ContiguousArray<Leaf>
    ) {
        let spilled = root.edit(locator, TreeEdges(isFirst: true, isLast: true), limits, change)
        if !spilled.isEmpty {
            grow(spilled)
        } else if root.children.count == 1 || root.count == 0 {
            root.collapse()
        }
    }

    /// The entry at a position that exists.
    mutating func remove(at position: Int) {
        edit(EntryPosition(position)) { leaf, place, _ in
            leaf.removeSubrange(place.position..<place.position + 1)
            return []
        }
    }

    /// Removes the entries of a range that exists. What is freed, and when, is for the caller.
    mutating func remove(_ range: Range<Int>) -> TreeRemains<Leaf> {
        var remains = TreeRemains<Leaf>()
        guard !range.isEmpty else { return remains }
        if range.count == count {
            remains.add(root)
            root = TreeNode()
        } else {
            root.remove(range, into: &remains, limits)
            root.collapse()
        }
        return remains
    }

    /// Visits leaves that hold entries of `range`: the leaf, the position of its first entry, and which of its own
    /// entries are meant. False when `body` ended the walk.
    @discardableResult
    func ascend(_ range: Range<Int>, _ body: (Leaf, Int, Range<Int>) -> Bool) -> Bool {
        range.isEmpty || root.ascend(range, 0, body)
    }

    @discardableResult
    func descend(_ range: Range<Int>, _ body: (Leaf, Int, Range<Int>) -> Bool) -> Bool {
        range.isEmpty || root.descend(range, 0, body)
    }

    /// Two roots or more become children of a new one.
    private mutating func grow(_ spilled: ContiguousArray<TreeNode<Leaf>>) {
        var children: ContiguousArray<TreeNode<Leaf>> = []
        children.reserveCapacity(spilled.count + 1)
        children.append(root)
        children.append(contentsOf: spilled)
        root = TreeNode(children: children)
    }
}

/// An entry that is there, by its position.
struct EntryPosition<Leaf: TreeLeaf>: TreeLocator {
    private(set) var position: Int

    init(_ position: Int) { self.position = position }

    @inline(__always)
    mutating func step(into children: UnsafeBufferPointer<TreeNode<Leaf>>) -> Int {
        var index = 0
        while position >= children[index].count {
            position -= children[index].count
            index += 1
        }
        return index
    }
}

/// A place between entries: behind the one before it rather than before the one behind it.
struct GapPosition<Leaf: TreeLeaf>: TreeLocator {
    private(set) var position: Int

    init(_ position: Int) { self.position = position }

    @inline(__always)
    mutating func step(into children: UnsafeBufferPointer<TreeNode<Leaf>>) -> Int {
        var index = 0
        while position > children[index].count {
            position -= children[index].count
            index += 1
        }
        return index
    }
}

/// The end of the tree.
struct LastPosition<Leaf: TreeLeaf>: TreeLocator {
    @inline(__always)
    func step(into children: UnsafeBufferPointer<TreeNode<Leaf>>) -> Int { children.count - 1 }
}
