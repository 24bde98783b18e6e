import RoostCore
import Testing

/// Nodes for a treap, with a count of the keys looked at.
private struct Nodes: TreapNodes {
    var keys: [Int]
    var children: [(left: UInt32, right: UInt32)]
    private let reads = Counter()

    final class Counter { var count = 0 }

    init(keys: [Int]) {
        self.keys = keys
        children = keys.map { _ in (MessageSlot.none, MessageSlot.none) }
    }

    var readCount: Int { reads.count }
    func resetReadCount() { reads.count = 0 }

    func treapKey(_ node: UInt32) -> Int {
        reads.count += 1
        return keys[Int(node)]
    }
    func treapLeft(_ node: UInt32) -> UInt32 { children[Int(node)].left }
    func treapRight(_ node: UInt32) -> UInt32 { children[Int(node)].right }
    mutating func setTreapLeft(_ node: UInt32, _ child: UInt32) { children[Int(node)].left = child }
    mutating func setTreapRight(_ node: UInt32, _ child: UInt32) { children[Int(node)].right = child }
}

@Suite("The treap")
struct TreapTests {
    private func all(_ treap: Treap, _ nodes: Nodes) -> [UInt32] {
        var found: [UInt32] = []
        treap.ascend(in: nodes) {
            found.append($0)
            return true
        }
        return found
    }

    private func depth(_ node: UInt32, _ nodes: Nodes) -> Int {
        guard node != MessageSlot.none else { return 0 }
        return 1 + max(depth(nodes.treapLeft(node), nodes), depth(nodes.treapRight(node), nodes))
    }

    @Test("Random operations agree with a sorted array")
    func randomOperations() throws {
        let nodeCount = 500
        var random = SplitMix64(seed: 9)
        var nodes = Nodes(keys: Array(repeating: 0, count: nodeCount))
        var treap = Treap()
        var sorted: [UInt32] = []
        for step in 0..<100_000 {
            let node = UInt32(random.below(nodeCount))
            if let position = sorted.firstIndex(of: node) {
                treap.remove(node, in: &nodes)
                sorted.remove(at: position)
            } else {
                // A key of its own: the node's number breaks ties.
                nodes.keys[Int(node)] = random.below(1000) * nodeCount + Int(node)
                let place = sorted.firstIndex { nodes.keys[Int($0)] > nodes.keys[Int(node)] } ?? sorted.count
                sorted.insert(node, at: place)
                treap.insert(node, in: &nodes)
            }
            try requireEqual(treap.first(in: nodes), sorted.first ?? MessageSlot.none, "the first node")
            guard step % 50 == 0 else { continue }
            #expect(treap.isEmpty == sorted.isEmpty && all(treap, nodes) == sorted)
            compareWalks(treap, nodes, sorted, &random)
        }
    }

    private func compareWalks(_ treap: Treap, _ nodes: Nodes, _ sorted: [UInt32], _ random: inout SplitMix64) {
        let (bound, limit) = (random.below(520_000), 1 + random.below(20))
        var (above, fromEnd): ([UInt32], [UInt32]) = ([], [])
        treap.ascend(from: { $0 > bound }, in: nodes) {
            above.append($0)
            return above.count < limit
        }
        treap.descend(in: nodes) {
            fromEnd.append($0)
            return fromEnd.count < limit
        }
        #expect(above == Array(sorted.filter { nodes.keys[Int($0)] > bound }.prefix(limit)))
        #expect(fromEnd == Array(sorted.reversed().prefix(limit)))
    }

    enum Order: CaseIterable { case rising, falling, alternating }

    /// Names like job-1, job-2, ... and messages that come back in order must not make a long list of the tree.
    @Test("Sorted insertions leave it shallow", arguments: Order.allCases)
    func depthOfSortedInsertions(order: Order) {
        let count = 100_000
        let keys =
            switch order {
            case .rising: Array(0..<count)
            case .falling: Array((0..<count).reversed())
            case .alternating: (0..<count).map { $0 % 2 == 0 ? $0 : 2 * count - $0 }
            }
        var nodes = Nodes(keys: keys)
        var treap = Treap()
        for node in 0..<UInt32(count) { treap.insert(node, in: &nodes) }
        // The expected depth of a random search tree of this size is about 42.
        #expect(depth(treap.root, nodes) < 60)
        for node in 0..<UInt32(count) where node % 10 != 0 { treap.remove(node, in: &nodes) }
        #expect(depth(treap.root, nodes) < 50)
        #expect(all(treap, nodes).count == count / 10)
    }

    @Test("Finding, inserting and removing looks at few keys, however many there are")
    func stepsAreFew() {
        let count = 100_000
        var nodes = Nodes(keys: Array(0..<count))
        var treap = Treap()
        for node in 0..<UInt32(count) { treap.insert(node, in: &nodes) }
        for node in stride(from: UInt32(0), to: UInt32(count), by: 997) {
            nodes.resetReadCount()
            var visited: [UInt32] = []
            treap.ascend(from: { $0 >= Int(node) }, in: nodes) {
                visited.append($0)
                return visited.count < 3
            }
            #expect(visited.first == node && nodes.readCount < 100)
            nodes.resetReadCount()
            treap.remove(node, in: &nodes)
            treap.insert(node, in: &nodes)
            #expect(nodes.readCount < 200)
        }
    }
}
