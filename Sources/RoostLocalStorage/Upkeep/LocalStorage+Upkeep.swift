import CRoost
import RoostCore
import RoostLog
import RoostModel
import RoostStorage
import Synchronization

// Starts what the engine wants done beside its requests. Each piece of it is a job of small steps.

extension LocalStorage {
    /// Call it after a commit.
    func startUpkeep() {
        let upkeep = engine.withLock { $0.nextUpkeep() }
        if let operation = upkeep.segment { prepareSegment(operation) }
        if let change = upkeep.reserve { changeReserve(change) }
        if let start = upkeep.snapshot { makeSnapshot(start) }
        if let segment = upkeep.cleaning { clean(segment) }
        for read in upkeep.reads { self.read(read) }
        if upkeep.trimsHeap { trimHeap() }
    }

    private func trimHeap() {
        background.start(.segments) {
            croost_trim_heap()
            return .done
        }
    }

    /// Makes the next segment ahead: zero-filling 64 MiB takes longer than a turn may.
    private func prepareSegment(_ operation: LogOperation) {
        background.start(.segments) { [self] in
            perform(operation)
            wakeDriver()
            return .done
        }
    }

    private func changeReserve(_ change: ReserveChange) {
        background.start(.segments) { [self] in
            changeReserveNow(change)
            wakeDriver()
            return .done
        }
    }

    func changeReserveNow(_ change: ReserveChange) {
        let before = engine.withLock { $0.space.reserveBytes }
        let (reached, problem) = disk.changeReserve(from: before, to: change.bytes)
        engine.withLock { $0.reserveChanged(to: reached, problem, isForSegment: change.isForSegment) }
    }

    func noteDisk(_ error: DiskError?) {
        let hasChanged = state.withLock { state in
            defer { state.metrics.isDiskFull = error != nil }
            return state.metrics.isDiskFull != (error != nil)
        }
        if hasChanged { noticeHandler(error.map { .diskFull($0) } ?? .diskHasRoom) }
    }

    private func read(_ read: BodyRead) {
        background.start(.reads) { [self] in
            let result = Result { () throws(DiskError) in
                try disk.read(.segment(read.segment), at: read.range.lowerBound, into: read.area)
            }
            enqueue { $0.items.append(.bodyRead(read, result)) }
            return .done
        }
    }

    private func makeSnapshot(_ start: SnapshotStart) {
        let task = SnapshotTask(start)
        background.start(.snapshots) { [self] in task.step(self) }
    }

    private func clean(_ segment: SegmentFacts) {
        let task = CleaningTask(segment)
        background.start(.cleaning) { [self] in task.step(self) }
    }
}
