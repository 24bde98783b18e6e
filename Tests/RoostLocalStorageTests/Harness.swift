import RoostCore
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Synchronization
import Testing

/// The embedded engine on a disk in memory, driven step by step.
final class Harness {
    let disk: MemoryDisk
    let storage: LocalStorage
    /// An object of its own: the storage holds whom it answers, and this holds the storage.
    let inbox = Inbox()
    let clock: ManualClock
    let background = ManualBackground()
    private let failures = FailureBox()
    private let driver = WakeFlag()
    private let tokens = Atomic<UInt64>(0)

    init(
        on disk: MemoryDisk = MemoryDisk(), logBegun: Bool = false, clock: ManualClock = ManualClock(),
        _ change: (inout LocalStorageConfiguration) -> Void = { _ in }
    ) throws {
        self.disk = disk
        self.clock = clock
        var configuration = LocalStorageConfiguration()
        configuration.log.segmentBytes = 1 << 20
        configuration.messageBytesMax = 300_000
        configuration.time = clock.source
        configuration.background = background
        change(&configuration)
        let failures = self.failures
        storage = try LocalStorage.open(
            disk, key: (1, 2, 3, 4), logBegun: logBegun, configuration: configuration
        ) { failures.add("\($0)") }
        storage.attach(driver)
        // The first commit has the next segment made: tests which count calls of the disk, or let one fail, are to meet
        // the call they mean.
        run()
    }

    var notices: [String] { failures.all }
    var reportedFailures: [String] { failures.all.filter { $0.hasPrefix("failed") } }

    /// Hands over a turn without running it.
    @discardableResult
    func submit(_ requests: StorageRequest...) -> [UInt64] {
        let submissions = requests.map {
            Submission(token: tokens.wrappingAdd(1, ordering: .relaxed).newValue, request: $0)
        }
        storage.submit(submissions, for: inbox)
        return submissions.map(\.token)
    }

    func turn() { _ = storage.runTurn() }

    /// Turns, their commits and all background work, until nothing is left to do now.
    func run() {
        for _ in 0..<4 { runOnce() }
        while background.hasJobs || isDue || driver.takeWake() { runOnce() }
    }

    /// For a disk without power: what fails may be tried for ever.
    func run(turns: Int) {
        for _ in 0..<turns { runOnce() }
    }

    /// Whether the last turn asked for another one at once.
    private var isDue: Bool { due.load(ordering: .relaxed) == 0 }
    private let due = Atomic<Int64>(1)

    private func runOnce() {
        due.store(storage.runTurn() ?? 1, ordering: .relaxed)
        storage.commit()
        background.step()
    }

    func result(_ token: UInt64) -> Result<StorageReply, Rejection>? { inbox.result(token) }
    var answered: [UInt64] { inbox.answered }

    /// Asks for one thing and runs until it is answered.
    func ask(_ request: StorageRequest, sourceLocation: SourceLocation = #_sourceLocation) throws -> StorageReply {
        let token = try #require(submit(request).first)
        run()
        return try #require(result(token), "no answer", sourceLocation: sourceLocation).get()
    }
}

/// What the storage answered.
final class Inbox: CompletionReceiver {
    private let results = Mutex<[UInt64: Result<StorageReply, Rejection>]>([:])
    private let order = Mutex<[UInt64]>([])
    private let unasked = Mutex<[Result<StorageReply, Rejection>]>([])

    func receive(_ completions: [Completion]) {
        for completion in completions {
            guard completion.token != 0 else {
                unasked.withLock { $0.append(completion.result) }
                continue
            }
            results.withLock { $0[completion.token] = completion.result }
            order.withLock { $0.append(completion.token) }
        }
    }

    func result(_ token: UInt64) -> Result<StorageReply, Rejection>? { results.withLock { $0[token] } }

    /// What came with token 0 since the last call.
    func takeUnasked() -> [Result<StorageReply, Rejection>] {
        unasked.withLock { unasked in
            defer { unasked = [] }
            return unasked
        }
    }

    var answered: [UInt64] { order.withLock { $0 } }
}

/// Time that goes only when a test says so. Starts on the same day everywhere.
final class ManualClock: Sendable {
    private let elapsed = Atomic<Int64>(0)

    func advance(_ span: Milliseconds) { elapsed.add(span.count, ordering: .relaxed) }

    var source: TimeSource {
        TimeSource(
            wallMilliseconds: { [self] in 1_800_000_000_000 + elapsed.load(ordering: .relaxed) },
            monotonicNanoseconds: { [self] in UInt64(elapsed.load(ordering: .relaxed)) * 1_000_000 })
    }
}

/// The test runs the engine itself.
private final class WakeFlag: EngineDriver {
    private let isWoken = Atomic<Bool>(false)
    func wake() { isWoken.store(true, ordering: .releasing) }
    func takeWake() -> Bool { isWoken.exchange(false, ordering: .acquiringAndReleasing) }
}

/// Background work happens when a test says so.
final class ManualBackground: BackgroundRunner {
    private struct Job {
        var lane: BackgroundLane
        var step: @Sendable () -> BackgroundStep
    }

    private let jobs = Mutex<[Job]>([])
    private let held = Mutex<Set<BackgroundLane>>([])

    func start(_ lane: BackgroundLane, _ step: @escaping @Sendable () -> BackgroundStep) {
        jobs.withLock { $0.append(Job(lane: lane, step: step)) }
    }

    /// Jobs of this lane wait.
    func hold(_ lane: BackgroundLane) { held.withLock { _ = $0.insert(lane) } }
    func resume(_ lane: BackgroundLane) { held.withLock { _ = $0.remove(lane) } }

    private var ready: [Job] {
        let held = held.withLock { $0 }
        return jobs.withLock { jobs in jobs.filter { !held.contains($0.lane) } }
    }

    /// What is left undone holds the storage, and the storage holds it.
    func clear() { jobs.withLock { $0 = [] } }

    var hasJobs: Bool { !ready.isEmpty }

    /// One step of each job.
    func step() {
        let held = held.withLock { $0 }
        let taken = jobs.withLock { jobs in
            let taken = jobs.filter { !held.contains($0.lane) }
            jobs.removeAll { !held.contains($0.lane) }
            return taken
        }
        for job in taken {
            if case .done = job.step() { continue }
            jobs.withLock { $0.append(job) }
        }
    }
}

final class FailureBox: Sendable {
    private let texts = Mutex<[String]>([])
    func add(_ text: String) { texts.withLock { $0.append(text) } }
    var all: [String] { texts.withLock { $0 } }
}

extension Harness {
    func create(_ name: String, _ change: QueueSettingsChange = .init()) throws -> QueueName {
        let queue = try QueueName(name)
        _ = try ask(.createQueue(queue, change))
        return queue
    }

    @discardableResult
    func send(_ body: String, to queue: QueueName) throws -> MessageID {
        guard case .sent(let sent) = try ask(.send(queue, NewMessage(body: Array(body.utf8)))) else {
            throw Unexpected()
        }
        return sent.id
    }

    func receive(
        _ queue: QueueName, maximum: Int = 10, visibility: Milliseconds? = nil
    ) throws -> [ReceivedMessage] {
        let options = ReceiveOptions(maximum: maximum, visibilityTimeout: visibility, wait: .zero)
        return try messages(ask(.receive(queue, options)))
    }

    func messages(_ reply: StorageReply) throws -> [ReceivedMessage] {
        guard case .received(let messages) = reply else { throw Unexpected() }
        return messages
    }

    func info(_ queue: QueueName) throws -> QueueInfo {
        guard case .queue(let info) = try ask(.describeQueue(queue)) else { throw Unexpected() }
        return info
    }
}

struct Unexpected: Error {}

extension ReceivedMessage {
    var text: String { String(decoding: body, as: UTF8.self) }
}
