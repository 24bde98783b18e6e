/// The checksum of Redis' files and of DUMP: the polynomial of Jones, 0xad93d23594c935a9, with reflected bits.
enum CRC64 {
    private static let table: [UInt64] = (0..<256).map { byte in
        (0..<8).reduce(UInt64(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0x95ac_9329_ac4b_c9b5 : sum >> 1 }
    }

    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0) { sum, byte in table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8 }
    }
}
