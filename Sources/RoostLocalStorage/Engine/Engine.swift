import RoostCore
import RoostLog
import RoostModel
import RoostStorage

/// The embedded engine: carries out requests on the core, puts what they did into the log, and holds results back until
/// the log is on disk. One thread at a time.
///
/// A request goes: check and decide (`core.prepare…`), see that the log has room, append the entry, apply it. Nothing
/// of it waits. What the disk does is asked for by the log and reported to it by whoever drives the engine.
struct Engine: ~Copyable {
    var core: Broker
    var log: Log
    var bodies: BodyCache
    var lines = WaitingLines()
    var outbox = Outbox()
    var effects = Effects()
    /// For bodies that the page cache has.
    let disk: any Disk
    var reads = BodyReads()
    var attempts = ReceiveAttempts()
    var followUps: [FollowUp] = []
    var tally = Tally()
    /// Messages found damaged since somebody was told.
    var damagedFound: [MessageID] = []
    /// Bodies that could not be read, though nothing is known to be wrong with them.
    var readProblem: DiskError?
    /// Retention still waits, because the two are far apart.
    var clockProblem: (wall: BrokerTime, broker: BrokerTime)?
    var nextReadNotice = BrokerTime(milliseconds: 0)
    /// Bodies taken from what was read back, since the start.
    var bodiesRead: UInt64 = 0
    var ledger: SegmentLedger
    var space: SpaceKeeper
    let memoryBytesMax: Int?
    let snapshotGrowthBytesMin: Int

    // Upkeep. Its figures count from the start of the process.
    var isSnapshotUnderWay = false
    var heap = HeapKeeper()
    var snapshotSpace = SnapshotSpace.none
    /// After a snapshot failed, the log grows by this before the next try; on a full disk the time decides.
    var snapshotRetryBytes = 0
    var snapshotRetry: BrokerTime?
    var snapshotsMade: UInt64 = 0
    var isCleaning = false
    var isCleaningDue = true
    /// Old segments that could not be emptied or removed for now.
    var cleaningNotBefore: [UInt32: BrokerTime] = [:]
    /// Segments that cannot be read as a whole.
    var damagedSegments: Set<UInt32> = []
    var messagesMoved: UInt64 = 0
    var segmentsRemoved: UInt64 = 0
    /// Queues that may have something for their waiters.
    var queuesToServe: [UInt32] = []
    /// The same in the next turn: there are more dead letters before what they may have.
    var queuesToServeNext: [UInt32] = []
    /// Rises whenever a queue is made, deleted or gets other settings.
    private(set) var settingsVersion: UInt64 = 1
    var moves = MoveSchedule()
    var tails = QueueTails()
    var keys: KeyDesk
    /// Broker time of this turn.
    var now: BrokerTime
    /// Test only: results leave before they are on disk, to show that the tests notice.
    let acknowledgesEarly: Bool

    /// Requests are refused from now on.
    var isShuttingDown = false
    /// Receives are answered at once, with or without messages.
    private(set) var acceptsWaits = true

    private var backlog = RequestBacklog()
    /// Receives that go on with the next turn.
    private var askedAgain: [Inbound] = []
    /// What the log had no room for in the last turn. It gets room when something is written, or a segment is made.
    private var lacksRoom = LackOfRoom()
    private var marks = IdleMarks()
    private var nextSync: BrokerTime?
    private var nextPreparation: BrokerTime?
    /// How many segments had been made when the next one could not be, and why; until it can.
    private(set) var lackOfSegment: (made: UInt64, error: DiskError)?
    private let anchor = AddressAnchor()

    init(
        core: consuming Broker, log: consuming Log, disk: any Disk, configuration: LocalStorageConfiguration,
        space: SpaceKeeper, now: BrokerTime
    ) {
        var ledger = SegmentLedger()
        core.forEachHeld { ledger.add($0) }
        self.ledger = ledger
        self.space = space
        self.core = core
        self.log = log
        self.disk = disk
        bodies = BodyCache(bytesMax: configuration.usedCacheBytes)
        memoryBytesMax = configuration.memoryBytesMax
        snapshotGrowthBytesMin = configuration.snapshotGrowthBytesMin
        self.now = now
        keys = KeyDesk(seed: configuration.newSalt())
        acknowledgesEarly = configuration.acknowledgesEarly
    }
}

extension Engine {
    /// Requests that one turn carries out at most; the rest comes with the next one, so that time is not kept waiting.
    private static var requestsPerTurnMax: Int { 4096 }
    /// Of large answers that have not left. What is asked above it goes on when they have, as with a full log: so a few
    /// bytes of requests do not fill the memory with their answers.
    private static var answerBytesMax: Int { 64 * 1024 * 1024 }
    /// Between two looks at the clock. While a snapshot is written, each request may have to copy chunks of the index.
    private static var requestsPerLook: Int { 32 }

    /// Something waits for room in the log.
    var isHeldUp: Bool { lacksRoom.any }

    /// One turn: what time did, then the requests, as far as the log has room and until `isOverdue`. What is left goes
    /// on with the next turn.
    ///
    /// - Parameter inbound: moved out, so that requests are held once and need not be copied.
    mutating func run(_ inbound: inout [Inbound], at time: BrokerTime, isOverdue: () -> Bool) {
        now = max(now, time)
        // Before reads that are done: nothing comes into the log before a transaction at its end is void.
        _ = performFollowUps()
        take(&inbound)
        retryPreparation()
        // A large request that waits for an empty batch would never find one if each turn began with a tick.
        let yieldsToRequest = lacksRoom.request && !lacksRoom.tick
        lacksRoom = LackOfRoom()
        if !performFollowUps() { lacksRoom.followUp = true }
        if yieldsToRequest { lacksRoom.tick = true } else { tick(isOverdue) }
        timeOutWaiters()
        tellTailRests()
        queuesToServe.append(contentsOf: queuesToServeNext)
        queuesToServeNext.removeAll(keepingCapacity: true)
        serveWaiters()
        performRequests(isOverdue)
        if yieldsToRequest, !lacksRoom.request { lacksRoom.tick = false }
        moveOn()
        syncIfDue()
        markIfIdle()
    }

    /// Reads that are done do not wait behind requests that lack room in the log.
    private mutating func take(_ inbound: inout [Inbound]) {
        for item in askedAgain { backlog.add(item) }
        askedAgain.removeAll(keepingCapacity: true)
        for index in inbound.indices {
            var item = Inbound.endOfWaits
            swap(&item, &inbound[index])
            if case .bodyRead(let read, let result) = item { finish(read, result) } else { backlog.add(item) }
        }
    }

    /// What has found no room in this turn comes before moves.
    private mutating func moveOn() {
        guard core.runningMoveCount > 0 else { return }
        if lacksRoom.any || !performMove() { lacksRoom.move = true }
        serveWaiters()
    }

    mutating func askAgain(_ submission: Submission, for receiver: Int) {
        askedAgain.append(.requests([submission], receiver: receiver))
    }

    private mutating func performRequests(_ isOverdue: () -> Bool) {
        var count = 0
        while count < Self.requestsPerTurnMax, let item = backlog.takeFirst() {
            guard outbox.largeBytes <= Self.answerBytesMax, perform(item) else {
                backlog.putBack(item)
                lacksRoom.request = true
                return
            }
            serveWaiters()
            count += 1
            if count % Self.requestsPerLook == 0, isOverdue() { return }
        }
    }

    private mutating func cancel(_ token: UInt64, of receiver: Int) {
        if let waiter = lines.remove(receiver: receiver, token: token) { return answerNothing(waiter) }
        if !cancelAskedAgain(token, of: receiver) { reads.cancel(token, of: receiver) }
    }

    /// False: it is not among those that go on with the next turn. There are few.
    private mutating func cancelAskedAgain(_ token: UInt64, of receiver: Int) -> Bool {
        for (place, item) in askedAgain.enumerated() {
            guard case .requests(let submissions, receiver) = item, let asked = submissions.first,
                asked.token == token
            else { continue }
            askedAgain.remove(at: place)
            answer(receiver, token, .success(asked.request.nothing))
            return true
        }
        return false
    }

    /// Ends every wait with an empty answer: the server is going down.
    mutating func endWaits() {
        acceptsWaits = false
        for waiter in lines.removeAll() { answerNothing(waiter) }
    }

    /// When the engine has to run although nobody asks; nil when nothing waits for time. May be early, never late.
    var nextDue: BrokerTime? {
        if !backlog.isEmpty, !lacksRoom.request { return now }
        if !askedAgain.isEmpty || (!queuesToServeNext.isEmpty && !lacksRoom.waiter)
            || (!followUps.isEmpty && !lacksRoom.followUp)
        {
            return now
        }
        let tick = lacksRoom.tick ? nil : core.nextTick(now: now)
        // The reserve does not grow while it changes or a snapshot has its share; the end of either wakes the engine.
        let reserve = snapshotSpace == .ofReserve || space.isChanging ? nil : space.nextTry
        let move = lacksRoom.move ? nil : nextMoveDue
        let ofMessages = tick.orEarlier(lines.nextDue).orEarlier(move)
        let ofKeys = lacksRoom.tick ? nil : nextKeyTick
        let ofLog = marks.due.orEarlier(nextSync).orEarlier(nextPreparation).orEarlier(reserve)
        return ofMessages.orEarlier(ofKeys).orEarlier(ofLog).orEarlier(tails.nextDue)
    }

    /// A mark says on disk what is synced. Without one, damage to the last batches would pass for a torn tail.
    mutating func markNow() {
        log.appendMark(at: now)
        marks.made(upTo: log.appendedSequence)
    }

    private mutating func markIfIdle() {
        guard log.configuration.syncPolicy != .off else { return }
        marks.observe(log.appendedSequence, at: now)
        guard let due = marks.due, due <= now else { return }
        if log.unsyncedBytes == 0 { markNow() } else { marks.postpone(from: now) }
    }

    /// No further segment could be made when it was last tried; `retryPreparation` follows this.
    var isDiskFull: Bool { diskProblem != nil }

    /// A full disk may have got room again. Each try fills a file with zeros, so not more than once a second.
    private mutating func retryPreparation() {
        if let made = lackOfSegment?.made, log.segmentsMade > made { lackOfSegment = nil }
        guard let error = log.preparationFailure else { return nextPreparation = nil }
        // The snapshot makes room.
        guard !isSnapshotUnderWay else { return nextPreparation = now + .seconds(1) }
        lackOfSegment = (log.segmentsMade, error)
        if nextPreparation == nil { isCleaningDue = true }
        if let due = nextPreparation, due <= now {
            retryPreparationNow()
        } else if nextPreparation == nil {
            nextPreparation = now + .seconds(1)
        }
    }

    mutating func retryPreparationNow() {
        log.retryPreparation()
        nextPreparation = nil
    }

    /// `--fsync interval`: once a second while there is something to sync.
    private mutating func syncIfDue() {
        guard log.configuration.syncPolicy == .interval else { return }
        if let due = nextSync, due <= now {
            log.requestSync()
            nextSync = nil
        }
        if nextSync == nil, log.unsyncedBytes > 0 { nextSync = now + .seconds(1) }
    }

    /// Results that may leave, a list for each receiver.
    mutating func takeReleased() -> [(receiver: Int, completions: [Completion])] {
        bodies.trim(writtenThrough: log.releasableSequence)
        return outbox.release(upTo: acknowledgesEarly ? .max : log.releasableSequence)
    }

    /// False: no room in the log.
    private mutating func perform(_ item: RequestBacklog.Item) -> Bool {
        switch item {
        case .request(let submission, let receiver): return perform(submission, for: receiver)
        case .cancellation(let token, let receiver):
            cancel(token, of: receiver)
            return true
        case .endOfWaits:
            endWaits()
            return true
        }
    }

    private mutating func perform(_ submission: Submission, for receiver: Int) -> Bool {
        tally.act(for: receiver)
        do throws(Rejection) {
            if isShuttingDown { throw Rejection.shuttingDown }
            switch try handle(submission.request, token: submission.token, receiver: receiver) {
            case .reply(let reply): answer(receiver, submission.token, .success(reply))
            case .waiting: break
            case .noRoom:
                guard isDiskFull, log.isQuiet, !space.isChanging, lendableSegments == 0 else { return false }
                throw Rejection.outOfDiskSpace
            }
        } catch {
            answer(receiver, submission.token, .failure(error))
        }
        return true
    }

    mutating func answer(_ receiver: Int, _ token: UInt64, _ result: consuming Result<StorageReply, Rejection>) {
        if result.isEmptyReceive { tally.noteEmptyReceive(of: receiver) }
        outbox.add(Completion(token: token, result: result), for: receiver, after: log.appendedSequence)
    }

    mutating func answer(_ waiter: WaitingLines.Waiter, _ result: Result<StorageReply, Rejection>) {
        answer(waiter.receiver, waiter.token, result)
    }

    private mutating func answerNothing(_ waiter: WaitingLines.Waiter) {
        switch waiter.wish {
        case .receive: answer(waiter, .success(.received([])))
        case .keys(_, let nothing): answer(waiter, .success(.keys([nothing])))
        }
    }
}

// MARK: - Entries

extension Engine {
    /// Logs and applies an entry. False, and nothing done, when the log has no room.
    mutating func commit(_ entry: Entry) -> Bool { commit(entry, size: EntryCodec.size(entry)) }

    /// The same for one whose size is known.
    mutating func commit(_ entry: Entry, size: Int) -> Bool {
        guard log.hasRoom(payloadBytes: size) else { return false }
        append(entry, size)
        return true
    }

    private mutating func append(_ entry: Entry, _ size: Int) {
        _ = log.append(kind: entry.kind.rawValue, payloadBytes: size, at: now) { EntryCodec.encode(entry, into: $0) }
        tally.note(entry, in: core)
        apply(entry, at: .none)
        if entry.changesSettings { settingsVersion += 1 }
    }

    mutating func commit(_ entry: SendEntry, _ message: borrowing NewMessage) throws(Rejection) -> Bool {
        let size = SendRecord.size(message)
        try requireMemory()
        try requireSpace(for: .growth, size)
        guard log.hasRoom(payloadBytes: size) else { return false }
        append(entry, message, size)
        return true
    }

    private mutating func append(_ entry: SendEntry, _ message: borrowing NewMessage, _ size: Int) {
        var payload = UnsafeRawBufferPointer(start: nil, count: 0)
        let record = log.append(kind: EntryKind.send.rawValue, payloadBytes: size, at: now) {
            SendRecord.encode(entry, message, into: $0)
            payload = UnsafeRawBufferPointer($0)
        }
        keep(record, payload)
        tally.noteSend()
        apply(.send(entry), at: BodyLocation(record))
        if !tails.isEmpty { tellTail(entry, message) }
    }

    /// Logs and applies all of them, so that a restart carries out all or none. False, and nothing done, when the log
    /// has no room.
    mutating func commit(_ steps: [BridgeStep]) throws(Rejection) -> Bool {
        guard let first = steps.first else { return true }
        guard steps.count > 1 else { return try commit(first) }
        let sizes = steps.map(\.size)
        let head = Entry.transaction(TransactionEntry(count: UInt32(steps.count)))
        let bytes = sizes.reduce(EntryCodec.size(head)) { $0 + $1 + Self.frameBytesMax }
        guard bytes <= log.payloadBytesMax else { throw .messageTooLarge(bytes: bytes, max: log.payloadBytesMax) }
        try requireRoom(for: steps, bytes)
        guard log.hasRoom(payloadBytes: bytes) else { return false }
        append(head, EntryCodec.size(head))
        for (step, size) in zip(steps, sizes) { append(step, size) }
        return true
    }

    private mutating func commit(_ step: BridgeStep) throws(Rejection) -> Bool {
        let size = step.size
        guard size <= log.payloadBytesMax else { throw .messageTooLarge(bytes: size, max: log.payloadBytesMax) }
        try requireRoom(for: [step], size)
        guard log.hasRoom(payloadBytes: size) else { return false }
        append(step, size)
        return true
    }

    private mutating func append(_ step: BridgeStep, _ size: Int) {
        switch step {
        case .entry(let entry): append(entry, size)
        case .send(let entry, let message): append(entry, message, size)
        }
    }

    /// What only removes goes on while memory and disk are short.
    private func requireRoom(for steps: [BridgeStep], _ bytes: Int) throws(Rejection) {
        if steps.contains(where: \.grows) {
            try requireMemory()
            try requireSpace(for: .growth, bytes)
        } else if !steps.allSatisfy(\.removes) {
            try requireSpace(for: .receive, bytes)
        }
    }

    /// The payload stands in the log's buffer until the batch is written.
    mutating func keep(_ record: RecordLocation, _ payload: UnsafeRawBufferPointer) {
        bodies.append(BodyLocation(record), payload, sequence: log.appendedSequence)
        ledger.add(BodyLocation(record))
    }

    mutating func apply(_ entry: borrowing Entry, at location: BodyLocation) {
        do throws(EntryMismatch) {
            try core.apply(entry, at: location, effects: &effects)
        } catch {
            // The core made this entry from this very state. Going on would put a log on disk that cannot be replayed.
            preconditionFailure("the core refused its own entry: \(error)")
        }
        for location in effects.released {
            bodies.release(location)
            ledger.release(location)
        }
        if lines.count > 0 {
            queuesToServe.append(contentsOf: effects.readyQueues)
            for queue in effects.deletedQueues { tellDeleted(queue) }
        }
        effects.removeAll()
    }

    private mutating func tellDeleted(_ queue: UInt32) {
        for waiter in lines.removeReceives(from: queue) {
            guard case .receive(_, let name, _) = waiter.wish else { continue }
            answer(waiter, .failure(.queueDoesNotExist(name)))
        }
    }
}

// MARK: - Time and waiters

extension Engine {
    /// A slice of what is due, or some small ones. More of it comes with the next turn, so that requests are served in
    /// between.
    private mutating func tick(_ isOverdue: () -> Bool) {
        let budget = isSnapshotUnderWay ? Limits.timersPerTickBesideSnapshotMax : Limits.timersPerTickMax
        for _ in 0..<Limits.timersPerTickMax / budget {
            guard log.hasRoom(payloadBytes: 16 + 4 * Limits.timersPerTickMax) else {
                lacksRoom.tick = true
                return
            }
            if let entry = core.prepareTick(now: now, budget: budget) { _ = commit(.tick(entry)) }
            guard tickKeys(budget) else {
                lacksRoom.tick = true
                return
            }
            let next = core.nextTick(now: now).orEarlier(nextKeyTick)
            guard !isOverdue(), let next, next <= now else { return }
        }
    }

    private mutating func timeOutWaiters() {
        while let waiter = lines.removeTimedOut(at: now) { answerNothing(waiter) }
    }

    /// Hands out what became ready, to the oldest waiter first. What is moved to another queue meanwhile is for the
    /// waiters there, whose turn comes next.
    private mutating func serveWaiters() {
        // What is moved from a queue to a list has its waiters, and the other way round.
        repeat {
            guard serveKeyWaiters(), serveQueueWaiters() else { return lacksRoom.waiter = true }
        } while !keys.toServe.isEmpty
    }

    /// False: no room in the log.
    private mutating func serveQueueWaiters() -> Bool {
        while let queue = queuesToServe.popLast() {
            guard serveWaiters(of: queue) else {
                queuesToServe.append(queue)
                return false
            }
        }
        return true
    }

    /// False: no room in the log.
    private mutating func serveWaiters(of queue: UInt32) -> Bool {
        var (place, reading) = (lines.firstPlace(ofQueue: queue), 0)
        // Those who wait for bodies to be read have taken nothing yet.
        while let current = place, core.hasDeliverable(queue), reading < core.counts(of: queue).ready {
            place = lines.place(after: current)
            let waiter = lines.waiter(at: current)
            switch waiter.wish {
            case .keys:
                switch serveKeyWaiter(waiter, from: queue) {
                case .noRoom: return false
                case .reading: reading += 1
                case .served, .passedOver: break
                case .nothing:
                    if core.hasDeliverable(queue) { queuesToServeNext.append(queue) }
                    return true
                }
            case .receive(_, let name, let options):
                guard let isServed = serve(waiter, from: queue, name, options) else { return false }
                if isServed { continue }
                if core.hasDeliverable(queue) { queuesToServeNext.append(queue) }
                return true
            }
        }
        return true
    }

    /// False: all that was to be delivered were dead letters. Nil: no room in the log.
    private mutating func serve(
        _ waiter: WaitingLines.Waiter, from queue: UInt32, _ name: QueueName, _ options: ReceiveOptions
    ) -> Bool? {
        tally.act(for: waiter.receiver)
        do throws(Rejection) {
            let outcome = try lease(
                from: queue, name, options, waiter.token, waiter.receiver, deadline: waiter.deadline ?? now)
            guard let outcome else { return false }
            if case .noRoom = outcome { return nil }
            lines.remove(receiver: waiter.receiver, token: waiter.token)
            if case .reply(let reply) = outcome { answer(waiter, .success(reply)) }
        } catch {
            lines.remove(receiver: waiter.receiver, token: waiter.token)
            answer(waiter, .failure(error))
        }
        return true
    }
}

extension BodyLocation {
    init(_ record: RecordLocation) {
        self.init(segment: record.segment, offset: record.offset, length: record.length)
    }
}

extension Entry {
    fileprivate var changesSettings: Bool {
        switch self {
        case .createQueue, .deleteQueue, .changeSettings: true
        default: false
        }
    }
}

extension BridgeStep {
    /// Of the payload.
    fileprivate var size: Int {
        switch self {
        case .entry(let entry): EntryCodec.size(entry)
        case .send(_, let message): SendRecord.size(message)
        }
    }

    fileprivate var grows: Bool {
        switch self {
        case .send: true
        case .entry(.keys(let entry)): entry.effects.contains { $0.grows }
        case .entry: false
        }
    }

    fileprivate var removes: Bool {
        switch self {
        case .send, .entry(.transfer), .entry(.lease): false
        case .entry(.keys(let entry)): entry.effects.allSatisfy { $0.removesKeys }
        case .entry: true
        }
    }
}

extension StorageRequest {
    /// What one that waits is answered when it got nothing.
    fileprivate var nothing: StorageReply {
        if case .keys(let request) = self { return .keys(request.commands.map(\.nothing)) }
        return .received([])
    }
}
