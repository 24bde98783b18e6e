import FuzzRunner
package import RoostLocalStorage
package import RoostLog
package import RoostModel
package import RoostStorage
import Synchronization

/// The engine on a disk in memory, driven step by step, with every source of chance and time fixed.
package final class EngineUse {
    package let storage: LocalStorage
    private let background: SteppedBackground
    private let replies = Replies()
    private let tokens = Atomic<UInt64>(0)

    package init(on disk: MemoryDisk, logBegun: Bool, salt: UInt64) throws(StartError) {
        background = SteppedBackground()
        var configuration = LocalStorageConfiguration()
        configuration.log.segmentBytes = 8192
        configuration.messageBytesMax = 4096
        configuration.cacheBytes = 0
        configuration.snapshotGrowthBytesMin = 4096
        configuration.newSalt = { salt }
        configuration.time = TimeSource(
            wallMilliseconds: { 1_800_000_000_000 }, monotonicNanoseconds: { 1_000_000_000 })
        configuration.background = background
        storage = try LocalStorage.open(
            disk, key: (1, 2, 3, 4), logBegun: logBegun, configuration: configuration, onNotice: { _ in })
        storage.attach(NoDriver())
    }

    // What is left undone holds the storage, and the storage holds it.
    deinit { background.clear() }

    package func run() {
        for _ in 0..<3 { runOnce() }
        var steps = 0
        while background.hasJobs, steps < 200 {
            runOnce()
            steps += 1
        }
    }

    private func runOnce() {
        _ = storage.runTurn()
        storage.commit()
        background.step()
    }

    /// nil: refused, or not answered.
    @discardableResult
    package func ask(_ request: StorageRequest) -> StorageReply? {
        let token = tokens.wrappingAdd(1, ordering: .relaxed).newValue
        storage.submit([Submission(token: token, request: request)], for: replies)
        run()
        return try? replies.take(token)?.get()
    }

    package var queues: [QueueInfo] {
        guard case .queues(let infos, _) = ask(.listQueues(prefix: "", after: nil, limit: 20)) else { return [] }
        return infos
    }

    /// A bit of everything.
    package func useQueues() {
        for info in queues.prefix(3) {
            for state in MessageState.allCases { ask(.peek(info.name, PeekOptions(state: state, count: 5))) }
            let options = ReceiveOptions(maximum: 5, visibilityTimeout: .seconds(5), wait: .zero)
            guard case .received(let messages) = ask(.receive(info.name, options)) else { continue }
            for message in messages.prefix(2) { ask(.delete(info.name, message.handle)) }
            if messages.count > 2 { ask(.bury(info.name, messages[2].handle, Burial(reason: "fuzz"))) }
            if let last = messages.last { ask(.changeVisibility(info.name, last.handle, timeout: .zero)) }
            send([1, 2, 3], number: messages.count, to: info.name)
            ask(.kick(info.name, count: 1))
            ask(.startMove(MoveOptions(from: info.name)))
        }
    }

    /// Keys that come, and some that go.
    func useKeys() {
        let (key, list) = (Bytes("key".utf8), Bytes("list".utf8))
        let push = KeyCommand.list(.push(list, .right, [key, list], onlyExisting: false))
        ask(.keys(KeyRequest(database: 1, [.string(.set(key, list, SetOptions())), push])))
        ask(.keys(KeyRequest(database: 1, [.list(.pop(list, .left, count: nil)), .key(.delete([key]))])))
    }

    /// A queue that comes and goes, with what can happen to one.
    func usePassingQueue() {
        guard let name = try? QueueName("passing") else { return }
        useKeys()
        ask(.createQueue(name, QueueSettingsChange()))
        send([4], number: 0, to: name)
        let key = Bytes(name.text.utf8)
        let push = KeyCommand.list(.push(key, .right, [key, key], onlyExisting: false))
        ask(.keys(KeyRequest([push, .list(.pop(key, .left, count: 2))])))
        ask(.changeSettings(name, QueueSettingsChange(safePop: true, properties: ["fuzz": "yes"])))
        let pop = KeyCommand.list(.pop(key, .left, count: nil))
        if case .leased(_, let lease) = ask(.key(pop, database: 0)), let handle = lease.handles.first {
            ask(.renew(name, handle, timeout: .seconds(5)))
        }
        ask(.pauseQueue(name, reason: "fuzz"))
        ask(.resumeQueue(name))
        ask(.purgeQueue(name))
        ask(.deleteQueue(name))
    }

    func send(_ body: [UInt8], number: Int, to queue: QueueName) {
        let attribute = MessageAttribute(name: "n", type: "Number", value: .text("\(number)"))
        var message = NewMessage(body: body, attributes: [attribute])
        if queue.isFIFO {
            message.group = "g\(number % 3)"
            message.deduplication = Deduplication(id: "\(number % 20)")
        }
        ask(.send(queue, message))
    }
}

private final class Replies: CompletionReceiver {
    private let results = Mutex<[UInt64: Result<StorageReply, Rejection>]>([:])

    func receive(_ completions: [Completion]) {
        for completion in completions { results.withLock { $0[completion.token] = completion.result } }
    }

    func take(_ token: UInt64) -> Result<StorageReply, Rejection>? {
        results.withLock { $0.removeValue(forKey: token) }
    }
}

private final class NoDriver: EngineDriver {
    func wake() {}
}

private final class SteppedBackground: BackgroundRunner {
    private let jobs = Mutex<[@Sendable () -> BackgroundStep]>([])

    func start(_ lane: BackgroundLane, _ step: @escaping @Sendable () -> BackgroundStep) {
        jobs.withLock { $0.append(step) }
    }

    var hasJobs: Bool { jobs.withLock { !$0.isEmpty } }

    func clear() { jobs.withLock { $0 = [] } }

    /// One step of each job.
    func step() {
        let taken = jobs.withLock { jobs in
            defer { jobs = [] }
            return jobs
        }
        for job in taken {
            if case .done = job() { continue }
            jobs.withLock { $0.append(job) }
        }
    }
}

/// Directories as the engine leaves them: after a first start; with some segments; with two snapshots, and old segments
/// gone.
package func sampleDirectories() -> [[(file: LogFile, bytes: [UInt8])]] {
    [0, 12, 60].compactMap { count in
        let disk = MemoryDisk()
        guard let engine = try? EngineUse(on: disk, logBegun: false, salt: 5) else { return nil }
        do { try fill(engine, messages: count) } catch { report("not the name of a queue") }
        disk.settle()
        return disk.allFiles
    }
}

private func fill(_ engine: EngineUse, messages count: Int) throws(Rejection) {
    let (mails, orders, dead) = (try QueueName("mails"), try QueueName("orders.fifo"), try QueueName("dead.fifo"))
    let policy = DeadLetterPolicy(target: dead, receivesMax: 1)
    engine.ask(.createQueue(dead, QueueSettingsChange(isFIFO: true)))
    engine.ask(.createQueue(orders, QueueSettingsChange(isFIFO: true, deadLetters: .some(policy))))
    engine.ask(.createQueue(mails, QueueSettingsChange()))
    if count > 0 { engine.usePassingQueue() }
    for queue in [orders, mails] {
        for number in 0..<count {
            engine.send([UInt8](repeating: UInt8(number), count: 20 + number * 37 % 600), number: number, to: queue)
            if number % 3 == 0 { engine.useQueues() }
        }
    }
    if count > 0 { engine.usePassingQueue() }
}
