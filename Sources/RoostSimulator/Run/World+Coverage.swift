import Glibc
import RoostLog
import RoostModel
import RoostStorage

// What is counted to show that a run met what it is for.

extension World {
    func noteFaults() {
        for (call, file, fault) in disk.takeFired() {
            trace.add(0xfa, UInt64(fault.traceWord))
            hasFaultFired = true
            if call == .read { noteUnread(fault) }
            if call != .read { books.mayBeFull = true }
            tell("fault: \(fault) at \(call.rawValue) \(file?.name ?? "")")
            let isSegment: Bool
            if case .segment = file { isSegment = true } else { isSegment = false }
            switch (fault, call) {
            case (.error, .write) where isSegment: coverage.hit(.writeFailed)
            case (.shortWrite, .write) where isSegment: coverage.hit(.shortWrite)
            case (.error, .sync) where isSegment: coverage.hit(.syncFailed)
            default: break
            }
        }
    }

    /// EIO says that the medium does not give the bytes; that is damage. Nothing else is.
    private func noteUnread(_ fault: VirtualDisk.Fault) {
        switch fault {
        case .error(EIO), .shortWrite: books.permits.damage = true
        case .error: books.mayBeUnread = true
        case .powerCut: break
        }
    }

    func noteStart(_ found: RecoverySummary, _ permitted: ClosedRange<UInt64>) {
        if found.tornTail != nil { coverage.hit(.tornTailCut) }
        if found.rewrittenRecords > 0 { coverage.hit(.recordsRewritten) }
        if found.snapshot != nil {
            coverage.hit(.startFromSnapshot)
            let queues = books.moment(found.lastSequence).state.queues
            if queues.contains(where: { !$0.groups.isEmpty }) { coverage.hit(.groupFromSnapshot) }
        }
        if !found.damagedSnapshots.isEmpty { coverage.hit(.snapshotFallback) }
    }

    func noteRecords(_ batch: LoggedBatch, _ segment: UInt32) {
        if let last = life.segment, last != segment { coverage.hit(.segmentRolled) }
        life.segment = segment
        for record in batch.records {
            if record.payload.count > 1024 { coverage.hit(.recordOverSectors) }
        }
        for sequence in batch.records.map(\.sequence) {
            noteBridge(books.moment(sequence).note, sequence)
            for note in books.moment(sequence).note.parts { noteRecord(note, sequence) }
        }
    }

    private func noteRecord(_ note: RecordNote, _ sequence: UInt64) {
        switch note {
        case .purged: coverage.hit(.purged)
        case .deletedQueue: coverage.hit(.queueDeleted)
        case .transferred(let from, _, _, let isDeadLetter):
            coverage.hit(isDeadLetter ? .deadLetter : .movedByID)
            let isFIFO = books.moment(sequence).state.queue(named: from)?.settings.isFIFO ?? false
            if isDeadLetter, isFIFO { coverage.hit(.fifoDeadLetter) }
        case .leased(let lease):
            if books.moment(sequence).state.queue(named: lease.queue)?.isBlocked ?? false {
                coverage.hit(.fifoBlocked)
            }
        case .movedOn(let task): if books.tasksAtStart.contains(task.id) { coverage.hit(.moveSurvivedCrash) }
        case .endedMove(let task): coverage.hit(task.status == .cancelled ? .moveCancelled : .moveFinished)
        case .sent(_, let message, _, _): if message.group != nil { coverage.hit(.sentToGroup) }
        case .buried: coverage.hit(.buried)
        case .keysExpired: coverage.hit(.keysExpired)
        case .kicked: coverage.hit(.kicked)
        case .ticked(let fired, let expired):
            if expired > 0 { coverage.hit(.retentionExpired) }
            if fired > 0 { noteFired(sequence) }
        default: break
        }
    }

    private func noteFired(_ sequence: UInt64) {
        let (before, after) = (books.moment(sequence - 1).state, books.moment(sequence).state)
        let delayed = { (state: ModelState) in state.queues.reduce(0) { $0 + $1.delayed.count } }
        if delayed(before) > delayed(after) { coverage.hit(.delayEnded) } else { coverage.hit(.leaseExpired) }
    }

    func noteReply(_ completion: Completion) {
        guard let call = books.calls.first(where: { $0.token == completion.token }) else { return }
        switch (call.request, completion.result) {
        case (.keys(let request), let result): noteReply(call, request, result)
        case (.createQueue, .failure(.keyExists)): coverage.hit(.keyInTheWay)
        case (_, .failure(.outOfDiskSpace)): coverage.hit(.diskFullRefused)
        case (_, .failure(.outOfMemory)): coverage.hit(.memoryRefused)
        case (.send, .success(.sent(let sent))) where call.record == nil:
            coverage.hit(.duplicateAnswered)
            if sent.sequence <= books.numberAtStart { coverage.hit(.duplicateAcrossRestart) }
        case (.receive, .failure(.busy)): coverage.hit(.unreadRefused)
        case (.delete, .success) where isDiskFull, (.deleteByID, .success) where isDiskFull:
            coverage.hit(.diskFullDeleted)
        case (.send, .success) where wasSpaceGone && !isDiskFull && disk.memory.capacityBytes == nil:
            coverage.hit(.sendsResumed)
            spaceIsBack()
        case (.receive, .success(.received(let messages))) where (call.firstTurn ?? .max) < clock.broker - 5:
            coverage.hit(messages.isEmpty ? .waiterTimedOut : .waiterServed)
        default: break
        }
    }
}

extension World {
    private func noteReply(_ call: Call, _ request: KeyRequest, _ result: Result<StorageReply, Rejection>) {
        switch result {
        case .failure(.outOfDiskSpace): coverage.hit(.keysRefused)
        case .success(.watchBroken):
            coverage.hit(.watchBroken)
            noteBridgeWatch(request, isHeld: false)
        case .success(.keys(let replies)):
            if request.watch != nil { coverage.hit(.watchHeld) }
            noteBridgeWatch(request, isHeld: true)
            noteBridgeReply(call, request, replies)
            if request.changes > 1 { coverage.hit(.transaction) }
            guard request.wait != nil, (call.firstTurn ?? .max) < clock.broker - 5 else { return }
            coverage.hit(replies[0].isNothing ? .keyWaiterTimedOut : .keyWaiterServed)
        default: break
        }
    }

    /// Records of keys that nobody was told of: there after a start, or not.
    func noteKeys(_ found: RecoverySummary, _ permitted: ClosedRange<UInt64>) {
        for sequence in permitted where sequence > permitted.lowerBound {
            let isOfKeys = books.moment(sequence).note.parts.contains { if case .keys = $0 { true } else { false } }
            guard isOfKeys else { continue }
            coverage.hit(sequence <= found.lastSequence ? .keysKept : .keysLost)
        }
        if found.snapshot != nil, !books.moment(found.lastSequence).state.keys.keys.isEmpty {
            coverage.hit(.keysFromSnapshot)
        }
    }
}

extension VirtualDisk.Fault {
    var traceWord: Int {
        switch self {
        case .powerCut: 1
        case .shortWrite: 2
        case .error(let errno): 16 + Int(errno)
        }
    }
}
