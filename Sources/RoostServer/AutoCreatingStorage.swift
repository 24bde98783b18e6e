package import RoostModel
package import RoostStorage
import Synchronization

/// A storage in which sends and receives make the queue that they name (`--auto-create`).
///
/// It looks at names, not at results: a name that is known to exist costs a look into a set, and the storage answers
/// the front end itself. The first request for any other name waits until the queue is made, or found, with default
/// settings; a name that ends in `.fifo` makes a FIFO queue.
///
/// All requests have to come this way, because a queue that is deleted behind its back would stay known.
package final class AutoCreatingStorage: Storage, CompletionReceiver {
    fileprivate struct Waiting {
        var submission: Submission
        var receiver: any CompletionReceiver
    }

    fileprivate struct State {
        var known: Set<QueueName> = []
        /// Requests for queues that are being made, in their order.
        var waiting: [QueueName: [Waiting]] = [:]
        /// Queues that are being made, by the token of the request.
        var creations: [UInt64: Creation] = [:]
        var nextToken: UInt64 = 1
    }

    fileprivate struct Creation {
        var queue: QueueName
        /// A delete of the queue was asked for meanwhile: it may be gone again.
        var isOvertaken = false
    }

    /// Names that are remembered. When there are more they are all forgotten, and looked up again.
    private static let knownMax = 1 << 20

    private let storage: any Storage
    private let state = Mutex(State())

    package init(_ storage: any Storage) {
        self.storage = storage
    }

    package var readiness: Readiness { storage.readiness }
    package var metrics: StorageMetrics { storage.metrics }
    package var propertiesVersion: UInt64? { storage.propertiesVersion }
    package var hasBindings: Bool { storage.hasBindings }

    package func carryOutAtOnce(_ command: KeyCommand, database: UInt8, goesOn: Bool) -> ReplyAtOnce? {
        storage.carryOutAtOnce(command, database: database, goesOn: goesOn)
    }

    package func submit(_ submissions: [Submission], for receiver: any CompletionReceiver) {
        let isOrdinary = state.withLock { state in submissions.allSatisfy { state.lets($0.request) } }
        guard !isOrdinary else { return storage.submit(submissions, for: receiver) }
        // Under the lock until they are with the storage: the order of creations and deletes is the same for both.
        state.withLock { state in
            var passing: [Submission] = []
            var creations: [Submission] = []
            for submission in submissions {
                if case .deleteQueue(let queue) = submission.request { state.forget(queue) }
                guard !state.lets(submission.request), let queue = submission.request.neededQueue else {
                    passing.append(submission)
                    continue
                }
                if state.waiting[queue] == nil { creations.append(state.create(queue)) }
                state.waiting[queue, default: []].append(Waiting(submission: submission, receiver: receiver))
            }
            if !passing.isEmpty { storage.submit(passing, for: receiver) }
            if !creations.isEmpty { storage.submit(creations, for: self) }
        }
    }

    package func cancel(_ token: UInt64, for receiver: any CompletionReceiver) {
        let isTaken = state.withLock { state in
            for (queue, list) in state.waiting {
                let place = list.firstIndex { $0.submission.token == token && $0.receiver === receiver }
                guard let place else { continue }
                // The list stays, also empty: its creation is under way.
                state.waiting[queue]?.remove(at: place)
                return true
            }
            return false
        }
        guard isTaken else { return storage.cancel(token, for: receiver) }
        // Not from inside this call: whoever cancels may hold a lock.
        Task { receiver.receive([Completion(token: token, result: .success(.received([])))]) }
    }

    /// Queues were made, or could not be.
    package func receive(_ completions: [Completion]) {
        for completion in completions {
            let refused = state.withLock { state in settle(completion, &state) }
            for (waiting, rejection) in refused {
                waiting.receiver.receive([Completion(token: waiting.submission.token, result: .failure(rejection))])
            }
        }
    }

    private func settle(_ completion: Completion, _ state: inout State) -> [(Waiting, Rejection)] {
        guard let creation = state.creations.removeValue(forKey: completion.token) else { return [] }
        let list = state.waiting.removeValue(forKey: creation.queue) ?? []
        switch completion.result {
        // It is there with settings of its own, which is as good.
        case .success, .failure(.queueExists):
            if creation.isOvertaken {
                guard !list.isEmpty else { return [] }
                state.waiting[creation.queue] = list
                storage.submit([state.create(creation.queue)], for: self)
                return []
            }
            state.remember(creation.queue, max: Self.knownMax)
            // One after the other: a list may hold requests of several receivers, and keeps its order.
            for waiting in list { storage.submit([waiting.submission], for: waiting.receiver) }
            return []
        case .failure(let rejection): return list.map { ($0, rejection) }
        }
    }
}

extension AutoCreatingStorage.State {
    /// Whether the request can go to the storage as it is.
    fileprivate func lets(_ request: borrowing StorageRequest) -> Bool {
        switch request {
        case .send(let queue, _), .receive(let queue, _): known.contains(queue)
        case .deleteQueue(let queue): !known.contains(queue) && waiting[queue] == nil
        default: true
        }
    }

    fileprivate mutating func create(_ queue: QueueName) -> Submission {
        defer { nextToken += 1 }
        creations[nextToken] = AutoCreatingStorage.Creation(queue: queue)
        let change = QueueSettingsChange(isFIFO: queue.isFIFO ? true : nil)
        return Submission(token: nextToken, request: .createQueue(queue, change))
    }

    fileprivate mutating func forget(_ queue: QueueName) {
        known.remove(queue)
        for (token, creation) in creations where creation.queue == queue { creations[token]?.isOvertaken = true }
    }

    fileprivate mutating func remember(_ queue: QueueName, max: Int) {
        if known.count >= max { known.removeAll() }
        known.insert(queue)
    }
}

extension StorageRequest {
    /// The queue without which this cannot be done, where that is a reason to make one.
    fileprivate var neededQueue: QueueName? {
        switch self {
        case .send(let queue, _), .receive(let queue, _): queue
        default: nil
        }
    }
}
