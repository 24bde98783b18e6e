/// What a `ByteMap` orders keys by.
///
/// Keyed, since clients choose what is hashed. 53 bits: a hash is also a cursor of SCAN, and clients hold cursors in
/// floating-point and in signed numbers.
package struct KeyHasher: Sendable {
    static let hashBits: UInt64 = 53
    private let key: (UInt64, UInt64)

    package init(_ key: SealingKey) {
        // Words that no other use of the key has.
        self.key = (key.ids.0 ^ 0x636f_6e74_6169_6e65, key.ids.1 ^ 0x7273_6b65_7968_6173)
    }

    package func hash(_ key: some ByteString & ~Escapable) -> UInt64 {
        var hash = SipHash(key: self.key)
        key.withRawBytes { hash.combine($0) }
        return hash.finalize() >> (64 - Self.hashBits)
    }
}

/// A set of byte strings.
package typealias ByteSet = ByteMap<NoColumn>
/// Byte strings by byte strings.
package typealias BytesMap = ByteMap<BytesColumn>
/// Values by byte strings.
package typealias ValueMap<Value: Sendable> = ByteMap<ArrayColumn<Value>>

/// Values by byte strings: what is under the keyspace, hashes and sets.
///
/// A tree ordered by a hash that the caller computes (always with the same `KeyHasher`), and by the key's bytes where
/// hashes are equal. So there is nothing to rehash, a random pick is a rank, and a cursor of a scan is a hash: a scan
/// meets every entry that is there all the time, whatever comes and goes meanwhile.
package struct ByteMap<Column: TreeColumn>: Sendable {
    private var tree: KeyedTree<Column>

    package init(limits: NodeLimits = NodeLimits()) { tree = CountedTree(limits) }

    package var count: Int { tree.count }
    package var isEmpty: Bool { tree.count == 0 }
    /// Bytes of all keys, and of the values that are bytes.
    package var byteCount: Int { tree.measure.payload }
    /// Bytes of memory, slack included; without what values hold elsewhere.
    package var residentBytes: Int { tree.measure.resident }

    @inline(__always)
    private func withKey<Result>(_ key: some ByteString & ~Escapable, _ hash: UInt64, _ body: (TreeKey) -> Result)
        -> Result
    {
        key.withRawBytes { body(TreeKey(word: hash, bytes: $0)) }
    }

    package func contains(_ key: some ByteString & ~Escapable, hash: UInt64) -> Bool {
        withKey(key, hash) { tree.find($0) { _, _ in true } } ?? false
    }

    package func value(_ key: some ByteString & ~Escapable, hash: UInt64) -> Column.Value? {
        withKey(key, hash) { tree.find($0) { leaf, index in leaf.pointee.values.value(index) } }
    }

    /// Where the key is in the order of the map; nil when it is not there.
    package func rank(of key: some ByteString & ~Escapable, hash: UInt64) -> Int? {
        let (rank, isFound) = withKey(key, hash) { tree.rank(of: $0) }
        return isFound ? rank : nil
    }

    /// Inserts an entry, or replaces its value and returns the old one.
    @discardableResult
    package mutating func insert(_ key: some ByteString & ~Escapable, hash: UInt64, _ value: Column.Value) -> Column
        .Value?
    {
        key.withRawBytes { tree.put(TreeKey(word: hash, bytes: $0), value) }
    }

    /// Nil when the key is not there.
    @discardableResult
    package mutating func remove(_ key: some ByteString & ~Escapable, hash: UInt64) -> Column.Value? {
        key.withRawBytes { tree.remove(TreeKey(word: hash, bytes: $0)) }
    }

    /// Removes an entry that exists.
    package mutating func remove(at rank: Int) {
        precondition(rank >= 0 && rank < count, "no such rank in the map")
        tree.remove(at: rank)
    }

    /// Removes all in a time that does not depend on how many there are; they are freed with what is returned.
    package mutating func removeAll() -> Remains { Remains(nodes: tree.remove(0..<count)) }

    /// Removed entries that still hold their memory.
    package struct Remains: Sendable {
        fileprivate var nodes: TreeRemains<KeyedLeaf<Column>>

        package var isEmpty: Bool { nodes.isEmpty }
        package var residentBytes: Int { nodes.measure.resident }
        package var count: Int { nodes.measure.count }

        /// Frees about that many entries. `visit` meets them before: their values may hold more that is to be freed
        /// bit by bit.
        package mutating func free(_ entriesMax: Int, _ visit: (Span<UInt8>, Column, Int) -> Void = { _, _, _ in }) {
            var freed = 0
            while freed < entriesMax, let leaf = nodes.takeLeaf() {
                freed += leaf.count
                for index in 0..<leaf.count { leaf.keys.withBytes(index) { visit($0, leaf.values, index) } }
            }
        }
    }

    package var violation: String? { tree.violation ?? tree.orderViolation() }
}

extension ByteMap {
    /// Runs `body` on the entry with this key; its value is `values.value(index)`.
    package func withEntry<Result>(
        _ key: some ByteString & ~Escapable, hash: UInt64, _ body: (_ values: Column, _ index: Int) -> Result
    ) -> Result? {
        withKey(key, hash) { tree.find($0) { leaf, index in body(leaf.pointee.values, index) } }
    }

    /// Runs `body` on the key and the value of an entry that exists: a random pick is one of a random rank.
    package func withEntry<Result>(
        at rank: Int, _ body: (_ key: Span<UInt8>, _ values: Column, _ index: Int) -> Result
    ) -> Result {
        precondition(rank >= 0 && rank < count, "no such rank in the map")
        return tree.withEntry(at: rank) { leaf, index in
            leaf.pointee.keys.withBytes(index) { body($0, leaf.pointee.values, index) }
        }
    }

    /// Visits all entries from a rank on, in the order of the map, while `body` says so.
    package func forEach(
        from rank: Int = 0, _ body: (_ key: Span<UInt8>, _ values: Column, _ index: Int) -> Bool
    ) {
        precondition(rank >= 0 && rank <= count, "no such rank in the map")
        tree.ascend(rank..<count) { leaf, _, inside in
            inside.allSatisfy { index in leaf.keys.withBytes(index) { body($0, leaf.values, index) } }
        }
    }

    /// Visits at least `count` entries (and at least one) from a cursor on, all of one hash together; returns the next
    /// cursor.
    ///
    /// A scan starts with cursor 0 and ends with it.
    package func scan(
        from cursor: UInt64, atLeast count: Int, _ body: (_ key: Span<UInt8>, _ values: Column, _ index: Int) -> Void
    ) -> UInt64 {
        let start = tree.rank(of: TreeKey(word: cursor, bytes: UnsafeRawBufferPointer(start: nil, count: 0))).rank
        var (left, last, next) = (max(1, count), cursor, UInt64(0))
        tree.ascend(start..<self.count) { leaf, _, inside in
            for index in inside {
                let hash = leaf.keys.word(index)
                if left <= 0, hash != last {
                    next = hash
                    return false
                }
                leaf.keys.withBytes(index) { body($0, leaf.values, index) }
                (left, last) = (left - 1, hash)
            }
            return true
        }
        return next
    }
}

extension ByteMap {
    /// Changes a value in its place; nil when the key is not there.
    package mutating func update<Value, Result>(
        _ key: some ByteString & ~Escapable, hash: UInt64, _ body: (inout Value) -> Result
    ) -> Result? where Column == ArrayColumn<Value> {
        key.withRawBytes { bytes in
            tree.update(KeyLocator(TreeKey(word: hash, bytes: bytes))) { leaf, place in
                let (index, isFound) = leaf.find(place)
                return isFound ? body(&leaf.values[index]) : nil
            }
        }
    }

    /// Runs `body` on a value, without a copy of it; nil when the key is not there.
    package func withValue<Value, Result>(
        _ key: some ByteString & ~Escapable, hash: UInt64, _ body: (Value) -> Result
    ) -> Result? where Column == ArrayColumn<Value> {
        withKey(key, hash) { tree.find($0) { leaf, index in body(leaf.pointee.values[index]) } }
    }
}
