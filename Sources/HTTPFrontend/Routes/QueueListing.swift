package import RoostModel
import Synchronization

/// The queues for `/metrics`, which must not hang when the storage does: whoever scrapes would take the node for dead,
/// just when its numbers matter.
package final class QueueListing: Sendable {
    private typealias Waiter = CheckedContinuation<[QueueInfo]?, Never>

    private struct State {
        var questions: UInt64 = 0
        /// The storage has not answered the last question. Another one would only wait behind it.
        var isAsking = false
        /// Of the last question, until its answer or the end of the patience.
        var waiter: Waiter?
    }

    /// Each queue has a dozen series: a scrape of more queues than this would hurt more than it tells.
    package static let queuesMax = 500

    private let calls: StorageCalls
    private let patience: Duration
    private let state = Mutex(State())

    package init(_ calls: StorageCalls, patience: Duration) {
        self.calls = calls
        self.patience = patience
    }

    /// The first queues by name; nil when the storage does not answer in time, or still owes the last answer.
    package func queues() async -> [QueueInfo]? {
        await withCheckedContinuation { waiter in
            guard let question = begin(waiter) else { return waiter.resume(returning: nil) }
            let timeout = Task {
                try await Task.sleep(for: self.patience)
                self.end(question, nil)
            }
            Task {
                let page = try? await self.calls.queues(prefix: "", after: nil, limit: Self.queuesMax)
                timeout.cancel()
                // First: who was answered may ask again at once.
                self.state.withLock { $0.isAsking = false }
                self.end(question, page?.list)
            }
        }
    }

    private func begin(_ waiter: Waiter) -> UInt64? {
        state.withLock { state in
            guard !state.isAsking else { return nil }
            state.questions += 1
            state.isAsking = true
            state.waiter = waiter
            return state.questions
        }
    }

    private func end(_ question: UInt64, _ list: [QueueInfo]?) {
        let waiter = state.withLock { state -> Waiter? in
            guard state.questions == question else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: list)
    }
}
