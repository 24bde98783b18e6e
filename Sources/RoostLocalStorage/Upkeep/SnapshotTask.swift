import RoostCore
import RoostLog
import RoostModel
import Synchronization

/// Writes a snapshot, publishes it when the log is on disk up to its position, and removes the ones that are not kept.
final class SnapshotTask: Sendable {
    private enum Phase: Sendable {
        /// Takes the space for it first, from the reserve if need be.
        case write(SnapshotJob)
        /// All is written: it gets its name when the log is on disk up to its position.
        case publish(SnapshotJob)
        /// It failed: its space goes back.
        case cancel(SnapshotJob, DiskError)
        case removeOld
    }

    private let phase: Mutex<Phase>
    private let position: LogPosition
    private let syncsDirectory: Bool

    init(_ start: consuming SnapshotStart) {
        position = start.position
        syncsDirectory = start.syncsDirectory
        let bytes = SpaceKeeper.snapshotBytes(start.core)
        let writer = ImageSource(start.core)
        let job = SnapshotJob(
            position: start.position, segments: start.segments, salt: start.salt, sections: { writer.next(&$0) },
            expectedBytes: bytes, syncsDirectory: start.syncsDirectory)
        phase = Mutex(.write(job))
    }

    func step(_ storage: LocalStorage) -> BackgroundStep {
        guard !storage.hasEnded else { return .done }
        return storage.sharingTheDisk {
            // One job of this lane at a time: nobody else takes the phase out meanwhile. It is taken out for good,
            // because what is held twice would be copied before it is changed.
            var phase = phase.withLock { phase in
                defer { phase = .removeOld }
                return phase
            }
            defer { self.phase.withLock { $0 = phase } }
            return step(&phase, storage)
        }
    }

    private func step(_ phase: inout Phase, _ storage: LocalStorage) -> BackgroundStep {
        switch phase {
        case .write(let job):
            phase = .removeOld
            return write(job, &phase, storage)
        case .publish(let job):
            guard storage.isSynced(through: position.sequence) else { return .pause(Milliseconds(1)) }
            publish(job, &phase, storage)
            return .again
        case .cancel(var job, let error):
            guard var share = storage.engine.withLock({ $0.beginReserveChange() }) else { return .reserveIsTaken }
            try? job.cancel(on: storage.disk, &share)
            storage.endReserveChange(share)
            storage.engine.withLock { $0.snapshotEnded(nil) }
            storage.snapshotFailed(error)
            return .done
        case .removeOld: return removeOld(storage)
        }
    }

    private func write(
        _ job: consuming SnapshotJob, _ phase: inout Phase, _ storage: LocalStorage
    ) -> BackgroundStep {
        let (isBegun, needsReserve) = (job.isBegun, job.needsReserve)
        var share = ReserveShare.none
        if needsReserve {
            guard let lender = storage.engine.withLock({ $0.beginReserveChange() }) else {
                phase = .write(job)
                return .reserveIsTaken
            }
            share = lender
        }
        do throws(DiskError) {
            let isComplete = try job.step(on: storage.disk, &share) == .complete
            phase = isComplete ? .publish(job) : .write(job)
        } catch {
            phase = .cancel(job, error)
        }
        if !isBegun { storage.engine.withLock { $0.snapshotBegan(share) } }
        if needsReserve { storage.endReserveChange(share) }
        return .again
    }

    private func publish(_ job: SnapshotJob, _ phase: inout Phase, _ storage: LocalStorage) {
        var job = job
        do throws(DiskError) {
            guard case .published(let facts) = try job.step(on: storage.disk) else { return }
            storage.engine.withLock { $0.snapshotEnded(facts) }
            phase = .removeOld
        } catch {
            phase = .cancel(job, error)
        }
    }

    private func removeOld(_ storage: LocalStorage) -> BackgroundStep {
        guard var share = storage.engine.withLock({ $0.beginReserveChange() }) else { return .reserveIsTaken }
        let file = storage.engine.withLock { $0.log.nextSnapshotToRemove() }
        var problem: DiskError?
        do throws(DiskError) {
            if let file {
                try storage.disk.remove(file, &share)
                if syncsDirectory { try storage.disk.syncDirectory() }
            }
        } catch {
            // The next start finds it.
            problem = error
        }
        storage.endReserveChange(share)
        if let problem { storage.snapshotFailed(problem) }
        return file == nil || problem != nil ? .done : .again
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

    fileprivate func snapshotFailed(_ error: DiskError) {
        noticeHandler(.snapshotFailed(error))
        wakeDriver()
    }
}
