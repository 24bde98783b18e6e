/// Content of a file in memory: what a reader sees, and what is on the medium.
struct MemoryFile: Sendable {
    private(set) var current: [UInt8]
    private var synced: [UInt8]
    private var dirty = SectorSet()
    /// What an earlier file of the same name held. A sector that is written badly may show it again.
    var earlier: [UInt8]?
    /// Places that the medium does not give back any more.
    var unreadable: [(range: Range<Int>, errno: Int32)] = []

    init(_ bytes: [UInt8]) { (current, synced) = (bytes, bytes) }

    mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        guard bytes.count > 0 else { return }
        let end = offset + bytes.count
        if end > current.count { current.append(contentsOf: repeatElement(0, count: end - current.count)) }
        current.withUnsafeMutableBytes { $0.part(offset, end).copyMemory(from: bytes) }
        dirty.insert(offset / MemoryDisk.sectorBytes...(end - 1) / MemoryDisk.sectorBytes)
    }

    mutating func truncate(to count: Int) { current.removeLast(max(0, current.count - count)) }

    /// With zeros that are not synced.
    mutating func extend(to count: Int) {
        current.append(contentsOf: repeatElement(0, count: max(0, count - current.count)))
    }

    mutating func sync() {
        if synced.count > current.count { synced.removeLast(synced.count - current.count) }
        synced.append(contentsOf: repeatElement(0, count: current.count - synced.count))
        dirty.forEach { sector in
            let start = sector * MemoryDisk.sectorBytes
            let end = min(start + MemoryDisk.sectorBytes, current.count)
            guard start < end else { return }
            synced.withUnsafeMutableBytes { target in
                current.withUnsafeBytes { target.part(start, end).copyMemory(from: $0.part(start, end)) }
            }
        }
        dirty = SectorSet()
    }

    /// A failed sync: the kernel takes the sectors for clean from now on.
    mutating func forgetUnsynced() { dirty = SectorSet() }

    mutating func settle() {
        synced = current
        dirty = SectorSet()
    }

    /// One bit turns on the medium. If its sector is about to be written, in memory only.
    mutating func flip(bit: Int) {
        let (offset, mask) = (bit / 8, UInt8(1) << UInt8(bit % 8))
        guard offset < current.count else { return }
        current[offset] ^= mask
        guard offset < synced.count, !dirty.contains(offset / MemoryDisk.sectorBytes) else { return }
        synced[offset] ^= mask
    }

    mutating func crash(_ crash: Crash, _ generator: inout SplitMix64) {
        let size = crash.keeps(&generator) ? current.count : synced.count
        if dirty.isEmpty, size == current.count, size == synced.count {
            // A sync that failed leaves differences that no sector set knows.
            current = synced
            return
        }
        var after = synced
        after.removeLast(max(0, after.count - size))
        after.append(contentsOf: repeatElement(0, count: size - after.count))
        dirty.forEach { sector in
            let start = sector * MemoryDisk.sectorBytes
            let end = min(start + MemoryDisk.sectorBytes, size, current.count)
            guard start < end else { return }
            if case .power = crash, Int.random(in: 0..<8, using: &generator) == 0 {
                garble(&after, start..<end, &generator)
            } else if crash.keeps(&generator) {
                after.replaceSubrange(start..<end, with: current[start..<end])
            }
        }
        (current, synced, dirty) = (after, after, SectorSet())
    }

    /// Random bytes, or those of a file that had this name, and perhaps this place, before.
    private func garble(_ bytes: inout [UInt8], _ range: Range<Int>, _ generator: inout SplitMix64) {
        if let earlier, range.upperBound <= earlier.count, Bool.random(using: &generator) {
            return bytes.replaceSubrange(range, with: earlier[range])
        }
        for offset in range { bytes[offset] = UInt8(truncatingIfNeeded: generator.next()) }
    }
}

/// Numbers of sectors, a bit each.
private struct SectorSet: Sendable {
    private var words: [UInt64] = []

    var isEmpty: Bool { words.isEmpty }

    func contains(_ sector: Int) -> Bool {
        sector / 64 < words.count && words[sector / 64] & 1 << UInt64(sector % 64) != 0
    }

    mutating func insert(_ sectors: ClosedRange<Int>) {
        let count = sectors.upperBound / 64 + 1
        if count > words.count { words.append(contentsOf: repeatElement(0, count: count - words.count)) }
        for sector in sectors { words[sector / 64] |= 1 << UInt64(sector % 64) }
    }

    /// Rising.
    func forEach(_ body: (Int) -> Void) {
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                body(index * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
    }
}
