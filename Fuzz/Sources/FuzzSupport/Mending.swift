import CRoost
import FuzzRunner
import RoostLog

/// Makes the checksums of files fit their content, so that an input gets behind them. Lengths and numbers stay as they
/// are, unless `numbers` is set.
package struct Mending {
    /// Bit 0 of a mode: checksums and magic numbers. Bit 1: sequences and sizes too.
    package let isOn: Bool
    package let numbers: Bool

    package init(mode: UInt8) {
        isOn = mode & 1 != 0
        numbers = mode & 2 != 0
    }

    // MARK: Segments

    /// `sequence`: of the first record that is due; afterwards, of the one behind the last.
    package func mend(segment bytes: inout [UInt8], sequence: inout UInt64) {
        guard isOn, bytes.count >= 512 else { return }
        bytes.store(SegmentHeader.magic, at: 0)
        bytes.store(SegmentHeader.version, at: 8)
        bytes.store(SegmentHeader.knownFeatures, at: 12)
        for offset in 64..<512 { bytes[offset] = 0 }
        let salt: UInt64 = bytes.load(24)
        if numbers {
            if bytes.load(32, UInt64.self) != 0 { bytes.store(sequence, at: 32) }
            bytes.store(min(bytes.load(40, UInt64.self), sequence &- 1), at: 40)
        }
        bytes.store(crc(bytes, 0..<60, seed: 0), at: 60)
        let alignment = Int(bytes.load(10, UInt16.self))
        guard alignment >= 8, alignment <= 4096, alignment & (alignment - 1) == 0 else { return }
        var position = rounded(512, alignment)
        while position + BatchHeader.bytes <= bytes.count,
            bytes[position..<position + BatchHeader.bytes].contains(where: { $0 != 0 })
        {
            let end = mend(batch: &bytes, at: position, seed: checksumSeed(salt: salt), &sequence)
            position = rounded(end, alignment)
        }
    }

    private func mend(batch bytes: inout [UInt8], at start: Int, seed: UInt32, _ sequence: inout UInt64) -> Int {
        if numbers {
            bytes.store(sequence, at: start + 8)
            bytes.store(min(bytes.load(start + 24, UInt64.self), sequence &- 1), at: start + 24)
        }
        bytes.store(UInt32(0x7461_4252), at: start)
        bytes.store(UInt64(0), at: start + 40)
        bytes.store(crc(bytes, start + 8..<start + 48, seed: seed), at: start + 4)
        sequence = bytes.load(start + 8)
        let count: UInt32 = bytes.load(start + 16)
        let end = min(start + 48 + Int(bytes.load(start + 20, UInt32.self)), bytes.count)
        var offset = start + 48
        for _ in 0..<count {
            guard offset + 16 <= end else { break }
            let next = rounded(offset + 16 + Int(bytes.load(offset, UInt32.self)), 8)
            guard next <= end else { break }
            mend(record: &bytes, offset..<next, seed: seed, sequence)
            sequence &+= 1
            offset = next
        }
        return end
    }

    private func mend(record bytes: inout [UInt8], _ range: Range<Int>, seed: UInt32, _ sequence: UInt64) {
        let start = range.lowerBound
        if numbers {
            bytes.store(bytes.load(start, UInt64.self) & 0xFF_FFFF_FFFF | sequence &<< 40, at: start)
        }
        let head: UInt64 = bytes.load(start)
        let length = Int(UInt32(truncatingIfNeeded: head))
        for offset in start + 16 + length..<range.upperBound { bytes[offset] = 0 }
        let check = croost_crc32c_word(seed, head)
        bytes.store(UInt16(truncatingIfNeeded: check ^ check >> 16), at: start + 10)
        let rest: UInt32 = bytes.load(start + 8)
        let crc = bytes.withUnsafeBytes {
            croost_crc32c_record(seed, sequence, head, rest, $0.baseAddress.map { $0 + start + 16 }, length)
        }
        bytes.store(crc, at: start + 12)
    }

    // MARK: Snapshots

    package func mend(snapshot bytes: inout [UInt8], sequence: UInt64) {
        guard isOn, bytes.count >= 512 else { return }
        bytes.store(UInt64(0x616E_5374_736F_6F52), at: 0)
        bytes.store(UInt16(1), at: 8)
        bytes.store(UInt32(0), at: 12)
        if numbers { bytes.store(sequence, at: 40) }
        for offset in 64..<512 { bytes[offset] = 0 }
        bytes.store(crc(bytes, 0..<60, seed: 0), at: 60)
        let seed = checksumSeed(salt: bytes.load(24))
        var heads = crc(bytes, 0..<64, seed: seed)
        var (position, index, sections) = (512, UInt64(0), UInt64(0))
        while position + 16 <= bytes.count {
            let head: UInt64 = bytes.load(position)
            let end = rounded(position + 16 + Int(UInt32(truncatingIfNeeded: head)), 8)
            guard end <= bytes.count else { return }
            let kind = UInt8(truncatingIfNeeded: head >> 32)
            if kind == 2 { sections += 1 }
            if kind == 3, end - position == 40 {
                bytes.store(sections, at: position + 16)
                bytes.store(UInt64(bytes.count), at: position + 24)
                bytes.store(heads, at: position + 32)
            }
            mend(frame: &bytes, position..<end, seed: seed, index)
            heads = crc(bytes, position..<position + 16, seed: heads)
            (position, index) = (end, index + 1)
        }
    }

    private func mend(frame bytes: inout [UInt8], _ range: Range<Int>, seed: UInt32, _ index: UInt64) {
        let start = range.lowerBound
        let head: UInt64 = bytes.load(start)
        let length = Int(UInt32(truncatingIfNeeded: head))
        for offset in start + 16 + length..<range.upperBound { bytes[offset] = 0 }
        let check = croost_crc32c_word(seed, head)
        bytes.store(check, at: start + 8)
        let crc = bytes.withUnsafeBytes {
            croost_crc32c_record(seed, index, head, check, $0.baseAddress.map { $0 + start + 16 }, length)
        }
        bytes.store(crc, at: start + 12)
    }

    private func crc(_ bytes: [UInt8], _ range: Range<Int>, seed: UInt32) -> UInt32 {
        bytes.withUnsafeBytes { croost_crc32c(seed, $0.baseAddress.map { $0 + range.lowerBound }, range.count) }
    }

    private func rounded(_ offset: Int, _ alignment: Int) -> Int { (offset + alignment - 1) & ~(alignment - 1) }
}

extension [UInt8] {
    package func load<Number: FixedWidthInteger & BitwiseCopyable>(
        _ offset: Int, _ type: Number.Type = Number.self
    ) -> Number {
        withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
    }

    package mutating func store<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, at offset: Int) {
        withUnsafeMutableBytes { $0.storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self) }
    }
}
