/// Counts of latencies in log-linear buckets: each power of two is cut into 64 steps, so that a value read back is at
/// most 1.6 % above the one recorded, at constant memory for any number of values.
package struct Histogram: Sendable {
    private static let stepBits = 6
    private static let steps = 1 << stepBits

    private var counts = [UInt64](repeating: 0, count: (64 - stepBits + 1) * steps)
    package private(set) var count: UInt64 = 0
    package private(set) var max: UInt64 = 0

    package init() {}

    package mutating func record(_ value: UInt64) {
        counts[Self.bucket(of: value)] += 1
        count += 1
        max = Swift.max(max, value)
    }

    package mutating func add(_ other: Histogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        max = Swift.max(max, other.max)
    }

    /// The smallest recorded value (rounded up to its bucket) that `fraction` of all values do not exceed; 0 when
    /// nothing was recorded.
    package func value(at fraction: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let rank = Swift.max(1, UInt64((Double(count) * Swift.min(1, Swift.max(0, fraction))).rounded(.up)))
        var seen: UInt64 = 0
        for (index, bucketCount) in counts.enumerated() {
            seen += bucketCount
            if seen >= rank { return Swift.min(max, Self.upperBound(of: index)) }
        }
        return max
    }

    /// Values below 64 have buckets of their own. Above, the bucket is named by the position of the highest bit and
    /// the six bits after it.
    private static func bucket(of value: UInt64) -> Int {
        guard value >= steps else { return Int(value) }
        let shift = 63 - value.leadingZeroBitCount - stepBits
        return (shift + 1) * steps + Int(value >> UInt64(shift)) - steps
    }

    private static func upperBound(of bucket: Int) -> UInt64 {
        guard bucket >= steps else { return UInt64(bucket) }
        let shift = UInt64(bucket / steps - 1)
        let lowest = UInt64(bucket % steps + steps) << shift
        return lowest + ((1 << shift) - 1)
    }
}
