/// A point in broker time: milliseconds since 1970-01-01 UTC.
///
/// Broker time is the wall clock at start, never below the last logged time, and monotonic from there on.
/// Pure code takes it as an argument; only the storage engine reads a clock.
package struct BrokerTime: Sendable, Hashable, Comparable {
    package var milliseconds: Int64

    @inlinable
    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    @inlinable
    package static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    /// Saturates at the ends, so that a due time from outside cannot trap.
    @inlinable
    package static func + (time: Self, span: Milliseconds) -> Self {
        let (sum, overflow) = time.milliseconds.addingReportingOverflow(span.count)
        return Self(milliseconds: overflow ? (span.count > 0 ? .max : .min) : sum)
    }

    @inlinable
    package static func - (left: Self, right: Self) -> Milliseconds {
        let (difference, overflow) = left.milliseconds.subtractingReportingOverflow(right.milliseconds)
        return Milliseconds(overflow ? (right.milliseconds < 0 ? .max : .min) : difference)
    }
}

/// A length of time in whole milliseconds.
package struct Milliseconds: Sendable, Hashable, Comparable {
    package var count: Int64

    @inlinable
    package init(_ count: Int64) { self.count = count }

    /// Saturates, so that a number from outside cannot trap.
    @inlinable
    package static func seconds(_ seconds: Int64) -> Self {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return Self(overflow ? (seconds > 0 ? .max : .min) : product)
    }

    package static let zero = Self(0)
    /// Never: used for a retention without end.
    package static let unlimited = Self(.max)

    @inlinable
    package var wholeSeconds: Int64 { count / 1000 }

    @inlinable
    package static func < (left: Self, right: Self) -> Bool { left.count < right.count }
}

extension Optional<BrokerTime> {
    /// The earlier one of both, nil being never. Asked several times in every turn, so it makes no array.
    @inlinable
    package func orEarlier(_ other: Self) -> Self {
        guard let self, let other else { return self ?? other }
        return Swift.min(self, other)
    }
}
