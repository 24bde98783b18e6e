import RoostCore
import RoostLog
import RoostModel
import RoostStorage

/// What a record is written for, in the order in which they are refused when space is short.
enum SpaceUse {
    /// Messages and queues that are new.
    case growth
    /// Receives, and what else can wait.
    case receive
    /// Messages that cleaning moves: it gives back more than it takes.
    case move
}

extension Engine {
    private var deletesBytes: Int { SpaceKeeper.deletesBytes(core) }

    /// What snapshots take from the reserve before it gets something back from one that goes.
    private func nextSnapshotBytes(growth: Int = 0) -> Int {
        SpaceKeeper.nextSnapshotBytes(
            core, kept: log.snapshots, hasOneItsSpace: snapshotSpace != .none, growth: growth)
    }

    /// What the reserve file is for.
    var neededReserveBytes: Int { deletesBytes + SpaceKeeper.nextSnapshotBytes(core, kept: log.snapshots) }

    /// While the disk has room, the reserve follows what is stored, and nobody waits for it. Throws on a full disk,
    /// when what is left is kept for something else.
    func requireSpace(for use: SpaceUse, _ payloadBytes: Int) throws(Rejection) {
        guard isDiskFull, !hasSpace(for: use, payloadBytes) else { return }
        throw .outOfDiskSpace
    }

    func hasSpace(for use: SpaceUse, _ payloadBytes: Int) -> Bool {
        let segmentBytes = log.configuration.segmentBytes
        let kept =
            switch use {
            case .growth: deletesBytes + SpaceKeeper.lentSegments * segmentBytes
            case .receive: deletesBytes + segmentBytes / 4
            case .move: segmentBytes / 8
            }
        let lendable = use == .growth ? lendableSegmentsAfterGrowth : lendableSegments
        return log.freeBytes + lendable * segmentBytes - payloadBytes >= kept
    }

    /// Why the disk counts as full.
    var diskProblem: DiskError? { lackOfSegment?.error ?? space.problem }

    /// How many segments could take their space from the reserve, without what the next snapshot needs.
    var lendableSegments: Int { space.lendableSegments(besides: nextSnapshotBytes()) }

    /// Whether the log would lack a segment even if the reserve got one more.
    var needsMoreThanLending: Bool {
        let segmentBytes = log.configuration.segmentBytes
        return log.preparationFailure != nil && log.freeBytes < segmentBytes / 2
            && space.lendableSegments(besides: nextSnapshotBytes(), more: segmentBytes) == 0
    }

    /// With one more message, which may make the next snapshots longer by much more than itself.
    private var lendableSegmentsAfterGrowth: Int {
        space.lendableSegments(besides: nextSnapshotBytes(growth: Broker.imageStepBytes))
    }

    /// Throws when memory is short: new messages are refused, and everything else goes on.
    func requireMemory() throws(Rejection) {
        if let memoryBytesMax, memory.total > memoryBytesMax { throw .outOfMemory }
    }

    /// Whether a segment has to take its space from the reserve: the disk is full, and the log nearly.
    var needsToLend: Bool {
        log.preparationFailure != nil && log.freeBytes < log.configuration.segmentBytes / 2 && lendableSegments > 0
            && space.mayLend(now: now)
    }

    /// For one who takes space from the reserve, or gives it some; nil while another one does.
    mutating func beginReserveChange() -> ReserveShare? { space.begin(needed: neededReserveBytes) }

    mutating func endReserveChange(_ share: ReserveShare) {
        space.end(share)
        log.reserveBytes = space.reserveBytes
    }
}
