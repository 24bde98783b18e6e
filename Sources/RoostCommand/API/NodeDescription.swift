/// What a server tells about itself: the parts of `/api/v1/stats` that the table shows.
package struct NodeDescription: Decodable, Sendable {
    package struct Recovery: Decodable, Sendable {
        package var percent: Int
        package var reading: String
    }

    package struct Totals: Decodable, Sendable {
        package var sent: Int?
        package var received: Int?
    }

    package struct Log: Decodable, Sendable {
        package var segments: Int
    }

    package struct Memory: Decodable, Sendable {
        package var indexBytes: Int
        package var bodyCacheBytes: Int
        package var deduplicationBytes: Int
        package var keysBytes: Int
        package var waitersBytes: Int
        package var connectionsBytes: Int
        /// Nil: none.
        package var limitBytes: Int?
        package var isFull: Bool
    }

    package struct Disk: Decodable, Sendable {
        package var bytes: Int
        package var liveBytes: Int
        package var reserveBytes: Int
        package var isFull: Bool
        package var snapshots: Int
        package var snapshotBytes: Int
        package var segmentsRemoved: Int
        package var messagesMoved: Int
        package var bodiesRead: Int
        package var reads: Int
    }

    package var version: String
    package var state: String
    /// Nil unless the log is being read.
    package var recovery: Recovery?
    package var queues: Int
    package var waiters: Int
    package var counts: QueueDescription.Counts
    /// Nil: not told.
    package var totals: Totals?
    package var log: Log
    package var memory: Memory
    package var disk: Disk
    /// By the name of the port.
    package var connections: [String: Int]
}
