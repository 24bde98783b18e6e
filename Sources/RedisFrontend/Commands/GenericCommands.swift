import RoostModel

/// Commands on keys of any type.
enum GenericCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        CommandRow("del", -2, [.write, .brief], .all, since: "1.0.0", "Deletes keys.") {
            (arguments) throws(Failure) in .key(.delete(try arguments.rest()))
        },
        CommandRow("unlink", -2, [.write, .fast], .all, since: "4.0.0", "Deletes keys.") {
            (arguments) throws(Failure) in .key(.delete(try arguments.rest()))
        },
        CommandRow("exists", -2, [.readonly, .fast], .all, since: "1.0.0", "Answers how many of the keys exist.") {
            (arguments) throws(Failure) in .key(.exists(try arguments.rest()))
        },
        CommandRow("type", 2, [.readonly, .fast], .one, since: "1.0.0", "Answers what a key holds.") {
            (arguments) throws(Failure) in .key(.type(try arguments.bytes()))
        },
        CommandRow("touch", -2, [.readonly, .fast], .all, since: "3.2.1", "Answers how many of the keys exist.") {
            (arguments) throws(Failure) in .key(.exists(try arguments.rest()))
        },
        CommandRow("rename", 3, .write, .two, since: "1.0.0", "Gives a key another name.") {
            (arguments) throws(Failure) in
            .key(.rename(try arguments.bytes(), to: try arguments.bytes(), onlyNew: false))
        },
        CommandRow("renamenx", 3, [.write, .fast], .two, since: "1.0.0", "Gives a key a name that no key has.") {
            (arguments) throws(Failure) in
            .key(.rename(try arguments.bytes(), to: try arguments.bytes(), onlyNew: true))
        },
        CommandRow("copy", -3, [.write, .denyoom], .two, since: "6.2.0", "Copies the value of a key to another.") {
            (arguments) throws(Failure) in try copy(&arguments)
        },
        CommandRow("move", 3, [.write, .fast], .one, since: "1.0.0", "Moves a key to another database.") {
            (arguments) throws(Failure) in
            .databases(.move(try arguments.bytes(), to: try arguments.database()))
        },
        CommandRow("keys", 2, .readonly, .none, since: "1.0.0", "Answers the names of all keys that match a pattern.") {
            (arguments) throws(Failure) in
            let pattern = try arguments.bytes()
            return .key(.names(pattern == [UInt8(ascii: "*")] ? nil : GlobPattern(pattern)))
        },
        CommandRow("dbsize", 1, [.readonly, .fast], .none, since: "1.0.0", "Answers how many keys there are.") {
            (_) throws(Failure) in .key(.count)
        },
        CommandRow("randomkey", 1, .readonly, .none, since: "1.0.0", "Answers the name of some key.") {
            (_) throws(Failure) in .key(.random)
        },
        CommandRow("scan", -2, .readonly, .none, since: "2.8.0", "Answers the names of keys page by page.") {
            (arguments) throws(Failure) in
            let (options, type) = try arguments.scanOfKeys()
            return .key(.scan(options, type: type))
        },
        flush("flushdb", .key(.flush), "Deletes all keys of the database."),
        flush("flushall", .databases(.flushAll), "Deletes all keys of all databases."),
        CommandRow("swapdb", 3, [.write, .fast], .none, since: "4.0.0", "Gives two databases the keys of each other.") {
            (arguments) throws(Failure) in
            let one = try arguments.number32("invalid first DB index")
            let other = try arguments.number32("invalid second DB index")
            guard let one = UInt8(exactly: one), let other = UInt8(exactly: other) else { throw .noSuchDatabase }
            return .databases(.swap(one, other))
        },
    ]

    private static func flush(_ name: String, _ command: KeyCommand, _ summary: String) -> CommandRow {
        CommandRow(name, -1, .write, .none, since: "1.0.0", summary) { (arguments) throws(Failure) in
            // Memory is freed bit by bit either way.
            if !arguments.takes("ASYNC") { _ = arguments.takes("SYNC") }
            return command
        }
    }

    private static func copy(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let (key, new) = (try arguments.bytes(), try arguments.bytes())
        var (database, replaces) = (UInt8?.none, false)
        while !arguments.isAtEnd {
            if arguments.takes("REPLACE") {
                replaces = true
            } else if arguments.takes("DB") {
                database = try arguments.database()
            } else {
                throw .syntax
            }
        }
        guard let database else { return .key(.copy(key, to: new, replaces: replaces)) }
        return .databases(.copy(key, to: new, in: database, replaces: replaces))
    }
}

extension Arguments {
    /// - Parameter message: of what is no number of 32 bits.
    fileprivate mutating func number32(_ message: String) throws(CommandError) -> Int64 {
        guard let number = IntegerText.parse(try next()), Int32(exactly: number) != nil else { throw .message(message) }
        return number
    }

    /// The number of one. Whether there are so many is seen where they are.
    fileprivate mutating func database() throws(CommandError) -> UInt8 {
        let number = try integer()
        guard Int32(exactly: number) != nil else {
            throw .message("value is out of range, value must between \(Int32.min) and \(Int32.max)")
        }
        guard let database = UInt8(exactly: number) else { throw .noSuchDatabase }
        return database
    }
}
