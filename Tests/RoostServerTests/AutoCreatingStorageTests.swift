import RoostModel
import RoostServer
import RoostStorage
import Synchronization
import Testing

@Suite struct AutoCreatingStorageTests {
    private let message = NewMessage(body: [1], group: "g", deduplication: nil)

    @Test func aSendMakesTheQueueThatItNames() async throws {
        try await withEngine { (engine) async throws in
            let calls = AsyncStorage(AutoCreatingStorage(engine.storage))
            let name = try QueueName("orders")
            for body in UInt8(1)...3 { _ = try await calls.perform(.send(name, NewMessage(body: [body]))) }
            guard case .received(let messages) = try await calls.perform(.receive(name, ReceiveOptions(maximum: 9)))
            else { throw UnexpectedAnswer() }
            #expect(messages.map(\.body) == [[1], [2], [3]])
            #expect(try await engine.settings("orders") == QueueSettings())
        }
    }

    @Test func aReceiveMakesAFIFOQueueByItsName() async throws {
        try await withEngine { (engine) async throws in
            let calls = AsyncStorage(AutoCreatingStorage(engine.storage))
            let options = ReceiveOptions(maximum: 1)
            #expect(try await calls.perform(.receive(QueueName("a.fifo"), options)) == .received([]))
            #expect(try await engine.settings("a.fifo").isFIFO)
        }
    }

    @Test func otherRequestsMakeNothing() async throws {
        try await withEngine { (engine) async throws in
            let calls = AsyncStorage(AutoCreatingStorage(engine.storage))
            let name = try QueueName("orders")
            for request in [StorageRequest.describeQueue(name), .purgeQueue(name), .peek(name, PeekOptions(count: 1))] {
                await #expect(throws: Rejection.queueDoesNotExist(name)) { try await calls.perform(request) }
            }
        }
    }

    @Test func aQueueThatExistsKeepsItsSettings() async throws {
        try await withEngine { (engine) async throws in
            let calls = AsyncStorage(AutoCreatingStorage(engine.storage))
            let name = try QueueName("old.fifo")
            _ = try await engine.calls.perform(.createQueue(name, QueueSettingsChange(delay: .seconds(5))))
            _ = try await calls.perform(.send(name, NewMessage(body: [1])))
            let settings = try await engine.settings("old.fifo")
            #expect(settings.delay == .seconds(5) && !settings.isFIFO)
        }
    }

    @Test func aQueueThatWasDeletedIsMadeAgain() async throws {
        try await withEngine { (engine) async throws in
            let calls = AsyncStorage(AutoCreatingStorage(engine.storage))
            let name = try QueueName("orders")
            for _ in 1...3 {
                _ = try await calls.perform(.send(name, NewMessage(body: [1])))
                _ = try await calls.perform(.deleteQueue(name))
            }
            await #expect(throws: Rejection.queueDoesNotExist(name)) { try await calls.perform(.describeQueue(name)) }
        }
    }

    @Test func whyAQueueCannotBeMadeIsToldToEachWhoWaits() throws {
        let (storage, receiver) = (StubStorage(), Receiver())
        let auto = AutoCreatingStorage(storage)
        let name = try QueueName("orders")
        let sends = (1...2).map { Submission(token: $0, request: .send(name, message)) }
        auto.submit(sends, for: receiver)
        #expect(storage.submissions.count == 1, "one creation for both")
        storage.answer(0, .failure(.outOfDiskSpace))
        #expect(receiver.tokens == [1, 2])
        // The next one tries again.
        auto.submit([Submission(token: 3, request: .send(name, message))], for: receiver)
        #expect(storage.submissions.count == 2)
    }

    @Test func requestsOfOneQueueKeepTheirOrderAndOthersPass() throws {
        let (storage, receiver) = (StubStorage(), Receiver())
        let auto = AutoCreatingStorage(storage)
        let (orders, mail) = (try QueueName("orders"), try QueueName("mail"))
        auto.submit([Submission(token: 1, request: .send(mail, message))], for: receiver)
        storage.answer(0, .success(.done))
        auto.submit(
            [
                Submission(token: 2, request: .send(orders, message)),
                Submission(token: 3, request: .send(mail, message)),
                Submission(token: 4, request: .receive(orders, ReceiveOptions(maximum: 1))),
            ], for: receiver)
        let creation = storage.submissions.count - 1
        #expect(storage.tokens(for: receiver) == [1, 3])
        storage.answer(creation, .success(.done))
        auto.submit([Submission(token: 5, request: .send(orders, message))], for: receiver)
        #expect(storage.tokens(for: receiver) == [1, 3, 2, 4, 5])
    }

    /// The creation was carried out before the delete, and its result came after: the queue is gone.
    @Test func aDeleteInBetweenIsNotForgotten() throws {
        let (storage, receiver) = (StubStorage(), Receiver())
        let auto = AutoCreatingStorage(storage)
        let name = try QueueName("orders")
        auto.submit([Submission(token: 1, request: .send(name, message))], for: receiver)
        auto.submit([Submission(token: 2, request: .deleteQueue(name))], for: receiver)
        storage.answer(0, .success(.done))
        #expect(storage.creations == 2, "it is made again for the one who waits")
        storage.answer(storage.submissions.count - 1, .success(.done))
        #expect(storage.tokens(for: receiver) == [2, 1])
    }

    @Test func aReceiveThatWaitsForItsQueueCanBeCancelled() async throws {
        let (storage, receiver) = (StubStorage(), Receiver())
        let auto = AutoCreatingStorage(storage)
        let request = StorageRequest.receive(try QueueName("orders"), ReceiveOptions(maximum: 1, wait: .seconds(20)))
        auto.submit([Submission(token: 1, request: request)], for: receiver)
        auto.cancel(1, for: receiver)
        await receiver.first()
        #expect(receiver.tokens == [1])
        storage.answer(0, .success(.done))
        #expect(storage.tokens(for: receiver).isEmpty, "it is not asked for any more")
        auto.cancel(7, for: receiver)
        #expect(storage.cancelled == [7])
    }
}

/// Keeps what it is asked, and answers when the test says so.
private final class StubStorage: Storage {
    private struct State {
        var submissions: [(submission: Submission, receiver: any CompletionReceiver)] = []
        var cancelled: [UInt64] = []
    }

    private let state = Mutex(State())

    let readiness = Readiness.ready
    let metrics = StorageMetrics()

    func submit(_ submissions: [Submission], for receiver: any CompletionReceiver) {
        state.withLock { $0.submissions += submissions.map { ($0, receiver) } }
    }

    func cancel(_ token: UInt64, for receiver: any CompletionReceiver) {
        state.withLock { $0.cancelled.append(token) }
    }

    var submissions: [Submission] { state.withLock { $0.submissions.map(\.submission) } }
    var cancelled: [UInt64] { state.withLock { $0.cancelled } }

    var creations: Int {
        submissions.count { if case .createQueue = $0.request { true } else { false } }
    }

    func tokens(for receiver: any CompletionReceiver) -> [UInt64] {
        state.withLock { $0.submissions.filter { $0.receiver === receiver }.map(\.submission.token) }
    }

    func answer(_ index: Int, _ result: Result<StorageReply, Rejection>) {
        let (submission, receiver) = state.withLock { $0.submissions[index] }
        receiver.receive([Completion(token: submission.token, result: result)])
    }
}

private final class Receiver: CompletionReceiver {
    private let received = Mutex<[UInt64]>([])
    private let arrivals = AsyncStream.makeStream(of: Void.self)

    var tokens: [UInt64] { received.withLock { $0 } }

    func receive(_ completions: [Completion]) {
        received.withLock { $0 += completions.map(\.token) }
        arrivals.continuation.yield()
    }

    func first() async {
        for await _ in arrivals.stream { return }
    }
}
