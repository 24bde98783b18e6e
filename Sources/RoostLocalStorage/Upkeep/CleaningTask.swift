import RoostCore
import RoostLog
import RoostModel
import Synchronization

/// Empties an old segment: reads it, moves what lives in it to the head of the log, waits until that is on disk, and
/// removes the file.
final class CleaningTask: Sendable {
    /// Of records moved in one step: little enough not to hold up a turn.
    private static let stepBytes = 256 * 1024
    private static let stepRecords = 500
    /// Times in a row that the log may have no room before this gives up.
    private static let refusalsMax = 10

    private enum Phase: Sendable {
        case read
        case move([CleaningRecord], done: Int, refusals: Int)
        case sync(through: UInt64)
        case remove
        case syncDirectory
    }

    private let segment: SegmentFacts
    /// The file, once it is read.
    private let buffer: LogBuffer
    private let phase = Mutex(Phase.read)

    init(_ segment: SegmentFacts) {
        self.segment = segment
        buffer = LogBuffer(capacity: 64)
    }

    func step(_ storage: LocalStorage) -> BackgroundStep {
        storage.sharingTheDisk {
            var phase = phase.withLock { $0 }
            defer { self.phase.withLock { $0 = phase } }
            return step(&phase, storage)
        }
    }

    private func step(_ phase: inout Phase, _ storage: LocalStorage) -> BackgroundStep {
        guard !storage.hasEnded else { return .done }
        switch phase {
        case .read: return read(&phase, storage)
        case .move(let records, let done, let refusals): return move(records, done, refusals, &phase, storage)
        case .sync(let sequence):
            guard storage.isSynced(through: sequence) else { return .pause(Milliseconds(1)) }
            phase = .remove
            return .again
        case .remove: return removeFile(&phase, storage)
        case .syncDirectory: return syncDirectory(storage)
        }
    }

    private func read(_ phase: inout Phase, _ storage: LocalStorage) -> BackgroundStep {
        let (live, sequence) = storage.engine.withLock {
            ($0.ledger.liveBytes(of: segment.number), $0.log.appendedSequence)
        }
        guard live > 0 else {
            // What ended the last message in it has to be on disk before the file goes.
            phase = .sync(through: sequence)
            return .again
        }
        do throws(LogError) {
            phase = .move(try livingRecords(storage), done: 0, refusals: 0)
            return .again
        } catch .damaged(let file, let offset, let problem) {
            storage.engine.withLock { $0.cleaningMetDamage(segment.number) }
            storage.noticeHandler(.segmentDamaged(.damaged(file: file, offset: offset, problem: problem)))
        } catch {
            storage.engine.withLock { $0.cleaningFailed(segment.number) }
        }
        return .done
    }

    private func livingRecords(_ storage: LocalStorage) throws(LogError) -> [CleaningRecord] {
        var living: [CleaningRecord] = []
        var batch: [CleaningRecord] = []
        try SegmentReader.read(segment, from: storage.disk, buffer: buffer) { kind, _, location, payload in
            guard kind == EntryKind.send.rawValue || kind == EntryKind.move.rawValue,
                let entry = try? SendRecord.decodeEntry(payload)
            else { return }
            batch.append(CleaningRecord(slot: entry.slot, number: entry.number, location: BodyLocation(location)))
            guard batch.count == Self.stepRecords else { return }
            living += storage.engine.withLock { $0.living(batch) }
            batch.removeAll(keepingCapacity: true)
        }
        return living + storage.engine.withLock { $0.living(batch) }
    }

    private func move(
        _ records: [CleaningRecord], _ done: Int, _ refusals: Int, _ phase: inout Phase, _ storage: LocalStorage
    ) -> BackgroundStep {
        let slice = records[done..<end(of: records, from: done)]
        let (moved, sequence) = storage.engine.withLock { engine in
            (engine.move(slice, from: UnsafeRawBufferPointer(buffer.bytes)), engine.log.appendedSequence)
        }
        if moved > 0 { storage.wakeDriver() }
        guard done + moved < records.count else {
            phase = .sync(through: sequence)
            return .again
        }
        guard moved > 0 || refusals < Self.refusalsMax else {
            // The log has no room, and will not have any soon. There is another time; but a record that is longer than
            // one may be now must not keep the other segments waiting.
            storage.engine.withLock { engine in
                if Int(records[done].location.length) > engine.log.payloadBytesMax {
                    engine.cleaningFailed(segment.number)
                } else {
                    engine.cleaned(segment.number, isRemoved: false)
                }
            }
            return .done
        }
        phase = .move(records, done: done + moved, refusals: moved > 0 ? 0 : refusals + 1)
        // The batch with these is to be written before the next ones come: requests have their place in between.
        return .pause(Milliseconds(moved > 0 ? 1 : 20))
    }

    private func end(of records: [CleaningRecord], from start: Int) -> Int {
        var (end, bytes) = (start, 0)
        while end < records.count, end - start < Self.stepRecords, bytes < Self.stepBytes {
            bytes += Int(records[end].location.length)
            end += 1
        }
        return end
    }

    private func removeFile(_ phase: inout Phase, _ storage: LocalStorage) -> BackgroundStep {
        // Purged messages that are not freed yet count too: then the file goes next time.
        guard storage.engine.withLock({ $0.ledger.liveBytes(of: segment.number) }) == 0 else {
            storage.engine.withLock { $0.cleaned(segment.number, isRemoved: false) }
            return .done
        }
        guard let lender = storage.engine.withLock({ $0.beginReserveChange() }) else { return .reserveIsTaken }
        // When the log waits for a segment that the reserve could not lend even with this one, its space stays free.
        let isFree = storage.engine.withLock { $0.needsMoreThanLending }
        var share = isFree ? ReserveShare.none : lender
        defer { storage.endReserveChange(share) }
        do throws(DiskError) {
            try storage.disk.remove(.segment(segment.number), &share)
        } catch  where error.isMissingFile {
            // Somebody else removed it.
        } catch {
            storage.engine.withLock { $0.cleaningFailed(segment.number) }
            return .done
        }
        phase = .syncDirectory
        return .again
    }

    private func syncDirectory(_ storage: LocalStorage) -> BackgroundStep {
        // When this fails, the file may come back after a power cut; nothing needs it, and it is removed then.
        try? storage.disk.syncDirectory()
        storage.engine.withLock { $0.cleaned(segment.number, isRemoved: true) }
        storage.wakeDriver()
        return .done
    }
}
