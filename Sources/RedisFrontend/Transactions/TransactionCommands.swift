/// Commands of transactions.
enum TransactionCommands {
    private typealias Failure = CommandError

    private static let flags: CommandRow.Flags = [.noscript, .loading, .stale, .fast]

    static let rows: [CommandRow] = [
        CommandRow(
            connection: "multi", 1, flags.union([.notQueued, .noMulti]), since: "1.2.0",
            "Begins a transaction: what follows is queued."
        ) { (_, connection) throws(Failure) in try connection.beginTransaction() },
        CommandRow(
            connection: "exec", 1, flags.union(.notQueued).subtracting(.fast), since: "1.2.0",
            "Carries out what was queued since MULTI, all or nothing."
        ) { (_, connection) throws(Failure) in try connection.executeTransaction() },
        CommandRow(
            connection: "discard", 1, flags.union(.notQueued), since: "2.0.0",
            "Forgets what was queued since MULTI, and what is watched."
        ) { (_, connection) throws(Failure) in try connection.discardTransaction() },
        CommandRow(
            connection: "watch", -2, flags.union([.notQueued, .noMulti]), .all, since: "2.2.0",
            "Makes the next EXEC do nothing if one of the keys changes before it."
        ) { (arguments, connection) throws(Failure) in try connection.watch(try arguments.rest()) },
        CommandRow(connection: "unwatch", 1, flags, since: "2.2.0", "Forgets what is watched.") {
            (_, connection) throws(Failure) in
            connection.unwatch()
            connection.replyOK()
        },
    ]
}
