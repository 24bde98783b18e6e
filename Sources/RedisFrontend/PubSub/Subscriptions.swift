import NIOCore
import RESP
import RoostModel
import RoostStorage
import Synchronization

/// What one client subscribes to.
struct Subscriptions {
    private(set) var channels: Set<Bytes> = []
    private(set) var patterns: Set<Bytes> = []
    private(set) var shards: Set<Bytes> = []
    /// Of all of them, with what each takes beside its bytes.
    private(set) var nameBytes = 0

    /// Of channels and patterns together, as the replies count them; those of shards count apart.
    func count(_ kind: ChannelKind) -> Int { kind == .shard ? shards.count : channels.count + patterns.count }

    var total: Int { channels.count + patterns.count + shards.count }

    subscript(kind: ChannelKind) -> Set<Bytes> {
        switch kind {
        case .channel: channels
        case .pattern: patterns
        case .shard: shards
        }
    }

    /// False when it is there already.
    mutating func insert(_ name: Bytes, _ kind: ChannelKind) -> Bool {
        let isNew =
            switch kind {
            case .channel: channels.insert(name).inserted
            case .pattern: patterns.insert(name).inserted
            case .shard: shards.insert(name).inserted
            }
        if isNew { nameBytes += NamedBytes.of(name) }
        return isNew
    }

    /// False when it is not there.
    mutating func remove(_ name: Bytes, _ kind: ChannelKind) -> Bool {
        let wasThere =
            switch kind {
            case .channel: channels.remove(name) != nil
            case .pattern: patterns.remove(name) != nil
            case .shard: shards.remove(name) != nil
            }
        if wasThere { nameBytes -= NamedBytes.of(name) }
        return wasThere
    }
}

extension RedisConnection {
    var isSubscribed: Bool { subscriptions.total > 0 }

    func subscribe(_ names: [Bytes], _ kind: ChannelKind, _ word: String) throws(CommandError) {
        guard subscriptions.total + names.count <= limits.subscriptionsMax else {
            throw .message("a client can subscribe to \(limits.subscriptionsMax) channels and patterns at most")
        }
        _ = try requireRoom(for: names)
        let wasSubscribed = isSubscribed
        let counts = names.map { name in
            subscribe(name, kind)
            return subscriptions.count(kind)
        }
        noteNames()
        push { Self.write(word, names, counts, to: &$0) }
        countSubscriber(wasSubscribed)
    }

    /// Of channels: CLIENT REPLY does not turn it off.
    private func push(_ write: (inout ReplyWriter) -> Void) {
        let wasSilent = isSilent
        isSilent = false
        reply(write)
        isSilent = wasSilent
    }

    private static func write(_ word: String, _ names: [Bytes], _ counts: [Int], to writer: inout ReplyWriter) {
        for (name, count) in zip(names, counts) {
            writer.writePush(count: 3)
            writer.writeBulk(word)
            writer.writeBulk(name)
            writer.writeInteger(count)
        }
    }

    private func subscribe(_ name: Bytes, _ kind: ChannelKind) {
        guard subscriptions.insert(name, kind) else { return }
        loop.subscribers.add(self, kind, name)
        loop.services.hub.add(kind, name, loop: loop.number)
    }

    /// - Parameter names: none: all of the kind.
    func unsubscribe(_ names: [Bytes], _ kind: ChannelKind, _ word: String) {
        let wasSubscribed = isSubscribed
        let names = names.isEmpty ? Array(subscriptions[kind]) : names
        let counts = names.map { name in
            unsubscribe(name, kind)
            return subscriptions.count(kind)
        }
        noteNames()
        push { Self.write(word, names, counts, to: &$0) }
        countSubscriber(wasSubscribed)
        guard names.isEmpty else { return }
        let count = subscriptions.count(kind)
        push { writer in
            writer.writePush(count: 3)
            writer.writeBulk(word)
            writer.writeNull()
            writer.writeInteger(count)
        }
    }

    private func unsubscribe(_ name: Bytes, _ kind: ChannelKind) {
        guard subscriptions.remove(name, kind) else { return }
        loop.subscribers.remove(self, kind, name)
        loop.services.hub.remove(kind, name, loop: loop.number)
    }

    func unsubscribeFromAll() {
        let wasSubscribed = isSubscribed
        for kind in [ChannelKind.channel, .pattern, .shard] {
            for name in subscriptions[kind] { unsubscribe(name, kind) }
        }
        noteNames()
        countSubscriber(wasSubscribed)
    }

    private func countSubscriber(_ wasSubscribed: Bool) {
        guard wasSubscribed != isSubscribed else { return }
        loop.services.statistics.subscribedClients.add(isSubscribed ? 1 : -1, ordering: .relaxed)
    }

    /// False: neither a client nor a queue gets anything from any channel.
    var isHeard: Bool { loop.services.hub.hasAudience || loop.services.storage.hasBindings }

    /// Queues that are bound to the channel have the message on disk before anybody gets it.
    func publish(_ kind: ChannelKind, to channel: Bytes, _ message: Bytes) throws(CommandError) {
        guard loop.services.storage.hasBindings, kind == .channel, !isCarryingOutTransaction else {
            let count = deliver(kind, channel, message)
            return reply { $0.writeInteger(count) }
        }
        hold = .replies
        let deliver = { (connection: RedisConnection, result: StorageResult) in
            connection.deliver(kind, channel, message, storedIn: result)
        }
        ask(
            .keys(KeyRequest([.publish(channel: channel, message)])), bytes: channel.count + message.count,
            whenGone: { _ = deliver($0, $1) }
        ) { (connection, result) in
            if let count = deliver(connection, result) {
                connection.answer { $0.writeInteger(count) }
            } else {
                connection.answer { writer in
                    writer.write(result)
                    connection.loop.noteError(writer.errorCode)
                }
            }
        }
    }

    /// How many queues and clients get it. Nil: a queue refused it, and nobody does.
    private func deliver(
        _ kind: ChannelKind, _ channel: Bytes, _ message: Bytes, storedIn result: StorageResult
    ) -> Int64? {
        guard case .success(.keys(let replies)) = result, case .some(.integer(let queues)) = replies.first
        else { return nil }
        return queues + Int64(deliver(kind, channel, message))
    }

    /// How many clients get it.
    func deliver(_ kind: ChannelKind, _ channel: Bytes, _ message: Bytes) -> Int {
        loop.publish(kind, channel, message)
    }
}
