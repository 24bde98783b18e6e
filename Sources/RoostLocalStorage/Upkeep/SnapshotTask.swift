import RoostCore
import RoostLog
import RoostModel
import Synchronization

/// Writes a snapshot, publishes it when the log is on disk up to its position, and removes the ones that are not kept.
final class SnapshotTask: Sendable {
    private enum Phase: Sendable {
        /// The share of the reserve that is kept for this goes first.
        case makeRoom
        case write(SnapshotJob)
        /// All is written: it gets its name when the log is on disk up to its position.
        case publish(SnapshotJob)
        case removeOld
    }

    private let phase: Mutex<Phase>
    private let position: LogPosition
    private let job: SnapshotJob
    /// About what the file will have.
    private let bytes: Int
    private let syncsDirectory: Bool

    init(_ start: consuming SnapshotStart) {
        position = start.position
        syncsDirectory = start.syncsDirectory
        bytes = SpaceKeeper.snapshotBytes(start.core)
        let writer = ImageSource(start.core)
        job = SnapshotJob(
            position: start.position, segments: start.segments, salt: start.salt, sections: { writer.next(&$0) },
            syncsDirectory: start.syncsDirectory)
        phase = Mutex(.makeRoom)
    }

    func step(_ storage: LocalStorage) -> BackgroundStep {
        guard !storage.hasEnded else { return .done }
        let start = storage.nanoseconds
        do throws(DiskError) {
            // One job of this lane at a time: nobody else takes the phase out meanwhile.
            var phase = phase.withLock { $0 }
            let step = try self.step(&phase, storage)
            self.phase.withLock { $0 = phase }
            guard case .again = step else { return step }
            // At most half of the disk's time, and never long at a stretch.
            let spent = (storage.nanoseconds - start) / 1_000_000
            return spent > 0 ? .pause(Milliseconds(Int64(spent))) : .again
        } catch {
            storage.snapshotFailed(error, wasPublished: cancel(on: storage.disk))
            return .done
        }
    }

    /// True: the snapshot has its name; what failed is the removal of an older one. The next start finds it.
    private func cancel(on disk: any Disk) -> Bool {
        phase.withLock { phase in
            switch phase {
            case .write(var job), .publish(var job): try? job.cancel(on: disk)
            case .removeOld: return true
            case .makeRoom: break
            }
            return false
        }
    }

    private func step(_ phase: inout Phase, _ storage: LocalStorage) throws(DiskError) -> BackgroundStep {
        switch phase {
        case .makeRoom:
            storage.giveReserve(bytes: bytes)
            phase = .write(job)
        case .write(var job):
            let progress = try job.step(on: storage.disk)
            phase = .write(job)
            switch progress {
            case .wrote: break
            case .complete: phase = .publish(job)
            case .published: break
            }
        case .publish(var job):
            guard storage.isSynced(through: position.sequence) else { return .pause(Milliseconds(1)) }
            if case .published(let facts) = try job.step(on: storage.disk) {
                storage.engine.withLock { $0.snapshotEnded(facts) }
                phase = .removeOld
            }
        case .removeOld:
            guard let file = storage.engine.withLock({ $0.log.nextSnapshotToRemove() }) else {
                storage.wakeDriver()
                return .done
            }
            try storage.disk.remove(file)
            if syncsDirectory { try storage.disk.syncDirectory() }
        }
        return .again
    }
}

/// The copy of the core on its way to the file. A class, for the closure that hands out its sections.
private final class ImageSource: Sendable {
    private let writer: Mutex<BrokerImageWriter>

    init(_ core: consuming Broker) { writer = Mutex(BrokerImageWriter(core)) }

    func next(_ section: inout [UInt8]) -> Bool { writer.withLock { $0.next(&section) } }
}

extension LocalStorage {
    /// Asks for the sync if nobody else does.
    func isSynced(through sequence: UInt64) -> Bool {
        let isSynced = engine.withLock { engine in
            if engine.log.syncedSequence < sequence { engine.log.requestSync() }
            return engine.log.syncedSequence >= sequence
        }
        if !isSynced { wakeDriver() }
        return isSynced
    }

    fileprivate func giveReserve(bytes: Int) {
        let size = engine.withLock { $0.space.sizeAfterGiving(bytes) }
        if let size { changeReserveNow(ReserveChange(bytes: size, isForSegment: false)) }
    }

    fileprivate func snapshotFailed(_ error: DiskError, wasPublished: Bool) {
        if !wasPublished { engine.withLock { $0.snapshotEnded(nil) } }
        noticeHandler(.snapshotFailed(error))
        wakeDriver()
    }
}
