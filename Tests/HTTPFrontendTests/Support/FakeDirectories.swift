import RoostModel
import RoostStorage
import Synchronization

/// Channels with subscribers that only count what they get.
final class FakeChannels: ChannelDirectory {
    private let subscribers: [(name: Bytes, subscribers: Int)]
    private let messages = Mutex<[String]>([])

    init(_ subscribers: [(name: String, subscribers: Int)]) {
        self.subscribers = subscribers.map { (Bytes($0.name.utf8), $0.subscribers) }
    }

    /// Channel and text of each.
    var published: [String] { messages.withLock { $0 } }
    var patternCount: Int { 2 }
    func channels() -> [(name: Bytes, subscribers: Int)] { subscribers }

    func publish(_ message: Bytes, to channel: Bytes) -> Int {
        messages.withLock {
            $0.append("\(String(decoding: channel, as: UTF8.self)) \(String(decoding: message, as: UTF8.self))")
        }
        return subscribers.first { $0.name == channel }?.subscribers ?? 0
    }

    func follow(
        _ patterns: [GlobPattern], _ observer: @escaping @Sendable (_ channel: Bytes, _ message: Bytes) -> Void
    ) {}
}

/// Clients that stay until they are closed.
final class FakeClients: ClientDirectory {
    private let ids: Mutex<[UInt64]>

    init(_ ids: [UInt64]) { self.ids = Mutex(ids) }

    func clients() async -> [ClientFacts] {
        ids.withLock { $0 }.map {
            ClientFacts(
                id: $0, door: "redis", address: "127.0.0.1:\($0)", name: "worker", library: "", ageSeconds: 60,
                idleSeconds: 5, database: 1, lastCommand: "blpop", waitingOn: [Bytes("jobs".utf8)], subscriptions: 0)
        }
    }

    func close(client id: UInt64) async -> Bool {
        ids.withLock { ids in
            defer { ids.removeAll { $0 == id } }
            return ids.contains(id)
        }
    }
}
