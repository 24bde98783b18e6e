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
package struct Recovery: ~Copyable {
    private let disk: any Disk
    private let configuration: LogConfiguration
    private let salts: SegmentSalts
    private let progress: (Double) -> Void
    private let replay: (RecoveredRecord) throws -> Void

    private let catalogue: SegmentCatalogue
    private let buffer = LogBuffer(capacity: 64)
    private var summary = RecoverySummary()
    private var nextSequence: UInt64 = 1
    private var watermark: UInt64 = 0
    private var bytesRead = 0

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
        return try withoutActuallyEscaping(progress) { (progress) throws(LogError) -> Log in
            try withoutActuallyEscaping(replay) { (replay) throws(LogError) -> Log in
                var recovery = Recovery(disk, configuration, catalogue, newSalt, now, progress, replay)
                return try recovery.run()
            }
        }
    }

    private init(
        _ disk: any Disk, _ configuration: LogConfiguration, _ catalogue: SegmentCatalogue, _ newSalt: UInt64,
        _ now: BrokerTime, _ progress: @escaping (Double) -> Void, _ replay: @escaping (RecoveredRecord) throws -> Void
    ) {
        self.disk = disk
        self.configuration = configuration
        self.catalogue = catalogue
        self.progress = progress
        self.replay = replay
        salts = SegmentSalts(base: newSalt)
        summary.lastTime = now
        for segment in catalogue.segments {
            watermark = max(watermark, segment.header.watermark)
            summary.lastTime = max(summary.lastTime, segment.header.time)
        }
    }

    private mutating func run() throws(LogError) -> Log {
        let used = catalogue.segments.prefix(catalogue.usedCount)
        for segment in used.dropLast() { try readWhole(segment) }
        var restart = RestartSegment(number: 1, firstSequence: 1, previousEnd: 0, configuration, salts)
        if let last = used.last { restart = try readLast(last) }
        defer { withExtendedLifetime(restart) {} }
        summary.lastSequence = nextSequence - 1
        try removeUnfinished(above: restart.number)
        let header = restart.header(watermark: summary.lastSequence, time: summary.lastTime)
        let content = restart.content
        try call { disk throws(DiskError) in try disk.makeSegment(header, content: content) }
        try cutVoided(restart)
        summary.segments = Int(header.number)
        let open = OpenSegment(header, end: restart.end.roundedUp(to: Int(header.batchAlignment)))
        return Log(configuration, recovery: summary, segment: open, salts: salts)
    }

    private func call<Value>(_ body: (any Disk) throws(DiskError) -> Value) throws(LogError) -> Value {
        try disk.orLogError(body)
    }
}

// MARK: reading

extension Recovery {
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
    private mutating func readWhole(_ segment: SegmentCatalogue.Entry) throws(LogError) {
        let scan = try scan(segment)
        if let bad = scan.bad { throw damage(segment, bad, "the next segment was written after it was synced") }
        for batch in scan.batches { try replay(batch, of: scan, movedBy: 0, to: segment.header.number) }
        nextSequence = scan.nextSequence
        report(segment)
    }

    /// The last segment with data: what no mark covers may be torn, and moves to a segment of this start.
    private mutating func readLast(_ segment: SegmentCatalogue.Entry) throws(LogError) -> RestartSegment {
        // A write to this segment began only when everything before it was synced.
        watermark = max(watermark, nextSequence - 1)
        let scan = try scan(segment)
        try decide(segment, scan)
        let kept = scan.batches.prefix { $0.lastSequence <= watermark }
        for batch in kept { try replay(batch, of: scan, movedBy: 0, to: segment.header.number) }
        var restart = RestartSegment(
            number: segment.header.number + 1, firstSequence: (kept.last?.lastSequence ?? nextSequence - 1) + 1,
            previousEnd: kept.last?.end ?? segment.header.firstBatchOffset, configuration, salts)
        let tail = scan.batches.dropFirst(kept.count)
        restart.takeRoom(for: tail)
        for batch in tail {
            let moved = restart.take(batch, of: scan)
            try replay(batch, of: scan, movedBy: moved - batch.offset, to: restart.number)
            summary.rewrittenRecords += UInt64(batch.count)
        }
        if let bad = scan.bad { try keepCopy(segment, scan, bad) }
        nextSequence = scan.nextSequence
        report(segment)
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
        _ batch: ScannedBatch, of scan: SegmentScan, movedBy distance: Int, to number: UInt32
    ) throws(LogError) {
        let file = LogFile.segment(scan.header.number).name
        var records: UInt64 = 0
        try scan.forEachRecord(of: batch) { (frame, sequence, offset, payload) throws(LogError) in
            let time = batch.header.time + Milliseconds(Int64(frame.time))
            summary.lastTime = max(summary.lastTime, time)
            guard frame.kind != RecordFrame.markKind else { return }
            guard frame.kind < RecordFrame.ownKindFirst else {
                throw .unsupported(file: file, problem: "a record of kind \(frame.kind) at offset \(offset)")
            }
            let location = RecordLocation(
                segment: number, offset: UInt32(offset + distance), length: frame.length)
            records += 1
            do {
                try replay(
                    RecoveredRecord(
                        kind: frame.kind, time: time, sequence: sequence, location: location, payload: payload))
            } catch {
                throw .replayRefused(file: file, offset: UInt32(offset), sequence: sequence, underlying: error)
            }
        }
        summary.records += records
    }

    private mutating func report(_ segment: SegmentCatalogue.Entry) {
        bytesRead += segment.readBytes
        let total = catalogue.segments.prefix(catalogue.usedCount).reduce(0) { $0 + $1.readBytes }
        progress(Double(bytesRead) / Double(max(1, total)))
    }
}

// MARK: changing the directory

extension Recovery {
    /// Keeps what a cut takes away. A start that was interrupted finds its own copy again and makes no second one.
    private mutating func keepCopy(
        _ segment: SegmentCatalogue.Entry, _ scan: SegmentScan, _ bad: BadPlace
    ) throws(LogError) {
        let tail = scan.bytes.part(bad.cut, max(bad.cut, scan.bytes.endOfNonZero))
        let number = segment.header.number
        var copy = 1
        while let bytes = catalogue.tornCopies[.torn(number, copy: copy)] {
            if try bytes == tail.count && isEqual(.torn(number, copy: copy), tail) { break }
            copy += 1
        }
        let file = LogFile.torn(number, copy: copy)
        summary.tornTail = RecoverySummary.TornTail(
            file: segment.file.name, offset: UInt32(bad.cut), bytes: tail.count, copy: file.name, problem: bad.problem)
        guard catalogue.tornCopies[file] == nil else { return }
        try call { disk throws(DiskError) in
            try disk.create(.preparingTorn(number, copy: copy), bytes: tail.count)
            try disk.write(tail, to: .preparingTorn(number, copy: copy), at: 0)
            try disk.sync(.preparingTorn(number, copy: copy))
            try disk.rename(.preparingTorn(number, copy: copy), to: file)
            try disk.syncDirectory()
        }
    }

    private func isEqual(_ file: LogFile, _ bytes: UnsafeRawBufferPointer) throws(LogError) -> Bool {
        let copy = LogBuffer(capacity: bytes.count)
        defer { withExtendedLifetime(copy) {} }
        let existing = copy.bytes.part(0, bytes.count)
        try call { disk throws(DiskError) in try disk.read(file, at: 0, into: existing) }
        return existing.elementsEqual(bytes)
    }

    /// Removes what an interrupted preparation left, and segments made ahead that the new one does not replace: highest
    /// first, each synced, so that the numbers never have a gap.
    private func removeUnfinished(above number: UInt32) throws(LogError) {
        for file in catalogue.leftovers { try call { disk throws(DiskError) in try disk.remove(file) } }
        for segment in catalogue.segments.reversed() where segment.header.number > number {
            try call { disk throws(DiskError) in
                try disk.remove(segment.file)
                try disk.syncDirectory()
            }
        }
    }

    /// Gives back the space behind the end of segments that a restart closed.
    private func cutVoided(_ restart: RestartSegment) throws(LogError) {
        for segment in catalogue.segments.prefix(catalogue.usedCount) {
            let isLast = segment.header.number + 1 == restart.number
            guard let end = isLast ? restart.previousEnd : segment.bound, end < segment.bytes else { continue }
            try call { disk throws(DiskError) in
                try disk.truncate(segment.file, to: end)
                try disk.sync(segment.file)
            }
        }
    }
}
