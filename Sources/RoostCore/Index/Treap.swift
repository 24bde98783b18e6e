/// Nodes that a `Treap` can link: two children and a key, held by somebody else.
package protocol TreapNodes {
    associatedtype Key: Comparable
    func treapKey(_ node: UInt32) -> Key
    func treapLeft(_ node: UInt32) -> UInt32
    func treapRight(_ node: UInt32) -> UInt32
    mutating func setTreapLeft(_ node: UInt32, _ child: UInt32)
    mutating func setTreapRight(_ node: UInt32, _ child: UInt32)
}

/// A search tree kept shallow by pseudorandom priorities (Aragon and Seidel, 1989), with its links in the nodes.
///
/// It holds what is ordered but arrives out of order: messages returned to their old place, queues by name. Operations
/// take O(log n) steps and allocate nothing. Priorities come from the node's number, which no client chooses.
package struct Treap {
    package private(set) var root = MessageSlot.none
    private static var none: UInt32 { MessageSlot.none }

    package init() {}

    /// A tree as it was written down. Whether the links are right is for `BrokerImageCheck` to find out.
    init(root: UInt32) { self.root = root }

    package var isEmpty: Bool { root == Self.none }

    package mutating func insert<Nodes: TreapNodes>(_ node: UInt32, in nodes: inout Nodes) {
        nodes.setTreapLeft(node, Self.none)
        nodes.setTreapRight(node, Self.none)
        root = Self.insert(node, nodes.treapKey(node), under: root, in: &nodes)
    }

    package mutating func remove<Nodes: TreapNodes>(_ node: UInt32, in nodes: inout Nodes) {
        root = Self.remove(node, nodes.treapKey(node), under: root, in: &nodes)
    }

    package func first<Nodes: TreapNodes>(in nodes: borrowing Nodes) -> UInt32 {
        var node = root
        guard node != Self.none else { return node }
        while nodes.treapLeft(node) != Self.none { node = nodes.treapLeft(node) }
        return node
    }

    /// Visits nodes in rising order of keys while `visit` says so: all, or those from the first key that `isIncluded`
    /// on. That must be false for all keys below some key, and true for all others.
    package func ascend<Nodes: TreapNodes>(
        from isIncluded: ((Nodes.Key) -> Bool)? = nil, in nodes: borrowing Nodes, _ visit: (UInt32) -> Bool
    ) {
        _ = Self.ascend(root, isIncluded, nodes, visit)
    }

    /// Visits nodes in falling order of keys while `visit` says so: all, or those from the first key that `isIncluded`
    /// on. That must be false for all keys above some key, and true for all others.
    package func descend<Nodes: TreapNodes>(
        from isIncluded: ((Nodes.Key) -> Bool)? = nil, in nodes: borrowing Nodes, _ visit: (UInt32) -> Bool
    ) {
        _ = Self.descend(root, isIncluded, nodes, visit)
    }
}

extension Treap {
    private static func insert<Nodes: TreapNodes>(
        _ node: UInt32, _ key: Nodes.Key, under root: UInt32, in nodes: inout Nodes
    ) -> UInt32 {
        guard root != none else { return node }
        if priority(node) > priority(root) {
            let (left, right) = split(root, key, in: &nodes)
            nodes.setTreapLeft(node, left)
            nodes.setTreapRight(node, right)
            return node
        }
        if key < nodes.treapKey(root) {
            let child = insert(node, key, under: nodes.treapLeft(root), in: &nodes)
            nodes.setTreapLeft(root, child)
        } else {
            let child = insert(node, key, under: nodes.treapRight(root), in: &nodes)
            nodes.setTreapRight(root, child)
        }
        return root
    }

    private static func remove<Nodes: TreapNodes>(
        _ node: UInt32, _ key: Nodes.Key, under root: UInt32, in nodes: inout Nodes
    ) -> UInt32 {
        guard root != none else { return none }
        if root == node { return merge(nodes.treapLeft(root), nodes.treapRight(root), in: &nodes) }
        if key < nodes.treapKey(root) {
            let child = remove(node, key, under: nodes.treapLeft(root), in: &nodes)
            nodes.setTreapLeft(root, child)
        } else {
            let child = remove(node, key, under: nodes.treapRight(root), in: &nodes)
            nodes.setTreapRight(root, child)
        }
        return root
    }

    /// Keys below `key` to the left, the others to the right.
    private static func split<Nodes: TreapNodes>(
        _ root: UInt32, _ key: Nodes.Key, in nodes: inout Nodes
    ) -> (UInt32, UInt32) {
        guard root != none else { return (none, none) }
        if nodes.treapKey(root) < key {
            let (left, right) = split(nodes.treapRight(root), key, in: &nodes)
            nodes.setTreapRight(root, left)
            return (root, right)
        }
        let (left, right) = split(nodes.treapLeft(root), key, in: &nodes)
        nodes.setTreapLeft(root, right)
        return (left, root)
    }

    private static func merge<Nodes: TreapNodes>(_ left: UInt32, _ right: UInt32, in nodes: inout Nodes) -> UInt32 {
        if left == none { return right }
        if right == none { return left }
        if priority(left) > priority(right) {
            let child = merge(nodes.treapRight(left), right, in: &nodes)
            nodes.setTreapRight(left, child)
            return left
        }
        let child = merge(left, nodes.treapLeft(right), in: &nodes)
        nodes.setTreapLeft(right, child)
        return right
    }

    private static func ascend<Nodes: TreapNodes>(
        _ node: UInt32, _ isIncluded: ((Nodes.Key) -> Bool)?, _ nodes: borrowing Nodes, _ visit: (UInt32) -> Bool
    ) -> Bool {
        guard node != none else { return true }
        if let isIncluded, !isIncluded(nodes.treapKey(node)) {
            return ascend(nodes.treapRight(node), isIncluded, nodes, visit)
        }
        guard ascend(nodes.treapLeft(node), isIncluded, nodes, visit), visit(node) else { return false }
        // What is to the right of an included key is included.
        return ascend(nodes.treapRight(node), nil, nodes, visit)
    }

    private static func descend<Nodes: TreapNodes>(
        _ node: UInt32, _ isIncluded: ((Nodes.Key) -> Bool)?, _ nodes: borrowing Nodes, _ visit: (UInt32) -> Bool
    ) -> Bool {
        guard node != none else { return true }
        if let isIncluded, !isIncluded(nodes.treapKey(node)) {
            return descend(nodes.treapLeft(node), isIncluded, nodes, visit)
        }
        guard descend(nodes.treapRight(node), isIncluded, nodes, visit), visit(node) else { return false }
        // What is to the left of an included key is included.
        return descend(nodes.treapLeft(node), nil, nodes, visit)
    }

    /// A fixed bijection of the node's number (the finaliser of SplitMix64): no two nodes tie.
    static func priority(_ node: UInt32) -> UInt64 {
        var bits = UInt64(node) &+ 0x9e37_79b9_7f4a_7c15
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        return bits ^ bits >> 31
    }
}

extension MessageIndex: TreapNodes {
    package func treapKey(_ node: UInt32) -> UInt64 { self[node].order }
    package func treapLeft(_ node: UInt32) -> UInt32 { self[node].previous }
    package func treapRight(_ node: UInt32) -> UInt32 { self[node].next }
    package mutating func setTreapLeft(_ node: UInt32, _ child: UInt32) { self[node].previous = child }
    package mutating func setTreapRight(_ node: UInt32, _ child: UInt32) { self[node].next = child }
}
