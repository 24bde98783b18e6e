import RoostModel

/// What was sent to FIFO queues in the last minutes, found by key and forgotten in the order of sending. 40 bytes each,
/// links included.
struct DeduplicationTable: Sendable {
    /// A message that was sent.
    struct Original: Sendable, Equatable {
        var key: DeduplicationKey
        var slot: UInt32
        /// Below 2^48.
        var number: UInt64
        var sentAt: BrokerTime
    }

    private var ring = DeduplicationRing()
    private var table = HashTable()

    /// Far from where ids of the ring meet: 40 GB.
    static let countMax = 1 << 30

    var count: Int { ring.count }
    var residentBytes: Int { ring.residentBytes + table.residentBytes }

    /// The message of this key that was sent after `time`.
    func original(_ key: DeduplicationKey, sentAfter time: BrokerTime) -> Original? {
        let node = table.find(key.low, in: ring) { node in
            let original = ring[node]
            return original.key == key && original.sentAt > time
        }
        return node.map { ring[$0] }
    }

    /// Not before any that stands here already.
    mutating func append(_ original: Original) {
        table.insert(ring.append(original), in: &ring)
    }

    /// Forgets the oldest ones that were not sent after `time`, at most `countMax`.
    mutating func forget(notSentAfter time: BrokerTime, countMax: Int) {
        for _ in 0..<countMax {
            guard let oldest = ring.oldest, ring[oldest].sentAt <= time else { return }
            table.remove(oldest, in: &ring)
            ring.removeOldest()
        }
    }

    /// When they were sent.
    var oldest: BrokerTime? { ring.oldest.map { ring[$0].sentAt } }
    var newest: BrokerTime? { count == 0 ? nil : self[count - 1].sentAt }

    /// The one at this place in the order of sending, from 0.
    subscript(place: Int) -> Original { ring[ring.id(at: place)] }
}

/// The nodes of the table, in chunks that come at one end and go at the other.
private struct DeduplicationRing: Sendable, HashNodes {
    /// 36 bytes: nine words without gaps.
    private struct Node {
        var key: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
        var slot: UInt32 = 0
        var numberLow: UInt32 = 0
        var timeLow: UInt32 = 0
        /// Of the number and of the time.
        var highs: (UInt16, UInt16) = (0, 0)
        var hashNext: UInt32 = MessageSlot.none
    }

    private static let nodesPerChunk = 256
    /// Ids go round in 31 bits, so that none is ever `MessageSlot.none`.
    private static let idMask: UInt32 = 1 << 31 - 1

    private var chunks: ContiguousArray<ContiguousArray<Node>> = []
    /// The id of the first node of the first chunk: a multiple of `nodesPerChunk`.
    private var chunksFrom: UInt32 = 0
    /// Nodes of the first chunk that are forgotten.
    private var forgotten = 0
    private(set) var count = 0

    var residentBytes: Int { chunks.count * Self.nodesPerChunk * MemoryLayout<Node>.stride }
    var oldest: UInt32? { count == 0 ? nil : id(at: 0) }

    func id(at place: Int) -> UInt32 { (chunksFrom &+ UInt32(forgotten + place)) & Self.idMask }

    private func place(of id: UInt32) -> Int { Int((id &- chunksFrom) & Self.idMask) }

    private subscript(node id: UInt32) -> Node {
        get {
            let place = place(of: id)
            return chunks[place / Self.nodesPerChunk][place % Self.nodesPerChunk]
        }
        _modify {
            let place = place(of: id)
            yield &chunks[place / Self.nodesPerChunk][place % Self.nodesPerChunk]
        }
    }

    mutating func append(_ original: DeduplicationTable.Original) -> UInt32 {
        if chunks.last.map({ $0.count == Self.nodesPerChunk }) ?? true {
            var chunk = ContiguousArray<Node>()
            chunk.reserveCapacity(Self.nodesPerChunk)
            chunks.append(chunk)
        }
        chunks[chunks.count - 1].append(Self.node(original))
        count += 1
        return id(at: count - 1)
    }

    mutating func removeOldest() {
        (forgotten, count) = (forgotten + 1, count - 1)
        guard forgotten == Self.nodesPerChunk else { return }
        chunks.removeFirst()
        chunksFrom = (chunksFrom &+ UInt32(Self.nodesPerChunk)) & Self.idMask
        forgotten = 0
    }

    subscript(id: UInt32) -> DeduplicationTable.Original {
        let node = self[node: id]
        return DeduplicationTable.Original(
            key: DeduplicationKey(
                high: UInt64(node.key.0) << 32 | UInt64(node.key.1),
                low: UInt64(node.key.2) << 32 | UInt64(node.key.3)),
            slot: node.slot, number: UInt64(node.highs.0) << 32 | UInt64(node.numberLow),
            sentAt: BrokerTime(milliseconds: Int64(node.highs.1) << 32 | Int64(node.timeLow)))
    }

    private static func node(_ original: DeduplicationTable.Original) -> Node {
        let time = UInt64(clamping: original.sentAt.milliseconds)
        return Node(
            key: (
                UInt32(truncatingIfNeeded: original.key.high >> 32), UInt32(truncatingIfNeeded: original.key.high),
                UInt32(truncatingIfNeeded: original.key.low >> 32), UInt32(truncatingIfNeeded: original.key.low)
            ),
            slot: original.slot, numberLow: UInt32(truncatingIfNeeded: original.number),
            timeLow: UInt32(truncatingIfNeeded: time),
            highs: (UInt16(truncatingIfNeeded: original.number >> 32), UInt16(truncatingIfNeeded: time >> 32)))
    }

    func hash(of node: UInt32) -> UInt64 {
        let key = self[node: node].key
        return UInt64(key.2) << 32 | UInt64(key.3)
    }

    func hashNext(_ node: UInt32) -> UInt32 { self[node: node].hashNext }

    mutating func setHashNext(_ node: UInt32, _ next: UInt32) { self[node: node].hashNext = next }
}
