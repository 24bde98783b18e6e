package import RoostModel
import Synchronization

/// The storage for callers that live in tasks anyway: one `await` a request.
///
/// Not for the hot path. A cancelled task leaves the line of waiters at once; messages that were already on their way
/// to it are released, so that the next receiver gets them without waiting for the lease to end.
package final class AsyncStorage: CompletionReceiver {
    private typealias Answer = Result<StorageReply, Rejection>

    private enum Call {
        case waiting(CheckedContinuation<Answer, Never>)
        /// The caller is gone; the queue is that of its receive.
        case abandoned(QueueName)
    }

    private struct State {
        var nextToken: UInt64 = 1
        var calls: [UInt64: Call] = [:]
    }

    private let storage: any Storage
    package let door: Door
    private let state = Mutex(State())

    package init(_ storage: any Storage, door: Door = .inside) {
        self.storage = storage
        self.door = door
    }

    package var readiness: Readiness { storage.readiness }
    package var metrics: StorageMetrics { storage.metrics }

    /// Asks for one thing and waits for the answer, which comes after what it depends on is on disk.
    package func perform(_ request: StorageRequest) async throws(Rejection) -> StorageReply {
        let token = state.withLock { state in
            defer { state.nextToken &+= 1 }
            return state.nextToken
        }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Under the lock, so that a cancellation cannot reach the storage before the request does.
                state.withLock {
                    $0.calls[token] = .waiting(continuation)
                    storage.submit([Submission(token: token, request: request)], for: self)
                }
                // Cancelled before the call stood in the table: the handler below found nothing to end.
                if Task.isCancelled { abandon(token, request) }
            }
        } onCancel: {
            abandon(token, request)
        }
        return try answer.get()
    }

    package func receive(_ completions: [Completion]) {
        for completion in completions {
            switch state.withLock({ $0.calls.removeValue(forKey: completion.token) }) {
            case .waiting(let continuation): continuation.resume(returning: completion.result)
            case .abandoned(let queue): release(completion.result, to: queue)
            case nil: break
            }
        }
    }

    /// Ends a waiting receive whose caller was cancelled. Other requests run on: their effect may be on its way to
    /// disk.
    private func abandon(_ token: UInt64, _ request: StorageRequest) {
        guard case .receive(let queue, _) = request else { return }
        let continuation = state.withLock { state -> CheckedContinuation<Answer, Never>? in
            guard case .waiting(let continuation) = state.calls[token] else { return nil }
            state.calls[token] = .abandoned(queue)
            return continuation
        }
        guard let continuation else { return }
        storage.cancel(token, for: self)
        continuation.resume(returning: .success(.received([])))
    }

    private func release(_ result: Answer, to queue: QueueName) {
        guard case .success(.received(let messages)) = result, !messages.isEmpty else { return }
        giveBack(messages, to: queue)
    }

    /// Returns messages whose reply could not be written, without waiting for the end of their lease.
    package func giveBack(_ messages: [ReceivedMessage], to queue: QueueName) {
        let submissions = messages.map {
            Submission(token: 0, request: .giveBack(queue, $0.handle))
        }
        storage.submit(submissions, for: self)
    }
}
