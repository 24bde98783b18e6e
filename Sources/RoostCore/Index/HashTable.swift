/// Nodes that a `HashTable` can chain: a link and a hash, held by somebody else.
package protocol HashNodes {
    func hash(of node: UInt32) -> UInt64
    func hashNext(_ node: UInt32) -> UInt32
    mutating func setHashNext(_ node: UInt32, _ next: UInt32)
}

/// A hash table that grows and shrinks by one bucket at a time (Litwin: "Linear hashing", 1980), with its chains in the
/// nodes. No operation touches more than a few chains, so none of them ever stops the broker.
///
/// The hashes must be of a keyed function: clients choose what is hashed.
package struct HashTable {
    /// 64 KiB.
    private static let bucketsPerChunk = 16 * 1024
    private static let bucketsMin = 64
    private static var none: UInt32 { MessageSlot.none }

    private var chunks: ContiguousArray<ContiguousArray<UInt32>> = []
    private var bucketCount = 0
    /// The greatest power of two that is not above `bucketCount`.
    private var roundSize = bucketsMin
    package private(set) var count = 0

    package init() {}

    package var residentBytes: Int { bucketCount * MemoryLayout<UInt32>.stride }

    /// The first node with this hash that `matches`.
    package func find<Nodes: HashNodes>(
        _ hash: UInt64, in nodes: borrowing Nodes, _ matches: (UInt32) -> Bool
    ) -> UInt32? {
        guard count > 0 else { return nil }
        var node = self[bucket(of: hash)]
        while node != Self.none {
            if matches(node) { return node }
            node = nodes.hashNext(node)
        }
        return nil
    }

    package mutating func insert<Nodes: HashNodes>(_ node: UInt32, in nodes: inout Nodes) {
        while bucketCount < Self.bucketsMin { appendBucket() }
        if count >= bucketCount { split(&nodes) }
        push(node, to: bucket(of: nodes.hash(of: node)), &nodes)
        count += 1
    }

    /// The node must be in the table.
    package mutating func remove<Nodes: HashNodes>(_ node: UInt32, in nodes: inout Nodes) {
        let bucket = bucket(of: nodes.hash(of: node))
        if self[bucket] == node {
            self[bucket] = nodes.hashNext(node)
        } else {
            var before = self[bucket]
            while nodes.hashNext(before) != node { before = nodes.hashNext(before) }
            nodes.setHashNext(before, nodes.hashNext(node))
        }
        count -= 1
        // Far from where it grows, so that going up and down by one node costs nothing.
        // Four at a time, for one bucket less at each removal would leave three quarters of them in an empty table.
        for _ in 0..<4 where bucketCount > Self.bucketsMin && count < bucketCount / 4 { merge(&nodes) }
    }
}

extension HashTable {
    private subscript(bucket: Int) -> UInt32 {
        get { chunks[bucket / Self.bucketsPerChunk][bucket % Self.bucketsPerChunk] }
        set { chunks[bucket / Self.bucketsPerChunk][bucket % Self.bucketsPerChunk] = newValue }
    }

    /// Buckets below `bucketCount - roundSize` are split in this round already: they use one bit more.
    private func bucket(of hash: UInt64) -> Int {
        let bits = Int(truncatingIfNeeded: hash >> 1)
        let wide = bits & (2 * roundSize - 1)
        return wide < bucketCount ? wide : bits & (roundSize - 1)
    }

    private mutating func push<Nodes: HashNodes>(_ node: UInt32, to bucket: Int, _ nodes: inout Nodes) {
        nodes.setHashNext(node, self[bucket])
        self[bucket] = node
    }

    private mutating func appendBucket() {
        if bucketCount % Self.bucketsPerChunk == 0 { chunks.append([]) }
        chunks[chunks.count - 1].append(Self.none)
        bucketCount += 1
        if bucketCount == 2 * roundSize { roundSize = bucketCount }
    }

    /// Spreads one chain over itself and a new bucket.
    private mutating func split<Nodes: HashNodes>(_ nodes: inout Nodes) {
        let old = bucketCount - roundSize
        appendBucket()
        spread(takeChain(old), &nodes)
    }

    /// Takes the last bucket away.
    private mutating func merge<Nodes: HashNodes>(_ nodes: inout Nodes) {
        let chain = takeChain(bucketCount - 1)
        chunks[chunks.count - 1].removeLast()
        if chunks[chunks.count - 1].isEmpty { chunks.removeLast() }
        bucketCount -= 1
        if bucketCount < roundSize { roundSize /= 2 }
        spread(chain, &nodes)
    }

    private mutating func takeChain(_ bucket: Int) -> UInt32 {
        defer { self[bucket] = Self.none }
        return self[bucket]
    }

    private mutating func spread<Nodes: HashNodes>(_ chain: UInt32, _ nodes: inout Nodes) {
        var node = chain
        while node != Self.none {
            let next = nodes.hashNext(node)
            push(node, to: bucket(of: nodes.hash(of: node)), &nodes)
            node = next
        }
    }
}
