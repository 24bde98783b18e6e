import RoostModel

/// What a start changes, when nothing can refuse any more.
extension Recovery {
    mutating func finish(_ restart: RestartSegment) throws(LogError) -> Log {
        setStartTime()
        let header = restart.header(watermark: summary.lastSequence, time: summary.startTime)
        guard header.number <= LogLimits.segmentNumberMax else {
            throw .disk(DiskError(.create, LogFile.segment(header.number).name, .noSegmentNumbersLeft))
        }
        var snapshots: [SnapshotFacts] = []
        // A start needs space on a full disk too. What it frees then is kept; the owner knows how much that should be.
        let hasReserve = directory.reserveBytes > 0
        var reserve = hasReserve ? ReserveShare(leaving: 0, lacking: directory.leftoverBytes) : .none
        do throws(DiskError) {
            // An earlier start may have ended before it synced the names that this one builds on.
            if syncsDirectory { try disk.syncDirectory() }
            for file in directory.leftovers { try disk.remove(file, &reserve) }
            if let torn { try keepCopy(torn, &reserve) }
            snapshots = try readableSnapshots()
            try renameDamagedSnapshots()
            try removeSegments(above: restart.number, &reserve)
            try disk.makeSegment(header, content: restart.content, &reserve, syncsDirectory: syncsDirectory)
            if reserve.hasGiven { reserve.takeAll() }
            try cutVoided(restart, &reserve)
        } catch {
            throw .disk(error)
        }
        summary.segments = segments.count + 1
        let end = restart.end.roundedUp(to: Int(header.batchAlignment))
        let open = OpenSegment(header, end: end, firstSequence: restart.firstSequence)
        segments.append(open.facts)
        return Log(
            configuration, recovery: summary, segment: open, salts: salts, inventory: inventory(snapshots, reserve))
    }

    private mutating func setStartTime() {
        let logged = summary.lastLogged ?? wall
        summary.isClockDoubted = LogLimits.areFarApart(wall, logged)
        summary.startTime = max(logged, wall)
    }

    private var syncsDirectory: Bool { configuration.brokenRule != .skipDirectorySync }

    private func inventory(_ snapshots: [SnapshotFacts], _ reserve: ReserveShare) -> LogInventory {
        let unknown = catalogue.unknown.reduce(0) { sum, file in
            guard case .segment(let number) = file else { return sum }
            return sum + (directory.segments[number] ?? 0)
        }
        let damaged = directory.snapshots.reduce(0) { sum, found in
            snapshots.contains { $0.position.sequence == found.sequence } ? sum : sum + found.bytes
        }
        return LogInventory(
            segments: segments, snapshots: snapshots,
            keptBytes: directory.keptBytes + unknown + damaged + newTornBytes,
            reserveBytes: directory.reserveBytes + reserve.change, bytesSinceSnapshot: bytesSinceSnapshot,
            segmentBytes: configuration.segmentBytes, sequence: summary.lastSequence)
    }

    private var newTornBytes: Int {
        guard let tail = summary.tornTail, let copy = LogFile(name: tail.copy) else { return 0 }
        return directory.tornCopies[copy] == nil ? tail.bytes : 0
    }

    /// The one that was used, and older ones by their headers. An older one that turns out to be bad counts as damaged
    /// here already, so that nothing is removed because of it.
    private mutating func readableSnapshots() throws(DiskError) -> [SnapshotFacts] {
        guard let snapshot else { return [] }
        var found = [snapshot]
        for (sequence, bytes) in directory.snapshots where sequence < snapshot.position.sequence {
            do throws(SnapshotProblem) {
                found.insert(try SnapshotReader.facts(disk, sequence: sequence, bytes: bytes), at: 0)
            } catch {
                switch error {
                case .disk(let cause): throw cause
                case .unsupported: continue
                case .damaged(let problem, let offset):
                    summary.damagedSnapshots.append(
                        RecoverySummary.DamagedSnapshot(
                            file: LogFile.snapshot(sequence).name, offset: offset, problem: problem,
                            renamed: directory.damagedName(sequence).name))
                }
            }
        }
        return found
    }

    /// They are evidence, and no longer in the way.
    private func renameDamagedSnapshots() throws(DiskError) {
        guard !summary.damagedSnapshots.isEmpty else { return }
        for snapshot in summary.damagedSnapshots {
            guard let file = LogFile(name: snapshot.file), let new = LogFile(name: snapshot.renamed) else { continue }
            try disk.rename(file, to: new)
        }
        if syncsDirectory { try disk.syncDirectory() }
    }

    /// Keeps what a cut takes away. A start that was interrupted finds its own copy again and makes no second one.
    private mutating func keepCopy(_ torn: TornTail, _ reserve: inout ReserveShare) throws(DiskError) {
        let tail = UnsafeRawBufferPointer(buffer.bytes).part(torn.range.lowerBound, torn.range.upperBound)
        var copy = 1
        var isKept = false
        while !isKept, let bytes = directory.tornCopies[.torn(torn.segment, copy: copy)] {
            // Not with `&&`: Swift 6.3.1 mistakes the type of an error that its right side throws, and crashes.
            if bytes == tail.count { isKept = try disk.holds(tail, .torn(torn.segment, copy: copy)) }
            if !isKept { copy += 1 }
        }
        let file = LogFile.torn(torn.segment, copy: copy)
        summary.tornTail = RecoverySummary.TornTail(
            file: LogFile.segment(torn.segment).name, offset: UInt32(torn.range.lowerBound), bytes: tail.count,
            copy: file.name, problem: torn.problem)
        guard !isKept else { return }
        try makeCopy(tail, .preparingTorn(torn.segment, copy: copy), file, &reserve)
    }

    private func makeCopy(
        _ bytes: UnsafeRawBufferPointer, _ preparing: LogFile, _ file: LogFile, _ reserve: inout ReserveShare
    ) throws(DiskError) {
        try disk.create(preparing, bytes: bytes.count, &reserve)
        try disk.write(bytes, to: preparing, at: 0)
        try disk.sync(preparing)
        try disk.rename(preparing, to: file)
        if syncsDirectory { try disk.syncDirectory() }
    }

    /// Segments made ahead that the new one does not replace: highest first, each synced, so that the numbers never
    /// have a gap.
    private func removeSegments(above number: UInt32, _ reserve: inout ReserveShare) throws(DiskError) {
        for segment in catalogue.segments.reversed() where segment.header.number > number {
            try disk.remove(segment.file, &reserve)
            if syncsDirectory { try disk.syncDirectory() }
        }
    }

    /// Gives back the space behind the end of segments that a restart closed.
    private func cutVoided(_ restart: RestartSegment, _ reserve: inout ReserveShare) throws(DiskError) {
        for segment in used {
            let isLast = segment.header.number + 1 == restart.number
            guard let end = isLast ? restart.previousEnd : segment.bound, end < segment.bytes else { continue }
            try disk.truncate(segment.file, to: end, &reserve)
            try disk.sync(segment.file)
        }
    }
}

extension Disk {
    /// Whether a file of the same size has this content.
    fileprivate func holds(_ bytes: UnsafeRawBufferPointer, _ file: LogFile) throws(DiskError) -> Bool {
        let content = LogBuffer(capacity: bytes.count)
        defer { withExtendedLifetime(content) {} }
        let area = content.bytes.part(0, bytes.count)
        try read(file, at: 0, into: area)
        return area.elementsEqual(bytes)
    }
}
