import RESP
import RoostModel

/// SLOWLOG and LATENCY. Redis has a switch for each; here both are off, as CONFIG GET says too, so there is nothing to
/// tell: how long the disk and the turns of the engine take stands in the metrics of the HTTP port.
enum MonitoringCommands {
    private typealias Failure = CommandError

    private static let flags: CommandRow.Flags = [.admin, .loading, .stale]

    static let rows: [CommandRow] = [
        CommandRow(
            container: "slowlog", since: "2.2.12", helpSince: "6.2.0", "Tells that slow commands are not noted.",
            [
                CommandRow(connection: "slowlog|get", -2, flags, since: "2.2.12", "Lists slow commands: none.") {
                    (arguments, connection) throws(Failure) in
                    guard arguments.remaining <= 1 else { throw .wrongArity(StaticCommandName(text: "slowlog|get")) }
                    let count = arguments.isAtEnd ? 10 : try arguments.integer()
                    guard count >= -1 else { throw .message("count should be greater than or equal to -1") }
                    connection.reply { $0.writeArray(count: 0) }
                },
                CommandRow(connection: "slowlog|len", 2, flags, since: "2.2.12", "Counts slow commands: none.") {
                    (_, connection) throws(Failure) in connection.reply { $0.writeInteger(0) }
                },
                CommandRow(connection: "slowlog|reset", 2, flags, since: "2.2.12", "Forgets slow commands.") {
                    (_, connection) throws(Failure) in connection.replyOK()
                },
            ]),
        CommandRow(
            container: "latency", since: "2.8.13", helpSince: "2.8.13", "Tells that delays are not noted.",
            [
                CommandRow(connection: "latency|latest", 2, flags, since: "2.8.13", "Lists the last delays: none.") {
                    (_, connection) throws(Failure) in connection.reply { $0.writeArray(count: 0) }
                },
                CommandRow(connection: "latency|history", 3, flags, since: "2.8.13", "Lists delays of a kind: none.") {
                    (arguments, connection) throws(Failure) in
                    _ = try arguments.next()
                    connection.reply { $0.writeArray(count: 0) }
                },
                CommandRow(connection: "latency|reset", -2, flags, since: "2.8.13", "Forgets delays; answers how many.")
                {
                    (arguments, connection) throws(Failure) in
                    _ = try arguments.rest()
                    connection.reply { $0.writeInteger(0) }
                },
                CommandRow(connection: "latency|doctor", 2, flags, since: "2.8.13", "Says where delays are told.") {
                    (_, connection) throws(Failure) in
                    connection.reply { $0.writeVerbatim(advice) }
                },
            ]),
    ]

    private static let advice =
        "Latency monitoring is off and cannot be turned on. How long the disk and the engine take is told by /metrics "
        + "of the HTTP port."
}
