import RoostModel
import RoostStorage
import Synchronization

/// A storage in memory, as small as the tests of a front end allow. It answers when it is told to: with `answer()`, or
/// at once through `schedule`.
final class FakeStorage: Storage {
    struct Stored {
        var id: MessageID
        var message: NewMessage
        var receiveCount: UInt32 = 0
        var handle: ReceiptHandle?
        var isInFlight = false
    }

    struct Queue {
        var settings: QueueSettings
        var messages: [Stored] = []
    }

    struct Waiter {
        var token: UInt64
        var receiver: any CompletionReceiver
        var queue: QueueName
        var options: ReceiveOptions
    }

    enum Asked {
        case submission(Submission, any CompletionReceiver)
        case cancel(UInt64, any CompletionReceiver)
    }

    struct State {
        var queues: [QueueName: Queue] = [:]
        /// In the order they came.
        var pending: [Asked] = []
        var waiters: [Waiter] = []
        var counter: UInt64 = 0
        var seen: [StorageRequest] = []
        var submits = 0
        var cancelled: [UInt64] = []
        var refusal: Rejection?
        var inFlight: Int?
    }

    /// What a test over sockets waits for.
    enum Event {
        /// A receive stands in line.
        case waiting
        case cancelled
    }

    let state = Mutex(State())
    private let events: AsyncStream<Event>
    private let happened: AsyncStream<Event>.Continuation
    private let schedule: (@Sendable (@escaping @Sendable () -> Void) -> Void)?

    init(schedule: (@Sendable (@escaping @Sendable () -> Void) -> Void)? = nil) {
        self.schedule = schedule
        (events, happened) = AsyncStream.makeStream()
    }

    var readiness: Readiness { .ready }
    var metrics: StorageMetrics { StorageMetrics() }

    func submit(_ submissions: [Submission], for receiver: any CompletionReceiver) {
        state.withLock { state in
            state.submits += 1
            for submission in submissions { state.pending.append(.submission(submission, receiver)) }
        }
        schedule? { self.answer() }
    }

    func cancel(_ token: UInt64, for receiver: any CompletionReceiver) {
        state.withLock { state in
            state.cancelled.append(token)
            state.pending.append(.cancel(token, receiver))
        }
        happened.yield(.cancelled)
        schedule? { self.answer() }
    }

    /// Returns once `event` happened since the last call. For one test task at a time.
    func wait(for event: Event) async {
        for await seen in events where seen == event { return }
    }

    /// Carries out what was submitted and delivers the results, one list for each receiver.
    func answer() {
        let results: [(Completion, any CompletionReceiver)] = state.withLock { state in
            var results: [(Completion, any CompletionReceiver)] = []
            let pending = state.pending
            state.pending = []
            for asked in pending {
                switch asked {
                case .submission(let submission, let receiver):
                    state.seen.append(submission.request)
                    guard let result = Self.perform(submission, receiver, &state) else { continue }
                    results.append((Completion(token: submission.token, result: result), receiver))
                case .cancel(let token, let receiver):
                    let line = state.waiters.filter { $0.token != token || $0.receiver !== receiver }
                    guard line.count < state.waiters.count else { continue }
                    state.waiters = line
                    results.append((Completion(token: token, result: .success(.received([]))), receiver))
                }
            }
            Self.wake(&state, &results)
            return results
        }
        if state.withLock({ !$0.waiters.isEmpty }) { happened.yield(.waiting) }
        var order: [any CompletionReceiver] = []
        for (_, receiver) in results where !order.contains(where: { $0 === receiver }) { order.append(receiver) }
        for receiver in order { receiver.receive(results.filter { $0.1 === receiver }.map(\.0)) }
    }

    /// Nil for a receive that waits.
    private static func perform(
        _ submission: Submission, _ receiver: any CompletionReceiver, _ state: inout State
    ) -> Result<StorageReply, Rejection>? {
        if let refusal = state.refusal { return .failure(refusal) }
        do throws(Rejection) {
            if case .receive(let name, let options) = submission.request {
                let settings = try queue(name, state).settings
                let wait = options.wait ?? settings.receiveWait
                if let max = options.inFlightMax, let count = state.inFlight, count >= max {
                    throw .tooManyInFlight(max: max)
                }
                let messages = take(name, options, &state)
                guard messages.isEmpty, wait > .zero else { return .success(.received(messages)) }
                state.waiters.append(
                    Waiter(token: submission.token, receiver: receiver, queue: name, options: options))
                return nil
            }
            return .success(try reply(to: submission.request, &state))
        } catch {
            return .failure(error)
        }
    }

    private static func wake(_ state: inout State, _ results: inout [(Completion, any CompletionReceiver)]) {
        var waiting: [Waiter] = []
        let waiters = state.waiters
        for waiter in waiters {
            let messages = take(waiter.queue, waiter.options, &state)
            if messages.isEmpty {
                waiting.append(waiter)
            } else {
                results.append(
                    (Completion(token: waiter.token, result: .success(.received(messages))), waiter.receiver))
            }
        }
        state.waiters = waiting
    }

    private static func queue(_ name: QueueName, _ state: State) throws(Rejection) -> Queue {
        guard let queue = state.queues[name] else { throw .queueDoesNotExist(name) }
        return queue
    }

    private static func take(_ name: QueueName, _ options: ReceiveOptions, _ state: inout State) -> [ReceivedMessage] {
        guard var queue = state.queues[name] else { return [] }
        var taken: [ReceivedMessage] = []
        for index in queue.messages.indices where !queue.messages[index].isInFlight && taken.count < options.maximum {
            state.counter += 1
            let handle = ReceiptHandle(words: (state.counter, 0xABCD, 7))
            queue.messages[index].isInFlight = true
            queue.messages[index].handle = handle
            queue.messages[index].receiveCount += 1
            let stored = queue.messages[index]
            taken.append(
                ReceivedMessage(
                    id: stored.id, handle: handle, body: stored.message.body, attributes: stored.message.attributes,
                    sentAt: BrokerTime(milliseconds: 1_700_000_000_123),
                    firstReceivedAt: BrokerTime(milliseconds: 1_700_000_000_456), receiveCount: stored.receiveCount))
        }
        state.queues[name] = queue
        return taken
    }

    private static func reply(to request: StorageRequest, _ state: inout State) throws(Rejection) -> StorageReply {
        switch request {
        case .createQueue(let name, let change):
            if let queue = state.queues[name], let difference = change.firstDifference(from: queue.settings) {
                throw .queueExists(name, difference: difference)
            }
            if state.queues[name] == nil { state.queues[name] = Queue(settings: change.applied(to: QueueSettings())) }
            return .queue(info(name, try queue(name, state)))
        case .deleteQueue(let name):
            _ = try queue(name, state)
            state.queues[name] = nil
            return .done
        case .purgeQueue(let name):
            _ = try queue(name, state)
            state.queues[name]?.messages = []
            return .done
        case .changeSettings(let name, let change):
            let settings = change.applied(to: try queue(name, state).settings)
            state.queues[name]?.settings = settings
            return .done
        case .describeQueue(let name): return .queue(info(name, try queue(name, state)))
        case .listQueues(let prefix, let after, let limit):
            let names = state.queues.keys.sorted().filter { name in
                name.text.hasPrefix(prefix) && after.map { $0 < name } ?? true
            }
            let infos = names.prefix(limit).compactMap { name in state.queues[name].map { info(name, $0) } }
            return .queues(infos, more: names.count > limit)
        case .send(let name, let message):
            let max = try queue(name, state).settings.maximumMessageBytes
            guard message.countedBytes <= max else { throw .messageTooLarge(bytes: message.countedBytes, max: max) }
            state.counter += 1
            let id = MessageID(high: 0x1122_3344_5566_4777, low: 0x8000_0000_0000_0000 | state.counter)
            state.queues[name]?.messages.append(Stored(id: id, message: message))
            return .sent(SentMessage(id: id, sentAt: BrokerTime(milliseconds: 1_700_000_000_123)))
        case .delete(let name, let handle):
            guard try index(of: handle, in: name, state) != nil else { return .done }
            state.queues[name]?.messages.removeAll { $0.handle == handle }
            return .done
        case .changeVisibility(let name, let handle, let timeout):
            guard let index = try index(of: handle, in: name, state) else { throw .messageNotAvailable }
            state.queues[name]?.messages[index].isInFlight = timeout > .zero
            return .done
        case .giveBack(let name, let handle):
            if let index = try index(of: handle, in: name, state) {
                state.queues[name]?.messages[index].isInFlight = false
            }
            return .done
        case .receive, .deleteByID, .peek, .pauseQueue, .resumeQueue: throw .busy
        }
    }

    private static func index(of handle: ReceiptHandle, in name: QueueName, _ state: State) throws(Rejection) -> Int? {
        let queue = try queue(name, state)
        guard handle.words.1 == 0xABCD else { throw .invalidReceiptHandle }
        return queue.messages.firstIndex { $0.handle == handle }
    }

    private static func info(_ name: QueueName, _ queue: Queue) -> QueueInfo {
        let inFlight = queue.messages.count(where: \.isInFlight)
        return QueueInfo(
            name: name, settings: queue.settings, createdAt: BrokerTime(milliseconds: 1_600_000_000_999),
            modifiedAt: BrokerTime(milliseconds: 1_600_000_001_999),
            counts: MessageCounts(ready: queue.messages.count - inFlight, inFlight: inFlight), totals: MessageTotals(),
            oldestMessageAge: nil, pause: nil, waiters: 0)
    }
}
