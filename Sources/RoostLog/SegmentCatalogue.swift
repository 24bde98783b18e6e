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

    private(set) var segments: [Entry] = []
    /// How many of them, from the first on, hold data. The rest was made ahead.
    private(set) var usedCount = 0
    /// Files of an unfinished preparation.
    private(set) var leftovers: [LogFile] = []
    private(set) var tornCopies: [LogFile: Int] = [:]

    init(_ disk: any Disk) throws(LogError) {
        var sizes: [UInt32: Int] = [:]
        for (file, bytes) in try Self.list(disk) {
            switch file {
            case .segment(let number): sizes[number] = bytes
            case .torn: tornCopies[file] = bytes
            case .preparing, .preparingTorn: leftovers.append(file)
            }
        }
        for number in sizes.keys.sorted() {
            segments.append(try Self.entry(disk, number, bytes: sizes[number] ?? 0, expected: segments.count + 1))
        }
        try checkSizes()
        try findUsed(disk)
    }

    private static func list(_ disk: any Disk) throws(LogError) -> [(file: LogFile, bytes: Int)] {
        do throws(DiskError) { return try disk.list() } catch { throw .disk(error) }
    }

    private static func entry(
        _ disk: any Disk, _ number: UInt32, bytes: Int, expected: Int
    ) throws(LogError) -> Entry {
        let name = LogFile.segment(number).name
        guard number == expected else {
            let missing = LogFile.segment(UInt32(expected)).name
            throw .segmentMissing(file: missing, problem: "\(name) is there, and the log begins with segment 1")
        }
        let area = LogBuffer(capacity: LogLimits.headerAreaBytes)
        defer { withExtendedLifetime(area) {} }
        let head = area.bytes.part(0, min(bytes, LogLimits.headerAreaBytes))
        do throws(DiskError) { try disk.read(.segment(number), at: 0, into: head) } catch { throw .disk(error) }
        do throws(HeaderProblem) {
            let header = try SegmentHeader.decode(UnsafeRawBufferPointer(head))
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
    /// header that follows it.
    private mutating func findUsed(_ disk: any Disk) throws(LogError) {
        usedCount = segments.count
        let buffer = LogBuffer(capacity: 64)
        defer { withExtendedLifetime(buffer) {} }
        while usedCount > 0, segments[usedCount - 1].bound == nil {
            let bytes = try disk.contents(of: segments[usedCount - 1], in: buffer)
            guard bytes.part(LogLimits.headerAreaBytes, bytes.count).isAllZero else { return }
            usedCount -= 1
        }
    }
}

extension Disk {
    /// The part of a segment that counts, in `buffer`, which is reused.
    func contents(of segment: SegmentCatalogue.Entry, in buffer: LogBuffer) throws(LogError) -> UnsafeRawBufferPointer {
        buffer.grow(to: segment.readBytes, keeping: 0)
        let area = buffer.bytes.part(0, segment.readBytes)
        do throws(DiskError) { try read(segment.file, at: 0, into: area) } catch { throw .disk(error) }
        return UnsafeRawBufferPointer(area)
    }
}
