/// Says where in a tree something is to be done, on the way down from the root.
protocol TreeLocator<Leaf> {
    associatedtype Leaf: TreeLeaf
    /// The child to go on in; what this says is relative to that child from then on.
    mutating func step(into children: UnsafeBufferPointer<TreeNode<Leaf>>) -> Int
}

/// A leaf, or a branch of a B+tree (Bayer and McCreight, 1972; Comer: "The ubiquitous B-tree", 1979) with counts, so
/// that entries are found by position.
///
/// Nodes are values in arrays: no class, no reference. A copy of a tree retains one array. A change copies the arrays
/// on its way from the root that a copy holds too, and no others; in a tree held once it copies nothing.
///
/// Two neighbours that together fill less than half a node become one. A rule for each single node, as in the books,
/// would have to move entries of different lengths back and forth.
struct TreeNode<Leaf: TreeLeaf>: Sendable {
    private(set) var measure = TreeMeasure()
    /// No entry of this node is below it. Not looked at in the first child of a branch: what is below all children
    /// belongs to that one too.
    var low = Leaf.lowestBound
    /// Empty in leaves.
    private(set) var children: ContiguousArray<TreeNode> = []
    /// Empty in branches.
    private(set) var leaf = Leaf()

    init() {}

    init(leaf: Leaf) {
        self.leaf = leaf
        measure = leaf.measure
    }

    init(children: ContiguousArray<TreeNode>) {
        self.children = children
        measureChildren()
    }

    var count: Int { measure.count }
    var isLeaf: Bool { children.isEmpty }

    private mutating func measureChildren() { measure = childrenMeasure() }

    /// What a branch and all below it hold, by its children.
    func childrenMeasure() -> TreeMeasure {
        var sum = TreeMeasure()
        for index in children.indices {
            sum += children[index].measure
            sum.resident += Leaf.residentBytes(of: children[index].low)
        }
        sum.resident += arrayBytes(of: TreeNode.self, children.count)
        return sum
    }
}

extension TreeNode {
    /// Runs `body` on the leaf that `locator` leads to. It is lent: the pointer is of no use after that.
    func read<Locator: TreeLocator<Leaf>, Result>(
        _ locator: Locator, _ body: (UnsafePointer<Leaf>, Locator) -> Result
    ) -> Result {
        withUnsafePointer(to: self) { Self.read($0, locator, body) }
    }

    /// By pointers: a node or leaf that is passed by value is retained with all that it holds, at every level.
    private static func read<Locator: TreeLocator<Leaf>, Result>(
        _ node: UnsafePointer<TreeNode>, _ locator: Locator, _ body: (UnsafePointer<Leaf>, Locator) -> Result
    ) -> Result {
        var locator = locator
        return node.pointee.children.withUnsafeBufferPointer { children in
            guard let first = children.baseAddress, !children.isEmpty else {
                return body(Self.leaf(of: node), locator)
            }
            return read(first + locator.step(into: children), locator, body)
        }
    }

    private static func leaf(of node: UnsafePointer<TreeNode>) -> UnsafePointer<Leaf> {
        node.pointer(to: \.leaf).unsafelyUnwrapped
    }

    /// Changes values in the leaf that `locator` leads to, but neither their number nor their size.
    mutating func update<Locator: TreeLocator<Leaf>, Result>(
        _ locator: Locator, _ body: (inout Leaf, Locator) -> Result
    ) -> Result {
        if children.isEmpty { return body(&leaf, locator) }
        var locator = locator
        let index = children.withUnsafeBufferPointer { locator.step(into: $0) }
        return children[index].update(locator, body)
    }

    /// Changes the leaf that `locator` leads to. `change` returns leaves that are to follow it; what does not fit into
    /// this node comes back as nodes that are to follow it.
    mutating func edit<Locator: TreeLocator<Leaf>>(
        _ locator: Locator, _ edges: TreeEdges, _ limits: NodeLimits,
        _ change: (inout Leaf, Locator, TreeEdges) -> ContiguousArray<Leaf>
    ) -> ContiguousArray<TreeNode> {
        if children.isEmpty {
            let spilled = change(&leaf, locator, edges)
            measure = leaf.measure
            return spilled.isEmpty ? [] : nodes(following: spilled)
        }
        var locator = locator
        let index = children.withUnsafeBufferPointer { locator.step(into: $0) }
        let before = children[index].measure
        let spilled = children[index].edit(locator, edges.child(index, of: children.count), limits, change)
        guard spilled.isEmpty else { return insert(spilled, after: index, limits) }
        measure -= before
        measure += children[index].measure
        if children[index].count < before.count { mergeLight(around: index, limits) }
        return []
    }

    private func nodes(following spilled: ContiguousArray<Leaf>) -> ContiguousArray<TreeNode> {
        var nodes: ContiguousArray<TreeNode> = []
        for index in spilled.indices {
            var node = TreeNode(leaf: spilled[index])
            node.low = Leaf.bound(between: index == 0 ? leaf : spilled[index - 1], and: spilled[index])
            nodes.append(node)
        }
        return nodes
    }

    private mutating func insert(
        _ nodes: ContiguousArray<TreeNode>, after index: Int, _ limits: NodeLimits
    ) -> ContiguousArray<TreeNode> {
        reserve(nodes.count, limits)
        children.insert(contentsOf: nodes, at: index + 1)
        return splitFull(limits)
    }

    /// Arrays grow by a quarter: doubling would leave half of each branch unused.
    private mutating func reserve(_ added: Int, _ limits: NodeLimits) {
        let needed = children.count + added
        guard needed > children.capacity else { return }
        children.reserveCapacity(max(needed, min(needed + needed / 4, limits.children)))
    }

    /// Parts a branch with too many children into as many as it takes; returns all but the first.
    private mutating func splitFull(_ limits: NodeLimits) -> ContiguousArray<TreeNode> {
        defer { measureChildren() }
        guard children.count > limits.children else { return [] }
        let parts = (children.count + limits.children - 1) / limits.children
        let size = (children.count + parts - 1) / parts
        var nodes: ContiguousArray<TreeNode> = []
        for start in stride(from: size, to: children.count, by: size) {
            var node = TreeNode(children: ContiguousArray(children[start..<min(start + size, children.count)]))
            node.low = children[start].low
            nodes.append(node)
        }
        children = ContiguousArray(children[..<size])
        return nodes
    }
}

extension TreeNode {
    /// Whether two neighbours are so empty that they should be one. Far from where a node is split: going up and down
    /// by one entry must not split and merge each time.
    private func shouldMerge(at index: Int, _ limits: NodeLimits) -> Bool {
        if !children[index].isLeaf {
            return (children[index].children.count + children[index + 1].children.count) * 2 <= limits.children
        }
        var sum = children[index].measure
        sum += children[index + 1].measure
        return Self.isLight(sum, limits)
    }

    private func mayMerge(_ limits: NodeLimits) -> Bool {
        isLeaf ? Self.isLight(measure, limits) : children.count * 2 <= limits.children
    }

    private static func isLight(_ measure: TreeMeasure, _ limits: NodeLimits) -> Bool {
        Leaf.weight(measure) * 2 <= limits.pageBytes && measure.count * 2 <= limits.entries
    }

    /// Takes up the node that follows this one.
    private mutating func merge(_ next: TreeNode) {
        if isLeaf {
            leaf.append(next.leaf)
            measure = leaf.measure
        } else {
            let seam = children.count
            children.append(contentsOf: next.children)
            children[seam].low = next.low
            measureChildren()
        }
    }

    /// Removes a child that became empty; merges one that became small with its neighbours.
    private mutating func mergeLight(around index: Int, _ limits: NodeLimits) {
        let isEmpty = children[index].count == 0
        guard isEmpty || children[index].mayMerge(limits) else { return }
        if isEmpty { children.remove(at: index) }
        let hasMerged = mergeNeighbours(from: max(0, index - 1), to: isEmpty ? index : index + 1, limits)
        if isEmpty || hasMerged { measureChildren() }
    }

    /// Merges what is small among the children `first` to `last`. False when nothing is.
    private mutating func mergeNeighbours(from first: Int, to last: Int, _ limits: NodeLimits) -> Bool {
        let before = children.count
        var last = min(last, before - 1)
        var index = first
        while index < last {
            if shouldMerge(at: index, limits) {
                let next = children.remove(at: index + 1)
                children[index].merge(next)
                last -= 1
            } else {
                index += 1
            }
        }
        shrink()
        return children.count < before
    }

    private mutating func shrink() {
        guard children.capacity > 8, children.count < children.capacity / 2 else { return }
        var smaller: ContiguousArray<TreeNode> = []
        smaller.reserveCapacity(children.count + children.count / 4)
        swap(&smaller, &children)
        children.append(contentsOf: smaller)
    }
}

extension TreeNode {
    /// Removes the entries in `range`. Nodes that go whole are moved to `remains` and not freed here.
    mutating func remove(_ range: Range<Int>, into remains: inout TreeRemains<Leaf>, _ limits: NodeLimits) {
        if isLeaf {
            leaf.removeSubrange(range)
            measure = leaf.measure
            return
        }
        let first = removeParts(range, into: &remains, limits)
        _ = mergeNeighbours(from: max(0, first - 1), to: first + 2, limits)
        measureChildren()
    }

    /// Returns the index of the first child that lost something.
    private mutating func removeParts(
        _ range: Range<Int>, into remains: inout TreeRemains<Leaf>, _ limits: NodeLimits
    ) -> Int {
        var start = 0
        var touched = 0
        var whole = 0..<0
        for index in children.indices {
            let span = start..<start + children[index].count
            start = span.upperBound
            guard span.overlaps(range) else { continue }
            if whole.isEmpty, touched == 0 { touched = index + 1 }
            let part = span.clamped(to: range)
            if part == span {
                whole = (whole.isEmpty ? index : whole.lowerBound)..<index + 1
            } else {
                let inside = part.lowerBound - span.lowerBound..<part.upperBound - span.lowerBound
                children[index].remove(inside, into: &remains, limits)
            }
        }
        for index in whole { remains.add(children[index]) }
        children.removeSubrange(whole)
        return touched - 1
    }

    /// A root with one child is that child; an empty one is an empty leaf.
    mutating func collapse() {
        while children.count == 1 {
            let child = children[0]
            self = child
        }
        if count == 0 { self = TreeNode() }
    }
}

extension TreeNode {
    /// Visits the leaves that hold entries of `range`, in order; `start` is the position of this node's first entry.
    /// False when `body` ended the walk.
    func ascend(_ range: Range<Int>, _ start: Int, _ body: (Leaf, Int, Range<Int>) -> Bool) -> Bool {
        if children.isEmpty { return body(leaf, start, inside(range, start)) }
        var start = start
        for index in children.indices where start < range.upperBound {
            let end = start + children[index].count
            if end > range.lowerBound, !children[index].ascend(range, start, body) { return false }
            start = end
        }
        return true
    }

    /// Visits the leaves that hold entries of `range`, in falling order.
    func descend(_ range: Range<Int>, _ start: Int, _ body: (Leaf, Int, Range<Int>) -> Bool) -> Bool {
        if children.isEmpty { return body(leaf, start, inside(range, start)) }
        var end = start + count
        for index in children.indices.reversed() where end > range.lowerBound {
            let start = end - children[index].count
            if start < range.upperBound, !children[index].descend(range, start, body) { return false }
            end = start
        }
        return true
    }

    private func inside(_ range: Range<Int>, _ start: Int) -> Range<Int> {
        let part = range.clamped(to: start..<start + count)
        return part.lowerBound - start..<part.upperBound - start
    }
}
