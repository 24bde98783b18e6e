/// Writes a snapshot, a piece per step, beside the log's own work. Nobody reads the file before it has its name, and it
/// gets its name when all of it is on disk, and the log up to its position too.
package struct SnapshotJob: Sendable {
    package enum Progress: Sendable, Hashable {
        /// So many bytes; go on.
        case wrote(Int)
        /// All is written and synced. The next step gives the file its name: take it when the log is synced up to
        /// `position.sequence`.
        case complete
        case published(SnapshotFacts)
    }

    package let position: LogPosition

    private enum Stage {
        case new, writing, written, complete
        case published(SnapshotFacts)
        case failed(DiskError)
    }

    private let segments: [SegmentFacts]
    private let salt: UInt64
    private let seed: UInt32
    private let sections: @Sendable (inout [UInt8]) -> Bool
    private let syncsDirectory: Bool
    /// About what the file will have; it gets the space for that at once.
    private let expectedBytes: Int
    private var stage = Stage.new

    // What is framed and not yet written begins at `offset` in the file.
    private var pending: [UInt8] = []
    private var section: [UInt8] = []
    private var offset = 0
    private var unsyncedBytes = 0
    private var frameCount: UInt64 = 0
    private var sectionCount: UInt64 = 0
    private var headsCRC: UInt32 = 0

    /// - Parameters:
    ///   - segments: `Log.segments` at `position`; the last one is that of the position.
    ///   - salt: a new random number, see `Log.snapshotSalt`.
    ///   - sections: replaces the content of its argument with the next section, at most 1 MiB less 16 bytes; false
    ///     when there is none.
    ///   - expectedBytes: about what the file will have, rather more; 0: nobody knows.
    ///   - syncsDirectory: false under `BrokenRule.skipDirectorySync`.
    package init(
        position: LogPosition, segments: [SegmentFacts], salt: UInt64,
        sections: @escaping @Sendable (inout [UInt8]) -> Bool, expectedBytes: Int = 0, syncsDirectory: Bool = true
    ) {
        self.position = position
        self.segments = segments
        self.salt = salt
        self.sections = sections
        self.expectedBytes = expectedBytes.roundedUp(to: 4096)
        self.syncsDirectory = syncsDirectory
        seed = checksumSeed(salt: salt)
    }

    package var isBegun: Bool { if case .new = stage { false } else { true } }

    /// Whether the next step takes space from `RESERVE`, or gives some back.
    package var needsReserve: Bool {
        switch stage {
        case .new, .written: true
        case .writing, .complete, .published, .failed: false
        }
    }

    package mutating func step(on disk: any Disk) throws(DiskError) -> Progress {
        var none = ReserveShare.none
        return try step(on: disk, &none)
    }

    /// After an error there is nothing more to do than `cancel`: each further step throws it again.
    package mutating func step(on disk: any Disk, _ reserve: inout ReserveShare) throws(DiskError) -> Progress {
        do throws(DiskError) {
            switch stage {
            case .new: return try begin(disk, &reserve)
            case .writing: return try writePiece(disk)
            case .written: return try cut(disk, &reserve)
            case .complete: return try publish(disk)
            case .published(let facts): return .published(facts)
            case .failed(let error): throw error
            }
        } catch {
            stage = .failed(error)
            throw error
        }
    }

    /// Gives back the space of a snapshot that will not be finished. A start would do it too.
    package mutating func cancel(on disk: any Disk) throws(DiskError) {
        var none = ReserveShare.none
        try cancel(on: disk, &none)
    }

    package mutating func cancel(on disk: any Disk, _ reserve: inout ReserveShare) throws(DiskError) {
        switch stage {
        case .new, .published: return
        case .writing, .written, .complete, .failed:
            stage = .failed(DiskError(.write, file.name, .cancelled))
            try disk.remove(file, &reserve)
        }
    }

    private var file: LogFile { .preparingSnapshot(position.sequence) }

    private mutating func begin(_ disk: any Disk, _ reserve: inout ReserveShare) throws(DiskError) -> Progress {
        try disk.create(file, bytes: 0)
        // Before anything is written: what is free for a moment belongs to nobody.
        if expectedBytes > 0 { try disk.allocate(file, bytes: expectedBytes, &reserve) }
        pending.reserveCapacity(LogLimits.snapshotPieceBytes + LogLimits.snapshotSectionBytesMax + 64)
        pending.append(contentsOf: [UInt8](repeating: 0, count: LogLimits.headerAreaBytes))
        let header = SnapshotHeader(position: position, segmentCount: UInt32(segments.count), salt: salt)
        headsCRC = pending.withUnsafeMutableBytes { area in
            header.encode(into: area)
            return Checksum.of(UnsafeRawBufferPointer(area).part(0, SnapshotHeader.bytes), seed: seed)
        }
        frameTable()
        stage = .writing
        return .wrote(0)
    }

    private mutating func frameTable() {
        for start in stride(from: 0, to: segments.count, by: SnapshotTable.entriesPerFrame) {
            let part = segments[start..<min(start + SnapshotTable.entriesPerFrame, segments.count)]
            section = [UInt8](repeating: 0, count: part.count * SnapshotTable.entryBytes)
            section.withUnsafeMutableBytes { area in
                for (index, facts) in part.enumerated() {
                    let place = index * SnapshotTable.entryBytes
                    SnapshotTable.encode(facts, into: area.part(place, place + SnapshotTable.entryBytes))
                }
            }
            frame(.segments)
        }
    }

    /// Puts what is in `section` behind what is pending.
    private mutating func frame(_ kind: SnapshotFrame.Kind) {
        precondition(section.count <= LogLimits.snapshotSectionBytesMax, "a section above the limit")
        let frame = SnapshotFrame(length: section.count, kind: kind)
        let start = pending.count
        pending.append(contentsOf: repeatElement(0, count: SnapshotFrame.headerBytes))
        pending.append(contentsOf: section)
        pending.append(contentsOf: repeatElement(0, count: start + frame.bytes - pending.count))
        let (index, seed) = (frameCount, seed)
        headsCRC = pending.withUnsafeMutableBytes { [headsCRC] all in
            let area = all.part(start, start + frame.bytes)
            frame.encode(into: area, index: index, seed: seed)
            return Checksum.of(UnsafeRawBufferPointer(area).part(0, SnapshotFrame.headerBytes), seed: headsCRC)
        }
        frameCount += 1
    }

    private mutating func writePiece(_ disk: any Disk) throws(DiskError) -> Progress {
        var isLast = false
        while pending.count < LogLimits.snapshotPieceBytes, !isLast {
            section.removeAll(keepingCapacity: true)
            if sections(&section) {
                frame(.section)
                sectionCount += 1
            } else {
                frameEnd()
                isLast = true
            }
        }
        // Whole blocks can go past the page cache; what is over comes with the next piece.
        let count = isLast ? pending.count : pending.count / LogLimits.diskBlockBytes * LogLimits.diskBlockBytes
        try write(count, disk)
        if isLast {
            stage = .written
            (pending, section) = ([], [])
        } else if unsyncedBytes >= LogLimits.snapshotSyncBytes {
            // In between too, so that the last sync is not a long one that all other syncs of the disk wait for.
            try disk.sync(file)
            unsyncedBytes = 0
        }
        return .wrote(count)
    }

    private mutating func cut(_ disk: any Disk, _ reserve: inout ReserveShare) throws(DiskError) -> Progress {
        if expectedBytes > offset { try disk.truncate(file, to: offset, &reserve) }
        try disk.sync(file)
        stage = .complete
        return .complete
    }

    private mutating func write(_ count: Int, _ disk: any Disk) throws(DiskError) {
        let outcome: Result<Void, DiskError> = pending.withUnsafeBytes { bytes in
            do throws(DiskError) {
                try disk.write(bytes.part(0, count), to: file, at: offset)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
        offset += count
        unsyncedBytes += count
        pending.removeFirst(count)
    }

    private mutating func frameEnd() {
        let length = SnapshotFrame(length: SnapshotEnd.bytes, kind: .end).bytes
        let end = SnapshotEnd(
            sections: sectionCount, fileBytes: UInt64(offset + pending.count + length), crc: headsCRC)
        section = [UInt8](repeating: 0, count: SnapshotEnd.bytes)
        section.withUnsafeMutableBytes { end.encode(into: $0) }
        frame(.end)
    }

    private mutating func publish(_ disk: any Disk) throws(DiskError) -> Progress {
        try disk.rename(file, to: .snapshot(position.sequence))
        if syncsDirectory { try disk.syncDirectory() }
        let facts = SnapshotFacts(position: position, bytes: offset)
        stage = .published(facts)
        return .published(facts)
    }
}
