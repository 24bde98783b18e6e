package import RoostModel
import RoostStorage
import Synchronization

/// What the connections of all loops have to agree on beyond what the storage knows. It lives in memory only: a restart
/// forgets it.
package final class SharedRules: Sendable {
    private struct State {
        var purges = RecentNames()
        var deletions = RecentNames()
        /// Queues whose policy is read and written by a request that is under way.
        var policiesInChange: Set<QueueName> = []
    }

    private let state = Mutex(State())
    private let isStrict: Bool
    private let now: @Sendable () -> Int64

    package init(_ configuration: SQSConfiguration) {
        isStrict = configuration.isStrictTiming
        now = configuration.uptimeSeconds
    }

    // MARK: Once in 60 seconds

    /// Why SQS would not do it now; nil: it may be done. A purge counts from here on.
    func faultOfTiming(_ request: StorageRequest) -> SQSFault? {
        guard isStrict else { return nil }
        switch request {
        case .purgeQueue(let queue):
            return state.withLock { $0.purges.insert(queue, now()) } ? nil : .purgeInProgress(queue)
        case .createQueue(let queue, _):
            return state.withLock { $0.deletions.contains(queue, now()) } ? .deletedRecently : nil
        default: return nil
        }
    }

    /// What became of it.
    func note(_ shape: ReplyShape, isDone: Bool) {
        guard isStrict else { return }
        switch shape {
        case .purged(let queue) where !isDone: state.withLock { $0.purges.remove(queue) }
        case .deleted(let queue) where isDone:
            state.withLock { state in
                state.purges.remove(queue)
                state.deletions.remove(queue)
                _ = state.deletions.insert(queue, now())
            }
        default: break
        }
    }

    // MARK: Changes of policies

    /// False while another request reads and writes the policy of the queue.
    func beginPolicyChange(_ queue: QueueName) -> Bool { state.withLock { $0.policiesInChange.insert(queue).inserted } }

    func endPolicyChange(_ queue: QueueName) { _ = state.withLock { $0.policiesInChange.remove(queue) } }
}

/// Names of queues that something happened to within 60 seconds, the newest of them if there are too many.
package struct RecentNames {
    static let seconds: Int64 = 60
    package static let countMax = 10_000

    private struct Entry {
        let name: QueueName
        let time: Int64
    }

    private var times: [QueueName: Int64] = [:]
    /// In the order of time. Some may be gone from `times`, or there with a later time.
    private var line: [Entry] = []
    private var first = 0

    package init() {}

    package mutating func contains(_ name: QueueName, _ now: Int64) -> Bool {
        forget(now)
        return times[name] != nil
    }

    /// False when the name is there; then nothing changes.
    package mutating func insert(_ name: QueueName, _ now: Int64) -> Bool {
        guard !contains(name, now) else { return false }
        if line.count &- first >= Self.countMax { dropFirst() }
        times[name] = now
        line.append(Entry(name: name, time: now))
        return true
    }

    package mutating func remove(_ name: QueueName) { times[name] = nil }

    private mutating func forget(_ now: Int64) {
        while first < line.count, now - line[first].time >= Self.seconds { dropFirst() }
    }

    private mutating func dropFirst() {
        let entry = line[first]
        if times[entry.name] == entry.time { times[entry.name] = nil }
        first &+= 1
        if first &* 2 > line.count {
            line.removeFirst(first)
            first = 0
        }
    }
}

extension SQSFault {
    fileprivate static func purgeInProgress(_ queue: QueueName) -> Self {
        Self(
            .purgeQueueInProgress,
            "Only one PurgeQueue operation on \(queue.text) is allowed every \(RecentNames.seconds) seconds.")
    }

    fileprivate static let deletedRecently = Self(
        .queueDeletedRecently,
        "You must wait \(RecentNames.seconds) seconds after deleting a queue before you can create another with the "
            + "same name.")

    static let policyIsInChange = Self(
        .serviceUnavailable, "The policy of the queue is being changed by another request. Please try again.")
}
