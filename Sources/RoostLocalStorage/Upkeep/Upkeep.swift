import RoostCore
import RoostLog
import RoostModel

/// What the engine wants done beside its requests. Asked for after every commit.
struct Upkeep: ~Copyable {
    var segment: LogOperation?
    /// From which the segment takes its space.
    var lender: ReserveShare?
    /// A new size for the file that keeps space.
    var reserveBytes: Int?
    var snapshot: SnapshotStart?
    var cleaning: SegmentFacts?
    var reads: [BodyRead] = []
    var trimsHeap = false
}

/// Where the space of the snapshot that is under way comes from.
enum SnapshotSpace {
    /// It has none yet.
    case none
    case free
    case ofReserve
}

struct SnapshotStart {
    var core: Broker
    var position: LogPosition
    var segments: [SegmentFacts]
    var salt: UInt64
    /// False when a simulator breaks this rule.
    var syncsDirectory: Bool
}

extension Engine {
    mutating func nextUpkeep() -> Upkeep {
        var upkeep = Upkeep()
        upkeep.lender = nextLender()
        upkeep.segment = log.nextOperation(.background)
        if upkeep.segment == nil, let lender = upkeep.lender.take() { endReserveChange(lender) }
        upkeep.reserveBytes = nextReserveBytes()
        upkeep.snapshot = nextSnapshot()
        upkeep.cleaning = nextCleaning()
        while let read = reads.takeNext() { upkeep.reads.append(read) }
        // Bodies come and go with every backlog, and have a bound of their own.
        upkeep.trimsHeap = heap.isTrimDue(core.indexBytes + core.queueBytes + core.deduplicationBytes, now: now)
        return upkeep
    }

    private mutating func nextLender() -> ReserveShare? {
        guard needsToLend, let problem = log.preparationFailure, let share = beginReserveChange() else { return nil }
        space.lends(because: problem)
        retryPreparationNow()
        return share
    }

    mutating func lent(_ share: ReserveShare, isMade: Bool) {
        endReserveChange(share)
        if !isMade { space.lendingFailed(now: now) }
    }

    private mutating func nextReserveBytes() -> Int? {
        // What it gave to the snapshot comes back with the snapshot that goes.
        guard snapshotSpace != .ofReserve else { return nil }
        return space.nextSize(needed: neededReserveBytes, now: now)
    }

    mutating func reserveChanged(to bytes: Int, _ problem: DiskError?) {
        space.changed(to: bytes, problem, now: now)
        log.reserveBytes = space.reserveBytes
    }
}

// MARK: - Snapshots

extension Engine {
    /// One is due when the log has grown as much as the last one is long: so the work for snapshots stays a fixed part
    /// of all that is written, and a start never reads more than twice of what it must. On a full disk one is due
    /// sooner: it is what lets old segments go.
    private var isSnapshotDue: Bool {
        let grown = log.bytesSinceSnapshot
        return grown >= snapshotRetryBytes && grown >= max(snapshotGrowthBytesMin, log.snapshots.last?.bytes ?? 0)
    }

    /// Between two looks, and so between two snapshots that a full disk asks for.
    private static var spaceSnapshotDistance: Milliseconds { Milliseconds(250) }

    /// On a full disk: whether snapshots would let something go.
    private mutating func isSnapshotUseful() -> Bool {
        guard isDiskFull, snapshotRetry.map({ $0 <= now }) ?? true else { return false }
        // Looking costs a step for each segment, so that too happens now and then only.
        snapshotRetry = now + Self.spaceSnapshotDistance
        let newer = log.segments.dropLast().filter { $0.number >= log.removableBelow }
        let dead = newer.reduce(0) { $0 + $1.bytes - ledger.liveBytes(of: $1.number) }
        guard dead >= log.configuration.segmentBytes / 2 else { return false }
        // Segments go when two snapshots lie behind them. The second one needs a position of its own.
        let last = log.snapshots.last?.position.sequence ?? 0
        return log.position.sequence > last || commit(.tick(TickEntry(at: now)))
    }

    private mutating func nextSnapshot() -> SnapshotStart? {
        guard !isSnapshotUnderWay, log.failure == nil, !isShuttingDown else { return nil }
        var isDue = isSnapshotDue
        if !isDue { isDue = isSnapshotUseful() }
        guard isDue else { return nil }
        isSnapshotUnderWay = true
        var position = log.position
        // The timers have come this far, logged or not: a start must not be earlier.
        position.time = max(position.time, now)
        // A copy of a value in chunks: a few references now, and a chunk when one of them changes.
        return SnapshotStart(
            core: core, position: position, segments: log.segments, salt: log.snapshotSalt(),
            syncsDirectory: log.configuration.brokenRule != .skipDirectorySync)
    }

    /// The file has its space.
    mutating func snapshotBegan(_ share: ReserveShare) {
        snapshotSpace = share.change < 0 ? .ofReserve : .free
    }

    mutating func snapshotEnded(_ facts: SnapshotFacts?) {
        isSnapshotUnderWay = false
        snapshotSpace = .none
        if let facts {
            log.snapshotPublished(facts)
            snapshotsMade += 1
            snapshotRetryBytes = 0
            // With this one, less has to be kept for those to come.
            if !isDiskFull { space.trim() }
            isCleaningDue = true
        } else {
            snapshotRetryBytes = log.bytesSinceSnapshot + log.configuration.segmentBytes / 2
            snapshotRetry = now + SpaceKeeper.retry
        }
    }
}

// MARK: - Cleaning

extension Engine {
    /// Of files of old segments, for each byte in them that lives. With what is kept for deletes it makes less than
    /// two.
    private static var oldBytesPerLiveByte: Double { 1.6 }
    /// On a full disk the work is worth more.
    private static var oldBytesPerLiveByteWhenFull: Double { 1.2 }

    /// The old segment to empty or to remove next: the one with the least life in it, when together they hold too
    /// little. Nothing to do costs nothing: this looks only after a snapshot, or when much has died.
    private mutating func nextCleaning() -> SegmentFacts? {
        guard !isCleaning, log.failure == nil, !isShuttingDown else { return nil }
        guard isCleaningDue || ledger.releasedBytes > log.configuration.segmentBytes / 4 else { return nil }
        isCleaningDue = false
        ledger.resetReleased()
        guard let segment = segmentToClean() else { return nil }
        isCleaning = true
        return segment
    }

    private func segmentToClean() -> SegmentFacts? {
        let all = log.oldSegments()
        if let dead = all.first(where: { ledger.liveBytes(of: $0.number) == 0 && isCleanable($0) }) { return dead }
        let old = all.filter { !damagedSegments.contains($0.number) && isCleanable($0) }
        let (bytes, live) = old.reduce((0, 0)) { ($0.0 + $1.bytes, $0.1 + ledger.liveBytes(of: $1.number)) }
        let factor = isDiskFull ? Self.oldBytesPerLiveByteWhenFull : Self.oldBytesPerLiveByte
        guard Double(bytes) > Double(live) * factor else { return nil }
        return old.min { share($0) < share($1) }
    }

    private func isCleanable(_ segment: SegmentFacts) -> Bool { cleaningNotBefore[segment.number] ?? now <= now }

    private func share(_ segment: SegmentFacts) -> Double {
        Double(ledger.liveBytes(of: segment.number)) / Double(max(segment.bytes, 1))
    }

    /// Which of these records are still the place of a living message.
    func living(_ records: [CleaningRecord]) -> [CleaningRecord] {
        records.filter { core.isLiving(slot: $0.slot, number: $0.number, at: $0.location) }
    }

    /// Of one step: each may be the first to touch some chunks of the index, and so copy them.
    private static var movesBesideSnapshotMax: Int { 50 }

    /// Moves messages to the head of the log, as far as there is room: returns how many of the records are dealt with.
    mutating func move(_ records: ArraySlice<CleaningRecord>, from segment: UnsafeRawBufferPointer) -> Int {
        var count = 0
        for record in records.prefix(isSnapshotUnderWay ? Self.movesBesideSnapshotMax : records.count) {
            let payload = record.payload(in: segment)
            guard let entry = core.prepareMove(slot: record.slot, number: record.number, from: record.location) else {
                count += 1
                continue
            }
            guard !isDiskFull || hasSpace(for: .move, payload.count), log.hasRoom(payloadBytes: payload.count) else {
                return count
            }
            let place = log.append(kind: EntryKind.move.rawValue, payloadBytes: payload.count, at: now) {
                $0.copyMemory(from: payload)
            }
            keep(place, payload)
            apply(.move(entry), at: BodyLocation(place))
            messagesMoved += 1
            count += 1
        }
        return count
    }

    mutating func cleaned(_ segment: UInt32, isRemoved: Bool) {
        isCleaning = false
        guard isRemoved else { return }
        isCleaningDue = true
        cleaningNotBefore[segment] = nil
        log.removed(segment)
        segmentsRemoved += 1
        spaceWasFreed()
        if let oldest = log.segments.first { ledger.forget(below: oldest.number) }
    }

    /// The others are not to wait for a segment that cannot be read or removed for now.
    mutating func cleaningFailed(_ segment: UInt32) {
        isCleaning = false
        isCleaningDue = true
        cleaningNotBefore[segment] = now + Self.cleaningRetry
    }

    private static var cleaningRetry: Milliseconds { .seconds(60) }

    /// A full disk is looked at again at once.
    mutating func spaceWasFreed() {
        space.retryNow()
        if log.preparationFailure != nil { retryPreparationNow() }
    }

    /// What lives in it stays readable where it is not damaged; so the segment stays.
    mutating func cleaningMetDamage(_ segment: UInt32) {
        isCleaning = false
        isCleaningDue = true
        damagedSegments.insert(segment)
    }
}

/// A message in an old segment.
struct CleaningRecord: Sendable {
    var slot: UInt32
    var number: UInt64
    var location: BodyLocation

    /// `segment`: the file from its start.
    func payload(in segment: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let start = Int(location.offset) + RecordFrame.headerBytes
        return UnsafeRawBufferPointer(rebasing: segment[start..<start + Int(location.length)])
    }
}
