import RoostModel

/// Commands on keys of any type.
enum GenericCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        CommandRow("del", -2, .write, .all, since: "1.0.0", "Deletes keys.") {
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
        CommandRow("persist", 2, [.write, .fast], .one, since: "2.2.0", "Takes the expiry off a key.") {
            (arguments) throws(Failure) in .key(.persist(try arguments.bytes()))
        },
        CommandRow("rename", 3, .write, .two, since: "1.0.0", "Gives a key another name.") {
            (arguments) throws(Failure) in
            .key(.rename(try arguments.bytes(), to: try arguments.bytes(), onlyNew: false))
        },
        CommandRow("renamenx", 3, [.write, .fast], .two, since: "1.0.0", "Gives a key a name that no key has.") {
            (arguments) throws(Failure) in
            .key(.rename(try arguments.bytes(), to: try arguments.bytes(), onlyNew: true))
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
        CommandRow("flushdb", -1, .write, .none, since: "1.0.0", "Deletes all keys of the database.") {
            (arguments) throws(Failure) in
            // Memory is freed bit by bit either way.
            if !arguments.takes("ASYNC") { _ = arguments.takes("SYNC") }
            return .key(.flush)
        },
    ]
}
