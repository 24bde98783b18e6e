import Glibc
import RoostCore
package import RoostLog
package import RoostModel
package import RoostStorage
import Synchronization

/// What an operator has to hear of the engine while it runs.
package enum StorageNotice: Sendable {
    /// The log could not be written or synced. Nothing is answered after that; the process has to end, since only a
    /// restart can tell what is on disk.
    case failed(LogError)
    /// The next segment cannot be made: new messages are refused, receives and deletes go on as long as they can.
    case diskFull(DiskError)
    case diskHasRoom
    /// It is tried again later; until then old segments stay, and a start takes longer.
    case snapshotFailed(DiskError)
    /// An old segment cannot be read as a whole. It stays.
    case segmentDamaged(LogError)
    /// More than half of all segment numbers are used up, and none is used again.
    case segmentNumbersRunOut(used: UInt32, of: UInt32)
    /// Bodies cannot be read for now; receives that need them are refused, and the messages stay as they are.
    case bodyUnread(DiskError)
    /// The body of a message cannot be read any more. The message is kept, and no longer delivered.
    case messageDamaged(MessageID, more: Int)
    /// The wall clock is more than a day away from what was logged last: no message expires for ten minutes. A broker
    /// that was idle or down for more than a day says it too; nothing has to be done then.
    case clockDoubted(wall: BrokerTime, lastLogged: BrokerTime)
    /// Ten minutes later wall clock and broker time are still a day apart: no message expires for ten more.
    case clockDisagrees(wall: BrokerTime, broker: BrokerTime)
}

/// The embedded storage engine: core, log and clock meet here, and only here.
///
/// Front ends put whole turns into the inbox from any thread. A driver (an event loop, or threads of its own) calls
/// `runTurn`, which carries them out, and `commit`, which writes and syncs what they did and lets the results go. Both
/// may be called from one thread or from two: while one batch is being synced, the next one fills.
package final class LocalStorage: Storage {
    struct Inbox {
        var items: [Inbound] = []
        var receivers: [any CompletionReceiver] = []
        var doors: ContiguousArray<Door> = []
        var receiverNumbers: [ObjectIdentifier: Int] = [:]
        var isWakeScheduled = false
        var driver: (any EngineDriver)?
    }

    private let inbox = Mutex(Inbox())
    let engine: Mutex<Engine>
    let state: Mutex<(readiness: Readiness, metrics: StorageMetrics)>
    let disk: any Disk
    private let clock: BrokerClock
    let background: any BackgroundRunner
    let noticeHandler: @Sendable (StorageNotice) -> Void
    /// What the start found.
    package let recovery: RecoverySummary

    init(
        engine: consuming Engine, disk: any Disk, clock: BrokerClock, configuration: LocalStorageConfiguration,
        onNotice: @escaping @Sendable (StorageNotice) -> Void
    ) {
        recovery = engine.log.recovery
        bindings.store(engine.core.hasBindings, ordering: .relaxed)
        self.engine = Mutex(engine)
        self.disk = disk
        self.clock = clock
        background = configuration.background
        noticeHandler = onNotice
        state = Mutex((.ready, StorageMetrics()))
    }

    /// Set before any reply that tells of the change.
    private let settingsVersion = Atomic<UInt64>(1)
    private let bindings = Atomic<Bool>(false)

    package var readiness: Readiness { state.withLock { $0.readiness } }
    package var propertiesVersion: UInt64? { settingsVersion.load(ordering: .acquiring) }
    package var hasBindings: Bool { bindings.load(ordering: .acquiring) }
    package var metrics: StorageMetrics { state.withLock { $0.metrics } }

    /// From here on the driver is woken when there is something to do.
    package func attach(_ driver: any EngineDriver) {
        inbox.withLock {
            $0.driver = driver
            $0.isWakeScheduled = true
        }
        driver.wake()
    }

    package func submit(_ submissions: [Submission], for receiver: any CompletionReceiver) {
        guard !submissions.isEmpty else { return }
        enqueue { inbox in
            let number = Self.number(of: receiver, in: &inbox)
            inbox.items.append(.requests(submissions, receiver: number))
        }
    }

    package func cancel(_ token: UInt64, for receiver: any CompletionReceiver) {
        enqueue { inbox in
            inbox.items.append(.cancellation(token: token, receiver: Self.number(of: receiver, in: &inbox)))
        }
    }

    /// A turn of another thread is not waited for.
    package func carryOutAtOnce(_ command: KeyCommand, database: UInt8, goesOn: Bool) -> ReplyAtOnce? {
        engine.withLockIfAvailable { engine in
            engine.carryOutAtOnce(command, in: database, at: goesOn ? engine.now : clock.now())
        } ?? nil
    }

    func enqueue(_ change: (inout Inbox) -> Void) {
        let driver = inbox.withLock { inbox -> (any EngineDriver)? in
            change(&inbox)
            guard !inbox.isWakeScheduled, let driver = inbox.driver else { return nil }
            inbox.isWakeScheduled = true
            return driver
        }
        driver?.wake()
    }

    private static func number(of receiver: any CompletionReceiver, in inbox: inout Inbox) -> Int {
        if let number = inbox.receiverNumbers[ObjectIdentifier(receiver)] { return number }
        inbox.receivers.append(receiver)
        inbox.doors.append(receiver.door)
        inbox.receiverNumbers[ObjectIdentifier(receiver)] = inbox.receivers.count - 1
        return inbox.receivers.count - 1
    }
}

// MARK: - For the driver

extension LocalStorage {
    /// After this a turn takes up nothing more: others want the event loop too.
    private static let turnNanosecondsWanted: UInt64 = 2_000_000

    /// The monotonic clock of the engine.
    package var nanoseconds: UInt64 { clock.nanoseconds() }

    /// Carries out what is in the inbox and what time has brought. Returns in how many milliseconds it has to be called
    /// again though nobody asks, or nil. Call `commit` afterwards, or let another thread do so.
    package func runTurn() -> Int64? {
        var (items, doors) = takeInbox()
        let start = nanoseconds
        let (due, isBesideSnapshot) = engine.withLock { engine in
            swap(&engine.tally.doors, &doors)
            let time = clock.now()
            engine.reviewClock(at: time, clock.wall)
            engine.run(&items, at: time) { nanoseconds - start > Self.turnNanosecondsWanted }
            settingsVersion.store(engine.settingsVersion, ordering: .releasing)
            bindings.store(engine.core.hasBindings, ordering: .releasing)
            return (engine.nextDue, engine.isSnapshotUnderWay)
        }
        noteTurn(nanoseconds: nanoseconds - start, isBesideSnapshot)
        return due.map { max(0, ($0 - clock.now()).count) }
    }

    /// Writes and syncs what turns did, and delivers the results that may leave. Returns when nothing is left to write.
    package func commit() {
        var wrote = deliver()
        var start: UInt64?
        while let operation = engine.withLock({ $0.log.nextOperation(.commit) }) {
            if start == nil { start = nanoseconds }
            perform(operation)
            if case .sync = operation.action { noteCommit(&start) }
            _ = deliver()
            wrote = true
        }
        noteCommit(&start)
        startUpkeep()
        let isHeldUp = report()
        // What found no room has some now.
        if wrote, isHeldUp { wakeDriver() }
    }

    /// Tells what is new. True: something waits for room in the log.
    private func report() -> Bool {
        let (metrics, isHeldUp, damaged, problem) = engine.withLock {
            ($0.metrics, $0.isHeldUp, $0.takeDamagedFound(), $0.diskProblem)
        }
        let (unread, clocks) = engine.withLock { ($0.takeReadProblem(), $0.takeClockProblem()) }
        note(metrics)
        noteDisk(problem)
        if let unread { noticeHandler(.bodyUnread(unread)) }
        if let clocks { noticeHandler(.clockDisagrees(wall: clocks.wall, broker: clocks.broker)) }
        if let first = damaged.first { noticeHandler(.messageDamaged(first, more: damaged.count - 1)) }
        return isHeldUp
    }

    /// The first step of the end: receives that wait are answered empty, and no new one waits.
    package func endWaits() {
        state.withLock { $0.readiness = .shuttingDown }
        enqueue { $0.items.append(.endOfWaits) }
    }

    /// The last step: everything is written and synced, with a mark at the end, and later requests are refused.
    package func shutDown() {
        engine.withLock { engine in
            engine.isShuttingDown = true
            engine.log.requestSync()
        }
        commitUntilQuiet()
        engine.withLock { $0.markNow() }
        commitUntilQuiet()
        // A segment that is ready later must not wake what is gone.
        inbox.withLock { $0.driver = nil }
    }

    /// The driver may be in the middle of a commit on its own thread.
    private func commitUntilQuiet() {
        repeat {
            commit()
            if engine.withLock({ $0.log.isQuiet || $0.log.failure != nil }) { return }
            sched_yield()
        } while true
    }

    private func takeInbox() -> ([Inbound], ContiguousArray<Door>) {
        inbox.withLock { inbox in
            inbox.isWakeScheduled = false
            defer { inbox.items = [] }
            return (inbox.items, inbox.doors)
        }
    }

    func wakeDriver() { enqueue { _ in } }

    /// Jobs beside requests end here: the disk may belong to somebody else soon.
    var hasEnded: Bool { engine.withLock { $0.isShuttingDown || $0.log.failure != nil } }

    /// A segment that finds no room takes it from the lender.
    func perform(_ operation: LogOperation, _ lender: ReserveShare? = nil) {
        let start = nanoseconds
        var share = lender ?? .none
        let result = Result { () throws(DiskError) in try disk.perform(operation, &share) }
        let spent = nanoseconds - start
        let failure = engine.withLock { engine in
            engine.log.completed(operation.id, result)
            if lender != nil { engine.lent(share, isMade: engine.log.preparationFailure == nil) }
            return engine.log.failure
        }
        if case .sync = operation.action { noteSync(nanoseconds: spent) }
        if let failure { fail(failure) }
    }

    private func fail(_ error: LogError) {
        let isFirst = state.withLock { state -> Bool in
            if case .failed = state.readiness { return false }
            state.readiness = .failed("\(error)")
            return true
        }
        if isFirst { noticeHandler(.failed(error)) }
    }

    /// False: there was nothing to deliver.
    private func deliver() -> Bool {
        var released = engine.withLock { $0.takeReleased() }
        guard !released.isEmpty else { return false }
        let receivers = inbox.withLock { $0.receivers }
        // Each list is handed over whole, so that nothing of it has to be copied.
        while let (number, completions) = released.popLast() { receivers[number].receive(completions) }
        return true
    }
}

// MARK: - Metrics

extension LocalStorage {
    private func note(_ metrics: StorageMetrics) {
        state.withLock { state in
            let before = state.metrics
            state.metrics = metrics
            state.metrics.syncNanoseconds = before.syncNanoseconds
            state.metrics.syncTime = before.syncTime
            state.metrics.commitTime = before.commitTime
            state.metrics.syncNanosecondsMax = before.syncNanosecondsMax
            state.metrics.turnNanosecondsMax = before.turnNanosecondsMax
            state.metrics.turnBesideSnapshotNanosecondsMax = before.turnBesideSnapshotNanosecondsMax
            state.metrics.isDiskFull = before.isDiskFull
        }
    }

    private func noteTurn(nanoseconds: UInt64, _ isBesideSnapshot: Bool) {
        state.withLock { state in
            state.metrics.turnNanosecondsMax = max(state.metrics.turnNanosecondsMax, nanoseconds)
            guard isBesideSnapshot else { return }
            let longest = state.metrics.turnBesideSnapshotNanosecondsMax
            state.metrics.turnBesideSnapshotNanosecondsMax = max(longest, nanoseconds)
        }
    }

    /// A batch is written, and synced if that is asked for.
    private func noteCommit(_ start: inout UInt64?) {
        guard let began = start.take() else { return }
        let spent = nanoseconds - began
        state.withLock { $0.metrics.commitTime.add(nanoseconds: spent) }
    }

    private func noteSync(nanoseconds: UInt64) {
        state.withLock { state in
            state.metrics.syncNanoseconds += nanoseconds
            state.metrics.syncTime.add(nanoseconds: nanoseconds)
            state.metrics.syncNanosecondsMax = max(state.metrics.syncNanosecondsMax, nanoseconds)
        }
    }
}
