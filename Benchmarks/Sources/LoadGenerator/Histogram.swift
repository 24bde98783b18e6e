/// Counts of durations in nanoseconds, 64 steps for each power of two: an error below 1.6 % in constant memory.
package struct Histogram {
    private static let stepBits = 6
    private static let steps = 1 << stepBits

    private var counts = [UInt64](repeating: 0, count: (64 - stepBits + 1) * steps)
    package private(set) var total: UInt64 = 0
    package private(set) var largest: UInt64 = 0

    package init() {}

    package mutating func record(_ nanoseconds: UInt64) {
        counts[Self.index(of: nanoseconds)] += 1
        total += 1
        largest = max(largest, nanoseconds)
    }

    /// The upper end of the step in which the given part of all values, in order, ends; 0 without values.
    package func quantile(_ part: Double) -> UInt64 {
        let rank = max(1, UInt64((Double(total) * part).rounded(.up)))
        var seen: UInt64 = 0
        for (index, count) in counts.enumerated() where count > 0 {
            seen += count
            if seen >= rank { return min(Self.upperBound(of: index), largest) }
        }
        return 0
    }

    /// Values below 64 have a step each. Above, the index is the exponent followed by the next six bits.
    private static func index(of value: UInt64) -> Int {
        guard value >= UInt64(steps) else { return Int(value) }
        let shift = 63 - value.leadingZeroBitCount - stepBits
        return (shift << stepBits) + Int(value >> UInt64(shift))
    }

    private static func upperBound(of index: Int) -> UInt64 {
        guard index >= 2 * steps else { return UInt64(index) }
        let shift = UInt64(index >> stepBits) - 1
        let mantissa = UInt64(index & (steps - 1)) | UInt64(steps)
        return (mantissa << shift) + ((1 << shift) - 1)
    }
}
