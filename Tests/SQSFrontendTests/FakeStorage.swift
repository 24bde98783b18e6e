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
        var sequence: UInt64
        var deadLetterSource: QueueName?
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
        /// What a FIFO queue has seen, for ever.
        var duplicates: [String: SentMessage] = [:]
        var moves: [MoveTask] = []
        /// Nil: the front end has to ask for properties each time.
        var version: UInt64?
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
    var propertiesVersion: UInt64? { state.withLock { $0.version } }

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
        let blocked = Set(queue.messages.filter(\.isInFlight).compactMap(\.message.group))
        for var stored in queue.messages where !stored.isInFlight && taken.count < options.maximum {
            if queue.settings.isFIFO, let group = stored.message.group, blocked.contains(group) { continue }
            guard let index = queue.messages.firstIndex(where: { $0.id == stored.id }) else { continue }
            if let policy = queue.settings.deadLetters, stored.receiveCount >= policy.receivesMax,
                state.queues[policy.target] != nil
            {
                stored.deadLetterSource = name
                queue.messages.remove(at: index)
                state.queues[policy.target]?.messages.append(stored)
                continue
            }
            state.counter += 1
            let handle = ReceiptHandle(words: (state.counter, 0xABCD, 7))
            stored.isInFlight = options.visibilityTimeout != .zero
            stored.handle = handle
            stored.receiveCount += 1
            queue.messages[index] = stored
            taken.append(received(stored, handle, queue.settings.contents))
        }
        state.queues[name] = queue
        return taken
    }

    private static func received(
        _ stored: Stored, _ handle: ReceiptHandle, _ contents: QueueContents
    ) -> ReceivedMessage {
        ReceivedMessage(
            id: stored.id, handle: handle, body: stored.message.body, attributes: stored.message.attributes,
            sentAt: BrokerTime(milliseconds: 1_700_000_000_123),
            firstReceivedAt: BrokerTime(milliseconds: 1_700_000_000_456), receiveCount: stored.receiveCount,
            group: stored.message.group, sequence: stored.sequence, deadLetterSource: stored.deadLetterSource,
            deduplicationID: stored.message.deduplication?.id, labels: stored.message.labels, contents: contents)
    }

    private static func send(
        _ name: QueueName, _ message: NewMessage, _ state: inout State
    ) throws(Rejection) -> SentMessage {
        let settings = try queue(name, state).settings
        guard message.countedBytes <= settings.maximumMessageBytes else {
            throw .messageTooLarge(bytes: message.countedBytes, max: settings.maximumMessageBytes)
        }
        if settings.isFIFO {
            guard message.group != nil else { throw .missingGroup }
            guard let deduplication = message.deduplication,
                !deduplication.isOfContent || settings.deduplicatesContent
            else { throw .missingDeduplication }
        }
        let scope = settings.deduplicationScope == .group ? message.group ?? "" : ""
        let key = message.deduplication.map { "\(name) \(scope) \($0.id)" }
        if let key, let sent = state.duplicates[key] { return sent }
        state.counter += 1
        let id = MessageID(high: 0x1122_3344_5566_4777, low: 0x8000_0000_0000_0000 | state.counter)
        state.queues[name]?.messages.append(Stored(id: id, message: message, sequence: state.counter))
        let sent = SentMessage(
            id: id, sentAt: BrokerTime(milliseconds: 1_700_000_000_123), sequence: state.counter)
        if let key { state.duplicates[key] = sent }
        return sent
    }

    private static func check(
        _ name: QueueName, _ settings: QueueSettings, _ state: State
    ) throws(Rejection) {
        guard let policy = settings.deadLetters else { return }
        guard let target = state.queues[policy.target] else {
            throw .invalidDeadLetterTarget(policy.target, reason: "there is no such queue")
        }
        guard target.settings.isFIFO == settings.isFIFO else {
            throw .invalidDeadLetterTarget(policy.target, reason: "both queues must be FIFO, or both standard")
        }
        guard target.settings.deadLetterSources.allow(name) else {
            throw .invalidDeadLetterTarget(policy.target, reason: "it does not allow this source")
        }
    }

    private static func sources(of name: QueueName, _ state: State) -> [QueueName] {
        state.queues.filter { $0.value.settings.deadLetters?.target == name }.keys.sorted()
    }

    private static func startMove(_ options: MoveOptions, _ state: inout State) throws(Rejection) -> MoveTask {
        let source = try queue(options.from, state)
        if let to = options.to { _ = try queue(to, state) }
        if options.needsDeadLetterQueue, sources(of: options.from, state).isEmpty {
            throw .noDeadLetterQueue(options.from)
        }
        if state.moves.contains(where: { $0.from == options.from && $0.status == .running }) {
            throw .moveIsRunning(options.from)
        }
        let task = MoveTask(
            id: UInt64(state.moves.count + 1), from: options.from, to: options.to, rate: options.rate,
            toMove: source.messages.count, startedAt: BrokerTime(milliseconds: 1_700_000_000_789))
        state.moves.append(task)
        return task
    }

    private static func cancelMove(_ id: UInt64, _ state: inout State) throws(Rejection) -> MoveTask {
        guard let index = state.moves.firstIndex(where: { $0.id == id }) else { throw .moveTaskDoesNotExist }
        guard state.moves[index].status == .running else { throw .moveIsOver }
        state.moves[index].status = .cancelled
        return state.moves[index]
    }

    private static func page(
        _ names: [QueueName], after: QueueName?, limit: Int, _ state: State
    ) -> StorageReply {
        let names = names.filter { name in after.map { $0 < name } ?? true }
        return .queues(
            names.prefix(limit).compactMap { name in state.queues[name].map { info(name, $0) } },
            more: names.count > limit)
    }

    private static func reply(to request: StorageRequest, _ state: inout State) throws(Rejection) -> StorageReply {
        switch request {
        case .createQueue(let name, let change):
            if let queue = state.queues[name], let difference = change.firstDifference(from: queue.settings) {
                throw .queueExists(name, difference: difference)
            }
            if state.queues[name] == nil {
                let settings = change.applied(to: QueueSettings())
                try check(name, settings, state)
                state.queues[name] = Queue(settings: settings)
            }
            state.version? += 1
            return .queue(info(name, try queue(name, state)))
        case .deleteQueue(let name):
            _ = try queue(name, state)
            state.queues[name] = nil
            state.version? += 1
            return .done
        case .purgeQueue(let name):
            _ = try queue(name, state)
            state.queues[name]?.messages = []
            return .done
        case .changeSettings(let name, let change):
            let settings = change.applied(to: try queue(name, state).settings)
            try check(name, settings, state)
            state.queues[name]?.settings = settings
            state.version? += 1
            return .done
        case .describeQueue(let name): return .queue(info(name, try queue(name, state)))
        case .listQueues(let prefix, let after, let limit):
            let names = state.queues.keys.sorted().filter { $0.text.hasPrefix(prefix) }
            return page(names, after: after, limit: limit, state)
        case .listDeadLetterSources(let name, let after, let limit):
            _ = try queue(name, state)
            return page(sources(of: name, state), after: after, limit: limit, state)
        case .startMove(let options): return .moveTask(try startMove(options, &state))
        case .listMoves(let name, let limit):
            _ = try queue(name, state)
            return .moveTasks(Array(state.moves.filter { $0.from == name }.reversed().prefix(limit)))
        case .cancelMove(let id): return .moveTask(try cancelMove(id, &state))
        case .send(let name, let message): return .sent(try send(name, message, &state))
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
        case .receive, .renew, .adoptQueue, .deleteByID, .peek, .pauseQueue, .resumeQueue, .bury, .kick, .kickByID,
            .moveByID, .key, .keys, .watch, .watchToRemove, .unwatch, .tellKeyEvents, .tailQueues, .listWaiters,
            .browse, .look,
            .listGroups, .barrier:
            throw .busy
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
            oldestMessageAge: nil, pause: nil, waiters: 0, oftenReceived: 0)
    }
}
