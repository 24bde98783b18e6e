/// 128 bits of a text that clients chose, by SipHash under two keys of this broker: nobody outside can make two texts
/// with one digest.
struct KeyedDigest {
    private let keys: ((UInt64, UInt64), (UInt64, UInt64))

    /// `purposes`: two words that no other use of the key has.
    init(_ key: SealingKey, _ purposes: (UInt64, UInt64)) {
        let (first, second) = key.ids
        keys = (
            (first ^ purposes.0, second ^ purposes.0),
            (first ^ purposes.1, second ^ purposes.1)
        )
    }

    /// The digest of a text and of what `combine` puts before it.
    func digest(_ text: String, after combine: (inout SipHash) -> Void = { _ in }) -> (high: UInt64, low: UInt64) {
        var text = text
        return text.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            return (Self.hash(combine, bytes, keys.0), Self.hash(combine, bytes, keys.1))
        }
    }

    private static func hash(
        _ combine: (inout SipHash) -> Void, _ bytes: UnsafeRawBufferPointer, _ key: (UInt64, UInt64)
    ) -> UInt64 {
        var hash = SipHash(key: key)
        combine(&hash)
        hash.combine(bytes)
        return hash.finalize()
    }
}
