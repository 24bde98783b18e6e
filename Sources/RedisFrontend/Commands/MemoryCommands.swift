import RESP
import RoostModel
import RoostStorage

/// MEMORY: what keys and all together take.
enum MemoryCommands {
    private typealias Failure = CommandError

    private static let key = CommandRow.Keys(first: 2, last: 2, step: 1)

    static let rows: [CommandRow] = [
        CommandRow(
            container: "memory", since: "4.0.0", helpSince: "4.0.0", "Tells about memory.",
            [
                CommandRow("memory|usage", -3, .readonly, key, since: "4.0.0", "Answers what a key takes in memory.") {
                    (arguments) throws(Failure) in try usage(&arguments)
                },
                CommandRow(connection: "memory|stats", 2, [], since: "4.0.0", "Answers what takes memory.") {
                    (_, connection) throws(Failure) in
                    let figures = figures(connection.loop.services)
                    connection.reply { writer in
                        writer.writeMap(count: figures.count)
                        for (name, figure) in figures {
                            writer.writeBulk(name)
                            writer.writeInteger(figure)
                        }
                    }
                },
                CommandRow(connection: "memory|doctor", 2, [], since: "4.0.0", "Says whether memory is short.") {
                    (_, connection) throws(Failure) in
                    let advice = advice(connection.loop.services)
                    connection.reply { $0.writeVerbatim(advice) }
                },
                CommandRow(
                    connection: "memory|purge", 2, [], since: "4.0.0",
                    "Does nothing: the allocator gives memory back by itself."
                ) { (_, connection) throws(Failure) in connection.replyOK() },
                CommandRow(
                    connection: "memory|malloc-stats", 2, [], since: "4.0.0", "Says that the allocator tells nothing."
                ) { (_, connection) throws(Failure) in
                    connection.reply { $0.writeVerbatim("Stats not supported for the current allocator") }
                },
            ])
    ]

    /// Sizes are known, so that nothing has to be sampled.
    private static func usage(_ arguments: inout Arguments) throws(CommandError) -> KeyCommand {
        let key = try arguments.bytes()
        while !arguments.isAtEnd {
            guard arguments.remaining > 1, arguments.takes("SAMPLES"), try arguments.integer() >= 0 else {
                throw .syntax
            }
        }
        return .key(.about(key, .bytes))
    }

    /// Of the names that Redis has, those whose figures are known.
    private static func figures(_ services: RedisServices) -> [(String, Int)] {
        let metrics = services.storage.metrics
        let clients = services.load.account.bytes
        return [
            ("total.allocated", metrics.memory.total &+ clients), ("clients.normal", clients),
            ("keys.count", metrics.keys),
            ("keys.bytes-per-key", metrics.keys > 0 ? metrics.memory.keys / metrics.keys : 0),
            ("dataset.bytes", metrics.memory.keys),
        ]
    }

    private static func advice(_ services: RedisServices) -> String {
        let metrics = services.storage.metrics
        let (used, max) = (metrics.memory.total &+ services.load.account.bytes, metrics.memoryBytesMax)
        guard max > 0, used > max / 10 * 9 else { return "Memory is not short." }
        return "Memory is short: \(InfoText.human(used)) of \(InfoText.human(max)) are in use. Above that, commands "
            + "that add something are refused. Remove what is not needed, or start with more --memory-bytes."
    }
}
