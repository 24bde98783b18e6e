import RoostCore
import Testing

/// Nodes of a table, as plain arrays.
private struct Nodes: HashNodes {
    var hashes: [UInt64]
    var links: [UInt32]

    init(_ count: Int, hash: (Int) -> UInt64) {
        hashes = (0..<count).map(hash)
        links = Array(repeating: .max, count: count)
    }

    func hash(of node: UInt32) -> UInt64 { hashes[Int(node)] }
    func hashNext(_ node: UInt32) -> UInt32 { links[Int(node)] }
    mutating func setHashNext(_ node: UInt32, _ next: UInt32) { links[Int(node)] = next }
}

@Suite("The table of hashes")
struct HashTableTests {
    private static func spread(_ node: Int) -> UInt64 {
        var random = SplitMix64(seed: UInt64(node))
        return random.next()
    }

    private static let hashes: [(String, @Sendable (Int) -> UInt64)] = [
        ("spread", spread), ("all alike", { _ in 77 }), ("in pairs", { spread($0 / 2) }),
        ("of four", { UInt64($0 % 4) }),
        ("in rising order", { UInt64($0) }), ("alike below", { UInt64($0) << 40 }),
    ]

    @Test("It finds what a plain set finds, through growing, shrinking and equal hashes", arguments: 0..<hashes.count)
    func againstPlainSet(kind: Int) throws {
        let count = kind == 0 ? 3000 : 400
        var nodes = Nodes(count, hash: Self.hashes[kind].1)
        var (table, present) = (HashTable(), Set<UInt32>())
        var random = SplitMix64(seed: UInt64(kind))
        for step in 0..<60_000 {
            // Now it gets fuller, now emptier.
            let isFilling = step / (2 * count) % 2 == 0
            let node = UInt32(random.below(count))
            if present.contains(node) {
                guard random.chance(isFilling ? 10 : 90) else { continue }
                table.remove(node, in: &nodes)
                present.remove(node)
            } else {
                guard random.chance(isFilling ? 90 : 10) else { continue }
                table.insert(node, in: &nodes)
                present.insert(node)
            }
            try requireEqual(table.count, present.count, "how many there are")
            if step % 5000 == 0 { try compare(table, nodes, present) }
        }
        try compare(table, nodes, present)
        for node in present { table.remove(node, in: &nodes) }
        try compare(table, nodes, [])
    }

    private func compare(_ table: HashTable, _ nodes: Nodes, _ present: Set<UInt32>) throws {
        for node in 0..<UInt32(nodes.hashes.count) {
            let found = table.find(nodes.hash(of: node), in: nodes) { $0 == node }
            try requireEqual(found, present.contains(node) ? node : nil, "node \(node)")
        }
    }

    @Test("A table that went up to 1,000,000 and back has given its memory back")
    func memory() throws {
        let million = 1_000_000
        var nodes = Nodes(million, hash: Self.spread)
        var table = HashTable()
        for _ in 0..<2 {
            for node in 0..<UInt32(million) { table.insert(node, in: &nodes) }
            #expect(table.count == million && table.residentBytes <= 4 * million + 4096)
            for node in 0..<UInt32(million) where node % 1000 == 0 {
                try requireEqual(
                    table.find(nodes.hash(of: node), in: nodes) { $0 == node }, node, "the node that was put in")
            }
            for node in 0..<UInt32(million) { table.remove(node, in: &nodes) }
            #expect(table.count == 0 && table.residentBytes <= 1024)
        }
    }

    @Test("No insertion or removal touches more than a few nodes, however full it is")
    func noRehashing() throws {
        var nodes = Nodes(100_000, hash: Self.spread)
        var table = HashTable()
        var buckets = 0
        for node in 0..<UInt32(100_000) {
            table.insert(node, in: &nodes)
            if node > 64 { #expect(table.residentBytes - buckets <= 4) }
            buckets = table.residentBytes
        }
        for node in 0..<UInt32(100_000) {
            table.remove(node, in: &nodes)
            #expect(buckets - table.residentBytes <= 4 * 4)
            buckets = table.residentBytes
        }
    }
}
