import Logging
import RESP
import RoostModel

/// Commands about the server.
enum ServerCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        CommandRow(connection: "info", -1, [.loading, .stale], since: "1.0.0", "Tells about the server.") {
            (arguments, connection) throws(Failure) in
            var sections: [String] = []
            while !arguments.isAtEnd { sections.append(try arguments.text().lowercased()) }
            let text = InfoText.text(of: connection.loop.services, sections)
            connection.reply { $0.writeVerbatim(text) }
        },
        CommandRow(connection: "time", 1, [.loading, .stale, .fast], since: "2.6.0", "Answers the time of the server.")
        {
            (_, connection) throws(Failure) in
            let time = connection.loop.services.configuration.wallTime()
            connection.reply { writer in
                writer.writeArray(count: 2)
                writer.writeBulk(integer: time.seconds)
                writer.writeBulk(integer: time.microseconds)
            }
        },
        CommandRow(
            connection: "role", 1, [.noscript, .loading, .stale, .fast], since: "2.8.12",
            "Answers the role of the server: master without replicas."
        ) { (_, connection) throws(Failure) in
            connection.reply { writer in
                writer.writeArray(count: 3)
                writer.writeBulk("master")
                writer.writeInteger(0)
                writer.writeArray(count: 0)
            }
        },
        CommandRow(
            container: "module", since: "4.0.0", "Tells about modules.",
            [
                CommandRow(connection: "module|list", 2, [.admin, .noscript], since: "4.0.0", "Lists modules: none.") {
                    (_, connection) throws(Failure) in connection.reply { $0.writeArray(count: 0) }
                }
            ]),
        CommandRow(
            connection: "debug", -2, [.admin, .noscript, .loading, .stale], since: "1.0.0",
            "Helps to test clients, where it is allowed."
        ) { (arguments, connection) throws(Failure) in try debug(&arguments, connection) },
    ]

    private static func debug(_ arguments: inout Arguments, _ connection: RedisConnection) throws(CommandError) {
        guard connection.loop.services.configuration.allowsDebug else { throw .message(debugIsNotAllowed) }
        if arguments.remaining == 2, arguments.takes("LOG") {
            let text = try arguments.text()
            connection.loop.logger.notice("DEBUG LOG: \(text)")
            connection.replyOK()
        } else if arguments.remaining == 2, arguments.takes("PROTOCOL") {
            try writeSample(try arguments.text().lowercased(), connection)
        } else {
            throw .unknownSubcommand(try arguments.bytes(), of: "debug")
        }
    }

    private static let debugIsNotAllowed =
        "DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a "
        + "local connection, otherwise you need to set this option in the configuration file, and then restart the "
        + "server."

    /// One reply of each type of the protocol.
    private static func writeSample(_ type: String, _ connection: RedisConnection) throws(CommandError) {
        let write: (inout ReplyWriter) -> Void
        switch type {
        case "string": write = { $0.writeBulk("Hello World") }
        case "integer": write = { $0.writeInteger(12345) }
        case "double": write = { $0.writeDouble(3.141) }
        case "null": write = { $0.writeNull() }
        case "array":
            write = { writer in
                writer.writeArray(count: 3)
                for number in 0..<3 { writer.writeInteger(number) }
            }
        case "set":
            write = { writer in
                writer.writeSet(count: 3)
                for number in 0..<3 { writer.writeInteger(number) }
            }
        case "map":
            write = { writer in
                writer.writeMap(count: 3)
                for number in 0..<3 {
                    writer.writeInteger(number)
                    writer.writeBoolean(number == 1)
                }
            }
        case "push":
            write = { writer in
                writer.writePush(count: 2)
                writer.writeBulk("server-cpu-usage")
                writer.writeInteger(42)
            }
        case "verbatim": write = { $0.writeVerbatim("This is a verbatim\nstring") }
        case "true": write = { $0.writeBoolean(true) }
        case "false": write = { $0.writeBoolean(false) }
        case "bignum": write = { $0.writeBigNumber(Bytes("1234567999999999999999999999999999999".utf8)) }
        default:
            throw .message(
                "Wrong protocol type name. Please use one of the following: string|integer|double|null|array|set|map|"
                    + "push|verbatim|true|false|bignum")
        }
        connection.reply(write)
    }
}
