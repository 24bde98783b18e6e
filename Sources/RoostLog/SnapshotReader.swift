import RoostModel

/// Reads a snapshot file from its start to its end, and holds no more of it than a piece and a frame.
struct SnapshotReader {
    let facts: SnapshotFacts
    /// The segments that existed when it was taken; the last one is that of its position.
    private(set) var segments: [SegmentFacts] = []

    private let header: SnapshotHeader
    private let seed: UInt32
    private var stream: SnapshotStream
    private var frameCount: UInt64 = 0
    private var headsCRC: UInt32

    /// Reads the header and the table of segments.
    init(_ disk: any Disk, sequence: UInt64, bytes: Int) throws(SnapshotProblem) {
        stream = SnapshotStream(disk, .snapshot(sequence), bytes: bytes)
        let area = try stream.take(LogLimits.headerAreaBytes)
        header = try SnapshotHeader.decode(area)
        guard header.position.sequence == sequence else {
            throw .damaged("the header is that of snapshot \(header.position.sequence)", 40)
        }
        facts = SnapshotFacts(position: header.position, bytes: bytes)
        seed = checksumSeed(salt: header.salt)
        headsCRC = Checksum.of(area.part(0, SnapshotHeader.bytes), seed: seed)
        try readTable()
    }

    /// Header and table alone: enough for a snapshot that is not to be loaded.
    static func facts(_ disk: any Disk, sequence: UInt64, bytes: Int) throws(SnapshotProblem) -> SnapshotFacts {
        try SnapshotReader(disk, sequence: sequence, bytes: bytes).facts
    }

    private mutating func readTable() throws(SnapshotProblem) {
        while segments.count < Int(header.segmentCount) {
            let start = stream.offset
            let (kind, content) = try nextFrame()
            guard kind == .segments, !content.isEmpty, content.count.isMultiple(of: SnapshotTable.entryBytes) else {
                throw .damaged("the table of segments is not complete", start)
            }
            for offset in stride(from: 0, to: content.count, by: SnapshotTable.entryBytes) {
                segments.append(SnapshotTable.decode(content, at: offset))
            }
        }
        let isRising = zip(segments, segments.dropFirst()).allSatisfy { $0.number < $1.number }
        guard isRising, let last = segments.last, segments.count == Int(header.segmentCount),
            segments[0].number > 0, last.number == header.position.segment,
            last.firstSequence == header.position.firstSequence
        else { throw .damaged("the table of segments is not that of the header", LogLimits.headerAreaBytes) }
    }

    private mutating func nextFrame() throws(SnapshotProblem) -> (SnapshotFrame.Kind, UnsafeRawBufferPointer) {
        let start = stream.offset
        guard let frame = SnapshotFrame.decodeHeader(try stream.peek(SnapshotFrame.headerBytes), seed: seed) else {
            throw .damaged("there is neither a valid part of a snapshot nor its end", start)
        }
        let area = try stream.take(frame.bytes)
        guard let content = frame.content(area, index: frameCount, seed: seed) else {
            throw .damaged("the checksum of a part does not match", start)
        }
        frameCount += 1
        if frame.kind != .end {
            headsCRC = Checksum.of(area.part(0, SnapshotFrame.headerBytes), seed: headsCRC)
        }
        return (frame.kind, content)
    }

    /// Gives the sections to the owner, who has to forget them again if this throws.
    mutating func read<Owner: LogOwner & ~Copyable>(
        into owner: inout Owner, progress: (Int) -> Void
    ) throws(SnapshotProblem) {
        var sections: UInt64 = 0
        while true {
            let start = stream.offset
            let crc = headsCRC
            let (kind, content) = try nextFrame()
            switch kind {
            case .segments: throw .damaged("a table of segments where none is due", start)
            case .section:
                do { try owner.take(section: content) } catch {
                    throw .damaged("a section was refused: \(error)", start)
                }
                sections += 1
            case .end:
                let end = SnapshotEnd(sections: sections, fileBytes: UInt64(facts.bytes), crc: crc)
                guard SnapshotEnd.decode(content) == end, stream.offset == facts.bytes else {
                    throw .damaged("the end does not fit what stands before it", start)
                }
                do { try owner.endSnapshot() } catch { throw .damaged("the content was refused: \(error)", start) }
                return progress(stream.offset)
            }
            progress(stream.offset)
        }
    }
}

/// A window that moves over a file.
private struct SnapshotStream {
    private let disk: any Disk
    private let file: LogFile
    private let fileBytes: Int
    private let buffer: LogBuffer
    // The window: what of the buffer is read and not yet taken.
    private var start = 0
    private var end = 0
    /// In the file, of what is taken next.
    private(set) var offset = 0

    init(_ disk: any Disk, _ file: LogFile, bytes: Int) {
        self.disk = disk
        self.file = file
        fileBytes = bytes
        buffer = LogBuffer(capacity: min(LogLimits.snapshotPieceBytes + LogLimits.snapshotSectionBytesMax + 64, bytes))
    }

    /// The next bytes, which stay. Valid until the next call.
    mutating func peek(_ count: Int) throws(SnapshotProblem) -> UnsafeRawBufferPointer {
        guard count <= fileBytes - offset else { throw .damaged("the file ends before its end mark", fileBytes) }
        if end - start < count { try refill() }
        return UnsafeRawBufferPointer(buffer.bytes).part(start, start + count)
    }

    mutating func take(_ count: Int) throws(SnapshotProblem) -> UnsafeRawBufferPointer {
        let bytes = try peek(count)
        start += count
        offset += count
        return bytes
    }

    private mutating func refill() throws(SnapshotProblem) {
        let kept = end - start
        if kept > 0, start > 0 {
            buffer.bytes.part(0, kept).copyMemory(from: UnsafeRawBufferPointer(buffer.bytes).part(start, end))
        }
        let count = min(buffer.bytes.count - kept, fileBytes - offset - kept)
        do throws(DiskError) {
            try disk.read(file, at: offset + kept, into: buffer.bytes.part(kept, kept + count))
        } catch {
            // The medium cannot give it back. Every other error is one of this machine at this moment.
            if error.isUnreadable { throw .damaged("it cannot be read: \(error.message)", offset + kept) }
            throw .disk(error)
        }
        (start, end) = (0, kept + count)
    }
}
