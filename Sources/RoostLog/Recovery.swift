package import RoostModel

/// Reads the log at start and makes it ready for new records. docs/log-format.md tells the rules for readers.
///
/// 1. Segments are read in order, every byte of them. All but the last one with data must be flawless.
/// 2. A bad place in the last one is a torn write only if no mark anywhere covers it; then a copy is kept, and the tail
///    does not count. Everything else refuses.
/// 3. What lies beyond the newest mark may exist in the page cache only. It goes, with new checksums, into a new
///    segment, whose header voids it in the old one. That segment gets its name last, so it is there whole or not.
/// 4. The old segment is cut to what counts.
///
/// Until the new segment has its name nothing that counts has changed; after it, nothing that it voids is looked at. So
/// a crash at any point of a start is like no start, or like a finished one.
package struct Recovery {
    private let disk: any Disk
    private let configuration: LogConfiguration
    private let salts: SegmentSalts
    private let catalogue: SegmentCatalogue

    /// Holds the segment that is being read; after reading, the last one with data.
    private let buffer = LogBuffer(capacity: 64)
    private var summary = RecoverySummary()
    private var nextSequence: UInt64 = 1
    private var watermark: UInt64 = 0
    private var torn: TornTail?

    private typealias Replay = (RecoveredRecord) throws -> Void

    /// Bytes of the last segment that do not count, still to be copied.
    private struct TornTail {
        var segment: UInt32
        var range: Range<Int>
        var problem: String
    }

    /// Opens the log.
    /// - Parameters:
    ///   - expectsData: whether this server has had a log here before. If so, an empty directory is refused.
    ///   - newSalt: a random number, a new one for each start.
    ///   - now: wall time; broker time goes on from the later of this and the last logged time.
    ///   - progress: called with the part of the log that is read, from 0 to 1.
    ///   - replay: called with every record in order. What it throws ends the start, and nothing is changed.
    package static func open(
        _ disk: any Disk, configuration: LogConfiguration, expectsData: Bool, newSalt: UInt64, now: BrokerTime,
        progress: (Double) -> Void = { _ in }, replay: (RecoveredRecord) throws -> Void
    ) throws(LogError) -> Log {
        if let problem = configuration.problem { throw .configuration(problem) }
        let catalogue = try SegmentCatalogue(disk)
        if expectsData, catalogue.segments.isEmpty { throw .logMissing }
        var recovery = Recovery(disk, configuration, catalogue, newSalt, now)
        let restart = try recovery.read(progress, replay)
        return try recovery.finish(restart)
    }

    private init(
        _ disk: any Disk, _ configuration: LogConfiguration, _ catalogue: SegmentCatalogue, _ newSalt: UInt64,
        _ now: BrokerTime
    ) {
        self.disk = disk
        self.configuration = configuration
        self.catalogue = catalogue
        salts = SegmentSalts(base: newSalt)
        summary.lastTime = now
        for segment in catalogue.segments {
            watermark = max(watermark, segment.header.watermark)
            summary.lastTime = max(summary.lastTime, segment.header.time)
        }
    }
}

// MARK: reading

extension Recovery {
    private mutating func read(_ progress: (Double) -> Void, _ replay: Replay) throws(LogError) -> RestartSegment {
        let used = catalogue.segments.prefix(catalogue.usedCount)
        let total = used.reduce(0) { $0 + $1.readBytes }
        var done = 0
        var restart = RestartSegment(number: 1, firstSequence: 1, previousEnd: 0, configuration, salts)
        for segment in used {
            if segment.header.number == used.count {
                restart = try readLast(segment, replay)
            } else {
                try readWhole(segment, replay)
            }
            done += segment.readBytes
            progress(Double(done) / Double(total))
        }
        summary.lastSequence = nextSequence - 1
        return restart
    }

    private mutating func scan(_ segment: SegmentCatalogue.Entry) throws(LogError) -> SegmentScan {
        let header = segment.header
        if header.isRestart, header.firstSequence != nextSequence {
            throw .damaged(
                file: segment.file.name, offset: 32,
                problem: "the segment begins with record \(header.firstSequence), but \(nextSequence) is due")
        }
        let bytes = try disk.contents(of: segment, in: buffer)
        let scan = SegmentScan(bytes, header: header, sequence: nextSequence, bound: segment.bound)
        summary.bytes += scan.batches.reduce(0) { $0 + UInt64($1.end - $1.offset) }
        summary.batches += UInt64(scan.batches.count)
        watermark = max(watermark, scan.highestWatermark())
        return scan
    }

    /// A segment with data behind it: it was synced before the next one was written.
    private mutating func readWhole(_ segment: SegmentCatalogue.Entry, _ replay: Replay) throws(LogError) {
        let scan = try scan(segment)
        if let bad = scan.bad { throw damage(segment, bad, "the next segment was written after it was synced") }
        for batch in scan.batches { try self.replay(batch, of: scan, movedBy: 0, to: segment.header.number, replay) }
        nextSequence = scan.nextSequence
    }

    /// The last segment with data: what no mark covers may be torn, and moves to a segment of this start.
    private mutating func readLast(
        _ segment: SegmentCatalogue.Entry, _ replay: Replay
    ) throws(LogError) -> RestartSegment {
        let number = segment.header.number
        // A write to this segment began only when everything before it was synced.
        watermark = max(watermark, nextSequence - 1)
        let scan = try scan(segment)
        try decide(segment, scan)
        let kept = scan.batches.prefix { $0.lastSequence <= watermark }
        for batch in kept { try self.replay(batch, of: scan, movedBy: 0, to: number, replay) }
        var restart = RestartSegment(
            number: number + 1, firstSequence: (kept.last?.lastSequence ?? nextSequence - 1) + 1,
            previousEnd: kept.last?.end ?? segment.header.firstBatchOffset, configuration, salts)
        let tail = scan.batches.dropFirst(kept.count)
        restart.takeRoom(for: tail)
        for batch in tail {
            let distance = restart.take(batch, of: scan) - batch.offset
            try self.replay(batch, of: scan, movedBy: distance, to: restart.number, replay)
            summary.rewrittenRecords += UInt64(batch.count)
        }
        if let bad = scan.bad {
            torn = TornTail(
                segment: number, range: bad.cut..<max(bad.cut, scan.bytes.endOfNonZero), problem: bad.problem)
        }
        nextSequence = scan.nextSequence
        return restart
    }

    /// Torn write or damage.
    private func decide(_ segment: SegmentCatalogue.Entry, _ scan: SegmentScan) throws(LogError) {
        if let bad = scan.bad {
            guard bad.isDamage || watermark >= bad.sequence else { return }
            throw damage(segment, bad, "a mark says that records up to \(watermark) were on disk")
        }
        guard watermark < scan.nextSequence else {
            let bad = BadPlace(
                offset: scan.end, cut: scan.end, sequence: scan.nextSequence, problem: "the data ends here")
            throw damage(segment, bad, "a mark says that records up to \(watermark) were on disk")
        }
    }

    private func damage(_ segment: SegmentCatalogue.Entry, _ bad: BadPlace, _ evidence: String) -> LogError {
        .damaged(
            file: segment.file.name, offset: UInt32(clamping: bad.offset),
            problem: bad.problem + " (record \(bad.sequence); \(evidence))")
    }

    private mutating func replay(
        _ batch: ScannedBatch, of scan: SegmentScan, movedBy distance: Int, to number: UInt32, _ replay: Replay
    ) throws(LogError) {
        let file = LogFile.segment(scan.header.number).name
        try scan.forEachRecord(of: batch) { (frame, sequence, offset, payload) throws(LogError) in
            let time = batch.header.time + Milliseconds(Int64(frame.time))
            summary.lastTime = max(summary.lastTime, time)
            guard frame.kind != RecordFrame.markKind else { return }
            guard frame.kind < RecordFrame.ownKindFirst else {
                throw .unsupported(file: file, problem: "a record of kind \(frame.kind) at offset \(offset)")
            }
            let location = RecordLocation(segment: number, offset: UInt32(offset + distance), length: frame.length)
            summary.records += 1
            do {
                try replay(
                    RecoveredRecord(
                        kind: frame.kind, time: time, sequence: sequence, location: location, payload: payload))
            } catch {
                throw .replayRefused(file: file, offset: UInt32(offset), sequence: sequence, underlying: error)
            }
        }
    }
}

// MARK: changing the directory

extension Recovery {
    private mutating func finish(_ restart: RestartSegment) throws(LogError) -> Log {
        let header = restart.header(watermark: summary.lastSequence, time: summary.lastTime)
        guard header.number <= LogLimits.segmentNumberMax else {
            throw .disk(DiskError(.create, LogFile.segment(header.number).name, .noSegmentNumbersLeft))
        }
        do throws(DiskError) {
            for file in catalogue.leftovers { try disk.remove(file) }
            if let torn { try keepCopy(torn) }
            try removeSegments(above: restart.number)
            try disk.makeSegment(header, content: restart.content)
            try cutVoided(restart)
        } catch {
            throw .disk(error)
        }
        summary.segments = Int(header.number)
        let open = OpenSegment(header, end: restart.end.roundedUp(to: Int(header.batchAlignment)))
        return Log(configuration, recovery: summary, segment: open, salts: salts)
    }

    /// Keeps what a cut takes away. A start that was interrupted finds its own copy again and makes no second one.
    private mutating func keepCopy(_ torn: TornTail) throws(DiskError) {
        let tail = UnsafeRawBufferPointer(buffer.bytes).part(torn.range.lowerBound, torn.range.upperBound)
        var copy = 1
        var isKept = false
        while !isKept, let bytes = catalogue.tornCopies[.torn(torn.segment, copy: copy)] {
            // Not with `&&`: Swift 6.3.1 mistakes the type of an error that its right side throws, and crashes.
            if bytes == tail.count { isKept = try disk.holds(tail, .torn(torn.segment, copy: copy)) }
            if !isKept { copy += 1 }
        }
        let file = LogFile.torn(torn.segment, copy: copy)
        summary.tornTail = RecoverySummary.TornTail(
            file: LogFile.segment(torn.segment).name, offset: UInt32(torn.range.lowerBound), bytes: tail.count,
            copy: file.name, problem: torn.problem)
        if !isKept { try disk.makeCopy(tail, .preparingTorn(torn.segment, copy: copy), file) }
    }

    /// Segments made ahead that the new one does not replace: highest first, each synced, so that the numbers never
    /// have a gap.
    private func removeSegments(above number: UInt32) throws(DiskError) {
        for segment in catalogue.segments.reversed() where segment.header.number > number {
            try disk.remove(segment.file)
            try disk.syncDirectory()
        }
    }

    /// Gives back the space behind the end of segments that a restart closed.
    private func cutVoided(_ restart: RestartSegment) throws(DiskError) {
        for segment in catalogue.segments.prefix(catalogue.usedCount) {
            let isLast = segment.header.number + 1 == restart.number
            guard let end = isLast ? restart.previousEnd : segment.bound, end < segment.bytes else { continue }
            try disk.truncate(segment.file, to: end)
            try disk.sync(segment.file)
        }
    }
}

extension Disk {
    fileprivate func makeCopy(_ bytes: UnsafeRawBufferPointer, _ preparing: LogFile, _ file: LogFile) throws(DiskError)
    {
        try create(preparing, bytes: bytes.count)
        try write(bytes, to: preparing, at: 0)
        try sync(preparing)
        try rename(preparing, to: file)
        try syncDirectory()
    }

    /// Whether a file of the same size has this content.
    fileprivate func holds(_ bytes: UnsafeRawBufferPointer, _ file: LogFile) throws(DiskError) -> Bool {
        let content = LogBuffer(capacity: bytes.count)
        defer { withExtendedLifetime(content) {} }
        let area = content.bytes.part(0, bytes.count)
        try read(file, at: 0, into: area)
        return area.elementsEqual(bytes)
    }
}
