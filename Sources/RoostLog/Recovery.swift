package import RoostModel

/// Reads the log at start and makes it ready for new records. docs/log-format.md tells the rules for readers.
///
/// 1. Reading begins with the newest snapshot that can be read, or with segment 1 if there is none. From there on
///    segments are read in order, every byte of them. All but the last one with data must be flawless.
/// 2. A bad place in the last one is a torn write only if no mark anywhere covers it; then a copy is kept, and the tail
///    does not count. Everything else refuses.
/// 3. What lies beyond the newest mark may exist in the page cache only. It goes, with new checksums, into a new
///    segment, whose header voids it in the old one. That segment gets its name last, so it is there whole or not.
/// 4. The old segment is cut to what counts.
///
/// Until the new segment has its name nothing that counts has changed; after it, nothing that it voids is looked at. So
/// a crash at any point of a start is like no start, or like a finished one.
package struct Recovery {
    let disk: any Disk
    let configuration: LogConfiguration
    let salts: SegmentSalts
    let directory: LogDirectory
    let catalogue: SegmentCatalogue
    let snapshot: SnapshotFacts?

    /// Holds the segment that is being read; after reading, the last one with data.
    let buffer = LogBuffer(capacity: 64)
    var summary = RecoverySummary()
    /// Segments with data as they will be after the start, rising, without the new one.
    var segments: [SegmentFacts]
    /// Of batches behind the snapshot's position.
    var bytesSinceSnapshot = 0
    var torn: TornTail?

    let wall: BrokerTime
    private var nextSequence: UInt64 = 1
    private var watermark: UInt64
    /// Records up to here are in the snapshot.
    private let skippedSequence: UInt64

    /// Bytes of the last segment that do not count, still to be copied.
    struct TornTail {
        var segment: UInt32
        var range: Range<Int>
        var problem: String
    }

    /// Opens the log.
    /// - Parameters:
    ///   - expectsData: whether this server has had a log here before. If so, an empty directory is refused.
    ///   - newSalt: a random number, a new one for each start.
    ///   - now: wall time; broker time goes on from the later of this and the last logged time.
    ///   - progress: called with the part of snapshot and log that is read, from 0 to 1.
    ///   - owner: gets the sections of a snapshot and every record behind it, in order.
    package static func open<Owner: LogOwner & ~Copyable>(
        _ disk: any Disk, configuration: LogConfiguration, expectsData: Bool, newSalt: UInt64, now: BrokerTime,
        progress: (Double) -> Void = { _ in }, owner: inout Owner
    ) throws(LogError) -> Log {
        if let problem = configuration.problem { throw .configuration(problem) }
        let directory = try LogDirectory(disk)
        if directory.segments.isEmpty, expectsData || directory.watermark > 0 { throw .logMissing }
        var start = StartPoint(disk, directory, configuration)
        try start.find(&owner, progress)
        guard let catalogue = start.catalogue else { throw .logMissing }
        var recovery = Recovery(disk, configuration, directory, catalogue, start.snapshot, newSalt, now)
        recovery.summary.damagedSnapshots = start.damaged
        let restart = try recovery.read(&owner, progress)
        try recovery.checkLiving(owner.liveSegments())
        return try recovery.finish(restart)
    }

    private init(
        _ disk: any Disk, _ configuration: LogConfiguration, _ directory: LogDirectory, _ catalogue: SegmentCatalogue,
        _ snapshot: SnapshotFacts?, _ newSalt: UInt64, _ now: BrokerTime
    ) {
        self.disk = disk
        self.configuration = configuration
        self.directory = directory
        self.catalogue = catalogue
        self.snapshot = snapshot
        salts = SegmentSalts(base: newSalt, isConstant: configuration.brokenRule == .reuseSalt)
        segments = catalogue.old
        watermark = directory.watermark
        nextSequence = snapshot?.position.firstSequence ?? 1
        skippedSequence = snapshot?.position.sequence ?? 0
        summary.snapshot = snapshot
        summary.unknownSegments = catalogue.unknown.map(\.name)
        wall = now
        note(snapshot?.position.time)
        for header in catalogue.oldHeaders + catalogue.segments.map(\.header) {
            watermark = max(watermark, header.watermark)
            note(header.time)
        }
    }

    private mutating func note(_ time: BrokerTime?) {
        guard let time else { return }
        summary.lastLogged = max(summary.lastLogged ?? time, time)
    }

    var used: ArraySlice<SegmentCatalogue.Entry> { catalogue.segments.prefix(catalogue.usedCount) }
}

// MARK: reading

extension Recovery {
    private mutating func read<Owner: LogOwner & ~Copyable>(
        _ owner: inout Owner, _ progress: (Double) -> Void
    ) throws(LogError) -> RestartSegment {
        let snapshotBytes = snapshot?.bytes ?? 0
        let total = used.reduce(snapshotBytes) { $0 + $1.readBytes }
        var done = snapshotBytes
        var restart = RestartSegment(number: 1, firstSequence: 1, previousEnd: 0, configuration, salts)
        for index in used.indices {
            let segment = used[index]
            if index + 1 == used.endIndex {
                restart = try readLast(segment, &owner)
            } else {
                try readWhole(segment, &owner)
            }
            done += segment.readBytes
            progress(Double(done) / Double(total))
        }
        summary.lastSequence = nextSequence - 1
        // With data in a segment this is known by now.
        guard watermark < nextSequence else {
            let problem = "the data ends here, but a mark says that records up to \(watermark) were on disk"
            let offset = UInt32(LogLimits.headerAreaBytes)
            throw .damaged(file: LogFile.segment(1).name, offset: offset, problem: problem)
        }
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
        let scan = SegmentScan(
            bytes, header: header, sequence: nextSequence, bound: segment.bound,
            isLenient: configuration.brokenRule == .ignoreBadChecksum)
        summary.bytes += scan.batches.reduce(0) { $0 + UInt64($1.end - $1.offset) }
        summary.batches += UInt64(scan.batches.count)
        for batch in scan.batches where batch.lastSequence > skippedSequence {
            bytesSinceSnapshot += (batch.end - batch.offset).roundedUp(to: Int(header.batchAlignment))
        }
        watermark = max(watermark, scan.highestWatermark(base: watermark))
        segments.append(SegmentFacts(header, bytes: segment.readBytes, firstSequence: nextSequence))
        return scan
    }

    /// A segment with data behind it: it was synced before the next one was written.
    private mutating func readWhole<Owner: LogOwner & ~Copyable>(
        _ segment: SegmentCatalogue.Entry, _ owner: inout Owner
    ) throws(LogError) {
        let scan = try scan(segment)
        if let bad = scan.bad { throw damage(segment, bad, "the next segment was written after it was synced") }
        for batch in scan.batches { try replay(batch, of: scan, movedBy: 0, to: segment.header.number, &owner) }
        nextSequence = scan.nextSequence
    }

    /// The last segment with data: what no mark covers may be torn, and moves to a segment of this start.
    private mutating func readLast<Owner: LogOwner & ~Copyable>(
        _ segment: SegmentCatalogue.Entry, _ owner: inout Owner
    ) throws(LogError) -> RestartSegment {
        let number = segment.header.number
        // A write to this segment began only when everything before it was synced.
        watermark = max(watermark, nextSequence - 1)
        let scan = try scan(segment)
        try decide(segment, scan)
        let kept = scan.batches.prefix { $0.lastSequence <= watermark }
        for batch in kept { try replay(batch, of: scan, movedBy: 0, to: number, &owner) }
        var restart = RestartSegment(
            number: number + 1, firstSequence: (kept.last?.lastSequence ?? nextSequence - 1) + 1,
            previousEnd: kept.last?.end ?? segment.header.firstBatchOffset, configuration, salts)
        let tail = scan.batches.dropFirst(kept.count)
        restart.takeRoom(for: tail)
        for batch in tail {
            let distance = restart.take(batch, of: scan) - batch.offset
            try replay(batch, of: scan, movedBy: distance, to: restart.number, &owner)
            summary.rewrittenRecords += UInt64(batch.count)
        }
        if let bad = scan.bad {
            torn = TornTail(
                segment: number, range: bad.cut..<max(bad.cut, scan.bytes.endOfNonZero), problem: bad.problem)
        }
        nextSequence = scan.nextSequence
        segments[segments.count - 1].bytes = restart.previousEnd
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

    private mutating func replay<Owner: LogOwner & ~Copyable>(
        _ batch: ScannedBatch, of scan: SegmentScan, movedBy distance: Int, to number: UInt32, _ owner: inout Owner
    ) throws(LogError) {
        // Nothing in it counts again; skip the walk.
        guard batch.lastSequence > skippedSequence else {
            note(batch.header.time)
            summary.skippedRecords += UInt64(batch.count)
            return
        }
        try scan.forEachRecord(of: batch) { (frame, sequence, offset, payload) throws(LogError) in
            let time = batch.header.time + Milliseconds(Int64(frame.time))
            note(time)
            guard sequence > skippedSequence else { return summary.skippedRecords += 1 }
            guard frame.kind != RecordFrame.markKind else { return }
            guard frame.kind < RecordFrame.ownKindFirst else {
                let problem = "a record of kind \(frame.kind) at offset \(offset)"
                throw .unsupported(file: LogFile.segment(scan.header.number).name, problem: problem)
            }
            let location = RecordLocation(segment: number, offset: UInt32(offset + distance), length: frame.length)
            summary.records += 1
            do {
                try owner.apply(
                    RecoveredRecord(
                        kind: frame.kind, time: time, sequence: sequence, location: location, payload: payload))
            } catch {
                let file = LogFile.segment(scan.header.number).name
                throw .replayRefused(file: file, offset: UInt32(offset), sequence: sequence, underlying: error)
            }
        }
    }

    /// Whatever the owner still needs must be there, before anything is changed.
    private func checkLiving(_ living: Set<UInt32>) throws(LogError) {
        var missing = living
        for segment in segments { missing.remove(segment.number) }
        // Records that are written again lie in the new segment.
        if let number = used.last?.header.number { missing.remove(number + 1) }
        guard let number = missing.min() else { return }
        let file = LogFile.segment(number)
        let problem =
            catalogue.unknown.contains(file)
            ? "messages lie in it, and the file with this name is not the one that the snapshot names"
            : "messages lie in it"
        throw .segmentMissing(file: file.name, problem: problem)
    }
}
