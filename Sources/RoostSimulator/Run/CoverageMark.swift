/// Something that a run of many seeds must have met, or it proves less than it seems to. All are seen from outside: in
/// what a start reports, in notices and metrics, in what the disk was made to do.
package enum CoverageMark: Int, CaseIterable, Sendable {
    // Crashes and starts.
    case processCrash
    case powerCrash
    case tornTailCut
    case unansweredLost
    case unansweredKept
    case recordsRewritten
    case recoveryInterrupted
    case recoveryMetError
    case cleanShutdown

    // Faults of the disk.
    case writeFailed
    case syncFailed
    case shortWrite
    case diskFullRefused
    case diskFullDeleted
    case sendsResumed
    case slowDisk

    // The log.
    case segmentRolled
    case recordOverSectors
    case turnDuringSync

    // Damage.
    case damageRefused
    case damageServed
    case damagedMessage

    // Snapshots and cleaning.
    case snapshotPublished
    case crashDuringSnapshot
    case crashBetweenPublicationAndRemoval
    case snapshotFailed
    case startFromSnapshot
    case snapshotFallback
    case segmentRemoved
    case messageMoved
    case cleaningInterrupted

    // Bodies.
    case coldRead
    case readFromPageCache
    case unreadRefused

    // Time.
    case clockSteppedForward
    case clockSteppedBack
    case retentionHeld
    case retentionExpired
    case leaseExpired
    case delayEnded

    // Queues.
    case memoryRefused
    case waiterServed
    case waiterTimedOut
    case purged
    case queueDeleted
    case buried
    case kicked
    case deadLetter
    case movedByID
    case sentToGroup

    // FIFO queues.
    case fifoBlocked
    case duplicateAnswered
    case duplicateAcrossRestart
    case attemptReplayed
    case fifoDeadLetter

    // Moves in the background.
    case moveFinished
    case moveCancelled
    case moveSurvivedCrash

    // Keys.
    case transaction
    case keysRefused
    case keysLost
    case keysKept
    case keysFromSnapshot
    case keysExpired
    case keyWaiterServed
    case keyWaiterTimedOut
    case watchHeld
    case watchBroken
    case carriedOutAtOnce
    case toldAtOnce

    // Queues as keys.
    case popped
    case poppedInOrder
    case poppedBehindDeadLetters
    case popWaiterServed
    case popWaiterResumed
    case queuesTransaction
    case transactionVoided
    case movedBetweenQueues
    case movedFromList
    case movedToList
    case publishStored
    case purgedAsKey
    case queueWatchHeld
    case queueWatchBroken
    case keyInTheWay
    case groupMovedByCleaning
    case groupFromSnapshot

    package var name: String { "\(self)" }
}

/// How often each mark was hit.
package struct Coverage: Sendable {
    private var counts = [Int](repeating: 0, count: CoverageMark.allCases.count)

    package init() {}

    package subscript(mark: CoverageMark) -> Int { counts[mark.rawValue] }

    mutating func hit(_ mark: CoverageMark, times: Int = 1) { counts[mark.rawValue] += times }

    package mutating func add(_ other: Coverage) {
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    package var missing: [CoverageMark] { CoverageMark.allCases.filter { self[$0] == 0 } }
}
