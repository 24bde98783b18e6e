import RoostModel

extension SortedSetCommands {
    /// All that asks for members within bounds.
    enum RangeCommands {
        private typealias Failure = CommandError

        static let rows: [CommandRow] = [
            range(
                "zrange", nil, isReversed: nil, "1.2.0", "Answers members within a range of ranks, scores or members."),
            CommandRow(
                "zrangestore", -5, [.write, .denyoom], .two, since: "6.2.0", "Stores what ZRANGE would answer."
            ) { (arguments) throws(Failure) in
                let to = try arguments.bytes()
                let (key, range, _) = try form(&arguments, nil, isReversed: nil, stores: true)
                return .sortedSet(.storeRange(key, to: to, range))
            },
            range("zrevrange", .ranks, isReversed: true, "1.2.0", "Answers a range of members from the highest on."),
            range("zrangebyscore", .scores, isReversed: false, "1.0.5", "Answers the members between two scores."),
            range("zrevrangebyscore", .scores, isReversed: true, "2.2.0", "The same from the highest score on."),
            range("zrangebylex", .members, isReversed: false, "2.8.9", "Answers the members between two members."),
            range("zrevrangebylex", .members, isReversed: true, "2.8.9", "The same from the last member on."),
            count("zcount", .scores, "2.0.0", "Answers how many members are between two scores."),
            count("zlexcount", .members, "2.8.9", "Answers how many members are between two members."),
            remove("zremrangebyscore", .scores, "1.2.0", "Removes the members between two scores."),
            remove("zremrangebyrank", .ranks, "2.0.0", "Removes the members between two ranks."),
            remove("zremrangebylex", .members, "2.8.9", "Removes the members between two members."),
        ]

        private static func range(
            _ name: String, _ kind: BoundsKind?, isReversed: Bool?, _ since: String, _ summary: String
        ) -> CommandRow {
            CommandRow(name, -4, .readonly, .one, since: since, summary) { (arguments) throws(Failure) in
                let (key, range, withScores) = try form(&arguments, kind, isReversed: isReversed, stores: false)
                return .sortedSet(.range(key, range, withScores: withScores))
            }
        }

        private static func count(
            _ name: String, _ kind: BoundsKind, _ since: String, _ summary: String
        ) -> CommandRow {
            CommandRow(name, 4, [.readonly, .fast], .one, since: since, summary) { (arguments) throws(Failure) in
                let key = try arguments.bytes()
                return .sortedSet(.countRange(key, try kind.bounds(try arguments.bytes(), try arguments.bytes())))
            }
        }

        private static func remove(
            _ name: String, _ kind: BoundsKind, _ since: String, _ summary: String
        ) -> CommandRow {
            CommandRow(name, 4, .write, .one, since: since, summary) { (arguments) throws(Failure) in
                let key = try arguments.bytes()
                return .sortedSet(.removeRange(key, try kind.bounds(try arguments.bytes(), try arguments.bytes())))
            }
        }

        /// `key min max` and options. What the name of the command says already is no option.
        private static func form(
            _ arguments: inout Arguments, _ kind: BoundsKind?, isReversed: Bool?, stores: Bool
        ) throws(CommandError) -> (key: Bytes, SortedSetRange, withScores: Bool) {
            let (key, first, second) = (try arguments.bytes(), try arguments.bytes(), try arguments.bytes())
            var options = RangeOptions(kind: kind, isReversed: isReversed)
            while !arguments.isAtEnd { try options.take(&arguments, stores: stores) }
            return (key, try options.range(first, second), options.withScores)
        }
    }
}

private struct RangeOptions {
    var kind: BoundsKind?
    var isReversed: Bool?
    var withScores = false
    var offset: Int64 = 0
    var countMax: Int64 = -1

    init(kind: BoundsKind?, isReversed: Bool?) { (self.kind, self.isReversed) = (kind, isReversed) }

    mutating func take(_ arguments: inout Arguments, stores: Bool) throws(CommandError) {
        if !stores, arguments.takes("WITHSCORES") {
            withScores = true
        } else if arguments.remaining > 2, arguments.takes("LIMIT") {
            (offset, countMax) = (try arguments.integer(), try arguments.integer())
        } else if isReversed == nil, arguments.takes("REV") {
            isReversed = true
        } else if kind == nil, arguments.takes("BYLEX") {
            kind = .members
        } else if kind == nil, arguments.takes("BYSCORE") {
            kind = .scores
        } else {
            throw .syntax
        }
    }

    /// From the one end to the other, in the direction that is asked for.
    func range(_ first: Bytes, _ second: Bytes) throws(CommandError) -> SortedSetRange {
        let (kind, isReversed) = (kind ?? .ranks, isReversed ?? false)
        guard kind != .ranks || countMax == -1 else {
            throw .message("syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
        }
        guard kind != .members || !withScores else {
            throw .message("syntax error, WITHSCORES not supported in combination with BYLEX")
        }
        // Ranks count from the end that the range starts at, and know no offset.
        guard kind != .ranks else {
            return SortedSetRange(try kind.bounds(first, second), isReversed: isReversed)
        }
        let bounds = isReversed ? try kind.bounds(second, first) : try kind.bounds(first, second)
        return SortedSetRange(bounds, isReversed: isReversed, offset: offset, countMax: countMax)
    }
}

private enum BoundsKind {
    case ranks, scores, members

    func bounds(_ lower: Bytes, _ upper: Bytes) throws(CommandError) -> SortedSetRange.Bounds {
        switch self {
        case .ranks:
            guard let start = IntegerText.parse(lower), let end = IntegerText.parse(upper) else { throw .notAnInteger }
            return .ranks(start, end)
        case .scores:
            guard let lower = ScoreBound(text: lower), let upper = ScoreBound(text: upper) else {
                throw .message("min or max is not a float")
            }
            return .scores(lower, upper)
        case .members:
            guard let lower = MemberBound(text: lower), let upper = MemberBound(text: upper) else {
                throw .message("min or max not valid string range item")
            }
            return .members(lower, upper)
        }
    }
}

extension ScoreBound {
    fileprivate init?(text: Bytes) {
        let isExcluded = text.first == UInt8(ascii: "(")
        guard let score = FloatText.parseBound(isExcluded ? Bytes(text.dropFirst()) : text) else { return nil }
        self.init(score, isIncluded: !isExcluded)
    }
}

extension MemberBound {
    fileprivate init?(text: Bytes) {
        switch text.first {
        case UInt8(ascii: "-") where text.count == 1: self = .start
        case UInt8(ascii: "+") where text.count == 1: self = .end
        case UInt8(ascii: "["): self = .included(Bytes(text.dropFirst()))
        case UInt8(ascii: "("): self = .excluded(Bytes(text.dropFirst()))
        default: return nil
        }
    }
}
