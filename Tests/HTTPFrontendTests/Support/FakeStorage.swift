import RoostModel
import RoostStorage
import Synchronization

/// A storage of plain arrays, with time that stands still until a test moves it.
final class FakeStorage: Storage {
    struct Message {
        var id: MessageID
        var message: NewMessage
        var sentAt: BrokerTime
        var firstReceivedAt: BrokerTime?
        var receives: UInt32 = 0
        var handle: ReceiptHandle?
        var due: BrokerTime?
        var burial: Burial?
        var buriedAt: BrokerTime?
        var source: QueueName?
    }

    struct Waiter {
        var token: UInt64
        var receiver: any CompletionReceiver
        var options: ReceiveOptions
    }

    struct Queue {
        var settings: QueueSettings
        var totals = MessageTotals()
        var pause: Pause?
        var ready: [Message] = []
        var delayed: [Message] = []
        /// Their bodies are lost.
        var damaged: [Message] = []
        /// In the order of burials.
        var buried: [Message] = []
        /// In the order of receives.
        var inFlight: [Message] = []
        var waiters: [Waiter] = []
    }

    struct State {
        var now = BrokerTime(milliseconds: 1_700_000_000_000)
        var queues: [QueueName: Queue] = [:]
        var nextNumber: UInt64 = 1
        var moves: [MoveTask] = []
        var readiness = Readiness.ready
        var metrics = StorageMetrics()
        /// Every request is refused with this.
        var rejection: Rejection?
        var adoptions: [Adoption] = []
        /// What answers commands on keys; nil: all are refused as busy.
        var keys: (@Sendable (KeyCommand, _ database: UInt8) -> KeyReply)?
        var hasBindings = false
        var tailed: [QueueName] = []
        /// Results stay here instead of going out.
        var held: [Delivery]?
        var watchers: [(condition: @Sendable (State) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
        /// Tokens and requests, oldest first.
        var seen: [StorageRequest] = []
        /// Kept for ever, as the real one does.
        var receivers: [any CompletionReceiver] = []
    }

    struct Delivery {
        var receiver: any CompletionReceiver
        var completion: Completion
    }

    private let state = Mutex(State())

    var readiness: Readiness { state.withLock { $0.readiness } }
    var metrics: StorageMetrics { state.withLock { $0.metrics } }
    var hasBindings: Bool { state.withLock { $0.hasBindings } }

    func submit(_ submissions: [Submission], for receiver: any CompletionReceiver) {
        change { state in
            if !state.receivers.contains(where: { $0 === receiver }) { state.receivers.append(receiver) }
            return submissions.flatMap { submission in
                state.seen.append(submission.request)
                if let rejection = state.rejection {
                    let completion = Completion(token: submission.token, result: .failure(rejection))
                    return [Delivery(receiver: receiver, completion: completion)]
                }
                return state.take(submission, receiver)
            }
        }
    }

    func cancel(_ token: UInt64, for receiver: any CompletionReceiver) {
        change { state in
            for name in state.queues.keys {
                let index = state.queues[name]?.waiters.firstIndex { $0.token == token && $0.receiver === receiver }
                guard let index else { continue }
                state.queues[name]?.waiters.remove(at: index)
                return [
                    Delivery(receiver: receiver, completion: Completion(token: token, result: .success(.received([]))))
                ]
            }
            return []
        }
    }

    // MARK: For tests

    func edit(_ edit: (inout State) -> Void) {
        change { state in
            edit(&state)
            return []
        }
    }

    func read<Value: Sendable>(_ read: (State) -> Value) -> Value {
        state.withLock { read($0) }
    }

    /// Moves time, and returns to the end of each queue what is overdue.
    func advance(seconds: Int64) {
        edit { state in
            state.now = state.now + .seconds(seconds)
            for name in state.queues.keys { state.restore(name) }
        }
    }

    /// Suspends until the condition holds. Asked after every change.
    func wait(until condition: @escaping @Sendable (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let holds = state.withLock { state in
                if condition(state) { return true }
                state.watchers.append((condition, continuation))
                return false
            }
            if holds { continuation.resume() }
        }
    }

    /// Lets out the results held back.
    func release() {
        let held = state.withLock { state in
            defer { state.held = nil }
            return state.held ?? []
        }
        deliver(held)
    }

    // MARK: Delivery

    private func change(_ change: (inout State) -> [Delivery]) {
        let (deliveries, woken) = state.withLock { state -> ([Delivery], [CheckedContinuation<Void, Never>]) in
            var deliveries = change(&state)
            if state.held != nil {
                state.held?.append(contentsOf: deliveries)
                deliveries = []
            }
            let snapshot = state
            let woken = snapshot.watchers.filter { $0.condition(snapshot) }.map(\.continuation)
            state.watchers.removeAll { $0.condition(snapshot) }
            return (deliveries, woken)
        }
        for continuation in woken { continuation.resume() }
        deliver(deliveries)
    }

    /// From a task: never on the stack of `submit`.
    private func deliver(_ deliveries: [Delivery]) {
        guard !deliveries.isEmpty else { return }
        Task.detached {
            for delivery in deliveries { delivery.receiver.receive([delivery.completion]) }
        }
    }
}

extension FakeStorage.State {
    typealias Delivery = FakeStorage.Delivery

    mutating func take(_ submission: Submission, _ receiver: any CompletionReceiver) -> [Delivery] {
        let answer = { (result: Result<StorageReply, Rejection>) in
            Delivery(receiver: receiver, completion: Completion(token: submission.token, result: result))
        }
        do throws(Rejection) {
            if case .receive(let name, let options) = submission.request {
                let waiter = FakeStorage.Waiter(token: submission.token, receiver: receiver, options: options)
                return try receive(name, waiter)
            }
            let reply = try perform(submission.request)
            return [answer(.success(reply))] + serveWaiters()
        } catch {
            return [answer(.failure(error))]
        }
    }

    private mutating func perform(_ request: StorageRequest) throws(Rejection) -> StorageReply {
        switch request {
        case .createQueue(let name, let change): return .queue(try create(name, change))
        case .adoptQueue(let name, let adoption):
            adoptions.append(adoption)
            return .queue(try create(name, adoption.settings))
        case .deleteQueue(let name):
            _ = try queue(name)
            queues[name] = nil
        case .purgeQueue(let name):
            try edit(name) {
                $0.ready = []
                $0.inFlight = []
                $0.delayed = []
                $0.buried = []
            }
        case .changeSettings(let name, let change): try edit(name) { $0.settings = change.applied(to: $0.settings) }
        case .pauseQueue(let name, let reason):
            let pause = Pause(reason: reason, since: now)
            try edit(name) { $0.pause = pause }
        case .resumeQueue(let name): try edit(name) { $0.pause = nil }
        case .describeQueue(let name): return .queue(try info(name))
        case .listQueues(let prefix, let after, let limit): return list(prefix, after, limit)
        case .send(let name, let message): return .sent(try send(name, message))
        case .receive: break
        case .delete(let name, let handle): try edit(name) { $0.remove { $0.handle == handle } }
        case .deleteByID(let name, let id): try edit(name) { $0.remove { $0.id == id } }
        case .changeVisibility(let name, let handle, let timeout): try changeVisibility(name, handle, timeout)
        case .giveBack(let name, let handle): try changeVisibility(name, handle, .zero)
        case .peek(let name, let options): return .peeked(try peek(name, options))
        case .bury(let name, let handle, let burial): try bury(name, handle, burial)
        case .kick(let name, let count): return .count(try kick(name, max: count) { _ in true })
        case .kickByID(let name, let id): return .count(try kick(name, max: 1) { $0.id == id })
        case .listDeadLetterSources(let name, _, let limit):
            let names = queues.keys.sorted().filter { queues[$0]?.settings.deadLetters?.target == name }
            return .queues(try names.prefix(limit).map { (name) throws(Rejection) in try info(name) }, more: false)
        case .startMove(let options): return .moveTask(try startMove(options))
        case .listMoves(let name, let limit):
            return .moveTasks(Array(moves.reversed().filter { $0.from == name }.prefix(limit)))
        case .cancelMove(let id): return .moveTask(try cancelMove(id))
        case .moveByID(let name, let to, let ids): return .count(try move(name, to, ids))
        case .browse(let name, let options): return try browse(name, options)
        case .look(let name, let id):
            for state in MessageState.allCases {
                let messages = try peek(name, PeekOptions(state: state, count: 1000))
                if let message = messages.first(where: { $0.id == id }) { return .peeked([message]) }
            }
            throw .messageNotAvailable
        case .listGroups(let name, let after, let limit): return try groups(name, after, limit)
        case .tailQueues(let names): tailed = names
        case .listWaiters(let limit):
            let waiters = queues.sorted { $0.key < $1.key }.flatMap { name, queue in
                queue.waiters.map { WaitingReceive(queue: name, door: $0.receiver.door, since: now, until: nil) }
            }
            return .waiters(Array(waiters.prefix(limit)), total: waiters.count)
        case .key(let command, let database):
            guard let keys else { throw .busy }
            return .key(keys(command, database))
        case .keys(let request):
            guard let keys else { throw .busy }
            return .keys(request.commands.map { keys($0, request.database) })
        case .renew, .watch, .watchToRemove, .unwatch, .tellKeyEvents, .barrier: throw .busy
        }
        return .done
    }

    private mutating func bury(
        _ name: QueueName, _ handle: ReceiptHandle, _ burial: Burial
    ) throws(Rejection) {
        guard let index = try queue(name).inFlight.firstIndex(where: { $0.handle == handle }) else {
            throw .messageNotAvailable
        }
        let time = now
        try edit(name) { queue in
            var message = queue.inFlight.remove(at: index).restored
            message.burial = burial
            message.buriedAt = time
            queue.buried.append(message)
        }
    }

    private mutating func kick(
        _ name: QueueName, max: Int, where matches: (FakeStorage.Message) -> Bool
    ) throws(Rejection) -> Int {
        guard (1...Limits.receiveMessagesMax).contains(max) else {
            throw .invalidCount(max, accepted: 1...Limits.receiveMessagesMax)
        }
        let kicked = try queue(name).buried.filter(matches).prefix(max)
        try edit(name) { queue in
            queue.buried.removeAll { message in kicked.contains { $0.id == message.id } }
            queue.ready += kicked
        }
        return kicked.count
    }

    private mutating func startMove(_ options: MoveOptions) throws(Rejection) -> MoveTask {
        let count = try queue(options.from).ready.count
        if let to = options.to { _ = try queue(to) }
        guard !moves.contains(where: { $0.from == options.from && $0.status == .running }) else {
            throw .moveIsRunning(options.from)
        }
        let task = MoveTask(
            id: UInt64(moves.count + 1), from: options.from, to: options.to, rate: options.rate, toMove: count,
            startedAt: now)
        moves.append(task)
        return task
    }

    private mutating func cancelMove(_ id: UInt64) throws(Rejection) -> MoveTask {
        guard let index = moves.firstIndex(where: { $0.id == id }) else { throw .moveTaskDoesNotExist }
        guard moves[index].status == .running else { throw .moveIsOver }
        moves[index].status = .cancelled
        moves[index].finishedAt = now
        return moves[index]
    }

    private mutating func move(
        _ name: QueueName, _ to: QueueName?, _ ids: [MessageID]
    ) throws(Rejection) -> Int {
        guard let to else { throw .noDeadLetterQueue(name) }
        let moved = try queue(name).ready.filter { ids.contains($0.id) }
        try edit(to) { $0.ready += moved }
        try edit(name) { queue in queue.ready.removeAll { ids.contains($0.id) } }
        return moved.count
    }

    private func queue(_ name: QueueName) throws(Rejection) -> FakeStorage.Queue {
        guard let queue = queues[name] else { throw .queueDoesNotExist(name) }
        return queue
    }

    private mutating func edit(_ name: QueueName, _ edit: (inout FakeStorage.Queue) -> Void) throws(Rejection) {
        var queue = try queue(name)
        edit(&queue)
        queues[name] = queue
    }

    private mutating func create(_ name: QueueName, _ change: QueueSettingsChange) throws(Rejection) -> QueueInfo {
        if let queue = queues[name] {
            if let difference = change.firstDifference(from: queue.settings) {
                throw .queueExists(name, difference: difference)
            }
        } else {
            queues[name] = FakeStorage.Queue(settings: change.applied(to: QueueSettings()))
        }
        return try info(name)
    }

    private func info(_ name: QueueName) throws(Rejection) -> QueueInfo {
        let queue = try queue(name)
        let oldest = (queue.ready + queue.inFlight).map(\.sentAt).min()
        return QueueInfo(
            name: name, settings: queue.settings, createdAt: now, modifiedAt: now,
            counts: MessageCounts(
                ready: queue.ready.count, inFlight: queue.inFlight.count, delayed: queue.delayed.count,
                damaged: queue.damaged.count, buried: queue.buried.count),
            totals: queue.totals, oldestMessageAge: oldest.map { now - $0 }, pause: queue.pause,
            waiters: queue.waiters.count,
            oftenReceived: (queue.ready + queue.inFlight).count { $0.receives >= Limits.oftenReceivedMin }
        )
    }

    private func list(_ prefix: String, _ after: QueueName?, _ limit: Int) -> StorageReply {
        let names = queues.keys.sorted().filter { name in
            name.text.hasPrefix(prefix) && (after.map { $0 < name } ?? true)
        }
        return .queues(names.prefix(limit).compactMap { try? info($0) }, more: names.count > limit)
    }

    private mutating func send(_ name: QueueName, _ message: NewMessage) throws(Rejection) -> SentMessage {
        let max = try queue(name).settings.maximumMessageBytes
        guard !message.body.isEmpty else { throw .messageEmpty }
        guard message.countedBytes <= max else { throw .messageTooLarge(bytes: message.countedBytes, max: max) }
        let id = MessageID(high: 0xab3e_6df0_3b83_41e8, low: 0x8aba_0000_0000_0000 + number())
        let standard = try queue(name).settings.delay
        let delay = message.delay ?? standard
        let time = now
        try edit(name) { queue in
            let due = delay == .zero ? nil : time + delay
            let entry = FakeStorage.Message(id: id, message: message, sentAt: time, due: due)
            if due == nil { queue.ready.append(entry) } else { queue.delayed.append(entry) }
            queue.totals.sent += 1
        }
        return SentMessage(id: id, sentAt: now, sequence: id.low & 0xFFFF)
    }

    private mutating func receive(_ name: QueueName, _ waiter: FakeStorage.Waiter) throws(Rejection) -> [Delivery] {
        try edit(name) { $0.waiters.append(waiter) }
        let deliveries = serveWaiters()
        let standard = try queue(name).settings.receiveWait
        let wait = waiter.options.wait ?? standard
        guard deliveries.isEmpty, wait == .zero else { return deliveries }
        try edit(name) { $0.waiters.removeLast() }
        let completion = Completion(token: waiter.token, result: .success(.received([])))
        return [Delivery(receiver: waiter.receiver, completion: completion)]
    }

    private mutating func serveWaiters() -> [Delivery] {
        var deliveries: [Delivery] = []
        for name in queues.keys.sorted() {
            while let queue = queues[name], queue.pause == nil, !queue.ready.isEmpty, let waiter = queue.waiters.first {
                queues[name]?.waiters.removeFirst()
                let messages = lease(name, waiter.options)
                let completion = Completion(token: waiter.token, result: .success(.received(messages)))
                deliveries.append(Delivery(receiver: waiter.receiver, completion: completion))
            }
        }
        return deliveries
    }

    private mutating func lease(_ name: QueueName, _ options: ReceiveOptions) -> [ReceivedMessage] {
        guard var queue = queues[name] else { return [] }
        let leased = queue.ready.prefix(options.maximum).map { message in
            var message = message
            message.receives += 1
            message.firstReceivedAt = message.firstReceivedAt ?? now
            message.handle = ReceiptHandle(words: (number(), 7, 7))
            message.due = now + (options.visibilityTimeout ?? queue.settings.visibilityTimeout)
            return message
        }
        queue.ready.removeFirst(leased.count)
        queue.inFlight += leased
        queue.totals.received += UInt64(leased.count)
        queues[name] = queue
        return leased.compactMap(\.received)
    }

    mutating func restore(_ name: QueueName) {
        guard var queue = queues[name] else { return }
        let time = now
        let isDue = { (message: FakeStorage.Message) in message.due.map { $0 <= time } ?? false }
        queue.totals.returned += UInt64(queue.inFlight.filter(isDue).count)
        queue.ready += (queue.delayed.filter(isDue) + queue.inFlight.filter(isDue)).map(\.restored)
        queue.delayed.removeAll(where: isDue)
        queue.inFlight.removeAll(where: isDue)
        queues[name] = queue
    }

    private mutating func changeVisibility(
        _ name: QueueName, _ handle: ReceiptHandle, _ timeout: Milliseconds
    ) throws(Rejection) {
        guard let index = try queue(name).inFlight.firstIndex(where: { $0.handle == handle }) else {
            throw .messageNotAvailable
        }
        let due = now + timeout
        try edit(name) { $0.inFlight[index].due = due }
        restore(name)
    }

    private func peek(_ name: QueueName, _ options: PeekOptions) throws(Rejection) -> [PeekedMessage] {
        let queue = try queue(name)
        let list =
            switch options.state {
            case .ready: queue.ready
            case .inFlight: queue.inFlight
            case .delayed: queue.delayed
            case .damaged: queue.damaged
            case .buried: queue.buried
            }
        let ordered = options.from == .head ? list : list.reversed()
        return ordered.prefix(options.count).map {
            PeekedMessage(
                id: $0.id, state: options.state, body: options.state == .damaged ? [] : $0.message.body,
                attributes: $0.message.attributes,
                sentAt: $0.sentAt, receiveCount: $0.receives, due: $0.due, group: $0.message.group,
                burial: $0.burial, buriedAt: $0.buriedAt, deadLetterSource: $0.source,
                firstReceivedAt: $0.firstReceivedAt, sequence: $0.id.low & 0xFFFF
            )
        }
    }

    private func browse(_ name: QueueName, _ options: BrowseOptions) throws(Rejection) -> StorageReply {
        let all = try peek(name, PeekOptions(state: options.state, from: options.from, count: 1000))
        let begin = options.after.flatMap { after in all.firstIndex { $0.id == after.message } }.map { $0 + 1 } ?? 0
        let page = all[begin...].prefix(options.count).map { message in
            var message = message
            message.place = BrowsePlace(message: message.id, birth: 0, key: 0)
            return message
        }
        return .browsed(page, next: begin + page.count < all.count ? page.last?.place : nil)
    }

    /// The place of a group is its number.
    private func groups(_ name: QueueName, _ after: BrowsePlace?, _ limit: Int) throws(Rejection) -> StorageReply {
        let ready = Dictionary(grouping: try queue(name).ready, by: \.message.group)
        let inFlight = Dictionary(grouping: try queue(name).inFlight, by: \.message.group)
        let names = Set(ready.keys).union(inFlight.keys).compactMap { $0 }.sorted()
        let begin = Int(after?.birth ?? 0)
        let page = names.dropFirst(begin).prefix(limit).map { group in
            let held = inFlight[group]?.count ?? 0
            let counts = MessageCounts(ready: ready[group]?.count ?? 0, inFlight: held)
            return QueueGroup(name: group, counts: counts, isWhole: true, isLocked: held > 0)
        }
        let end = begin + page.count
        let next = end < names.count ? BrowsePlace(message: nil, birth: UInt64(end), key: 0) : nil
        return .groups(page, next: next)
    }

    private mutating func number() -> UInt64 {
        defer { nextNumber += 1 }
        return nextNumber
    }
}

extension FakeStorage.Queue {
    private var count: Int { ready.count + delayed.count + inFlight.count + damaged.count + buried.count }

    fileprivate mutating func remove(where matches: (FakeStorage.Message) -> Bool) {
        let before = count
        ready.removeAll(where: matches)
        delayed.removeAll(where: matches)
        inFlight.removeAll(where: matches)
        damaged.removeAll(where: matches)
        buried.removeAll(where: matches)
        totals.deleted += UInt64(before - count)
    }
}

extension FakeStorage.Message {
    fileprivate var restored: Self {
        var message = self
        message.due = nil
        message.handle = nil
        return message
    }

    fileprivate var received: ReceivedMessage? {
        guard let handle, let firstReceivedAt else { return nil }
        return ReceivedMessage(
            id: id, handle: handle, body: message.body, attributes: message.attributes, sentAt: sentAt,
            firstReceivedAt: firstReceivedAt, receiveCount: receives, group: message.group,
            sequence: id.low & 0xFFFF, deadLetterSource: source, deduplicationID: message.deduplication?.id,
            labels: message.labels
        )
    }
}
