import Crypto

/// Signing keys that were derived from secrets, each good for one day and region.
///
/// A request computes one code; to derive its key would take four more. What is to be signed begins with time and
/// scope: the code over that is kept too, as clients sign many requests in a second.
struct SigningKeys {
    private struct Slot {
        let key: Int
        let scope: [UInt8]
        let code: KeyedSum
        /// The text to sign, but for its last line.
        private var text: [UInt8]
        /// Where the text has the time of the latest request.
        private var date: Range<Int>
        /// The code over the text.
        private(set) var dated: KeyedSum

        init(key: Int, scope: [UInt8], code: KeyedSum) {
            self.key = key
            self.scope = scope
            self.code = code
            text = Array("AWS4-HMAC-SHA256\n\n".utf8) + scope + [UInt8(ascii: "\n")]
            date = 17..<17
            dated = code
        }

        /// In place: clients whose clocks differ may take turns.
        mutating func set(_ new: UnsafeRawBufferPointer) {
            let isThere = text.withUnsafeBytes { equals(UnsafeRawBufferPointer(rebasing: $0[date]), new) }
            if isThere { return }
            text.replaceSubrange(date, with: new)
            date = date.lowerBound..<date.lowerBound + new.count
            dated = code
            text.withUnsafeBytes { dated.update($0) }
        }
    }

    /// More than a day and a handful of regions for each of some keys; what clients make up must not fill the memory.
    private static let slotsMax = 64
    private var slots: [Slot] = []
    private var oldest = 0

    /// The code over the text to sign, but for its last line, the sum of the canonical request.
    ///
    /// - Parameter key: tells the secrets apart.
    /// - Parameter date: `20260102T030405Z`, as it is to be signed.
    /// - Parameter scope: `date/region/service/aws4_request`.
    mutating func code(
        key: Int, secret: String, date: UnsafeRawBufferPointer, scope: UnsafeRawBufferPointer
    ) -> KeyedSum {
        let index = known(key, scope) ?? add(Slot(key: key, scope: Array(scope), code: Self.derive(secret, scope)))
        slots[index].set(date)
        return slots[index].dated
    }

    // By index: a slot that is taken out of the array is counted, with all its parts.
    private func known(_ key: Int, _ scope: UnsafeRawBufferPointer) -> Int? {
        for index in slots.indices where slots[index].key == key {
            if slots[index].scope.withUnsafeBytes({ equals($0, scope) }) { return index }
        }
        return nil
    }

    private mutating func add(_ slot: Slot) -> Int {
        guard slots.count == Self.slotsMax else {
            slots.append(slot)
            return slots.count &- 1
        }
        defer { oldest = (oldest &+ 1) % Self.slotsMax }
        slots[oldest] = slot
        return oldest
    }

    private static func derive(_ secret: String, _ scope: UnsafeRawBufferPointer) -> KeyedSum {
        var key = SymmetricKey(data: Array("AWS4\(secret)".utf8))
        for part in Array(scope).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: part, using: key))
        }
        return key.withUnsafeBytes { KeyedSum(key: $0) }
    }
}

/// HMAC of SHA-256 (RFC 2104) over the sums of the library, with the key already in it: to go on from there takes half
/// the work. The library's own HMAC takes its input by generic collections, which costs more than the sums.
struct KeyedSum {
    private var inner = SHA256()
    private var outer = SHA256()

    private static let blockBytes = 64

    /// - Parameter key: at most a block.
    init(key: UnsafeRawBufferPointer) {
        precondition(key.count <= Self.blockBytes, "longer keys are those of a sum")
        func padded(_ mask: UInt8) -> [UInt8] {
            key.map { $0 ^ mask } + Array(repeating: mask, count: Self.blockBytes - key.count)
        }
        padded(0x36).withUnsafeBytes { inner.update(bufferPointer: $0) }
        padded(0x5C).withUnsafeBytes { outer.update(bufferPointer: $0) }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) { inner.update(bufferPointer: bytes) }

    /// Nothing can be added afterwards.
    mutating func finalize() -> SHA256.Digest {
        inner.finalize().withUnsafeBytes { outer.update(bufferPointer: $0) }
        return outer.finalize()
    }
}
