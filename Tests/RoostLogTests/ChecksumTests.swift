import CRoost
import RoostLog
import Testing

@Suite struct ChecksumTests {
    @Test func knownValues() {
        // RFC 3720, appendix B.4, and the usual check value.
        let vectors: [([UInt8], UInt32)] = [
            (Array("123456789".utf8), 0xE306_9283),
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0..<32), 0x46DD_794E),
        ]
        for (bytes, expected) in vectors {
            #expect(croost_crc32c(0, bytes, bytes.count) == expected)
            #expect(croost_crc32c_portable(0, bytes, bytes.count) == expected)
        }
    }

    @Test func hardwareAndPortableAgreeAtEveryLengthAndAlignment() {
        let bytes = payload(7, bytes: 300)
        bytes.withUnsafeBytes { area in
            for start in 0..<9 {
                for end in start...area.count {
                    let part = UnsafeRawBufferPointer(rebasing: area[start..<end])
                    let fast = croost_crc32c(UInt32(end), part.baseAddress, part.count)
                    #expect(fast == croost_crc32c_portable(UInt32(end), part.baseAddress, part.count))
                }
            }
        }
    }

    @Test func callsChain() {
        let bytes = payload(8, bytes: 100)
        for split in 0...100 {
            let first = croost_crc32c(0, bytes, split)
            let second = Array(bytes[split...])
            #expect(croost_crc32c(first, second, second.count) == croost_crc32c(0, bytes, bytes.count))
        }
    }

    @Test func recordAndWordAreChainedCalls() {
        let (sequence, head, rest): (UInt64, UInt64, UInt32) = (
            0x0102_0304_0506_0708, 0xA1A2_A3A4_A5A6_A7A8, 0xB1B2_B3B4
        )
        let bytes = payload(9, bytes: 77)
        var expected = portable(77, sequence)
        #expect(croost_crc32c_word(77, sequence) == expected)
        expected = portable(portable(expected, head), rest)
        expected = croost_crc32c_portable(expected, bytes, bytes.count)
        #expect(croost_crc32c_record(77, sequence, head, rest, bytes, bytes.count) == expected)
    }

    private func portable<Number: FixedWidthInteger>(_ seed: UInt32, _ number: Number) -> UInt32 {
        withUnsafeBytes(of: number.littleEndian) { croost_crc32c_portable(seed, $0.baseAddress, $0.count) }
    }
}
