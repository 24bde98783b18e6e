import Synchronization

/// What requests are told apart by in the metrics of durations. Few, for each is eighteen series.
package enum RequestGroup: Int, Sendable, CaseIterable {
    case send, receive, delete, visibility, peek, move, queues, keys, node
}

/// How long the requests of a door took, by group, from the start of the process.
package final class RequestTimes: Sendable {
    package let door: Door
    private let shards = Mutex<[Shard]>([])

    package init(_ door: Door) { self.door = door }

    /// A part of the counters, for one event loop.
    package func addShard() -> Shard {
        let shard = Shard()
        shards.withLock { $0.append(shard) }
        return shard
    }

    package func total(of group: RequestGroup) -> DurationHistogram {
        var total = DurationHistogram(.request)
        for shard in shards.withLock({ $0 }) { shard.add(group, to: &total) }
        return total
    }
}

extension RequestTimes {
    /// Counters that one thread writes at a time: a load and a store, without a lock of the bus. Whoever is asked reads
    /// from any thread.
    package final class Shard: @unchecked Sendable {
        // Proof for `@unchecked`: `cells` points to atomics, does not change, and is freed with this object.
        private let cells: UnsafeMutablePointer<Atomic<UInt64>>

        /// The buckets of a group and its sum.
        private static let stride = DurationHistogram.bucketCount + 1
        private static let count = stride * RequestGroup.allCases.count

        fileprivate init() {
            cells = .allocate(capacity: Self.count)
            for index in 0..<Self.count { (cells + index).initialize(to: Atomic(0)) }
        }

        deinit {
            cells.deinitialize(count: Self.count)
            cells.deallocate()
        }

        /// By the one thread that owns it.
        ///
        /// - Parameter count: of requests that took so long each.
        package func add(_ group: RequestGroup, nanoseconds: UInt64, count: Int = 1) {
            let (first, count) = (group.rawValue * Self.stride, UInt64(count))
            increase(first + DurationHistogram.Scale.request.bucket(nanoseconds), by: count)
            increase(first + DurationHistogram.bucketCount, by: nanoseconds &* count)
        }

        private func increase(_ index: Int, by count: UInt64) {
            let value = cells[index].load(ordering: .relaxed)
            cells[index].store(value &+ count, ordering: .relaxed)
        }

        /// By any thread.
        package func addShared(_ group: RequestGroup, nanoseconds: UInt64) {
            let first = group.rawValue * Self.stride
            let bucket = first + DurationHistogram.Scale.request.bucket(nanoseconds)
            cells[bucket].wrappingAdd(1, ordering: .relaxed)
            cells[first + DurationHistogram.bucketCount].wrappingAdd(nanoseconds, ordering: .relaxed)
        }

        fileprivate func add(_ group: RequestGroup, to total: inout DurationHistogram) {
            let first = group.rawValue * Self.stride
            for index in 0..<DurationHistogram.bucketCount {
                total.add(cells[first + index].load(ordering: .relaxed), toBucket: index)
            }
            total.add(sum: cells[first + DurationHistogram.bucketCount].load(ordering: .relaxed))
        }
    }
}

extension StorageRequest {
    package var group: RequestGroup {
        switch self {
        case .send: .send
        case .receive: .receive
        case .delete, .deleteByID: .delete
        case .changeVisibility, .giveBack, .renew: .visibility
        case .peek, .browse, .look, .listGroups: .peek
        case .tailQueues, .listWaiters: .node
        case .bury, .kick, .kickByID, .startMove, .listMoves, .cancelMove, .moveByID, .listDeadLetterSources: .move
        case .createQueue, .adoptQueue, .deleteQueue, .purgeQueue, .changeSettings, .pauseQueue, .resumeQueue,
            .describeQueue, .listQueues:
            .queues
        case .key, .keys, .watch, .watchToRemove, .unwatch, .tellKeyEvents, .barrier: .keys
        }
    }
}
