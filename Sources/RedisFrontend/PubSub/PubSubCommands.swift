import RESP
import RoostModel

/// Commands of channels.
enum PubSubCommands {
    private typealias Failure = CommandError

    private static let flags: CommandRow.Flags = [.pubsub, .loading, .stale]
    private static let subscribing: CommandRow.Flags = [
        .pubsub, .noscript, .loading, .stale, .afterReplies, .whileSubscribed,
    ]

    static let rows: [CommandRow] = [
        subscribe("subscribe", .channel, "2.0.0", "Gets the messages of channels."),
        subscribe("psubscribe", .pattern, "2.0.0", "Gets the messages of channels whose names match patterns."),
        subscribe("ssubscribe", .shard, "7.0.0", "Gets the messages of shard channels."),
        unsubscribe("unsubscribe", .channel, "2.0.0", "Ends subscriptions to channels, to all without a name."),
        unsubscribe("punsubscribe", .pattern, "2.0.0", "Ends subscriptions to patterns, to all without a name."),
        unsubscribe("sunsubscribe", .shard, "7.0.0", "Ends subscriptions to shard channels, to all without a name."),
        publish("publish", .channel, .none, "2.0.0", "Sends a message to the subscribers of a channel."),
        publish("spublish", .shard, .one, "7.0.0", "Sends a message to the subscribers of a shard channel."),
        CommandRow(
            container: "pubsub", since: "2.8.0", helpSince: "6.2.0", "Tells about subscriptions.", questions),
    ]

    private static func subscribe(
        _ name: String, _ kind: ChannelKind, _ since: String, _ summary: String
    ) -> CommandRow {
        CommandRow(connection: name, -2, subscribing, kind == .shard ? .all : .none, since: since, summary) {
            (arguments, connection) throws(Failure) in
            try connection.subscribe(try arguments.rest(), kind, name)
        }
    }

    private static func unsubscribe(
        _ name: String, _ kind: ChannelKind, _ since: String, _ summary: String
    ) -> CommandRow {
        CommandRow(connection: name, -1, subscribing, kind == .shard ? .all : .none, since: since, summary) {
            (arguments, connection) throws(Failure) in
            connection.unsubscribe(try arguments.rest(), kind, name)
        }
    }

    private static func publish(
        _ name: String, _ kind: ChannelKind, _ keys: CommandRow.Keys, _ since: String, _ summary: String
    ) -> CommandRow {
        CommandRow(connection: name, 3, flags.union([.fast, .afterReplies, .publishes]), keys, since: since, summary) {
            (arguments, connection) throws(Failure) in
            // When nobody gets it nothing has to be copied.
            guard connection.isHeard else { return connection.reply { $0.writeInteger(0) } }
            try connection.publish(kind, to: try arguments.bytes(), try arguments.bytes())
        }
    }

    private static let questions: [CommandRow] = [
        names("pubsub|channels", .channel, "2.8.0", "Lists channels with subscribers."),
        names("pubsub|shardchannels", .shard, "7.0.0", "Lists shard channels with subscribers."),
        counts("pubsub|numsub", .channel, "2.8.0", "Counts the subscribers of channels."),
        counts("pubsub|shardnumsub", .shard, "7.0.0", "Counts the subscribers of shard channels."),
        CommandRow(connection: "pubsub|numpat", 2, flags, since: "2.8.0", "Counts patterns with subscribers.") {
            (_, connection) throws(Failure) in
            let count = connection.loop.services.hub.count(.pattern)
            connection.reply { $0.writeInteger(count) }
        },
    ]

    private static func names(
        _ name: String, _ kind: ChannelKind, _ since: String, _ summary: String
    ) -> CommandRow {
        CommandRow(connection: name, -2, flags, since: since, summary) { (arguments, connection) throws(Failure) in
            guard arguments.remaining <= 1 else {
                let word = name.dropFirst("pubsub|".count).uppercased()
                throw .message(
                    "unknown subcommand or wrong number of arguments for '\(word)'. Try PUBSUB HELP.")
            }
            let pattern = arguments.isAtEnd ? nil : GlobPattern(try arguments.bytes())
            let names = connection.loop.services.hub.names(kind, matching: pattern)
            connection.reply { writer in
                writer.writeArray(count: names.count)
                for name in names { writer.writeBulk(name) }
            }
        }
    }

    private static func counts(
        _ name: String, _ kind: ChannelKind, _ since: String, _ summary: String
    ) -> CommandRow {
        CommandRow(connection: name, -2, flags, since: since, summary) { (arguments, connection) throws(Failure) in
            let names = try arguments.rest()
            let counts = connection.loop.services.hub.counts(kind, of: names)
            connection.reply { writer in
                writer.writeArray(count: names.count * 2)
                for (name, count) in zip(names, counts) {
                    writer.writeBulk(name)
                    writer.writeInteger(count)
                }
            }
        }
    }
}
