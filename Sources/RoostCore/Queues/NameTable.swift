package import RoostModel

/// Queue ids by name: 1,024 small dictionaries, so that growing one never stops the broker.
package struct NameTable {
    private static let shardCount = 1024
    private var shards = ContiguousArray<[QueueName: UInt32]>(repeating: [:], count: shardCount)

    package init() {}

    package subscript(name: QueueName) -> UInt32? {
        get { shards[Self.shard(name)][name] }
        set {
            let shard = Self.shard(name)
            shards[shard][name] = newValue
            if newValue == nil { shrink(shard) }
        }
    }

    /// Dictionaries keep their memory when they lose their members.
    private mutating func shrink(_ shard: Int) {
        let (count, capacity) = (shards[shard].count, shards[shard].capacity)
        guard capacity > 16, count < capacity / 8 else { return }
        var smaller = [QueueName: UInt32](minimumCapacity: count * 2)
        for (name, id) in shards[shard] { smaller[name] = id }
        shards[shard] = smaller
    }

    /// False for most names that no queue has, as long as there are few queues. Quicker than to ask for the queue, and
    /// takes bytes that need not be a name.
    func mayContain(_ name: Bytes) -> Bool { !shards[Self.shard(name)].isEmpty }

    private static func shard(_ name: QueueName) -> Int { shard(name.text.utf8) }

    /// FNV-1a. The dictionaries hash with a secret of their own; this only spreads.
    private static func shard(_ name: some Sequence<UInt8>) -> Int {
        var hash: UInt32 = 0x811c_9dc5
        for byte in name { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return Int((hash ^ hash >> 15) % UInt32(shardCount))
    }
}
