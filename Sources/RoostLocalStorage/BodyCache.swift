import RoostCore

/// Payloads of send records in memory, found by their place in the log.
///
/// A block holds the payloads of the records that start in one 64 KiB stretch of a segment, close together and in the
/// order of the log; it is freed when its last message goes. All of it is in memory for now; the reads from disk that
/// let it be bounded go behind `withPayload`.
struct BodyCache {
    private struct Segment {
        var blocks: ContiguousArray<BodyBlock> = []
        var living = 0
    }

    private static let blockShift: UInt32 = 16

    /// Segment `first + i` stands at index `i`.
    private var segments: ContiguousArray<Segment> = []
    private var first: UInt32 = 0
    private(set) var residentBytes = 0

    /// Adds the payload of the newest record. `write` fills exactly `location.length` bytes.
    mutating func append(_ location: BodyLocation, _ write: (UnsafeMutableRawBufferPointer) -> Void) {
        let segment = extend(through: location.segment)
        let block = Int(location.offset >> Self.blockShift)
        while segments[segment].blocks.count <= block { segments[segment].blocks.append(BodyBlock()) }
        segments[segment].blocks[block].append(location, write)
        segments[segment].living += 1
        residentBytes += Int(location.length)
    }

    /// Calls `body` with the payload, or with nil when it is not here.
    func withPayload<Value>(_ location: BodyLocation, _ body: (UnsafeRawBufferPointer?) -> Value) -> Value {
        guard let (segment, block) = place(of: location) else { return body(nil) }
        return segments[segment].blocks[block].withPayload(location, body)
    }

    /// The message of this record is gone.
    mutating func release(_ location: BodyLocation) {
        guard let (segment, block) = place(of: location), segments[segment].blocks[block].living > 0 else { return }
        segments[segment].blocks[block].release()
        segments[segment].living -= 1
        residentBytes -= Int(location.length)
        if segments[segment].living == 0 { trim() }
    }

    private func place(of location: BodyLocation) -> (segment: Int, block: Int)? {
        let segment = Int(location.segment) - Int(first)
        guard segments.indices.contains(segment) else { return nil }
        let block = Int(location.offset >> Self.blockShift)
        guard block < segments[segment].blocks.count else { return nil }
        return (segment, block)
    }

    private mutating func extend(through segment: UInt32) -> Int {
        if segments.isEmpty { first = segment }
        precondition(segment >= first, "records are added in the order of the log")
        let index = Int(segment - first)
        while segments.count <= index { segments.append(Segment()) }
        return index
    }

    /// Forgets leading segments in which nothing lives; the newest one stays.
    private mutating func trim() {
        var dead = 0
        while dead < segments.count - 1, segments[dead].living == 0 { dead += 1 }
        segments.removeFirst(dead)
        first += UInt32(dead)
    }
}

/// The payloads of one stretch of a segment.
struct BodyBlock {
    private struct Record {
        var offset: UInt32
        var start: UInt32
    }

    /// Ascending by offset.
    private var records: ContiguousArray<Record> = []
    private var bytes: ContiguousArray<UInt8> = []
    private(set) var living = 0

    mutating func append(_ location: BodyLocation, _ write: (UnsafeMutableRawBufferPointer) -> Void) {
        records.append(Record(offset: location.offset, start: UInt32(bytes.count)))
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: Int(location.length)))
        bytes.withUnsafeMutableBytes { write(UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
        living += 1
    }

    mutating func release() {
        living -= 1
        if living == 0 { self = BodyBlock() }
    }

    func withPayload<Value>(_ location: BodyLocation, _ body: (UnsafeRawBufferPointer?) -> Value) -> Value {
        guard let record = find(location.offset) else { return body(nil) }
        return bytes.withUnsafeBytes { bytes in
            let start = Int(record.start)
            guard start + Int(location.length) <= bytes.count else { return body(nil) }
            return body(UnsafeRawBufferPointer(rebasing: bytes[start..<start + Int(location.length)]))
        }
    }

    private func find(_ offset: UInt32) -> Record? {
        var (low, high) = (0, records.count)
        while low < high {
            let middle = (low + high) / 2
            if records[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low < records.count && records[low].offset == offset ? records[low] : nil
    }
}
