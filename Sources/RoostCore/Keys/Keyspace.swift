package import RoostModel

/// The keys of one database. A value: a copy of it is a snapshot, and a change copies what it touches.
///
/// As the rest of the core in three verbs: `prepare` says what a command would do and answer, the effects go to the
/// log, `apply` carries them out and decides nothing.
package struct Keyspace: Sendable {
    let hasher: KeyHasher
    var records = ValueMap<KeyRecord>()
    /// Keys that expire, by the time at which they do.
    private var expiries = ScoreTree()
    private var graveyard: [KeyRemains] = []
    private var values = ValueSize()
    private var remainsBytes = 0
    private let anchor = AddressAnchor()

    package init(_ key: SealingKey) { hasher = KeyHasher(key) }

    package var count: Int { records.count }
    /// Keys that expire, or have.
    var expiringCount: Int { expiries.count }

    /// What is gone and not freed yet is in it.
    var residentBytes: Int { records.residentBytes + expiries.residentBytes + values.resident + remainsBytes }

    /// About what the keys take in an image: whatever way they came about, the same.
    var imageBytes: Int { records.byteCount + values.image + 48 * count }

    /// Nil when there is no such key, or it has expired: what time ended is not there, be it removed or not.
    func record(_ key: Bytes, _ now: BrokerTime) -> KeyRecord? {
        guard let record = heldRecord(key) else { return nil }
        return record.expiry.map { $0 <= now } ?? false ? nil : record
    }

    /// What is there, whether its time is over or not.
    func heldRecord(_ key: Bytes) -> KeyRecord? { records.value(key, hash: hasher.hash(key)) }

    /// Of a string; zero when there is none.
    func stringBytes(_ key: Bytes) -> Int {
        guard case .string(let text)? = heldRecord(key)?.value else { return 0 }
        return text.count
    }

    /// Whether a record is there that has expired: effects on the key have to remove it first.
    func isLeftOver(_ key: Bytes, _ now: BrokerTime) -> Bool {
        heldRecord(key)?.expiry.map { $0 <= now } ?? false
    }

    /// When the next key expires.
    package var nextExpiry: BrokerTime? {
        // In the place of its callers it would make a copy of all that is here: see `AddressAnchor`.
        @inline(never) get {
            guard !expiries.isEmpty else { return nil }
            return expiries.withEntry(at: 0) { time, _ in
                // The highest times are rounded up to one that has no such number.
                BrokerTime(milliseconds: Int64(exactly: time) ?? .max)
            }
        }
    }

    /// Keys that have expired, the earliest first: one, or as many as have so many bytes together.
    package func expired(_ now: BrokerTime, atMost count: Int, bytes bytesMax: Int = .max) -> [Bytes] {
        let end = min(count, expiries.firstRank(scoreAbove: Double(now.milliseconds)))
        var (keys, bytes) = ([Bytes](), 0)
        expiries.forEach(in: 0..<end) { _, key in
            bytes += key.count
            guard keys.isEmpty || bytes <= bytesMax else { return false }
            keys.append(Bytes(copying: key))
            return true
        }
        return keys
    }

    func key(at rank: Int) -> Bytes { records.withEntry(at: rank) { key, _, _ in Bytes(copying: key) } }
}

// MARK: - What effects are made of

extension Keyspace {
    /// Changes a record in place. Nil when there is none.
    mutating func update<Result>(_ key: Bytes, _ change: (inout KeyRecord) -> Result) -> Result? {
        var growth = ValueSize()
        defer { values = values + growth }
        return records.update(key, hash: hasher.hash(key)) { record in
            let before = record.value.size
            defer { growth = record.value.size - before }
            return change(&record)
        }
    }

    /// The same, in a new record with this value when there is none.
    mutating func update<Result>(
        _ key: Bytes, orIn new: () -> KeyValue?, _ change: (inout KeyRecord) -> Result
    ) -> Result? {
        if let result = update(key, change) { return result }
        guard let value = new() else { return nil }
        put(key, KeyRecord(value: value))
        return update(key, change)
    }

    mutating func put(_ key: Bytes, _ record: KeyRecord) {
        values = values + record.value.size
        if let old = records.insert(key, hash: hasher.hash(key), record) { bury(key, old) }
        if let expiry = record.expiry { expiries.insert(Double(expiry.milliseconds), key) }
    }

    /// False when there is no such key.
    mutating func remove(_ key: Bytes) -> Bool {
        guard let old = records.remove(key, hash: hasher.hash(key)) else { return false }
        bury(key, old)
        return true
    }

    /// Takes a key away, to be put somewhere else.
    mutating func take(_ key: Bytes) -> KeyRecord? {
        guard let record = records.remove(key, hash: hasher.hash(key)) else { return nil }
        if let expiry = record.expiry { expiries.remove(Double(expiry.milliseconds), key) }
        values = values - record.value.size
        return record
    }

    mutating func setExpiry(_ key: Bytes, _ expiry: BrokerTime?) -> Bool {
        guard
            let old = update(
                key,
                { record in
                    defer { record.expiry = expiry }
                    return record.expiry
                })
        else { return false }
        if let old { expiries.remove(Double(old.milliseconds), key) }
        if let expiry { expiries.insert(Double(expiry.milliseconds), key) }
        return true
    }

    private mutating func bury(_ key: Bytes, _ record: consuming KeyRecord) {
        if let expiry = record.expiry { expiries.remove(Double(expiry.milliseconds), key) }
        values = values - record.value.size
        for remains in KeyRemains.of(record.value) { bury(remains) }
    }

    mutating func bury(_ remains: KeyRemains) {
        guard remains.isLarge else { return }
        graveyard.append(remains)
        remainsBytes += remains.residentBytes
    }

    mutating func flush() {
        // However few keys: their values may be large.
        let keys = KeyRemains.keys(records.removeAll())
        if !keys.isEmpty {
            graveyard.append(keys)
            remainsBytes += keys.residentBytes + values.resident
        }
        values = ValueSize()
        bury(.members(expiries.removeAll()))
    }

    /// Whether memory of values that are gone is still to be freed.
    package var hasRemains: Bool { !graveyard.isEmpty }

    /// Frees memory of values that are gone, about so many elements of it.
    package mutating func freeRemains(_ elementsMax: Int) {
        var rest = elementsMax
        while rest > 0, var last = graveyard.popLast() {
            let (resident, count) = (last.residentBytes, last.count)
            let (found, bytes) = last.free(rest)
            remainsBytes += last.residentBytes - resident - bytes
            rest -= max(1, count - last.count)
            if !last.isEmpty { graveyard.append(last) }
            graveyard += found
        }
        if graveyard.isEmpty { remainsBytes = 0 }
    }
}

extension Array where Element == UInt8 {
    /// Copies bytes that are lent.
    init(copying bytes: Span<UInt8>) { self = bytes.withUnsafeBufferPointer { Array($0) } }
}
