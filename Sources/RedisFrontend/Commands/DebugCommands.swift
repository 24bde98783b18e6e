import Glibc
import Logging
import RESP
import RoostModel

/// DEBUG: helps to test clients, where `--enable-debug-command` allows it.
enum DebugCommands {
    static let rows: [CommandRow] = [
        CommandRow(
            connection: "debug", -2, [.admin, .noscript, .loading, .stale], since: "1.0.0",
            "Helps to test clients, where it is allowed."
        ) { (arguments, connection) throws(CommandError) in try debug(&arguments, connection) }
    ]

    private static let help: [CommandRow.HelpEntry] = [
        ("LOG <message>", "Write a message to the log of the server."),
        ("PROTOCOL <type>", "Answer with a reply of a type of the protocol."),
        ("SLEEP <seconds>", "Block the event loop of this client for up to a minute."),
        ("SET-ACTIVE-EXPIRE <0|1>", "Do nothing: expired keys are never seen, whenever they are removed."),
        ("QUICKLIST-PACKED-THRESHOLD <size>", "Do nothing: lists have one form."),
    ]

    private static func debug(_ arguments: inout Arguments, _ connection: RedisConnection) throws(CommandError) {
        guard connection.loop.services.configuration.allowsDebug else { throw .message(debugIsNotAllowed) }
        if arguments.remaining == 1, arguments.takes("HELP") {
            connection.replyHelp(of: "debug", help)
        } else if arguments.remaining != 2 {
            throw .unknownSubcommand(try arguments.bytes(), of: "debug")
        } else if arguments.takes("LOG") {
            let text = try arguments.text()
            connection.loop.logger.notice("DEBUG LOG: \(text)")
            connection.replyOK()
        } else if arguments.takes("PROTOCOL") {
            try writeSample(try arguments.text().lowercased(), connection)
        } else if arguments.takes("SLEEP") {
            let seconds = try arguments.double()
            guard seconds >= 0 else { throw .notPositive }
            sleep(min(seconds, 60))
            connection.replyOK()
        } else if arguments.takes("SET-ACTIVE-EXPIRE") || arguments.takes("QUICKLIST-PACKED-THRESHOLD") {
            _ = try arguments.next()
            connection.replyOK()
        } else {
            throw .unknownSubcommand(try arguments.bytes(), of: "debug")
        }
    }

    private static let debugIsNotAllowed =
        "DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a "
        + "local connection, otherwise you need to set this option in the configuration file, and then restart the "
        + "server."

    /// Blocks on purpose: that is what it is for.
    private static func sleep(_ seconds: Double) {
        let whole = seconds.rounded(.down)
        var time = timespec(tv_sec: Int(whole), tv_nsec: Int((seconds - whole) * 1_000_000_000))
        nanosleep(&time, nil)
    }

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
        case "attrib":
            write = { writer in
                if writer.version == .three { writeAttribute(&writer) }
                writer.writeBulk("Some real reply following the attribute")
            }
        case "true": write = { $0.writeBoolean(true) }
        case "false": write = { $0.writeBoolean(false) }
        case "bignum": write = { $0.writeBigNumber(Bytes("1234567999999999999999999999999999999".utf8)) }
        default:
            throw .message(
                "Wrong protocol type name. Please use one of the following: string|integer|double|null|array|set|map|"
                    + "attrib|push|verbatim|true|false|bignum")
        }
        connection.reply(write)
    }

    /// How popular keys are: RESP2 has no place for it.
    private static func writeAttribute(_ writer: inout ReplyWriter) {
        writer.writeEncoded(Array("|1\r\n".utf8))
        writer.writeBulk("key-popularity")
        writer.writeArray(count: 2)
        writer.writeBulk("key:123")
        writer.writeInteger(90)
    }
}
