package import RoostModel

/// The write-ahead log as a state machine: it decides what is written where, and never does it itself.
///
/// Records gather in the batch that fills. `nextOperation` closes the batch and hands out its write, then its sync; the
/// next batch fills meanwhile. Before a batch goes to a new segment, the segment before is synced, under every policy.
/// So what a crash may tear lies in one segment: the last one with data.
///
/// Made by `Recovery.open`. One owner, no locks; operations may run on other threads.
package struct Log: ~Copyable, Sendable {
    package let configuration: LogConfiguration
    /// What the start found.
    package let recovery: RecoverySummary

    // Where the next batch begins, and the segments behind it.
    private(set) var segment: OpenSegment
    private(set) var prepared: [OpenSegment] = []
    let salts: SegmentSalts

    /// Segments with data, snapshots, and what else takes space.
    var inventory: LogInventory
    var snapshotCount: UInt64 = 0

    // Batches on their way: filling, then closed, then the one in `commit`.
    private(set) var filling: FillingBatch
    private var closed: [FillingBatch] = []
    private var spareBuffers: [LogBuffer] = []
    private var commit = CommitStep.idle
    private var preparing: (id: UInt64, header: SegmentHeader)?

    /// Of the newest record.
    package private(set) var appendedSequence: UInt64
    private var writtenSequence: UInt64
    /// Everything up to here is on disk.
    package private(set) var syncedSequence: UInt64
    private var lastDataSequence: UInt64
    private var newestWatermark: UInt64
    /// `requestSync` asked for everything up to here.
    private var syncTarget: UInt64 = 0
    /// Bytes were written since the last sync, to `writtenSegment`.
    private var isDirty = false
    private var writtenSegment: UInt32
    private(set) var lastTime: BrokerTime
    private var lastOperation: UInt64 = 0

    /// Not nil after a failed write or sync: nothing is released any more, the process must end.
    package private(set) var failure: LogError?
    /// Not nil while no next segment can be made (disk full). Nothing is lost by it; see `retryPreparation`.
    package private(set) var preparationFailure: DiskError?

    /// Counters from the start of the process, for metrics.
    package private(set) var recordsAppended: UInt64 = 0
    /// Frames with padding, without batch headers.
    package private(set) var bytesAppended: UInt64 = 0
    package private(set) var batchesWritten: UInt64 = 0
    package private(set) var syncs: UInt64 = 0
    private var bytesWritten: UInt64 = 0
    private var bytesSynced: UInt64 = 0
    /// Files of segments, those made ahead included.
    package internal(set) var segmentCount: Int
    private let anchor = AddressAnchor()
    /// Since the start of the process.
    package private(set) var segmentsMade: UInt64 = 0

    init(
        _ configuration: LogConfiguration, recovery: RecoverySummary, segment: OpenSegment, salts: SegmentSalts,
        inventory: LogInventory
    ) {
        self.configuration = configuration
        self.recovery = recovery
        self.segment = segment
        self.salts = salts
        self.inventory = inventory
        filling = FillingBatch(buffer: LogBuffer(capacity: 64 * 1024))
        appendedSequence = recovery.lastSequence
        writtenSequence = recovery.lastSequence
        syncedSequence = recovery.lastSequence
        lastDataSequence = recovery.lastSequence
        newestWatermark = recovery.lastSequence
        writtenSegment = segment.number
        lastTime = recovery.startTime
        segmentCount = recovery.segments
    }
}

// MARK: appending

extension Log {
    /// The largest payload that one record can have.
    package var payloadBytesMax: Int { configuration.payloadBytesMax }

    /// Bytes of records that are not on disk for certain.
    package var unsyncedBytes: Int { Int(bytesAppended - bytesSynced) }

    /// Bytes of records on which results still wait.
    private var waitingBytes: Int {
        Int(bytesAppended - (configuration.syncPolicy == .always ? bytesSynced : bytesWritten))
    }

    /// Whether a record of this size can be appended now. False: carry out operations of both lanes first.
    package func hasRoom(payloadBytes: Int) -> Bool {
        guard failure == nil, payloadBytes <= payloadBytesMax else { return false }
        let frameBytes = RecordFrame.bytes(payloadBytes: payloadBytes)
        let waiting = waitingBytes
        guard waiting == 0 || waiting + frameBytes <= configuration.batchBytesMax else { return false }
        return !prepared.isEmpty || frameBytes <= segmentFreeBytes
    }

    /// Bytes that records and batch headers can still take, in this segment and in those made ahead. The owner keeps
    /// a part of it for deletes, so that a full disk refuses sends first.
    package var freeBytes: Int {
        let ahead = configuration.segmentBytes - configuration.firstBatchOffset
        return max(0, segmentFreeBytes + BatchHeader.bytes) + prepared.count * ahead
    }

    /// For frames, counted as if they needed a new batch: a change of time may close the one that fills.
    private var segmentFreeBytes: Int { segment.bytes - endOfBatches - BatchHeader.bytes }

    private var endOfBatches: Int { filling.count == 0 ? segment.end : segment.aligned(filling.end) }

    /// Frames a record into the batch that fills. `write` fills exactly `payloadBytes` bytes.
    /// Requires `hasRoom(payloadBytes:)`; `kind` from 1 to 239; a time below the last one counts as the last one.
    package mutating func append(
        kind: UInt8, payloadBytes: Int, at time: BrokerTime, _ write: (UnsafeMutableRawBufferPointer) -> Void
    ) -> RecordLocation {
        precondition(kind > 0 && kind < RecordFrame.ownKindFirst, "kinds 0 and 240 to 255 belong to the log")
        let location = appendFrame(kind, payloadBytes, time, write)
        lastDataSequence = appendedSequence
        return location
    }

    /// For idle times: a mark says on disk what is synced, so that later damage cannot pass for a torn write. Does
    /// nothing while records wait (their batch says the same), when the newest batch on disk says it already, or when
    /// there is no room.
    package mutating func appendMark(at time: BrokerTime) {
        guard failure == nil, appendedSequence == writtenSequence,
            min(syncedSequence, lastDataSequence) > newestWatermark, hasRoom(payloadBytes: 0)
        else { return }
        _ = appendFrame(RecordFrame.markKind, 0, time) { _ in }
    }

    private mutating func appendFrame(
        _ kind: UInt8, _ payloadBytes: Int, _ time: BrokerTime, _ write: (UnsafeMutableRawBufferPointer) -> Void
    ) -> RecordLocation {
        precondition(failure == nil, "append after a failed write or sync")
        let frameBytes = RecordFrame.bytes(payloadBytes: payloadBytes)
        let delay = openBatch(frameBytes, at: time)
        let start = filling.used
        filling.buffer.grow(to: start + frameBytes, keeping: start)
        let area = filling.buffer.bytes.part(start, start + frameBytes)
        // The last word first: what the payload leaves of it is padding.
        area.store(UInt64(0), at: frameBytes - 8)
        write(area.part(RecordFrame.headerBytes, RecordFrame.headerBytes + payloadBytes))
        appendedSequence += 1
        RecordFrame(length: UInt32(payloadBytes), kind: kind, time: delay)
            .encode(into: area, sequence: appendedSequence, seed: filling.seed)
        filling.used += frameBytes
        filling.count += 1
        recordsAppended += 1
        bytesAppended += UInt64(frameBytes)
        return RecordLocation(
            segment: filling.segment, offset: UInt32(filling.offset + start), length: UInt32(payloadBytes))
    }

    /// Makes sure that the filling batch takes the frame; returns the record's time as milliseconds after the batch's.
    @inline(__always)
    private mutating func openBatch(_ frameBytes: Int, at time: BrokerTime) -> UInt16 {
        lastTime = max(lastTime, time)
        if filling.count > 0, filling.end + frameBytes <= segment.bytes,
            let delay = UInt16(exactly: lastTime.milliseconds - filling.time.milliseconds)
        {
            return delay
        }
        beginBatch(frameBytes)
        return 0
    }

    private mutating func beginBatch(_ frameBytes: Int) {
        closeFilling()
        if segment.end + BatchHeader.bytes + frameBytes > segment.bytes {
            precondition(!prepared.isEmpty, "append without hasRoom")
            segment = prepared.removeFirst()
            precondition(segment.end + BatchHeader.bytes + frameBytes <= segment.bytes, "append without hasRoom")
            segment.firstSequence = appendedSequence + 1
            inventory.opened(segment.facts)
        }
        filling.segment = segment.number
        filling.seed = segment.seed
        filling.offset = segment.end
        filling.firstSequence = appendedSequence + 1
        filling.time = lastTime
        filling.used = BatchHeader.bytes
    }

    private mutating func closeFilling() {
        guard filling.count > 0 else { return }
        segment.end = segment.aligned(filling.end)
        inventory.wrote(segment.end - filling.offset, through: filling.lastSequence)
        filling.bytesThrough = bytesAppended
        closed.append(filling)
        filling = FillingBatch(buffer: spareBuffers.popLast() ?? LogBuffer(capacity: 64 * 1024))
    }
}

// MARK: operations

extension Log {
    /// Results that depend on records up to here may leave.
    package var releasableSequence: UInt64 {
        configuration.syncPolicy == .always ? syncedSequence : writtenSequence
    }

    /// Asks that everything appended so far be synced: from the timer of `interval`, and before a shutdown.
    package mutating func requestSync() { syncTarget = appendedSequence }

    /// Tries again to make the next segment, after `preparationFailure`.
    package mutating func retryPreparation() { preparationFailure = nil }

    /// Whether no batch fills, waits or is under way, and all that the policy or `requestSync` wants is synced.
    package var isQuiet: Bool {
        guard case .idle = commit else { return false }
        return nextSegment == nil && !(isDirty && syncIsDue)
    }

    /// The next I/O to carry out, or nil: one of this lane is under way, or there is nothing to do.
    package mutating func nextOperation(_ lane: LogLane) -> LogOperation? {
        guard failure == nil else { return nil }
        switch lane {
        case .commit: return nextCommit()
        case .background: return nextPreparation()
        }
    }

    private mutating func nextCommit() -> LogOperation? {
        guard case .idle = commit else { return nil }
        if isDirty, syncIsDue {
            let operation = operation(.sync(segment: writtenSegment))
            commit = .syncing(operation.id, through: writtenSequence, bytesThrough: bytesWritten)
            return operation
        }
        if closed.isEmpty { closeFilling() }
        guard !closed.isEmpty else { return nil }
        var batch = closed.removeFirst()
        batch.seal(watermark: syncedSequence)
        let sealed = SealedBatch(buffer: batch.buffer, count: batch.used)
        let operation = operation(.write(segment: batch.segment, offset: UInt32(batch.offset), sealed))
        commit = .writing(operation.id, batch)
        return operation
    }

    private var syncIsDue: Bool {
        if configuration.syncPolicy == .always { return true }
        if syncTarget > syncedSequence, writtenSequence >= syncTarget { return true }
        return nextSegment.map { $0 != writtenSegment } ?? false
    }

    /// Of the batch that is written next.
    private var nextSegment: UInt32? { closed.first?.segment ?? (filling.count > 0 ? filling.segment : nil) }

    private mutating func nextPreparation() -> LogOperation? {
        guard preparing == nil, preparationFailure == nil, prepared.count < configuration.preparedSegments else {
            return nil
        }
        let number = (prepared.last?.number ?? segment.number) + 1
        guard number <= LogLimits.segmentNumberMax else {
            preparationFailure = DiskError(.create, LogFile.segment(number).name, .noSegmentNumbersLeft)
            return nil
        }
        let header = SegmentHeader(
            number: number, segmentBytes: UInt32(configuration.segmentBytes), salt: salts.salt(ofSegment: number),
            watermark: syncedSequence, time: lastTime, batchAlignment: UInt16(configuration.batchAlignment))
        let operation = operation(.prepare(header))
        preparing = (operation.id, header)
        return operation
    }

    private mutating func operation(_ action: LogOperation.Action) -> LogOperation {
        lastOperation += 1
        return LogOperation(
            id: lastOperation, action: action, syncsDirectory: configuration.brokenRule != .skipDirectorySync)
    }

    /// Takes the result of an operation that `nextOperation` handed out.
    package mutating func completed(_ id: UInt64, _ result: Result<Void, DiskError>) {
        if let (preparingID, header) = preparing, preparingID == id {
            preparing = nil
            return prepareCompleted(header, result)
        }
        switch commit {
        case .writing(id, let batch): writeCompleted(batch, result)
        case .syncing(id, let sequence, let bytes): syncCompleted(sequence, bytes, result)
        default: preconditionFailure("completion of an operation that is not under way")
        }
    }

    private mutating func prepareCompleted(_ header: SegmentHeader, _ result: Result<Void, DiskError>) {
        switch result {
        case .success:
            prepared.append(OpenSegment(header, end: header.firstBatchOffset, firstSequence: 0))
            segmentCount += 1
            segmentsMade += 1
        case .failure(let error): preparationFailure = error
        }
    }

    private mutating func writeCompleted(_ batch: FillingBatch, _ result: Result<Void, DiskError>) {
        if case .failure(let error) = result { return fail(.writeFailed(error)) }
        commit = .idle
        isDirty = true
        writtenSegment = batch.segment
        writtenSequence = batch.lastSequence
        bytesWritten = batch.bytesThrough
        newestWatermark = batch.watermark
        batchesWritten += 1
        if batch.buffer.bytes.count <= LogLimits.batchBufferKeptBytesMax { spareBuffers.append(batch.buffer) }
    }

    private mutating func syncCompleted(_ sequence: UInt64, _ bytes: UInt64, _ result: Result<Void, DiskError>) {
        if case .failure(let error) = result { return fail(.syncFailed(error)) }
        commit = .idle
        isDirty = false
        syncedSequence = sequence
        bytesSynced = bytes
        syncs += 1
    }

    private mutating func fail(_ error: LogError) {
        commit = .idle
        failure = error
    }
}
