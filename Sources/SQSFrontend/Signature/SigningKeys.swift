import Crypto

/// Signing keys that were derived from secrets, each good for one day and region.
///
/// A request computes one code; to derive its key would take four more.
struct SigningKeys {
    private struct Slot {
        var key: Int
        var scope: [UInt8]
        var code: KeyedSum
    }

    /// More than a day and a handful of regions for each of some keys; what clients make up must not fill the memory.
    private static let slotsMax = 64
    private var slots: [Slot] = []
    private var oldest = 0

    /// - Parameter key: tells the secrets apart.
    /// - Parameter scope: `date/region/service/aws4_request`.
    mutating func code(key: Int, secret: String, scope: UnsafeRawBufferPointer) -> KeyedSum {
        let known = slots.firstIndex { slot in
            slot.key == key && slot.scope.withUnsafeBytes { equals($0, scope) }
        }
        if let known { return slots[known].code }
        let slot = Slot(key: key, scope: Array(scope), code: Self.derive(secret, scope))
        if slots.count < Self.slotsMax {
            slots.append(slot)
        } else {
            slots[oldest] = slot
            oldest = (oldest &+ 1) % Self.slotsMax
        }
        return slot.code
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
