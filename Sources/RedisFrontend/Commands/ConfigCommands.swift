import RESP
import RoostModel
import Synchronization

/// CONFIG: the parameters that clients look at.
enum ConfigCommands {
    private typealias Failure = CommandError

    private static let flags: CommandRow.Flags = [.admin, .noscript, .loading, .stale]

    static let rows: [CommandRow] = [
        CommandRow(
            container: "config", since: "2.0.0", helpSince: "5.0.0", "Tells and changes parameters.",
            [
                CommandRow(connection: "config|get", -3, flags, since: "2.0.0", "Answers parameters by patterns.") {
                    (arguments, connection) throws(Failure) in
                    // Names are compared in small letters.
                    let patterns = try arguments.rest().map { GlobPattern($0.map(lowercase)) }
                    let services = connection.loop.services
                    let found = ConfigParameter.all.filter { row in
                        patterns.contains { $0.matches(Bytes(row.name.utf8)) }
                    }
                    connection.reply { writer in
                        writer.writeMap(count: found.count)
                        for row in found {
                            writer.writeBulk(row.name)
                            writer.writeBulk(row.value(services))
                        }
                    }
                },
                CommandRow(connection: "config|set", -4, flags, since: "2.0.0", "Changes parameters, where it can.") {
                    (arguments, connection) throws(Failure) in try set(&arguments, connection)
                },
                CommandRow(
                    connection: "config|rewrite", 2, flags, since: "2.8.0", "Says that nothing can be kept this way."
                ) { (_, _) throws(Failure) in throw .message("The server is running without a config file") },
                CommandRow(connection: "config|resetstat", 2, flags, since: "2.0.0", "Sets counters to zero.") {
                    (_, connection) throws(Failure) in
                    connection.loop.services.resetStatistics()
                    connection.replyOK()
                },
            ])
    ]

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// All of them, or none.
    private static func set(_ arguments: inout Arguments, _ connection: RedisConnection) throws(CommandError) {
        guard arguments.remaining.isMultiple(of: 2) else { throw .syntax }
        let services = connection.loop.services
        var changes: [(ConfigParameter, String)] = []
        while !arguments.isAtEnd {
            let name = try arguments.text()
            guard let parameter = ConfigParameter.all.first(where: { $0.name == name.lowercased() }) else {
                throw .message("Unknown option or number of arguments for CONFIG SET - '\(name)'")
            }
            guard !changes.contains(where: { $0.0.name == parameter.name }) else {
                throw parameter.refusal("duplicate parameter")
            }
            changes.append((parameter, try arguments.text()))
        }
        var writes: [() -> Void] = []
        for (parameter, value) in changes { writes.append(try parameter.change(to: value, services)) }
        let notifications = services.settings.notifications.withLock { $0 }
        for write in writes { write() }
        guard services.settings.notifications.withLock({ $0 }) == notifications else {
            return connection.changeNotifications(from: notifications)
        }
        connection.replyOK()
    }
}
