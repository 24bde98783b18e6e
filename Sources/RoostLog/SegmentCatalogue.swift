/// The segments of a directory, with headers read and numbers checked, before any record is looked at.
struct SegmentCatalogue {
    struct Entry {
        let header: SegmentHeader
        /// Size of the file.
        let bytes: Int
        /// Where the data must end because a restart voided the rest.
        var bound: Int?
        var file: LogFile { .segment(header.number) }
        /// What there is to read.
        var readBytes: Int { bound ?? bytes }
    }

    /// Where reading begins.
    struct Base {
        /// nil: with segment 1.
        var position: LogPosition?
        var table: [SegmentFacts] = []
        /// Why reading begins there, for the error when a segment is missing.
        var reason = "the log begins with segment 1"
    }

    /// Segments to read, without gaps.
    private(set) var segments: [Entry] = []
    /// How many of them, from the first on, hold data. The rest was made ahead.
    private(set) var usedCount = 0
    /// Segments below the base that are what the snapshot says of them. They serve reads by location.
    private(set) var old: [SegmentFacts] = []
    private(set) var oldHeaders: [SegmentHeader] = []
    /// Files below the base that nothing is known of. They count as missing and are left alone.
    private(set) var unknown: [LogFile] = []

    private let isLenient: Bool

    init(_ disk: any Disk, _ directory: LogDirectory, _ base: Base, isLenient: Bool) throws(LogError) {
        self.isLenient = isLenient
        let first = base.position?.segment ?? 1
        let numbers = directory.segmentNumbers
        try readOld(disk, directory, numbers.filter { $0 < first }, base.table)
        for number in numbers where number >= first {
            let expected = first + UInt32(segments.count)
            guard number == expected else {
                let problem = "\(LogFile.segment(number).name) is there, and \(base.reason)"
                throw .segmentMissing(file: LogFile.segment(expected).name, problem: problem)
            }
            segments.append(try entry(disk, number, bytes: directory.segments[number] ?? 0))
        }
        if base.position != nil { try checkFirst(first, base) }
        try checkSizes()
        try findUsed(disk, atLeast: base.position == nil ? 0 : 1)
    }

    /// The segment of the snapshot's position must be the very file that the snapshot was taken from.
    private func checkFirst(_ number: UInt32, _ base: Base) throws(LogError) {
        let name = LogFile.segment(number).name
        guard let first = segments.first else { throw .segmentMissing(file: name, problem: base.reason) }
        guard first.header.salt == base.table.last?.salt || isLenient else {
            throw .damaged(file: name, offset: 24, problem: "the salt is not the one that the snapshot names")
        }
    }

    private mutating func readOld(
        _ disk: any Disk, _ directory: LogDirectory, _ numbers: [UInt32], _ table: [SegmentFacts]
    ) throws(LogError) {
        let known = Dictionary(table.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        for number in numbers {
            let bytes = directory.segments[number] ?? 0
            if let facts = known[number], facts.bytes <= bytes, let header = try oldHeader(disk, facts) {
                old.append(facts)
                oldHeaders.append(header)
            } else {
                unknown.append(.segment(number))
            }
        }
    }

    /// nil: the file is not the one that the snapshot names.
    private func oldHeader(_ disk: any Disk, _ facts: SegmentFacts) throws(LogError) -> SegmentHeader? {
        do throws(LogError) {
            let header = try entry(disk, facts.number, bytes: facts.bytes).header
            return header.salt == facts.salt ? header : nil
        } catch {
            switch error {
            case .damaged, .unsupported: return nil
            case .disk(let cause) where cause.isUnreadable: return nil
            default: throw error
            }
        }
    }

    private func entry(_ disk: any Disk, _ number: UInt32, bytes: Int) throws(LogError) -> Entry {
        let name = LogFile.segment(number).name
        let area = LogBuffer(capacity: LogLimits.headerAreaBytes)
        defer { withExtendedLifetime(area) {} }
        let head = area.bytes.part(0, min(bytes, LogLimits.headerAreaBytes))
        do throws(DiskError) { try disk.read(.segment(number), at: 0, into: head) } catch { throw .disk(error) }
        do throws(HeaderProblem) {
            let header = try SegmentHeader.decode(UnsafeRawBufferPointer(head), isLenient: isLenient)
            guard header.number == number else {
                throw .damaged("the header is that of segment \(header.number)", 16)
            }
            return Entry(header: header, bytes: bytes)
        } catch {
            switch error {
            case .damaged(let problem, let offset): throw .damaged(file: name, offset: offset, problem: problem)
            case .unsupported(let problem): throw .unsupported(file: name, problem: problem)
            }
        }
    }

    /// A segment has the size that its header says, unless the next one, written by a restart, says where it ends.
    private mutating func checkSizes() throws(LogError) {
        for index in segments.indices {
            let (header, bytes) = (segments[index].header, segments[index].bytes)
            if index + 1 < segments.count, segments[index + 1].header.isRestart {
                let bound = Int(segments[index + 1].header.previousEnd)
                guard bound >= header.firstBatchOffset, bound <= min(bytes, Int(header.segmentBytes)) else {
                    let problem = "the file has \(bytes) bytes, but its data reached to \(bound) at a restart"
                    throw .damaged(file: segments[index].file.name, offset: UInt32(clamping: bytes), problem: problem)
                }
                segments[index].bound = bound
            } else if bytes != Int(header.segmentBytes) {
                let problem = "the file has \(bytes) bytes, but its header says \(header.segmentBytes)"
                throw .damaged(file: segments[index].file.name, offset: UInt32(clamping: bytes), problem: problem)
            }
        }
    }

    /// A segment whose end a restart has set stays used, empty or not: its size makes sense only together with the
    /// header that follows it. So does the one that a snapshot names: what it holds is not all in the snapshot.
    private mutating func findUsed(_ disk: any Disk, atLeast minimum: Int) throws(LogError) {
        usedCount = segments.count
        let buffer = LogBuffer(capacity: 64)
        defer { withExtendedLifetime(buffer) {} }
        while usedCount > minimum, segments[usedCount - 1].bound == nil {
            let bytes = try disk.contents(of: segments[usedCount - 1], in: buffer)
            guard bytes.part(LogLimits.headerAreaBytes, bytes.count).isAllZero else { return }
            usedCount -= 1
        }
    }
}

extension Disk {
    /// The part of a segment that counts, in `buffer`, which is reused.
    func contents(of segment: SegmentCatalogue.Entry, in buffer: LogBuffer) throws(LogError) -> UnsafeRawBufferPointer {
        try contents(of: segment.file, bytes: segment.readBytes, in: buffer)
    }

    func contents(of file: LogFile, bytes: Int, in buffer: LogBuffer) throws(LogError) -> UnsafeRawBufferPointer {
        buffer.grow(to: bytes, keeping: 0)
        let area = buffer.bytes.part(0, bytes)
        do throws(DiskError) { try read(file, at: 0, into: area) } catch { throw .disk(error) }
        return UnsafeRawBufferPointer(area)
    }
}
