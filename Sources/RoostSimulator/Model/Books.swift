import RoostCore
import RoostModel
import RoostStorage

/// A request that was handed over.
struct Call: Sendable {
    let token: UInt64
    let request: StorageRequest
    /// Records known when it was handed over, and turns run since the books were last closed.
    var submittedAfter: UInt64
    var submittedTurn: Int
    /// It was carried out as it was handed over, at this time, before all that waits for a turn.
    var carriedOutAt: Int64?
    /// Of the first turn that may have carried it out; a receive that waits is looked at much later.
    var firstTurn: Int64?
    /// The records that it left: more than one for messages that go to several queues.
    var records: [(sequence: UInt64, note: RecordNote)] = []
    var isCancelled = false

    var record: UInt64? { records.last?.sequence }
    var result: RecordNote { records.last?.note ?? .none }

    var canWait: Bool {
        switch request {
        case .receive: true
        case .keys(let request): request.wait != nil
        default: false
        }
    }

    /// Others that came later may be carried out first.
    var isUnordered: Bool {
        if canWait || carriedOutAt != nil { return true }
        if case .keys(let request) = request { return request.mayReadBodies } else { return false }
    }
}

/// A handle that a reply contained.
struct IssuedHandle: Sendable {
    var handle: ReceiptHandle
    var queue: QueueName
    var queueID: UInt32
    var number: UInt64
    /// Which of the message's handles it is.
    var ofMessage: Int
    var leasedAt: BrokerTime
}

/// The reference model with its past: the state after each record since everything was last known to be answered.
///
/// Records reach the books when their batch is about to be written. Each is checked against the state before it, and
/// against the requests that could have caused it. Replies are checked against the states between which their request
/// must have been carried out. After a crash the log says up to which record it survived; that state, and no other,
/// must be found, and no reply may have promised more.
struct Books: Sendable {
    struct Moment: Sendable {
        var state: ModelState
        var time: Int64
        var note: RecordNote = .none
        var isMark = false
        /// The state is that of before it.
        var transaction: OpenTransaction?
    }

    // The past. `past[i]` is the state after record `base + i`.
    private(set) var past: [Moment]
    private(set) var base: UInt64
    /// The states before `base`, back to the last start: damage to the end of the log may lead there.
    private var earlier: [Moment] = []
    /// Every reply so far holds in the states from here on.
    private(set) var answered: UInt64
    /// The last record of a batch that was written as a whole, and of one that was synced.
    private(set) var written: UInt64
    private(set) var synced: UInt64
    /// Turns since `base`, in broker time.
    private(set) var turns: [Int64] = []

    var calls: [Call] = []
    var leases: [Lease] = []
    /// What receives with a name were given in this life.
    var attempts: [Attempt] = []
    /// How often the same was given again.
    var replaysCount = 0
    /// Of what the last start found.
    private(set) var numberAtStart: UInt64 = 0
    private(set) var sequenceAtStart: UInt64 = 0
    private(set) var tasksAtStart: Set<UInt64> = []
    var handles: [IssuedHandle] = []
    private(set) var everIssued: Set<ReceiptHandle> = []
    var ids: [(queue: QueueName, id: MessageID, number: UInt64)] = []
    var permits = Permits()
    /// The engine was told to end.
    var isEnding = false
    var hasFailed = false
    var mayBeFull = false
    /// In this life a read failed for a reason that says nothing of the file: who needed it is refused.
    var mayBeUnread = false
    /// Nothing is left of the space that is kept for deletes.
    var isReserveUsedUp = false
    var hasMemoryLimit = false
    var repliesCount = 0
    var keyBooks = KeyBooks()

    let messageBytesMax: Int
    let idSeal: MessageIDSeal
    let acknowledgesWrites: Bool

    init(messageBytesMax: Int, key: SealingKey, acknowledgesWrites: Bool) {
        past = [Moment(state: ModelState(), time: .min)]
        (base, answered, written, synced) = (0, 0, 0, 0)
        self.messageBytesMax = messageBytesMax
        idSeal = MessageIDSeal(key)
        self.acknowledgesWrites = acknowledgesWrites
    }

    var newest: UInt64 { base + UInt64(past.count) - 1 }
    var state: ModelState { past[past.count - 1].state }
    func moment(_ sequence: UInt64) -> Moment {
        sequence < base ? earlier[earlier.count - Int(base - sequence)] : past[Int(sequence - base)]
    }

    mutating func submitted(_ submissions: [Submission]) {
        for submission in submissions {
            calls.append(
                Call(
                    token: submission.token, request: submission.request, submittedAfter: newest,
                    submittedTurn: turns.count))
        }
    }

    mutating func carriedOut(_ token: UInt64, at time: Int64) {
        guard let index = calls.lastIndex(where: { $0.token == token }) else { return }
        calls[index].carriedOutAt = time
    }

    mutating func ranTurn(at time: Int64) {
        turns.append(time)
        for index in calls.indices where calls[index].firstTurn == nil { calls[index].firstTurn = time }
    }

    /// Nothing is under way but receives that wait: the past is of no use any more.
    mutating func close() {
        // Marks at the end may be cut without harm, and what is not synced too.
        let kept = min(past.lastIndex { !$0.isMark } ?? 0, Int(max(synced, base) - base))
        base += UInt64(kept)
        earlier += past.prefix(kept)
        past.removeFirst(kept)
        turns = turns.suffix(1)
        leases = []
        (keyBooks.open, keyBooks.quiet) = ([], [])
        for index in calls.indices { (calls[index].submittedAfter, calls[index].submittedTurn) = (newest, 0) }
    }
}

// MARK: - Records

extension Books {
    mutating func write(_ batch: LoggedBatch) throws(Mismatch) {
        try require(
            batch.watermark <= synced,
            "a batch says that records up to \(batch.watermark) are synced, but only \(synced) are")
        for record in batch.records {
            try requireEqual(record.sequence, newest + 1, "sequence of a record")
            try add(record)
        }
    }

    private mutating func add(_ record: LoggedRecord) throws(Mismatch) {
        var moment = past[past.count - 1]
        try require(
            record.time >= moment.time, "record \(record.sequence) goes back in time, to \(record.time)")
        (moment.time, moment.note, moment.isMark) = (record.time, .none, record.isMark)
        guard !record.isMark else { return past.append(moment) }
        let before = moment.state
        if mayBeUnread { noteEndedLeases(before) }
        let step = try moment.take(record, sinceStart: sequenceAtStart)
        var notes: [RecordNote] = []
        for part in step { notes.append(try moment.state.apply(part, permits)) }
        if let note = notes.first { moment.note = notes.count > 1 ? .transaction(notes) : note }
        try explain(moment, record, before)
        past.append(moment)
    }

    private mutating func explain(
        _ moment: Moment, _ record: LoggedRecord, _ before: ModelState
    ) throws(Mismatch) {
        switch moment.note {
        case .keys, .taken, .transaction: try noteKeys(record, before, moment)
        case .transferred(let from, _, _, isDeadLetter: true):
            if !isReceived(from) { try noteKeys(record, before, moment) }
        case .sent, .purged:
            let now = BrokerTime(milliseconds: record.time)
            let isOfKeys = cause(record.sequence, moment.note, before, now, behind: -1) == nil
            if isOfKeys { try noteKeys(record, before, moment) } else { try match(moment.note, record, before) }
        default: try match(moment.note, record, before)
        }
    }

    mutating func batchWritten(isWhole: Bool) {
        if isWhole { written = newest }
    }

    mutating func batchSynced() { synced = written }

    /// Finds the request that caused a record: the oldest one that could, and none before the last that did.
    private mutating func match(_ note: RecordNote, _ record: LoggedRecord, _ before: ModelState) throws(Mismatch) {
        switch note {
        case .none, .ticked, .moved, .damaged, .movedOn, .keysExpired, .voided: return
        case .endedMove(let task) where task.status != .cancelled: return
        case .leased(var lease):
            lease.sequence = record.sequence
            leases.append(lease)
            return try matchLease(lease)
        default: break
        }
        let now = BrokerTime(milliseconds: record.time)
        let cause = cause(record.sequence, note, before, now, behind: -1)
        if isUnreadGivenBack(note, before, isAsked: cause != nil) { return }
        if cause == nil, isHeldAgain(note, before, now) { return }
        guard let cause else { throw Mismatch("nobody asked for record \(record.sequence): \(note)") }
        calls[cause].records.append((record.sequence, note))
    }

    /// Index of the request. `behind`: none up to there caused it.
    private func cause(
        _ record: UInt64, _ note: RecordNote, _ before: ModelState, _ now: BrokerTime, behind: Int
    ) -> Int? {
        let last = max(calls.lastIndex { $0.record != nil } ?? -1, behind)
        if last > behind, goesOn(calls[last], record, note, before, now) { return last }
        return calls.indices.first { index in
            index > last && calls[index].submittedAfter < record && causes(calls[index].request, note, before, now)
        }
    }

    /// Messages that are moved one by one leave a record for each queue that they go to, one right behind the other.
    private func goesOn(
        _ call: Call, _ record: UInt64, _ note: RecordNote, _ before: ModelState, _ now: BrokerTime
    ) -> Bool {
        guard case .moveByID = call.request, call.record == record - 1 else { return false }
        return causes(call.request, note, before, now)
    }

    /// The request at `index` was refused, so the record that was taken for its own is that of a later one, and those
    /// behind it may be too. False: nobody else could have caused them.
    mutating func reassign(refused index: Int) -> Bool {
        let records = calls[index...].flatMap { $0.records.map(\.sequence) }
        for later in index..<calls.count { calls[later].records = [] }
        for record in records {
            let (before, after) = (moment(record - 1).state, moment(record))
            let now = BrokerTime(milliseconds: after.time)
            guard let cause = cause(record, after.note, before, now, behind: index) else { return false }
            calls[cause].records.append((record, after.note))
        }
        return true
    }

    /// What was leased and could not be read goes back without anybody's asking, at the beginning of a turn.
    ///
    /// A request with an older handle may want the same: `isAsked`. The record is not taken for its own, for then
    /// requests before it could not have left the records that follow. If it was its own, nothing is wrong: its reply
    /// holds in the state after the record too, and the receive may still be answered.
    private mutating func isUnreadGivenBack(_ note: RecordNote, _ before: ModelState, isAsked: Bool) -> Bool {
        guard mayBeUnread, case .visibility(let number, nil) = note,
            let lease = leases.firstIndex(where: { lease in
                lease.messages.contains { $0.number == number && Self.isHeld($0, before) }
            })
        else { return false }
        if !isAsked { leases[lease].isRefused = true }
        return true
    }

    /// Whether the lease after which the message was as given here goes on.
    static func isHeld(_ leased: ModelMessage, _ state: ModelState) -> Bool {
        guard let message = state.find(number: leased.number)?.message else { return false }
        return message.state == .inFlight && message.handle == leased.handle
    }

    private mutating func noteEndedLeases(_ state: ModelState) {
        for index in leases.indices {
            for message in leases[index].messages where !Self.isHeld(message, state) {
                leases[index].ended.insert(message.number)
            }
        }
    }

    /// Whether nobody needs an answer to the lease any more: its messages are gone, or went back because they could not
    /// be read.
    func isOver(_ lease: Lease) -> Bool {
        lease.messages.allSatisfy { message in
            if mayBeUnread { return lease.ended.contains(message.number) || !Self.isHeld(message, state) }
            return state.find(number: message.number) == nil
        }
    }

    private func isReceived(_ name: QueueName) -> Bool {
        calls.contains { call in
            if case .receive(name, _) = call.request { true } else { false }
        }
    }

    private func matchLease(_ lease: Lease) throws(Mismatch) {
        let isAsked = calls.contains { call in
            guard case .receive(let queue, let options) = call.request, queue == lease.queue else { return false }
            return Self.fits(lease, options)
        }
        try require(isAsked, "nobody asked for the lease of \(lease.messages.map(\.number)) of \(lease.queue)")
    }

    static func fits(_ lease: Lease, _ options: ReceiveOptions) -> Bool {
        lease.messages.count == min(options.maximum, lease.readyBefore)
            && lease.deadline == lease.at + (options.visibilityTimeout ?? lease.defaultTimeout)
            && options.inFlightMax.map { lease.inFlightBefore < $0 } ?? true
    }

    private func causes(
        _ request: StorageRequest, _ note: RecordNote, _ state: ModelState, _ now: BrokerTime
    ) -> Bool {
        guard case .effect = state.outlook(for: request, at: now, self) else { return false }
        switch (note, request) {
        case (.created(let name, let settings), .createQueue(let queue, let change)):
            return name == queue && settings == change.applied(to: defaultSettings)
        case (.changed(let name, let settings), .changeSettings(let queue, let change)):
            return name == queue
                && state.queue(named: name).map { settings == change.applied(to: $0.settings) } ?? false
        case (.deletedQueue(let name), .deleteQueue(let queue)): return name == queue
        case (.purged(let name), .purgeQueue(let queue)): return name == queue
        case (.paused(let name, let reason), .pauseQueue(let queue, let wanted)):
            return name == queue && reason == wanted
        case (.resumed(let name), .resumeQueue(let queue)): return name == queue
        case (.sent(let name, let message, _, let availableAt), .send(let queue, let wanted)):
            return name == queue && message.isStored(of: wanted)
                && state.queue(named: name).map { availableAt == state.availability(of: wanted, in: $0, at: now) }
                    ?? false
        case (.deleted(let number), .delete(_, let handle)): return issued(handle)?.number == number
        case (.deleted(let number), .deleteByID(_, let id)): return idSeal.open(id)?.number == number
        case (.visibility(let number, let deadline), .changeVisibility(_, let handle, let timeout)),
            (.visibility(let number, let deadline), .renew(_, let handle, let timeout)):
            return issued(handle)?.number == number && deadline == (timeout == .zero ? nil : now + timeout)
        case (.visibility(let number, nil), .giveBack(_, let handle)): return issued(handle)?.number == number
        case (.buried(let number, let burial), .bury(_, let handle, let wanted)):
            return issued(handle)?.number == number && burial == wanted
        case (.transferred(let from, let to, let numbers, _), .moveByID(let queue, let target, let ids)):
            guard from == queue, let found = state.queue(named: from) else { return false }
            let moves = state.moves(ids, from: found, to: target, self)
            return to == moves.first?.to && numbers == moves.filter { $0.to == to }.map(\.number)
        case (.startedMove(let task), .startMove(let options)):
            return task.from == options.from && task.to == options.to && task.rate == options.rate
        case (.endedMove(let task), .cancelMove(let id)): return task.id == id && task.status == .cancelled
        case (.kicked(let name, let numbers), .kick(let queue, let count)):
            return name == queue && state.queue(named: name).map { numbers == Array($0.burials.prefix(count)) } ?? false
        case (.kicked(let name, let numbers), .kickByID(let queue, let id)):
            return name == queue && idSeal.open(id).map { numbers == [$0.number] } ?? false
        default: return false
        }
    }

    var defaultSettings: QueueSettings {
        QueueSettings(maximumMessageBytes: min(Limits.sqsMessageBytesMax, messageBytesMax))
    }

    func issued(_ handle: ReceiptHandle) -> IssuedHandle? { handles.last { $0.handle == handle } }

    mutating func issue(_ handle: IssuedHandle) throws(Mismatch) {
        try require(
            everIssued.insert(handle.handle).inserted, "a handle was issued twice, for message \(handle.number)")
        handles.append(handle)
    }

    mutating func noteAnswered(_ sequence: UInt64) { answered = max(answered, sequence) }
}

// MARK: - Crashes

extension Books {
    /// The records that the log may end with after a crash.
    func survivors(ofProcess isProcess: Bool, syncFailed: Bool) -> ClosedRange<UInt64> {
        var least = acknowledgesWrites ? synced : max(answered, synced)
        if isProcess, !syncFailed { least = max(least, written) }
        return min(least, newest)...newest
    }

    /// The log was read up to here: what lies behind never happened.
    mutating func recovered(to sequence: UInt64) {
        var moment = moment(sequence)
        moment.state.forgetPace()
        numberAtStart = moment.state.lastNumber
        sequenceAtStart = sequence
        tasksAtStart = Set(moment.state.tasks.filter { $0.told.status == .running }.map(\.told.id))
        attempts = []
        if acknowledgesWrites, sequence < newest {
            // Ids and handles that were answered and not synced are made again, for other messages.
            (ids, handles, everIssued) = ([], [], [])
        } else if permits.damage {
            forgetLost(moment.state)
        }
        (base, past, earlier) = (sequence, [moment], [])
        (answered, written, synced) = (sequence, sequence, sequence)
        turns = []
        calls = []
        leases = []
        keyBooks = KeyBooks()
        mayBeUnread = false
        isEnding = false
        hasFailed = false
    }
}

extension Books {
    /// Damage took the end of the log: what was promised there is made again, for others.
    private mutating func forgetLost(_ state: ModelState) {
        ids.removeAll { $0.number > state.lastNumber }
        let lost = handles.filter { handle in
            let newest = state.find(number: handle.number)?.message.handle
            return handle.number > state.lastNumber || newest.map { $0 < handle.ofMessage } ?? false
        }
        everIssued.subtract(lost.map(\.handle))
        handles.removeAll { handle in lost.contains { $0.handle == handle.handle } }
    }

    /// Whoever asked is gone: the answer may be empty at any time.
    mutating func cancelled(_ token: UInt64) {
        if let index = calls.firstIndex(where: { $0.token == token }) { calls[index].isCancelled = true }
    }
}
