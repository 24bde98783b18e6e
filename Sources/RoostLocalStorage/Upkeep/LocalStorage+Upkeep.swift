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
        if let operation = upkeep.segment { prepareSegment(operation, upkeep.lender) }
        if let bytes = upkeep.reserveBytes { changeReserve(to: bytes) }
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
    private func prepareSegment(_ operation: LogOperation, _ lender: ReserveShare?) {
        background.start(.segments) { [self] in
            perform(operation, lender)
            wakeDriver()
            return .done
        }
    }

    private func changeReserve(to bytes: Int) {
        background.start(.segments) { [self] in
            let before = engine.withLock { $0.space.reserveBytes }
            let (reached, problem) = disk.changeReserve(from: before, to: bytes)
            engine.withLock { $0.reserveChanged(to: reached, problem) }
            wakeDriver()
            return .done
        }
    }

    /// Requests and segments may wait for the end of it.
    func endReserveChange(_ share: ReserveShare) {
        engine.withLock { $0.endReserveChange(share) }
        wakeDriver()
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

extension LocalStorage {
    /// A step of a long job: at most half of the disk's time, and never long at a stretch.
    func sharingTheDisk(_ step: () -> BackgroundStep) -> BackgroundStep {
        let start = nanoseconds
        let step = step()
        guard case .again = step else { return step }
        let spent = (nanoseconds - start) / 1_000_000
        return spent > 0 ? .pause(Milliseconds(Int64(spent))) : .again
    }
}

extension BackgroundStep {
    /// Another job takes space from the reserve, or gives it some.
    static var reserveIsTaken: Self { .pause(Milliseconds(1)) }
}
