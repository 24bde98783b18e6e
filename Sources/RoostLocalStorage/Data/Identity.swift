import RoostCore

/// What makes a data directory itself: the key that ids and handles are sealed with, and the version of its layout.
///
/// ```
///  0  magic "ROOSTID1"                    8 bytes
///  8  layout version u32                  1
/// 12  log begun u32                       0 until the first segment is on disk, then 1
/// 16  sealing key                         32 bytes
/// 48  checksum u64                        FNV-1a, 64 bits, of bytes 0..<48
/// ```
/// Little-endian. It is written to a temporary name, synced, renamed, and the directory is synced.
struct Identity: Equatable {
    static let byteCount = 56
    private static let magic: [UInt8] = Array("ROOSTID1".utf8)
    private static let layoutVersion: UInt32 = 1

    var key: (UInt64, UInt64, UInt64, UInt64)
    /// A log was here: an empty log directory is then a loss, not a first start.
    var logBegun: Bool

    static func == (left: Self, right: Self) -> Bool { left.key == right.key && left.logBegun == right.logBegun }

    var sealingKey: SealingKey { SealingKey(words: key) }

    func encoded() -> [UInt8] {
        var bytes = Self.magic
        bytes.append(littleEndian: Self.layoutVersion)
        bytes.append(littleEndian: UInt32(logBegun ? 1 : 0))
        for word in [key.0, key.1, key.2, key.3] { bytes.append(littleEndian: word) }
        bytes.append(littleEndian: Self.checksum(bytes))
        return bytes
    }

    /// Throws a text that says what is wrong with the bytes.
    init(decoding bytes: [UInt8]) throws(DataDirectoryError) {
        guard bytes.count == Self.byteCount, Array(bytes[0..<8]) == Self.magic else {
            throw .damagedIdentity("it is not the identity of a Roost data directory")
        }
        guard Self.word(bytes, at: 48) == Self.checksum(Array(bytes[0..<48])) else {
            throw .damagedIdentity("its checksum is wrong")
        }
        let version = UInt32(truncatingIfNeeded: Self.word(bytes, at: 8))
        guard version == Self.layoutVersion else { throw .unknownLayout(version, known: Self.layoutVersion) }
        key = (
            Self.word(bytes, at: 16), Self.word(bytes, at: 24), Self.word(bytes, at: 32), Self.word(bytes, at: 40)
        )
        logBegun = Self.word(bytes, at: 8) >> 32 == 1
    }

    init(key: (UInt64, UInt64, UInt64, UInt64), logBegun: Bool) {
        self.key = key
        self.logBegun = logBegun
    }

    private static func word(_ bytes: [UInt8], at offset: Int) -> UInt64 {
        bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }
}

extension [UInt8] {
    fileprivate mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: number >> Number(shift)))
        }
    }
}
