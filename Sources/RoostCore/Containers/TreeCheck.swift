/// What must hold of a tree at any time: for tests, and to find damage.
extension CountedTree {
    /// What does not hold; nil when all does.
    var violation: String? {
        if root.children.count == 1 { return "the root has one child" }
        return root.violation(limits, height: root.height, isRoot: true)
    }
}

extension TreeNode {
    fileprivate var height: Int { isLeaf ? 0 : 1 + children[0].height }

    fileprivate func violation(_ limits: NodeLimits, height: Int, isRoot: Bool) -> String? {
        guard isLeaf == (height == 0) else { return "leaves at different heights" }
        if isLeaf { return leafViolation(limits, isRoot) }
        if children.count > limits.children { return "a branch has \(children.count) children" }
        for child in children {
            if let violation = child.violation(limits, height: height - 1, isRoot: false) { return violation }
        }
        let sum = childrenMeasure()
        return sum == measure ? nil : "a branch measures \(measure), its children \(sum)"
    }

    private func leafViolation(_ limits: NodeLimits, _ isRoot: Bool) -> String? {
        if leaf.count == 0, !isRoot { return "an empty leaf" }
        if leaf.count > limits.entries { return "a leaf has \(leaf.count) entries" }
        if leaf.count > 1, leaf.weight > limits.pageBytes { return "a leaf weighs \(leaf.weight)" }
        return leaf.measure == measure ? nil : "a leaf measures \(measure), its entries \(leaf.measure)"
    }
}

extension CountedTree {
    /// What does not hold of the order of keys; nil when every entry is found in its place.
    func orderViolation<Column>() -> String? where Leaf == KeyedLeaf<Column> {
        var violation: String?
        ascend(0..<count) { leaf, start, inside in
            for index in inside where violation == nil {
                let found = leaf.keys.view { rank(of: TreeKey(word: $0.word(index), bytes: $0.entry(index))) }
                if !found.isFound || found.rank != start + index { violation = "entry \(start + index) is not found" }
            }
            return violation == nil
        }
        return violation
    }
}
