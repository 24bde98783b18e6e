import RoostLog

/// What a start must make of bits that turned in one file after a clean end: by docs/log-format.md alone, from the
/// bytes before and after.
///
/// Damage is a torn write to the log when no mark that is still intact covers it, and then the data ends there, at one
/// certain record. With a mark that covers it, it must be refused. Nothing in between is permitted.
struct DamageWindow {
    enum Verdict: Equatable {
        /// A start may not succeed.
        case refusal
        /// A start that succeeds ends with exactly this record.
        case end(UInt64)
    }

    /// The files before the damage.
    private let segments: [(number: UInt32, bytes: [UInt8])]
    private let snapshots: [(sequence: UInt64, segment: UInt32)]
    /// Of snapshots that could not be read at an earlier start: the log was synced up to there all the same.
    private let namedSequences: [UInt64]
    private let newest: UInt64

    init(_ disk: MemoryDisk, newest: UInt64) throws(DiskError) {
        self.newest = newest
        var segments: [(number: UInt32, bytes: [UInt8])] = []
        var snapshots: [(sequence: UInt64, segment: UInt32)] = []
        var named: [UInt64] = []
        for (file, _) in try disk.list() {
            let bytes = disk.contents(file) ?? []
            switch file {
            case .segment(let number): segments.append((number, bytes))
            case .snapshot(let sequence): snapshots.append((sequence, UInt32(bytes.number(at: 16, bytes: 4))))
            case .damagedSnapshot(let sequence, _): named.append(sequence)
            default: break
            }
        }
        self.segments = segments.sorted { $0.number < $1.number }
        self.snapshots = snapshots
        namedSequences = named
    }

    /// `bytes`: the file after the damage.
    func verdict(_ file: LogFile, _ bytes: [UInt8]) -> Verdict {
        guard case .segment(let number) = file, number >= firstRead,
            let place = segments.firstIndex(where: { $0.number == number })
        else { return .end(newest) }
        let before = segments[place].bytes
        // What lies behind the end that a restart set is void.
        let altered = before.indices.filter { $0 < bound(place) ?? before.count && before[$0] != bytes[$0] }
        guard let first = altered.first else { return .end(newest) }
        if first < Self.headerAreaBytes { return .refusal }
        let last = lastPlace
        if place < last { return .refusal }
        // Made ahead: what stands in it comes after everything.
        guard place == last else { return .end(newest) }
        return verdictInLast(SegmentBatches(before), altered, first)
    }

    private func verdictInLast(_ segment: SegmentBatches, _ altered: [Int], _ first: Int) -> Verdict {
        if first < segment.firstOffset { return .refusal }
        guard let batch = segment.batches.first(where: { first < $0.next }) else { return .end(newest) }
        let touch = batch.touch(first)
        return mark(segment, altered) >= touch.sequence ? .refusal : .end(touch.end)
    }

    /// The highest sequence that something intact says was on disk.
    private func mark(_ segment: SegmentBatches, _ altered: [Int]) -> UInt64 {
        var base = namedSequences.max() ?? 0
        for snapshot in snapshots { base = max(base, snapshot.sequence) }
        for other in segments { base = max(base, other.bytes.number(at: 40, bytes: 8)) }
        // The first byte of a segment is written when everything before it is synced.
        if let first = segment.batches.first { base = max(base, first.firstSequence - 1) }
        var highest = base
        for batch in segment.batches where !altered.contains(where: batch.header.contains) {
            // A batch is synced as a whole.
            highest = max(highest, batch.firstSequence <= base ? batch.lastSequence : batch.watermark)
        }
        return highest
    }

    private static let headerAreaBytes = 512

    /// Segments before it are not read by a start: the newest snapshot holds what was in them.
    private var firstRead: UInt32 { snapshots.max { $0.sequence < $1.sequence }?.segment ?? 0 }

    /// Where a restart found the end of this segment.
    private func bound(_ place: Int) -> Int? {
        guard place + 1 < segments.count, segments[place + 1].bytes.number(at: 32, bytes: 8) != 0 else { return nil }
        return Int(segments[place + 1].bytes.number(at: 56, bytes: 4))
    }

    /// Of the last segment that is not only made ahead.
    private var lastPlace: Int {
        segments.indices.last { place in
            bound(place) != nil || segments[place].bytes.dropFirst(Self.headerAreaBytes).contains { $0 != 0 }
        } ?? -1
    }
}

/// Where the batches of an intact segment lie.
private struct SegmentBatches {
    struct Batch {
        var offset: Int
        var firstSequence: UInt64
        var watermark: UInt64
        /// Where its frames begin, and where the last one ends.
        var frames: [Int]
        var end: Int
        /// Of the next batch.
        var next: Int

        var header: Range<Int> { offset..<offset + SegmentBatches.batchHeaderBytes }
        var lastSequence: UInt64 { firstSequence + UInt64(frames.count) - 1 }

        /// The record that a wrong byte at `place` touches, and the last one that is left in front of it.
        func touch(_ place: Int) -> (sequence: UInt64, end: UInt64) {
            // Zeros behind a batch belong to its last record, which is itself intact.
            if place >= end { return (lastSequence, lastSequence) }
            let index = frames.lastIndex { $0 <= place } ?? 0
            return (firstSequence + UInt64(index), firstSequence + UInt64(index) - 1)
        }
    }

    static let batchHeaderBytes = 48
    private static let magic: UInt64 = 0x7461_4252

    let firstOffset: Int
    private(set) var batches: [Batch] = []

    init(_ bytes: [UInt8]) {
        let alignment = max(Int(bytes.number(at: 10, bytes: 2)), 1)
        firstOffset = (512 + alignment - 1) / alignment * alignment
        var offset = firstOffset
        while offset + Self.batchHeaderBytes <= bytes.count, bytes.number(at: offset, bytes: 4) == Self.magic {
            var frames: [Int] = []
            var end = offset + Self.batchHeaderBytes
            for _ in 0..<bytes.number(at: offset + 16, bytes: 4) {
                frames.append(end)
                end += (16 + Int(bytes.number(at: end, bytes: 4)) + 7) & ~7
            }
            let next = (end + alignment - 1) / alignment * alignment
            batches.append(
                Batch(
                    offset: offset, firstSequence: bytes.number(at: offset + 8, bytes: 8),
                    watermark: bytes.number(at: offset + 24, bytes: 8), frames: frames, end: end, next: next))
            offset = next
        }
    }
}

extension [UInt8] {
    /// A little-endian number; 0 where the file has ended.
    fileprivate func number(at offset: Int, bytes width: Int) -> UInt64 {
        guard offset + width <= count else { return 0 }
        return self[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
