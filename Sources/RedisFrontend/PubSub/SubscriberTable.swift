import NIOCore
import RESP
import RoostModel

/// The clients of one event loop that subscribe to something.
struct SubscriberTable {
    private typealias Clients = [UInt64: RedisConnection]

    private var channels: [Bytes: Clients] = [:]
    private var shards: [Bytes: Clients] = [:]
    private var patterns: [Bytes: Clients] = [:]

    mutating func add(_ connection: RedisConnection, _ kind: ChannelKind, _ name: Bytes) {
        switch kind {
        case .channel: channels[name, default: [:]][connection.id] = connection
        case .shard: shards[name, default: [:]][connection.id] = connection
        case .pattern: patterns[name, default: [:]][connection.id] = connection
        }
    }

    mutating func remove(_ connection: RedisConnection, _ kind: ChannelKind, _ name: Bytes) {
        switch kind {
        case .channel: Self.remove(&channels, name, connection.id)
        case .shard: Self.remove(&shards, name, connection.id)
        case .pattern: Self.remove(&patterns, name, connection.id)
        }
    }

    private static func remove(_ table: inout [Bytes: Clients], _ name: Bytes, _ id: UInt64) {
        table[name]?[id] = nil
        if table[name]?.isEmpty ?? false { table[name] = nil }
    }

    func deliver(_ delivery: Delivery) {
        if let clients = (delivery.kind == .shard ? shards : channels)[delivery.channel] {
            var message = EncodedMessage(delivery, pattern: nil)
            for client in clients.values { client.append(&message) }
        }
        for pattern in delivery.patterns {
            guard let clients = patterns[pattern] else { continue }
            var message = EncodedMessage(delivery, pattern: pattern)
            for client in clients.values { client.append(&message) }
        }
    }
}

/// A message as it goes out: encoded once for each version of the protocol that somebody speaks.
struct EncodedMessage {
    enum Form {
        case copied(Bytes)
        /// Long ones are shared by the clients.
        case shared(ByteBuffer)
    }

    private static let copiedBytesMax = 16 * 1024

    private let delivery: Delivery
    private let pattern: Bytes?
    private var two: Form?
    private var three: Form?

    init(_ delivery: Delivery, pattern: Bytes?) {
        self.delivery = delivery
        self.pattern = pattern
    }

    mutating func form(_ version: RESPVersion) -> Form {
        if let form = version == .two ? two : three { return form }
        let bytes = encoded(version)
        let form: Form = bytes.count > Self.copiedBytesMax ? .shared(ByteBuffer(bytes: bytes)) : .copied(bytes)
        if version == .two { two = form } else { three = form }
        return form
    }

    private func encoded(_ version: RESPVersion) -> Bytes {
        var writer = ReplyWriter(version: version)
        writer.writePush(count: pattern == nil ? 3 : 4)
        if let pattern {
            writer.writeBulk("pmessage")
            writer.writeBulk(pattern)
        } else {
            writer.writeBulk(delivery.kind == .shard ? "smessage" : "message")
        }
        writer.writeBulk(delivery.channel)
        writer.writeBulk(delivery.message)
        return writer.take()
    }
}

extension RedisConnection {
    func append(_ message: inout EncodedMessage) {
        switch message.form(session.version) {
        case .copied(let bytes): append(bytes)
        case .shared(let buffer): append(shared: buffer)
        }
    }
}
