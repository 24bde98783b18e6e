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
    /// Bytes of a delete for each message that is held.
    private var deletesBytes: Int { core.messageCount * RecordFrame.bytes(payloadBytes: 12) }

    private var nextSnapshotBytes: Int { isSnapshotUnderWay ? 0 : core.imageBytesEstimate }

    /// What the reserve file is for.
    var neededReserveBytes: Int { deletesBytes + nextSnapshotBytes }

    /// False: wait, the space is being made. Throws when it cannot be made: then the disk is full.
    func hasSpace(for use: SpaceUse, _ payloadBytes: Int) throws(Rejection) -> Bool {
        let segmentBytes = log.configuration.segmentBytes
        let kept =
            switch use {
            case .growth: deletesBytes + SpaceKeeper.lentSegments * segmentBytes
            case .receive: deletesBytes + segmentBytes / 4
            case .move: segmentBytes / 8
            }
        let free = log.freeBytes + space.lendableSegments(besides: nextSnapshotBytes) * segmentBytes
        if free - payloadBytes >= kept { return true }
        if isDiskFull { throw .outOfDiskSpace }
        return false
    }

    /// Why the disk counts as full.
    var diskProblem: DiskError? { log.preparationFailure ?? space.problem }

    /// Throws when memory is short: new messages are refused, and everything else goes on.
    func requireMemory() throws(Rejection) {
        if let memoryBytesMax, memory.total > memoryBytesMax { throw .outOfMemory }
    }

    /// Whether a segment has to take its space from the reserve: the disk is full, and the log nearly.
    var needsToLend: Bool {
        log.preparationFailure != nil && log.freeBytes < log.configuration.segmentBytes / 2
    }
}
