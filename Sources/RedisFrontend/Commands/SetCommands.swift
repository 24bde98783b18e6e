import RoostModel

/// Commands on sets.
enum SetCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        CommandRow("sadd", -3, [.write, .denyoom, .fast], .one, since: "1.0.0", "Adds members to a set.") {
            (arguments) throws(Failure) in .set(.add(try arguments.bytes(), try arguments.rest()))
        },
        CommandRow("srem", -3, [.write, .fast], .one, since: "1.0.0", "Removes members from a set.") {
            (arguments) throws(Failure) in .set(.remove(try arguments.bytes(), try arguments.rest()))
        },
        CommandRow("smove", 4, [.write, .fast], .two, since: "1.0.0", "Moves a member to another set.") {
            (arguments) throws(Failure) in
            .set(.move(from: try arguments.bytes(), to: try arguments.bytes(), try arguments.bytes()))
        },
        CommandRow("sismember", 3, [.readonly, .fast], .one, since: "1.0.0", "Answers whether a set has a member.") {
            (arguments) throws(Failure) in .set(.contains(try arguments.bytes(), try arguments.bytes()))
        },
        CommandRow("smismember", -3, [.readonly, .fast], .one, since: "6.2.0", "Answers which members a set has.") {
            (arguments) throws(Failure) in .set(.containsEach(try arguments.bytes(), try arguments.rest()))
        },
        CommandRow("scard", 2, [.readonly, .fast], .one, since: "1.0.0", "Answers how many members a set has.") {
            (arguments) throws(Failure) in .set(.count(try arguments.bytes()))
        },
        CommandRow("spop", -2, [.write, .fast], .one, since: "1.0.0", "Removes and answers random members.") {
            (arguments) throws(Failure) in
            let key = try arguments.bytes()
            return .set(.pop(key, count: arguments.isAtEnd ? nil : try lastAmount(&arguments)))
        },
        CommandRow("srandmember", -2, .readonly, .one, since: "1.0.0", "Answers members that are picked at random.") {
            (arguments) throws(Failure) in try pick(&arguments)
        },
        CommandRow("smembers", 2, .readonly, .one, since: "1.0.0", "Answers all members.") {
            (arguments) throws(Failure) in .set(.members(try arguments.bytes()))
        },
        combine("sinter", .intersection, "Answers the members that all of the sets have."),
        CommandRow(
            "sintercard", -3, [.readonly, .movablekeys], .counted(at: 1), since: "7.0.0",
            "Answers how many members all of the sets have."
        ) { (arguments) throws(Failure) in try countIntersection(&arguments) },
        store("sinterstore", .intersection, "Stores the members that all of the sets have."),
        combine("sunion", .union, "Answers the members that any of the sets has."),
        store("sunionstore", .union, "Stores the members that any of the sets has."),
        combine("sdiff", .difference, "Answers the members that only the first set has."),
        store("sdiffstore", .difference, "Stores the members that only the first set has."),
        CommandRow("sscan", -3, .readonly, .one, since: "2.8.0", "Answers members page by page.") {
            (arguments) throws(Failure) in .set(.scan(try arguments.bytes(), try arguments.scan()))
        },
    ]

    private static func combine(_ name: String, _ operation: SetOperation, _ summary: String) -> CommandRow {
        CommandRow(name, -2, .readonly, .all, since: "1.0.0", summary) { (arguments) throws(Failure) in
            .set(.combine(operation, try arguments.rest()))
        }
    }

    private static func store(_ name: String, _ operation: SetOperation, _ summary: String) -> CommandRow {
        CommandRow(name, -3, [.write, .denyoom], .all, since: "1.0.0", summary) { (arguments) throws(Failure) in
            let destination = try arguments.bytes()
            return .set(.store(operation, try arguments.rest(), in: destination))
        }
    }

    /// What stands behind it is looked at first, as in Redis.
    private static func lastAmount(_ arguments: inout Arguments) throws(CommandError) -> Int {
        guard arguments.remaining == 1 else { throw .syntax }
        return try arguments.amount()
    }

    private static func pick(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let key = try arguments.bytes()
        guard !arguments.isAtEnd else { return .set(.randomMembers(key, count: nil)) }
        guard arguments.remaining == 1 else { throw .syntax }
        return .set(.randomMembers(key, count: Int(clamping: try arguments.signedCount())))
    }

    private static func countIntersection(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let count = try arguments.integer(atLeast: 1, "numkeys should be greater than 0")
        guard count <= arguments.remaining else {
            throw .message("Number of keys can't be greater than number of args")
        }
        return .set(.intersectionCount(try arguments.take(count), limit: try arguments.countLimit()))
    }
}
