/// Turns the names of groups into 128 bits, with SipHash under two keys: clients choose the names, and must not be able to
/// choose two with one hash.
package struct GroupSeal {
    private let keys: ((UInt64, UInt64), (UInt64, UInt64))

    package init(_ key: SealingKey) {
        let (first, second) = key.ids
        // Other words than those that ids are sealed with.
        keys = (
            (first ^ 0x6772_6f75_7068_6967, second ^ 0x6772_6f75_7068_6967),
            (first ^ 0x6772_6f75_706c_6f77, second ^ 0x6772_6f75_706c_6f77)
        )
    }

    package func seal(_ text: String) -> GroupName {
        var text = text
        return text.withUTF8 { bytes in
            let raw = UnsafeRawBufferPointer(bytes)
            return GroupName(high: hash(raw, keys.0), low: hash(raw, keys.1))
        }
    }

    private func hash(_ bytes: UnsafeRawBufferPointer, _ key: (UInt64, UInt64)) -> UInt64 {
        var hash = SipHash(key: key)
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
