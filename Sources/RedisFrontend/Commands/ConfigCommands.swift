import RESP
import RoostModel
import RoostStorage
import Synchronization

/// CONFIG: the parameters that clients look at.
enum ConfigCommands {
    private typealias Failure = CommandError

    private static let flags: CommandRow.Flags = [.admin, .noscript, .loading, .stale]

    static let rows: [CommandRow] = [
        CommandRow(
            container: "config", since: "2.0.0", "Tells and changes parameters.",
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
                CommandRow(connection: "config|resetstat", 2, flags, since: "2.0.0", "Sets counters to zero.") {
                    (_, connection) throws(Failure) in
                    connection.loop.services.statistics.reset()
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
        for write in writes { write() }
        connection.replyOK()
    }
}

/// A row of CONFIG.
struct ConfigParameter: Sendable {
    let name: String
    let value: @Sendable (RedisServices) -> String
    /// Nil: it stays as it is.
    var number: Number?

    struct Number: Sendable {
        let range: ClosedRange<Int>
        let set: @Sendable (RedisServices, Int) -> Void
    }

    /// What does it, or why it cannot be done. To say what is so already is no change.
    func change(to text: String, _ services: RedisServices) throws(CommandError) -> () -> Void {
        guard let number else {
            guard text == value(services) else { throw refusal("can't set immutable config") }
            return {}
        }
        guard let wanted = Int(text) else { throw refusal("argument couldn't be parsed into an integer") }
        guard number.range.contains(wanted) else {
            throw refusal(
                "argument must be between \(number.range.lowerBound) and \(number.range.upperBound) inclusive")
        }
        return { number.set(services, wanted) }
    }

    func refusal(_ reason: String) -> CommandError {
        .message("CONFIG SET failed (possibly related to argument '\(name)') - \(reason)")
    }

    private static func fixed(_ name: String, _ value: String) -> Self { Self(name: name, value: { _ in value }) }

    static let all: [Self] = [
        fixed("maxmemory-policy", "noeviction"),
        Self(name: "maxmemory", value: { "\($0.storage.metrics.memoryBytesMax)" }),
        fixed("appendonly", "yes"),
        Self(name: "appendfsync", value: { $0.configuration.syncs.appendfsync }),
        fixed("save", ""),
        Self(name: "databases", value: { "\($0.configuration.databases)" }),
        Self(name: "maxclients", value: { "\($0.configuration.limits.connectionsMax)" }),
        Self(name: "port", value: { "\($0.configuration.port)" }),
        Self(name: "bind", value: { $0.configuration.host }),
        Self(name: "protected-mode", value: { $0.configuration.isProtected ? "yes" : "no" }),
        Self(name: "enable-debug-command", value: { $0.configuration.allowsDebug ? "yes" : "no" }),
        Self(name: "tcp-keepalive", value: { "\($0.configuration.limits.keepaliveSeconds)" }),
        Self(name: "client-output-buffer-limit", value: { outputLimits($0.configuration.limits) }),
        fixed("notify-keyspace-events", ""),
        fixed("cluster-enabled", "no"),
        fixed("replica-serve-stale-data", "yes"),
        Self(
            name: "timeout", value: { "\($0.settings.idleSecondsMax.load(ordering: .relaxed))" },
            number: Number(range: 0...Int(Int32.max)) { $0.settings.idleSecondsMax.store($1, ordering: .relaxed) }),
        Self(
            name: "proto-max-bulk-len", value: { "\($0.settings.bulkBytesMax.load(ordering: .relaxed))" },
            // Redis' least value; and what it allows without being told more.
            number: Number(range: 1_048_576...512 * 1_048_576) {
                $0.settings.bulkBytesMax.store($1, ordering: .relaxed)
            }),
    ]

    private static func outputLimits(_ limits: RedisLimits) -> String {
        "normal \(limits.outputBytesMax) 0 0 slave 0 0 0 pubsub \(limits.subscriberOutputBytesMax) 0 0"
    }
}
