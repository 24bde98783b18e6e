import RESP
import RoostModel

/// Commands that ask how safe the writes before them are.
enum WaitCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        CommandRow(
            connection: "wait", 3, [.blocking], since: "3.0.0", "Answers how many replicas have the writes: none."
        ) {
            (arguments, connection) throws(Failure) in
            _ = try arguments.integer()
            try checkTimeout(&arguments)
            // Waiting for replicas that cannot come would only be late.
            connection.reply { $0.writeInteger(0) }
        },
        CommandRow(
            connection: "waitaof", 4, [.blocking], since: "7.2.0",
            "Answers whether the writes before it are on disk here, and on how many replicas."
        ) { (arguments, connection) throws(Failure) in try waitForDisk(&arguments, connection) },
    ]

    private static func checkTimeout(_ arguments: inout Arguments) throws(CommandError) {
        guard let timeout = IntegerText.parse(try arguments.next()) else {
            throw .message("timeout is not an integer or out of range")
        }
        guard timeout >= 0 else { throw .message("timeout is negative") }
    }

    /// Replies leave in order, each after the sync that it depends on: what stands before this one is on disk.
    private static func waitForDisk(_ arguments: inout Arguments, _ connection: RedisConnection) throws(CommandError) {
        let local = try arguments.integer()
        guard local >= 0, local <= 1 else { throw .message("value is out of range, value must between 0 and 1") }
        guard try arguments.integer() >= 0 else { throw .notPositive }
        try checkTimeout(&arguments)
        let isSynced = connection.loop.services.configuration.syncs == .always
        connection.reply { writer in
            writer.writeArray(count: 2)
            writer.writeInteger(isSynced ? 1 : 0)
            writer.writeInteger(0)
        }
    }
}
