import RoostModel

extension SortedSetCommands {
    /// All that makes one sorted set of several.
    enum CombinationCommands {
        private typealias Failure = CommandError

        static let rows: [CommandRow] = [
            combine("zunion", .union, "Answers the members that any of the sorted sets has."),
            combine("zinter", .intersection, "Answers the members that all of the sorted sets have."),
            combine("zdiff", .difference, "Answers the members that only the first sorted set has."),
            store("zunionstore", .union, "2.0.0", "Stores the members that any of the sorted sets has."),
            store("zinterstore", .intersection, "2.0.0", "Stores the members that all of the sorted sets have."),
            store("zdiffstore", .difference, "6.2.0", "Stores the members that only the first sorted set has."),
            CommandRow(
                "zintercard", -3, [.readonly, .movablekeys], .counted(at: 1), since: "7.0.0",
                "Answers how many members all of the sorted sets have."
            ) { (arguments) throws(Failure) in
                let keys = try keys(&arguments, "zintercard")
                return .sortedSet(.countIntersection(keys, limit: try arguments.countLimit()))
            },
        ]

        private static func combine(
            _ name: String, _ kind: SortedSetCombination.Kind, _ summary: String
        ) -> CommandRow {
            CommandRow(name, -3, [.readonly, .movablekeys], .counted(at: 1), since: "6.2.0", summary) {
                (arguments) throws(Failure) in
                var withScores = false
                let combination = try self.combination(&arguments, name, kind) { (arguments) in
                    guard arguments.takes("WITHSCORES") else { return false }
                    withScores = true
                    return true
                }
                return .sortedSet(.combine(combination, withScores: withScores))
            }
        }

        private static func store(
            _ name: String, _ kind: SortedSetCombination.Kind, _ since: String, _ summary: String
        ) -> CommandRow {
            let keys = CommandRow.Keys(first: 1, last: 1, step: 1, countAt: 2)
            return CommandRow(name, -4, [.write, .denyoom, .movablekeys], keys, since: since, summary) {
                (arguments) throws(Failure) in
                let to = try arguments.bytes()
                return .sortedSet(.storeCombination(try combination(&arguments, name, kind) { _ in false }, to: to))
            }
        }

        private static func keys(_ arguments: inout Arguments, _ name: String) throws(CommandError) -> [Bytes] {
            let count = try arguments.integer()
            guard count > 0 else { throw .message("at least 1 input key is needed for '\(name)' command") }
            return try arguments.take(Int(clamping: count))
        }

        /// - Parameter takesOption: of those that only some of these commands have.
        private static func combination(
            _ arguments: inout Arguments, _ name: String, _ kind: SortedSetCombination.Kind,
            _ takesOption: (inout Arguments) -> Bool
        ) throws(CommandError) -> SortedSetCombination {
            let sources = try keys(&arguments, name).map { SortedSetCombination.Source($0) }
            var combination = SortedSetCombination(kind, sources)
            while !arguments.isAtEnd {
                if kind != .difference, arguments.remaining > sources.count, arguments.takes("WEIGHTS") {
                    for index in sources.indices {
                        let fault = CommandError.message("weight value is not a float")
                        combination.sources[index].weight = try arguments.double(fault)
                    }
                } else if kind != .difference, arguments.takes("AGGREGATE") {
                    combination.aggregate = try aggregate(&arguments)
                } else if !takesOption(&arguments) {
                    throw .syntax
                }
            }
            return combination
        }

        private static func aggregate(
            _ arguments: inout Arguments
        ) throws(CommandError) -> SortedSetCombination.Aggregate {
            if arguments.takes("SUM") { return .sum }
            if arguments.takes("MIN") { return .min }
            if arguments.takes("MAX") { return .max }
            throw .syntax
        }
    }
}
