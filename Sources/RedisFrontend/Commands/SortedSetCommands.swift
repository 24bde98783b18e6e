import RoostModel

/// Commands on sorted sets. Ranges and what is made of several sets have files of their own.
enum SortedSetCommands {
    private typealias Failure = CommandError

    static let rows = members + RangeCommands.rows + CombinationCommands.rows

    private static let members: [CommandRow] = [
        CommandRow(
            "zadd", -4, [.write, .denyoom, .fast], .one, since: "1.2.0",
            "Adds members to a sorted set, or gives them scores."
        ) { (arguments) throws(Failure) in try add(&arguments, increments: false) },
        CommandRow("zincrby", 4, [.write, .denyoom, .fast], .one, since: "1.2.0", "Adds to the score of a member.") {
            (arguments) throws(Failure) in try add(&arguments, increments: true)
        },
        CommandRow("zrem", -3, [.write, .fast], .one, since: "1.2.0", "Removes members from a sorted set.") {
            (arguments) throws(Failure) in .sortedSet(.remove(try arguments.bytes(), try arguments.rest()))
        },
        CommandRow("zcard", 2, [.readonly, .fast], .one, since: "1.2.0", "Answers how many members a sorted set has.") {
            (arguments) throws(Failure) in .sortedSet(.count(try arguments.bytes()))
        },
        CommandRow("zscore", 3, [.readonly, .fast], .one, since: "1.2.0", "Answers the score of a member.") {
            (arguments) throws(Failure) in .sortedSet(.score(try arguments.bytes(), try arguments.bytes()))
        },
        CommandRow("zmscore", -3, [.readonly, .fast], .one, since: "6.2.0", "Answers the scores of members.") {
            (arguments) throws(Failure) in .sortedSet(.scores(try arguments.bytes(), try arguments.rest()))
        },
        rank("zrank", isReversed: false, "Answers how many members have lower scores than one."),
        rank("zrevrank", isReversed: true, "Answers how many members have higher scores than one."),
        pop("zpopmin", .lowest, "Removes and answers the members with the lowest scores."),
        pop("zpopmax", .highest, "Removes and answers the members with the highest scores."),
        CommandRow(
            "zmpop", -4, [.write, .movablekeys], .counted(at: 1), since: "7.0.0",
            "Pops from the first sorted set that has members."
        ) { (arguments) throws(Failure) in try popFirst(&arguments) },
        CommandRow("zrandmember", -2, .readonly, .one, since: "6.2.0", "Answers members that are picked at random.") {
            (arguments) throws(Failure) in try pick(&arguments)
        },
        CommandRow("zscan", -3, .readonly, .one, since: "2.8.0", "Answers members and scores page by page.") {
            (arguments) throws(Failure) in
            .sortedSet(.scan(try arguments.bytes(), try arguments.scan(onlyNames: "NOSCORES")))
        },
    ]

    private static func rank(_ name: String, isReversed: Bool, _ summary: String) -> CommandRow {
        CommandRow(name, -3, [.readonly, .fast], .one, since: "2.0.0", summary) { (arguments) throws(Failure) in
            let (key, member) = (try arguments.bytes(), try arguments.bytes())
            guard arguments.remaining <= 1 else { throw .wrongArity(StaticCommandName(text: name)) }
            let withScore = arguments.takes("WITHSCORE")
            return .sortedSet(.rank(key, member, isReversed: isReversed, withScore: withScore))
        }
    }

    private static func pop(_ name: String, _ end: ScoreEnd, _ summary: String) -> CommandRow {
        CommandRow(name, -2, [.write, .fast], .one, since: "5.0.0", summary) { (arguments) throws(Failure) in
            let key = try arguments.bytes()
            guard !arguments.isAtEnd else { return .sortedSet(.pop(key, end, count: nil)) }
            guard arguments.remaining == 1 else { throw .syntax }
            return .sortedSet(.pop(key, end, count: try arguments.amount()))
        }
    }

    static func popFirst(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let keys = try arguments.countedKeys()
        return .sortedSet(.popFirst(keys, try end(&arguments), count: try arguments.popCount()))
    }

    private static func end(_ arguments: inout Arguments) throws(CommandError) -> ScoreEnd {
        if arguments.takes("MIN") { return .lowest }
        if arguments.takes("MAX") { return .highest }
        throw .syntax
    }

    private static func pick(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let key = try arguments.bytes()
        guard !arguments.isAtEnd else { return .sortedSet(.randomMember(key)) }
        let (count, withScores) = try arguments.picks("WITHSCORES")
        return .sortedSet(.randomMembers(key, count: count, withScores: withScores))
    }
}

// MARK: - ZADD

extension SortedSetCommands {
    private struct AddFlags {
        var (ifNone, ifExists, ifGreater, ifLess, countsChanged, increments) = (
            false, false, false, false, false, false
        )

        mutating func take(_ arguments: inout Arguments) {
            while true {
                if arguments.takes("NX") {
                    ifNone = true
                } else if arguments.takes("XX") {
                    ifExists = true
                } else if arguments.takes("GT") {
                    ifGreater = true
                } else if arguments.takes("LT") {
                    ifLess = true
                } else if arguments.takes("CH") {
                    countsChanged = true
                } else if arguments.takes("INCR") {
                    increments = true
                } else {
                    return
                }
            }
        }

        var condition: AddCondition {
            get throws(CommandError) {
                guard !(ifNone && ifExists) else {
                    throw .message("XX and NX options at the same time are not compatible")
                }
                guard [ifNone, ifGreater, ifLess].count(where: { $0 }) < 2 else {
                    throw .message("GT, LT, and/or NX options at the same time are not compatible")
                }
                return AddCondition(
                    ifNone ? .ifNone : ifExists ? .ifExists : .any,
                    ifGreater ? .ifGreater : ifLess ? .ifLess : .any)
            }
        }
    }

    /// - Parameter increments: for ZINCRBY, which reads its arguments as ZADD with INCR does: `ZINCRBY key NX member`
    ///   is a syntax error.
    private static func add(_ arguments: inout Arguments, increments: Bool) throws(CommandError) -> KeyCommand {
        let key = try arguments.bytes()
        var flags = AddFlags()
        flags.increments = increments
        flags.take(&arguments)
        guard arguments.remaining > 0, arguments.remaining % 2 == 0 else { throw .syntax }
        let condition = try flags.condition
        guard flags.increments else {
            return .sortedSet(.add(key, try scored(&arguments), condition, countsChanged: flags.countsChanged))
        }
        guard arguments.remaining == 2 else { throw .message("INCR option supports a single increment-element pair") }
        let step = ScoredMember(try arguments.double(), try arguments.bytes())
        return .sortedSet(.increment(key, by: step, condition))
    }

    private static func scored(_ arguments: inout Arguments) throws(CommandError) -> [ScoredMember] {
        var members: [ScoredMember] = []
        while !arguments.isAtEnd { members.append(ScoredMember(try arguments.double(), try arguments.bytes())) }
        return members
    }
}
