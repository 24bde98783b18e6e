package import RoostModel

/// What a command does to a sorted set, as it stands in the log.
package enum SortedSetEffect: Sendable, Equatable {
    /// The members have these scores from now on. Makes the sorted set if there is none.
    case put(Bytes, [ScoredMember])
    /// Members that are there. A sorted set without members goes.
    case remove(Bytes, [Bytes])
    case removeRanks(Bytes, Range<Int>)
}
