import Foundation
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Synchronization
import Testing

/// Everything at once, on threads and a real disk: requests from many sides, commits, snapshots, cleaning, reads of
/// bodies, changes of the reserve. The thread sanitizer runs it too: `make tsan`.
@Suite struct ConcurrencyTests {
    private static let sendersCount = 4
    private static let messagesOfEach = 150
    private static let backlog = 300

    @Test func everyMessageComesOnceWhileEverythingElseHappens() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "roost-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let notices = FailureBox()
        let storage = try LocalStorage.open(
            UncachedDisk(try FileDisk(path: folder.path)), key: (1, 2, 3, 4), logBegun: false,
            configuration: Self.configuration
        ) { notices.add("\($0)") }
        storage.attach(ThreadedDriver(storage))
        let queue = try QueueName("work")
        let client = Client(storage)
        _ = try client.ask(.createQueue(queue, QueueSettingsChange(visibilityTimeout: .seconds(3600))))
        // These lie in older segments by the time somebody asks for them.
        for number in 0..<Self.backlog { try client.send("old/\(number)", to: queue) }

        let received = Received()
        workAtOnce(storage, queue, received, notices)
        // Snapshots and removals take their time; each round gives them more reason.
        var rounds = 0
        while storage.metrics.snapshots < 2 || storage.metrics.segmentsRemoved == 0, rounds < 300 {
            for number in 0..<20 { try client.send("round \(rounds)/\(number)", to: queue) }
            var count = 0
            while count < 20 { count += try client.receive(from: queue, into: received) }
            rounds += 1
        }
        let all = received.all
        #expect(Set(all).count == all.count, "a message came twice")
        #expect(all.count == Self.backlog + Self.sendersCount * Self.messagesOfEach + rounds * 20)
        let metrics = storage.metrics
        #expect(metrics.snapshots >= 2 && metrics.segmentsRemoved > 0 && metrics.diskReads > 0, "\(metrics)")
        storage.shutDown()
        #expect(notices.all == [])
    }

    private static var configuration: LocalStorageConfiguration {
        var configuration = LocalStorageConfiguration()
        configuration.log.segmentBytes = 65_536
        configuration.messageBytesMax = 16_384
        configuration.cacheBytes = 0
        configuration.snapshotGrowthBytesMin = 65_536
        return configuration
    }

    /// Senders, receivers and somebody who looks on, a thread each, until all messages have come.
    private func workAtOnce(
        _ storage: LocalStorage, _ queue: QueueName, _ received: Received, _ problems: FailureBox
    ) {
        let total = Self.backlog + Self.sendersCount * Self.messagesOfEach
        let group = DispatchGroup()
        func start(_ work: @escaping @Sendable (Client) throws -> Void) {
            group.enter()
            Thread {
                do { try work(Client(storage)) } catch { problems.add("\(error)") }
                group.leave()
            }.start()
        }
        for sender in 0..<Self.sendersCount {
            start { client in
                for number in 0..<Self.messagesOfEach { try client.send("\(sender)/\(number)", to: queue) }
            }
            start { client in
                while received.count < total { _ = try client.receive(from: queue, into: received) }
            }
        }
        start { client in
            while received.count < total {
                _ = try client.ask(.peek(queue, PeekOptions(count: 5)))
                _ = try client.ask(.describeQueue(queue))
            }
        }
        group.wait()
    }
}

/// Bodies of messages that came.
private final class Received: Sendable {
    private let bodies = Mutex<[String]>([])

    func add(_ body: String) { bodies.withLock { $0.append(body) } }
    var count: Int { bodies.withLock { $0.count } }
    var all: [String] { bodies.withLock { $0 } }
}

/// Asks from a thread and waits.
private final class Client: CompletionReceiver {
    private let storage: LocalStorage
    private let results = Mutex<[Result<StorageReply, Rejection>]>([])
    private let arrived = DispatchSemaphore(value: 0)

    init(_ storage: LocalStorage) { self.storage = storage }

    func receive(_ completions: [Completion]) {
        for completion in completions {
            results.withLock { $0.append(completion.result) }
            arrived.signal()
        }
    }

    func ask(_ request: StorageRequest) throws -> StorageReply {
        storage.submit([Submission(token: 1, request: request)], for: self)
        arrived.wait()
        guard let result = results.withLock({ $0.popLast() }) else { throw Unexpected() }
        return try result.get()
    }

    func send(_ text: String, to queue: QueueName) throws {
        let body = text + String(repeating: ".", count: 800)
        _ = try ask(.send(queue, NewMessage(body: Array(body.utf8))))
    }

    /// Takes what is there, deletes it, and says how many that were.
    func receive(from queue: QueueName, into received: Received) throws -> Int {
        let options = ReceiveOptions(maximum: 10, wait: Milliseconds(50))
        guard case .received(let messages) = try ask(.receive(queue, options)) else { throw Unexpected() }
        for message in messages {
            received.add(message.text)
            _ = try ask(.delete(queue, message.handle))
        }
        return messages.count
    }
}

/// A disk on which every second read has to wait for the medium.
private final class UncachedDisk: Disk {
    private let disk: FileDisk
    private let reads = Atomic<Int>(0)

    init(_ disk: FileDisk) { self.disk = disk }

    func readCached(
        _ file: LogFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Bool {
        guard reads.wrappingAdd(1, ordering: .relaxed).newValue.isMultiple(of: 2) else { return false }
        return try disk.readCached(file, at: offset, into: bytes)
    }

    func list() throws(DiskError) -> [(file: LogFile, bytes: Int)] { try disk.list() }
    func create(_ file: LogFile, bytes: Int) throws(DiskError) { try disk.create(file, bytes: bytes) }
    func write(_ bytes: UnsafeRawBufferPointer, to file: LogFile, at offset: Int) throws(DiskError) {
        try disk.write(bytes, to: file, at: offset)
    }
    func sync(_ file: LogFile) throws(DiskError) { try disk.sync(file) }
    func read(_ file: LogFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(DiskError) {
        try disk.read(file, at: offset, into: bytes)
    }
    func setReserve(bytes: Int) throws(DiskError) { try disk.setReserve(bytes: bytes) }
    func allocate(_ file: LogFile, bytes: Int, leavingReserve: Int) throws(DiskError) -> Int {
        try disk.allocate(file, bytes: bytes, leavingReserve: leavingReserve)
    }
    func truncate(_ file: LogFile, to bytes: Int, toReserve: Int) throws(DiskError) -> Int {
        try disk.truncate(file, to: bytes, toReserve: toReserve)
    }
    func rename(_ file: LogFile, to new: LogFile, toReserve: Int) throws(DiskError) -> Int {
        try disk.rename(file, to: new, toReserve: toReserve)
    }
    func remove(_ file: LogFile, toReserve: Int) throws(DiskError) -> Int {
        try disk.remove(file, toReserve: toReserve)
    }
    func syncDirectory() throws(DiskError) { try disk.syncDirectory() }
}
