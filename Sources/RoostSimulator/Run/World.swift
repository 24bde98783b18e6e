import RoostCore
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage

/// The engine to wake: the run calls it when it likes.
private final class SleepyDriver: EngineDriver {
    func wake() {}
}

/// One broker on one disk through several lives, and the books about it. One thread.
final class World {
    static let key: (UInt64, UInt64, UInt64, UInt64) = (11, 22, 33, 44)

    let limits: RunLimits
    let trace: Trace
    let clock = VirtualClock()
    let events: Events
    let interlude: Interlude
    let disk: VirtualDisk
    var dice: Dice
    var books: Books
    var coverage = Coverage()

    private(set) var storage: LocalStorage?
    private(set) var background = SteppedBackground()
    private var logBegun = false
    private var nextToken: UInt64 = 0
    /// To commands that were carried out without a turn, by the token of the barrier that lets them leave.
    var repliesAtOnce: [UInt64: KeyReply] = [:]
    /// Of this life.
    private var hasSyncFailed = false
    private(set) var isDiskFull = false
    private(set) var wasSpaceGone = false
    var life = LifeFigures()
    /// Faults that are planned outlive a crash: they count calls from the beginning of the run.
    var keepsFaults = false
    /// Calls of the disk that the last complete start made.
    private(set) var startCalls = 12
    /// A fault of the disk happened since the last start began.
    var hasFaultFired = false
    /// The log carries no later time than this, in milliseconds: of records, and of starts that may not have ended.
    private var latestLogged: Int64 = 0
    /// Until the wall clock is looked at again, and found to agree.
    private var isRetentionHeld = false
    /// What happened last, for people.
    var story: [String] { lines.map { $0() } }
    private var lines: [() -> String] = []

    init(_ limits: RunLimits, seed: UInt64, memory: MemoryDisk = MemoryDisk(), trace: Trace = Trace()) {
        self.limits = limits
        self.trace = trace
        dice = Dice(seed: seed)
        events = Events(trace)
        interlude = Interlude(events: events, clock: clock)
        disk = VirtualDisk(memory, events: events, clock: clock, trace: trace, interlude: interlude)
        disk.configure(pace: limits.pace, cachedPercent: limits.cachedPercent, seed: seed ^ 0xd15c)
        books = Books(
            messageBytesMax: limits.messageBytesMax, key: SealingKey(words: Self.key),
            acknowledgesWrites: limits.syncPolicy != .always)
        books.hasMemoryLimit = limits.memoryBytesMax != nil
    }

    /// Another world that goes on from here by itself: the same disk, books and clock. No broker may run.
    func fork(seed: UInt64) -> World {
        let other = World(limits, seed: seed, memory: disk.memory.copy(), trace: trace)
        other.clock.follow(clock)
        other.books = books
        other.logBegun = logBegun
        other.nextToken = nextToken
        other.latestLogged = latestLogged
        other.lines = lines
        return other
    }

    func tell(_ text: String) { tellLater(text) }

    /// For values alone: most stories are never told, and requests are long to describe.
    private func tellLater(_ text: @autoclosure @escaping () -> String) {
        if lines.count >= 160 { lines.removeFirst(40) }
        lines.append(text)
    }
}

/// Figures of one life of the broker, to see what moved since.
struct LifeFigures {
    /// That takes records.
    var segment: UInt32?
    var snapshots: UInt64 = 0
    var segmentsRemoved: UInt64 = 0
    var messagesMoved: UInt64 = 0
    var bodiesRead: UInt64 = 0
    var diskReads: UInt64 = 0
}

// MARK: - Lives

extension World {
    private var configuration: LocalStorageConfiguration {
        var configuration = LocalStorageConfiguration()
        configuration.messageBytesMax = limits.messageBytesMax
        configuration.log = LogConfiguration(
            segmentBytes: limits.segmentBytes, batchBytesMax: limits.batchBytesMax, syncPolicy: limits.syncPolicy)
        configuration.log.preparedSegments = limits.preparedSegments
        configuration.log.batchAlignment = limits.batchAlignment
        configuration.log.brokenRule = limits.brokenRule
        configuration.acknowledgesEarly = limits.brokenRule == .acknowledgeBeforeSync
        configuration.time = clock.source
        configuration.background = background
        configuration.cacheBytes = limits.cacheBytes
        configuration.memoryBytesMax = limits.memoryBytesMax
        configuration.snapshotGrowthBytesMin = limits.snapshotGrowthBytesMin
        let salt = dice.number() | 1
        configuration.newSalt = { salt }
        return configuration
    }

    enum Start {
        case ready
        /// The power went, or the disk made an error: start again.
        case interrupted
        /// What is on disk cannot be used, it says.
        case refused(LogError)
    }

    /// Starts the broker and compares what it found with what may be there.
    /// - Parameter permitted: the last records that the log may have.
    func open(_ permitted: ClosedRange<UInt64>) throws(Mismatch) -> Start {
        background = SteppedBackground()
        events.hearAgain()
        hasFaultFired = false
        let events = events
        let calls = disk.calls
        let outcome: Result<LocalStorage, StartError> = Result { () throws(StartError) in
            try LocalStorage.open(
                disk, key: Self.key, logBegun: logBegun, configuration: configuration
            ) { events.add(.notice($0)) }
        }
        noteFaults()
        defer { noteStartTime() }
        switch outcome {
        case .success(let opened):
            guard !disk.isOff else { return .interrupted }
            startCalls = disk.calls - calls
            try begin(opened, permitted)
            return .ready
        case .failure(.log(.disk(let error))):
            tell("start interrupted: \(error)")
            trace.add(0x1f)
            return .interrupted
        case .failure(.log(let error)):
            tell("start refused: \(error)")
            tell("files: \(filesText)")
            trace.add(0x2f)
            trace.add(error.code)
            return .refused(error)
        case .failure(.directory(let error)): throw Mismatch("\(error)")
        case .failure(.clock(let time)): throw Mismatch("the clock is refused at \(time.milliseconds)")
        }
    }

    /// Broker time begins at the wall clock, and stands in the log from the start on.
    private func noteStartTime() { latestLogged = max(latestLogged, clock.wall) }

    private func begin(_ opened: LocalStorage, _ permitted: ClosedRange<UInt64>) throws(Mismatch) {
        let found = opened.recovery
        storage = opened
        logBegun = true
        hasSyncFailed = false
        life = LifeFigures()
        clock.startBroker(from: found.startTime.milliseconds)
        trace.add(0x0f, found.lastSequence, found.records, UInt64(bitPattern: found.startTime.milliseconds))
        tell(
            "start: \(found.records) records read, the last one is \(found.lastSequence) of \(books.newest);"
                + " permitted \(permitted)\(found.tornTail == nil ? "" : ", torn tail cut")"
                + (found.snapshot.map { ", from snapshot \($0.position.sequence)" } ?? ""))
        try require(
            permitted.contains(found.lastSequence),
            "the log ends with record \(found.lastSequence), but it must end with one of \(permitted):"
                + " up to \(permitted.lowerBound) all was accepted, \(permitted.upperBound) was written last")
        noteStart(found, permitted)
        noteKeys(found, permitted)
        let lost = books.newest - found.lastSequence
        if lost > 0 {
            coverage.hit(.unansweredLost)
        } else if books.newest > permitted.lowerBound {
            coverage.hit(.unansweredKept)
        }
        let logged = max(
            BrokerTime(milliseconds: books.moment(found.lastSequence).time),
            found.snapshot?.position.time ?? BrokerTime(milliseconds: 0))
        books.recovered(to: found.lastSequence)
        opened.attach(SleepyDriver())
        try checkClock(found, logged)
        try process()
    }

    /// When the wall clock seems to have jumped, retention waits. `logged`: of records and snapshots.
    private func checkClock(_ found: RecoverySummary, _ logged: BrokerTime) throws(Mismatch) {
        books.permits.retentionHeldUntil = nil
        isRetentionHeld = false
        var isDoubted = false
        for event in events.take() {
            if case .notice(.clockDoubted) = event { isDoubted = true } else { events.add(event) }
        }
        try require(isDoubted == found.isClockDoubted, "the clock is doubted, and nobody is told")
        let (distance, slack) = (LogLimits.clockDistanceMax.count, Int64(3_600_000))
        let isFarAhead = latestLogged > 0 && clock.wall - latestLogged > distance + slack
        let isFarBehind = logged.milliseconds - clock.wall > distance
        try require(isDoubted || !isFarAhead && !isFarBehind, "the clock jumped by more than a day, and is believed")
        guard isDoubted else { return }
        coverage.hit(.retentionHeld)
        books.permits.retentionHeldUntil = found.startTime + .seconds(600)
        isRetentionHeld = true
        // Of a damaged snapshot the time is not known.
        let mayBeAhead = clock.wall - logged.milliseconds > distance
        let mayBeBehind = latestLogged - clock.wall > distance - slack
        try require(
            mayBeAhead || mayBeBehind || books.permits.damage, "the clock is doubted, and did not jump")
    }

    /// Ten minutes later both have to agree, or retention waits on. Records of the turns before come later.
    private func reviewClock(_ time: BrokerTime, _ wall: BrokerTime) {
        guard isRetentionHeld, let until = books.permits.retentionHeldUntil, time >= until else { return }
        isRetentionHeld = abs((wall - time).count) > LogLimits.clockDistanceMax.count
        books.permits.retentionHeldUntil = isRetentionHeld ? time + .seconds(600) : time
    }

    private var filesText: String {
        let files = (try? disk.memory.list()) ?? []
        return files.map { "\($0.file.name) (\($0.bytes))" }.joined(separator: ", ")
    }

    /// Ends this life without a word.
    func crash(_ crash: Crash) {
        let isProcess: Bool
        if case .process = crash { isProcess = true } else { isProcess = false }
        coverage.hit(isProcess ? .processCrash : .powerCrash)
        if background.isBusy(.snapshots) { coverage.hit(.crashDuringSnapshot) }
        if background.isBusy(.cleaning) { coverage.hit(.cleaningInterrupted) }
        if snapshotCount > 2 { coverage.hit(.crashBetweenPublicationAndRemoval) }
        tell("crash: \(crash)")
        trace.add(0xdead, isProcess ? 1 : 0)
        endLife()
        disk.crash(crash)
        if !keepsFaults { disk.forgetFaults() }
    }

    /// Files of snapshots that have their name.
    var snapshotCount: Int {
        let files = (try? disk.memory.list()) ?? []
        return files.reduce(0) { count, found in
            if case .snapshot = found.file { return count + 1 }
            return count
        }
    }

    func endLife() {
        if storage != nil { latestLogged = max(latestLogged, clock.broker) }
        interlude.forget()
        background.forget()
        repliesAtOnce = [:]
        storage = nil
    }

    /// The records that the log may end with if the broker ended now.
    func survivors(_ crash: Crash) -> ClosedRange<UInt64> {
        let isProcess: Bool
        if case .process = crash { isProcess = true } else { isProcess = false }
        return books.survivors(ofProcess: isProcess, syncFailed: hasSyncFailed)
    }

    /// A regular end: everything that was carried out is on disk.
    func shutDown() throws(Mismatch) {
        guard let storage else { return }
        tell("shutdown")
        books.isEnding = true
        storage.endWaits()
        try turn()
        try commit()
        storage.shutDown()
        try process()
        coverage.hit(.cleanShutdown)
    }
}

// MARK: - What the run does

extension World {
    func submit(_ requests: [StorageRequest]) throws(Mismatch) {
        guard let storage, !requests.isEmpty else { return }
        var goesOn = false
        let submissions = record(requests).compactMap { carryOutAtOnce($0, storage, &goesOn) }
        storage.submit(submissions, for: events)
    }

    /// Requests that arrive while a batch is being written.
    func submitLater(_ requests: [StorageRequest], _ moment: Interlude.Moment) {
        guard let storage else { return }
        interlude.prepare(moment, storage, record(requests))
    }

    private func record(_ requests: [StorageRequest]) -> [Submission] {
        let submissions = requests.map { request in
            nextToken += 1
            return Submission(token: nextToken, request: request)
        }
        for submission in submissions {
            trace.add(0x5b, submission.token)
            tellLater("#\(submission.token) \(submission.request.brief)")
        }
        books.submitted(submissions)
        return submissions.map(\.aloneIfPossible)
    }

    func cancel(_ token: UInt64) { storage?.cancel(token, for: events) }

    func turn() throws(Mismatch) {
        guard let storage else { return }
        events.add(.turn(clock.broker, wall: clock.wall))
        trace.add(0x70, UInt64(bitPattern: clock.broker))
        _ = storage.runTurn()
        try process()
    }

    func commit() throws(Mismatch) {
        guard let storage else { return }
        let before = clock.broker
        storage.commit()
        if clock.broker > before + 1000 { coverage.hit(.slowDisk) }
        interlude.end()
        noteMetrics(storage.metrics)
        try process()
    }

    func stepBackground(_ lane: BackgroundLane) throws(Mismatch) {
        trace.add(0xb6, UInt64(lane.place))
        background.step(lane, now: clock.source.monotonicNanoseconds())
        try process()
    }

    /// Looks at all that happened since the last time, in its order.
    func process() throws(Mismatch) {
        noteFaults()
        for event in events.take() {
            switch event {
            case .turn(let time, let wall):
                reviewClock(BrokerTime(milliseconds: time), BrokerTime(milliseconds: wall))
                books.ranTurn(at: time)
            case .batch(let batch, let segment):
                try books.write(batch)
                noteRecords(batch, segment)
            case .written(let isWhole): books.batchWritten(isWhole: isWhole)
            case .synced: books.batchSynced()
            case .syncFailed: hasSyncFailed = true
            case .reply(let completion): try reply(completion)
            case .notice(let notice): try note(notice)
            }
        }
    }

    private func reply(_ completion: Completion) throws(Mismatch) {
        var completion = completion
        if let reply = repliesAtOnce.removeValue(forKey: completion.token) {
            completion.result = .success(.keys([reply]))
        } else if case .success(.key(let reply)) = completion.result {
            completion.result = .success(.keys([reply]))
        }
        trace.add(0x4e, completion.token)
        tellLater("#\(completion.token) → \(completion.result.brief)")
        if case .failure(.outOfDiskSpace) = completion.result { lookAtReserve() }
        noteReply(completion)
        let replays = books.replaysCount
        try books.reply(completion.token, completion.result)
        coverage.hit(.attemptReplayed, times: books.replaysCount - replays)
    }

    /// Deletes are refused last: when the file of kept space has no segment left to lend, beside the one for a start
    /// and the snapshots that would let old segments go. For small states 140 KB are kept for each.
    private func lookAtReserve() {
        let files = (try? disk.memory.list()) ?? []
        let bytes = files.first { $0.file == .reserve }?.bytes ?? 0
        books.isReserveUsedUp = bytes < 2 * limits.segmentBytes + 8192 + 3 * 140_000
        tell("\(bytes) bytes are kept in reserve; used are \(disk.memory.usedBytes)")
    }

    private func note(_ notice: StorageNotice) throws(Mismatch) {
        trace.add(notice.code)
        tell("notice: \(notice.code)")
        switch notice {
        case .failed: books.hasFailed = true
        case .diskFull: isDiskFull = true
        case .diskHasRoom: isDiskFull = false
        case .snapshotFailed: coverage.hit(.snapshotFailed)
        case .messageDamaged: coverage.hit(.damagedMessage)
        case .segmentDamaged, .segmentNumbersRunOut, .bodyUnread, .clockDoubted: break
        case .clockDisagrees: try require(isRetentionHeld, "a clock is doubted for no reason")
        }
    }
}

extension World {
    /// Space on the disk is limited from now on, or no longer.
    func limitSpace(to bytes: Int?) {
        disk.memory.capacityBytes = bytes
        if bytes != nil {
            books.mayBeFull = true
            wasSpaceGone = true
        }
    }

    func spaceIsBack() { wasSpaceGone = false }

    private func noteMetrics(_ metrics: StorageMetrics) {
        if metrics.snapshots > life.snapshots {
            coverage.hit(.snapshotPublished, times: Int(metrics.snapshots - life.snapshots))
        }
        if metrics.segmentsRemoved > life.segmentsRemoved { coverage.hit(.segmentRemoved) }
        if metrics.messagesMoved > life.messagesMoved { coverage.hit(.messageMoved) }
        if metrics.diskReads > life.diskReads { coverage.hit(.coldRead) }
        if metrics.bodiesRead > life.bodiesRead, metrics.diskReads == life.diskReads {
            coverage.hit(.readFromPageCache)
        }
        life = LifeFigures(
            segment: life.segment, snapshots: metrics.snapshots, segmentsRemoved: metrics.segmentsRemoved,
            messagesMoved: metrics.messagesMoved, bodiesRead: metrics.bodiesRead, diskReads: metrics.diskReads)
    }
}
