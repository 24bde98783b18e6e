/// Durations counted in fixed buckets, from the start of the process. Copies cost no allocation.
package struct DurationHistogram: Sendable {
    /// Which durations the buckets tell apart.
    package enum Scale: Sendable {
        /// 50 microseconds to 10 seconds: requests and commits.
        case request
        /// 1 millisecond to a day: what messages wait.
        case dwell

        /// Upper ends in nanoseconds, inclusive, rising.
        package var bounds: [UInt64] {
            switch self {
            case .request: Self.requestBounds
            case .dwell: Self.dwellBounds
            }
        }

        private static let requestBounds: [UInt64] = [
            50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000,
            100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 10_000_000_000,
        ]
        private static let dwellBounds: [UInt64] = [
            1, 5, 10, 25, 50, 100, 250, 500, 1000, 5000, 15_000, 60_000, 300_000, 1_800_000, 21_600_000, 86_400_000,
        ].map { $0 * 1_000_000 }

        /// Of the first bucket that it fits into; the last one has no end.
        package func bucket(_ nanoseconds: UInt64) -> Int {
            let bounds = bounds
            var index = 0
            while index < bounds.count, bounds[index] < nanoseconds { index += 1 }
            return index
        }
    }

    /// One more than there are bounds.
    package static let bucketCount = 17

    package let scale: Scale
    private var buckets = InlineArray<17, UInt64>(repeating: 0)
    /// Nanoseconds of all together.
    package private(set) var sum: UInt64 = 0

    package init(_ scale: Scale) { self.scale = scale }

    package mutating func add(nanoseconds: UInt64) {
        buckets[scale.bucket(nanoseconds)] &+= 1
        sum &+= nanoseconds
    }

    /// What was counted elsewhere in buckets of the same scale.
    mutating func add(_ count: UInt64, toBucket index: Int) { buckets[index] &+= count }
    mutating func add(sum nanoseconds: UInt64) { sum &+= nanoseconds }

    package var count: UInt64 {
        var count: UInt64 = 0
        for index in 0..<Self.bucketCount { count &+= buckets[index] }
        return count
    }

    /// How many there were up to each bound, and after the last one how many in all.
    package var cumulated: [UInt64] {
        var sum: UInt64 = 0
        return (0..<Self.bucketCount).map { index in
            sum &+= buckets[index]
            return sum
        }
    }
}

extension DurationHistogram: Equatable {
    package static func == (one: Self, other: Self) -> Bool {
        one.scale == other.scale && one.sum == other.sum && one.cumulated == other.cumulated
    }
}
