import RoostModel

/// Commands on lists.
enum ListCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        push("lpush", .left, "1.0.0", "Prepends elements to a list, which it makes if there is none."),
        push("rpush", .right, "1.0.0", "Appends elements to a list, which it makes if there is none."),
        push("lpushx", .left, "2.2.0", "Prepends elements to a list that exists.", onlyExisting: true),
        push("rpushx", .right, "2.2.0", "Appends elements to a list that exists.", onlyExisting: true),
        pop("lpop", .left, "Removes and answers the first elements of a list."),
        pop("rpop", .right, "Removes and answers the last elements of a list."),
        CommandRow("llen", 2, [.readonly, .fast], .one, since: "1.0.0", "Answers the length of a list.") {
            (arguments) throws(Failure) in .list(.length(try arguments.bytes()))
        },
        CommandRow("lindex", 3, .readonly, .one, since: "1.0.0", "Answers an element by its index.") {
            (arguments) throws(Failure) in .list(.element(try arguments.bytes(), at: try arguments.integer()))
        },
        CommandRow("lrange", 4, .readonly, .one, since: "1.0.0", "Answers the elements between two indexes.") {
            (arguments) throws(Failure) in
            .list(.range(try arguments.bytes(), start: try arguments.integer(), end: try arguments.integer()))
        },
        CommandRow("lset", 4, [.write, .denyoom], .one, since: "1.0.0", "Sets an element by its index.") {
            (arguments) throws(Failure) in
            .list(.set(try arguments.bytes(), at: try arguments.integer(), try arguments.bytes()))
        },
        CommandRow("linsert", 5, [.write, .denyoom], .one, since: "2.2.0", "Inserts an element beside another.") {
            (arguments) throws(Failure) in try insert(&arguments)
        },
        CommandRow("lrem", 4, .write, .one, since: "1.0.0", "Removes elements that are equal to one.") {
            (arguments) throws(Failure) in
            .list(.remove(try arguments.bytes(), count: try arguments.integer(), try arguments.bytes()))
        },
        CommandRow("ltrim", 4, .write, .one, since: "1.0.0", "Removes all elements but those between two indexes.") {
            (arguments) throws(Failure) in
            .list(.trim(try arguments.bytes(), start: try arguments.integer(), end: try arguments.integer()))
        },
        CommandRow("lpos", -3, .readonly, .one, since: "6.0.6", "Answers the indexes of equal elements.") {
            (arguments) throws(Failure) in try positions(&arguments)
        },
        CommandRow("lmove", 5, [.write, .denyoom, .brief], .two, since: "6.2.0", "Moves an element to another list.") {
            (arguments) throws(Failure) in try move(&arguments)
        },
        CommandRow(
            "rpoplpush", 3, [.write, .denyoom, .brief], .two, since: "1.2.0", "Moves the last element to the front."
        ) {
            (arguments) throws(Failure) in
            .list(.move(from: try arguments.bytes(), .right, to: try arguments.bytes(), .left))
        },
        CommandRow(
            "lmpop", -4, [.write, .movablekeys], .counted(at: 1), since: "7.0.0",
            "Pops from the first list that has elements."
        ) { (arguments) throws(Failure) in try popFirst(&arguments) },
    ]

    private static func push(
        _ name: String, _ end: ListEnd, _ since: String, _ summary: String, onlyExisting: Bool = false
    ) -> CommandRow {
        CommandRow(name, -3, [.write, .denyoom, .fast], .one, since: since, summary) {
            (arguments) throws(Failure) in
            .list(.push(try arguments.bytes(), end, try arguments.rest(), onlyExisting: onlyExisting))
        }
    }

    private static func pop(_ name: String, _ end: ListEnd, _ summary: String) -> CommandRow {
        CommandRow(name, -2, [.write, .fast], .one, since: "1.0.0", summary) { (arguments) throws(Failure) in
            let key = try arguments.bytes()
            guard !arguments.isAtEnd else { return .list(.pop(key, end, count: nil)) }
            guard arguments.remaining == 1 else { throw .wrongArity(StaticCommandName(text: name)) }
            return .list(.pop(key, end, count: try arguments.amount()))
        }
    }

    private static func insert(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let key = try arguments.bytes()
        let before = arguments.takes("BEFORE")
        guard before || arguments.takes("AFTER") else { throw .syntax }
        return .list(.insert(key, before: before, pivot: try arguments.bytes(), try arguments.bytes()))
    }

    private static func end(_ arguments: inout Arguments) throws(CommandError) -> ListEnd {
        if arguments.takes("LEFT") { return .left }
        if arguments.takes("RIGHT") { return .right }
        throw .syntax
    }

    static func move(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let (from, to) = (try arguments.bytes(), try arguments.bytes())
        return .list(.move(from: from, try end(&arguments), to: to, try end(&arguments)))
    }

    static func popFirst(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let keys = try arguments.countedKeys()
        return .list(.popFirst(keys, try end(&arguments), count: try arguments.popCount()))
    }

    private static func positions(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let (key, element) = (try arguments.bytes(), try arguments.bytes())
        var (rank, count, lengthMax) = (Int64(1), Int?.none, 0)
        while !arguments.isAtEnd {
            if arguments.takes("RANK") {
                rank = try arguments.signedCount()
                guard rank != 0 else { throw .message(wrongRank) }
            } else if arguments.takes("COUNT") {
                count = try arguments.integer(atLeast: 0, "COUNT can't be negative")
            } else if arguments.takes("MAXLEN") {
                lengthMax = try arguments.integer(atLeast: 0, "MAXLEN can't be negative")
            } else {
                throw .syntax
            }
        }
        return .list(.positions(key, element, rank: rank, count: count, lengthMax: lengthMax))
    }

    private static let wrongRank =
        "RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from "
        + "the end of the list"
}
