/// The rows of the table by what they are about: the groups of COMMAND DOCS.
enum CommandFamilies {
    private static let generic =
        GenericCommands.rows + ExpiryCommands.rows + SortCommands.rows + ObjectCommands.rows + DumpCommands.rows
        + MigrateCommand.rows + WaitCommands.rows

    private static let server =
        ServerCommands.rows + ConfigCommands.rows + CommandCommands.rows + MemoryCommands.rows + MonitoringCommands.rows
        + DebugCommands.rows

    static let all: [(group: String, rows: [CommandRow])] = [
        ("string", StringCommands.rows),
        ("bitmap", BitCommands.rows),
        ("list", ListCommands.rows + BlockingListCommands.rows),
        ("hash", HashCommands.rows),
        ("set", SetCommands.rows),
        ("sorted-set", SortedSetCommands.rows + BlockingSortedSetCommands.rows),
        ("generic", generic),
        ("queue", QueueCommands.rows),
        ("connection", ConnectionCommands.rows + ClientCommands.rows),
        ("pubsub", PubSubCommands.rows),
        ("transactions", TransactionCommands.rows),
        ("scripting", FunctionCommands.rows),
        ("server", server),
    ]

    /// Of a row of the table.
    static func group(of name: String) -> String {
        all.first { $0.rows.contains { $0.name == name } }?.group ?? "generic"
    }
}
