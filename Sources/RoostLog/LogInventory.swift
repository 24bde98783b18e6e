/// The files that the log counts on, and how much was written since which record.
struct LogInventory: Sendable {
    /// Rising numbers; the last one takes records.
    private(set) var segments: [SegmentFacts]
    /// Sum of their files.
    private var bytesOfSegments: Int
    /// Oldest first.
    private(set) var snapshots: [SnapshotFacts]
    /// Of files that only an operator touches: torn copies, damaged snapshots, segments that nothing is known of.
    private let keptBytes: Int
    var reserveBytes: Int

    /// Bytes of log behind the newest snapshot's position, in batches that are closed.
    private(set) var bytesSinceSnapshot: Int
    /// `bytesSinceSnapshot` as it was behind some records: a snapshot is published long after its position.
    private var checkpoints: [Checkpoint] = []
    private var checkpointDistance: Int

    private struct Checkpoint {
        var sequence: UInt64
        var bytes: Int
    }

    /// Above this, every other one goes, and they come half as often.
    private static let checkpointsMax = 4096

    init(
        segments: [SegmentFacts], snapshots: [SnapshotFacts], keptBytes: Int, reserveBytes: Int,
        bytesSinceSnapshot: Int, segmentBytes: Int, sequence: UInt64
    ) {
        self.segments = segments
        bytesOfSegments = segments.reduce(0) { $0 + $1.bytes }
        self.snapshots = snapshots
        self.keptBytes = keptBytes
        self.reserveBytes = reserveBytes
        self.bytesSinceSnapshot = bytesSinceSnapshot
        checkpointDistance = max(segmentBytes / 64, 512)
        checkpoints.append(Checkpoint(sequence: sequence, bytes: bytesSinceSnapshot))
    }

    /// Without segments made ahead.
    var bytes: Int {
        bytesOfSegments + snapshots.reduce(0) { $0 + $1.bytes } + keptBytes + reserveBytes
    }

    func facts(_ number: UInt32) -> SegmentFacts? {
        let index = index(of: number)
        return index < segments.count && segments[index].number == number ? segments[index] : nil
    }

    /// Of the first one with this number or a higher one.
    private func index(of number: UInt32) -> Int {
        var (low, high) = (0, segments.count)
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Records go to this segment from now on.
    mutating func opened(_ segment: SegmentFacts) {
        segments.append(segment)
        bytesOfSegments += segment.bytes
    }

    mutating func removed(_ number: UInt32) {
        let index = index(of: number)
        guard index < segments.count, segments[index].number == number else { return }
        bytesOfSegments -= segments.remove(at: index).bytes
    }

    mutating func wrote(_ bytes: Int, through sequence: UInt64) {
        bytesSinceSnapshot += bytes
        guard bytesSinceSnapshot - (checkpoints.last?.bytes ?? 0) >= checkpointDistance else { return }
        checkpoints.append(Checkpoint(sequence: sequence, bytes: bytesSinceSnapshot))
        guard checkpoints.count > Self.checkpointsMax else { return }
        checkpoints = checkpoints.indices.filter { $0.isMultiple(of: 2) }.map { checkpoints[$0] }
        checkpointDistance *= 2
    }

    mutating func published(_ snapshot: SnapshotFacts) {
        snapshots.removeAll { $0.position.sequence == snapshot.position.sequence }
        snapshots.append(snapshot)
        snapshots.sort { $0.position.sequence < $1.position.sequence }
        let sequence = snapshot.position.sequence
        guard snapshots.last?.position.sequence == sequence else { return }
        let before = checkpoints.last { $0.sequence <= sequence }?.bytes ?? 0
        bytesSinceSnapshot -= before
        checkpoints.removeAll { $0.sequence <= sequence }
        for index in checkpoints.indices { checkpoints[index].bytes -= before }
        checkpoints.insert(Checkpoint(sequence: sequence, bytes: 0), at: 0)
    }

    mutating func takeExcessSnapshot() -> LogFile? {
        guard snapshots.count > LogLimits.snapshotsKept else { return nil }
        return snapshots.removeFirst().file
    }

    var removableBelow: UInt32 {
        guard snapshots.count >= LogLimits.snapshotsKept else { return 0 }
        return snapshots[snapshots.count - LogLimits.snapshotsKept].position.segment
    }
}

// MARK: what the owner asks

extension Log {
    /// Everything that was appended so far.
    package var position: LogPosition {
        LogPosition(
            segment: segment.number, firstSequence: segment.firstSequence, sequence: appendedSequence, time: lastTime)
    }

    /// All segments that hold or may hold records, rising: old ones, those that were read at start, the open one.
    package var segments: [SegmentFacts] { inventory.segments }

    package func facts(_ number: UInt32) -> SegmentFacts? { inventory.facts(number) }

    /// Oldest first.
    package var snapshots: [SnapshotFacts] { inventory.snapshots }

    /// A snapshot of this log has its name, and the name is synced.
    package mutating func snapshotPublished(_ snapshot: SnapshotFacts) { inventory.published(snapshot) }

    /// A snapshot that is one too many, oldest first. The log has forgotten it; the caller removes the file.
    package mutating func nextSnapshotToRemove() -> LogFile? { inventory.takeExcessSnapshot() }

    /// A random number for the next snapshot.
    package mutating func snapshotSalt() -> UInt64 {
        snapshotCount += 1
        return salts.salt(ofSnapshot: snapshotCount)
    }

    /// Segments with smaller numbers are not read by a start any more, whichever of the two kept snapshots it finds.
    /// They may be removed when nothing in them is needed, and when the record that says so is on disk. 0 with fewer
    /// than two snapshots.
    package var removableBelow: UInt32 {
        configuration.brokenRule == .removeSegmentsEarly ? segment.number : inventory.removableBelow
    }

    /// Segments below `removableBelow`, rising.
    package func oldSegments() -> [SegmentFacts] { inventory.segments.filter { $0.number < removableBelow } }

    /// The file of an old segment is gone.
    package mutating func removed(_ number: UInt32) {
        precondition(number < segment.number, "the open segment was removed")
        guard inventory.facts(number) != nil else { return }
        inventory.removed(number)
        segmentCount -= 1
    }

    /// Bytes of log files written behind the newest snapshot's position, or ever.
    package var bytesSinceSnapshot: Int { inventory.bytesSinceSnapshot + (filling.count > 0 ? filling.used : 0) }

    /// Of the file `RESERVE`; whoever changes it says so here.
    package var reserveBytes: Int {
        get { inventory.reserveBytes }
        set { inventory.reserveBytes = newValue }
    }

    /// Sizes of all files of the log: segments, those made ahead, snapshots with a name, copies of torn tails, damaged
    /// snapshots, the reserve. Without a snapshot that is being written.
    package var diskBytes: Int { inventory.bytes + prepared.reduce(0) { $0 + $1.bytes } }
}
