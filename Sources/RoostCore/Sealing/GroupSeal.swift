/// Turns the names of groups into 128 bits.
package struct GroupSeal {
    private let digest: KeyedDigest

    package init(_ key: SealingKey) {
        digest = KeyedDigest(key, (0x6772_6f75_7068_6967, 0x6772_6f75_706c_6f77))
    }

    package func seal(_ text: String) -> GroupName {
        let (high, low) = digest.digest(text)
        return GroupName(high: high, low: low)
    }
}
