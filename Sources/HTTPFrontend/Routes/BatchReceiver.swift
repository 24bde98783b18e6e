import RoostModel
import RoostStorage
import Synchronization

/// Collects the results of batches. One for all calls: a storage keeps every receiver that it has met.
final class BatchReceiver: CompletionReceiver {
    typealias Results = [Result<StorageReply, Rejection>]
    typealias Caller = CheckedContinuation<Results, Never>

    fileprivate struct Batch {
        var results: [Result<StorageReply, Rejection>?]
        var missing: Int
        let caller: Caller
    }

    fileprivate struct State {
        /// Four thousand million batches later a number comes again; by then its batch is long answered.
        var nextNumber: UInt32 = 0
        var batches: [UInt32: Batch] = [:]
    }

    private let state = Mutex(State())
    var door: Door { .http }

    /// `caller` is resumed with the results in the order of `requests`. The token of each has the number of the batch
    /// in its upper half, and its place there in its lower half.
    func begin(_ requests: [StorageRequest], _ caller: Caller) -> [Submission] {
        let results = [Result<StorageReply, Rejection>?](repeating: nil, count: requests.count)
        let number = state.withLock { state in
            defer { state.nextNumber &+= 1 }
            state.batches[state.nextNumber] = Batch(results: results, missing: requests.count, caller: caller)
            return state.nextNumber
        }
        return requests.enumerated().map { place, request in
            Submission(token: UInt64(number) << 32 | UInt64(UInt32(truncatingIfNeeded: place)), request: request)
        }
    }

    func receive(_ completions: [Completion]) {
        let finished = state.withLock { state in completions.compactMap { state.take($0) } }
        for batch in finished { batch.caller.resume(returning: batch.results.compactMap { $0 }) }
    }
}

extension BatchReceiver.State {
    /// The batch, when this was the last of its results.
    fileprivate mutating func take(_ completion: Completion) -> BatchReceiver.Batch? {
        let number = UInt32(truncatingIfNeeded: completion.token >> 32)
        let place = Int(UInt32(truncatingIfNeeded: completion.token))
        // Changed where it is: a copy of the results for each of them would make a batch quadratic.
        guard let index = batches.index(forKey: number), batches.values[index].settle(place, completion.result),
            batches.values[index].missing == 0
        else { return nil }
        return batches.remove(at: index).value
    }
}

extension BatchReceiver.Batch {
    /// False for a place that has its result, or does not exist.
    fileprivate mutating func settle(_ place: Int, _ result: Result<StorageReply, Rejection>) -> Bool {
        guard results.indices.contains(place), results[place] == nil else { return false }
        results[place] = result
        missing -= 1
        return true
    }
}
