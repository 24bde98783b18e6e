/// What tells a message from others in a FIFO queue: 128 bits of its id and of where that counts.
package struct DeduplicationKey: Sendable, Hashable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// Makes keys. A queue that was purged, or made anew under its name, has other keys than before: so nothing has to be
/// searched and removed then.
struct DeduplicationSeal {
    private let digest: KeyedDigest

    init(_ key: SealingKey) {
        digest = KeyedDigest(key, (0x6465_6475_7068_6967, 0x6465_6475_706c_6f77))
    }

    /// `group`: nil when ids count in the whole queue.
    func seal(_ id: String, birth: UInt64, purgedBelow: UInt64, group: GroupName?) -> DeduplicationKey {
        let (high, low) = digest.digest(id) { hash in
            hash.combine(birth)
            hash.combine(purgedBelow)
            guard let group else { return }
            hash.combine(group.high)
            hash.combine(group.low)
        }
        return DeduplicationKey(high: high, low: low)
    }
}
