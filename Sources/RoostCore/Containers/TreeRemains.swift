/// Nodes that were taken out of a tree and are freed bit by bit: freeing a million entries at once would stop the
/// broker. Dropping this frees what is left.
struct TreeRemains<Leaf: TreeLeaf>: Sendable {
    private var nodes: ContiguousArray<TreeNode<Leaf>> = []

    var isEmpty: Bool { nodes.isEmpty }
    /// What still waits here.
    private(set) var measure = TreeMeasure()

    mutating func add(_ node: TreeNode<Leaf>) {
        measure += node.measure
        nodes.append(node)
    }

    /// The next leaf. Touches one branch for each level at most.
    mutating func takeLeaf() -> Leaf? {
        while let node = nodes.popLast() {
            measure -= node.measure
            if node.isLeaf { return node.leaf }
            for index in node.children.indices { add(node.children[index]) }
        }
        return nil
    }

    /// Frees about that many entries, whole leaves.
    mutating func free(_ entriesMax: Int) {
        var freed = 0
        while freed < entriesMax, let leaf = takeLeaf() { freed += leaf.count }
    }
}
