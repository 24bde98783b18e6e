/// Commands on sorted sets. No score, step or weight is NaN.
package enum SortedSetCommand: Sendable, Equatable {
    /// How many are new; with `countsChanged` also those whose score is another one now.
    case add(Bytes, [ScoredMember], AddCondition, countsChanged: Bool)
    /// The member's score grows by the one that stands with it. Answers the sum, or null when the condition is not met.
    case increment(Bytes, by: ScoredMember, AddCondition)
    case remove(Bytes, [Bytes])
    case count(Bytes)
    case score(Bytes, Bytes)
    case scores(Bytes, [Bytes])
    /// How many are lower, or higher when reversed.
    case rank(Bytes, Bytes, isReversed: Bool, withScore: Bool)

    case countRange(Bytes, SortedSetRange.Bounds)
    case range(Bytes, SortedSetRange, withScores: Bool)
    case storeRange(Bytes, to: Bytes, SortedSetRange)
    case removeRange(Bytes, SortedSetRange.Bounds)

    /// With a count it answers an array of pairs, without one the elements of one pair.
    case pop(Bytes, ScoreEnd, count: Int?)
    /// The first of the sorted sets that has members: its name and them, or a null array.
    case popFirst([Bytes], ScoreEnd, count: Int)
    /// The first of the sorted sets that has members: its name, one of them and its score, or a null array.
    case popFirstMember([Bytes], ScoreEnd)
    case randomMember(Bytes)
    /// Different ones, or as many as the number says with repeats when it is negative.
    case randomMembers(Bytes, count: Int64, withScores: Bool)

    case combine(SortedSetCombination, withScores: Bool)
    case storeCombination(SortedSetCombination, to: Bytes)
    /// How many members all have; zero for no limit.
    case countIntersection([Bytes], limit: Int)
    /// Members and scores in turn.
    case scan(Bytes, ScanOptions)
}

/// A member of a sorted set. -0.0 is 0.0.
package struct ScoredMember: Sendable, Equatable {
    package let score: Double
    package let member: Bytes

    package init(_ score: Double, _ member: Bytes) {
        self.score = score == 0 ? 0 : score
        self.member = member
    }
}

/// When `ZADD` gives a member a score.
package struct AddCondition: Sendable, Equatable {
    package enum Membership: Sendable {
        case any
        /// NX: members that are there keep their scores.
        case ifNone
        /// XX: none is added.
        case ifExists
    }

    /// Of members that are there: others are added whatever their score.
    package enum Comparison: Sendable {
        case any
        /// GT
        case ifGreater
        /// LT
        case ifLess
    }

    package var membership: Membership
    package var comparison: Comparison

    package init(_ membership: Membership = .any, _ comparison: Comparison = .any) {
        self.membership = membership
        self.comparison = comparison
    }
}

package enum ScoreEnd: UInt8, Sendable {
    case lowest = 0
    case highest = 1
}

/// Members of a sorted set: what all forms of `ZRANGE` ask for.
package struct SortedSetRange: Sendable, Equatable {
    /// Lower bound first, whatever the direction.
    package enum Bounds: Sendable, Equatable {
        /// Both ends included, counted from the end when negative.
        case ranks(Int64, Int64)
        case scores(ScoreBound, ScoreBound)
        /// Means something only where all scores are the same.
        case members(MemberBound, MemberBound)
    }

    package var bounds: Bounds
    /// From the highest on. Ranks are counted from there then.
    package var isReversed: Bool
    /// Of those within the bounds. All are skipped when it is negative.
    package var offset: Int64
    /// How many after the skipped ones. No limit when negative.
    package var countMax: Int64

    package init(_ bounds: Bounds, isReversed: Bool = false, offset: Int64 = 0, countMax: Int64 = -1) {
        self.bounds = bounds
        self.isReversed = isReversed
        self.offset = offset
        self.countMax = countMax
    }
}

/// An end of a range of scores. Infinities are scores.
package struct ScoreBound: Sendable, Equatable {
    package var score: Double
    package var isIncluded: Bool

    package init(_ score: Double, isIncluded: Bool) {
        self.score = score
        self.isIncluded = isIncluded
    }

    package static func included(_ score: Double) -> Self { Self(score, isIncluded: true) }
    package static func excluded(_ score: Double) -> Self { Self(score, isIncluded: false) }
}

/// An end of a range of members.
package enum MemberBound: Sendable, Equatable {
    /// Before all members: `-`.
    case start
    /// After all members: `+`.
    case end
    case included(Bytes)
    case excluded(Bytes)
}

/// One sorted set made of several, or of sets, whose members have score 1.
package struct SortedSetCombination: Sendable, Equatable {
    package enum Kind: Sendable {
        case union, intersection
        /// Of the first without members of the others. Weights and aggregate mean nothing.
        case difference
    }

    /// What becomes of scores that one member has in several.
    package enum Aggregate: Sendable {
        case sum, min, max
    }

    package struct Source: Sendable, Equatable {
        package var key: Bytes
        package var weight: Double

        package init(_ key: Bytes, weight: Double = 1) {
            self.key = key
            self.weight = weight
        }
    }

    package var kind: Kind
    package var sources: [Source]
    package var aggregate: Aggregate

    package init(_ kind: Kind, _ sources: [Source], _ aggregate: Aggregate = .sum) {
        self.kind = kind
        self.sources = sources
        self.aggregate = aggregate
    }
}
