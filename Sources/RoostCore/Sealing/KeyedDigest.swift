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

    /// The digest of a text and of the words before it.
    func digest(_ text: String, after words: [UInt64] = []) -> (high: UInt64, low: UInt64) {
        var text = text
        return text.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            return (Self.hash(words, bytes, keys.0), Self.hash(words, bytes, keys.1))
        }
    }

    private static func hash(_ words: [UInt64], _ bytes: UnsafeRawBufferPointer, _ key: (UInt64, UInt64)) -> UInt64 {
        var hash = SipHash(key: key)
        for word in words { hash.combine(word) }
        var (word, count) = (UInt64(0), 0)
        for byte in bytes {
            word |= UInt64(byte) << UInt64(8 * count)
            count += 1
            guard count == 8 else { continue }
            hash.combine(word)
            (word, count) = (0, 0)
        }
        hash.combine(word)
        hash.combine(UInt64(bytes.count))
        return hash.finalize()
    }
}
