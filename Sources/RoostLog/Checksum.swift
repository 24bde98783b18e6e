import CRoost

/// CRC32C. Chained: the result of one call is the seed of the next.
enum Checksum {
    static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        croost_crc32c(seed, bytes.baseAddress, bytes.count)
    }

    static func of(word: UInt64, seed: UInt32 = 0) -> UInt32 { croost_crc32c_word(seed, word) }
}
