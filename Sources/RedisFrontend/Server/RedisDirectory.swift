import NIOCore
package import RoostModel
package import RoostStorage
import Synchronization

/// The channels and clients of the Redis port, for those who show them. It is there before the port is.
package final class RedisDirectory: ChannelDirectory, ClientDirectory {
    private struct State {
        var services: RedisServices?
        var observer: ChannelObserver?
    }

    private let state = Mutex(State())

    package init() {}

    /// The port is open.
    func attach(_ services: RedisServices) {
        state.withLock { state in
            state.services = services
            services.hub.observe(state.observer)
        }
    }

    /// The port is closed.
    func detach() { state.withLock { $0.services = nil } }

    private var services: RedisServices? { state.withLock { $0.services } }

    package func channels() -> [(name: Bytes, subscribers: Int)] {
        guard let hub = services?.hub else { return [] }
        let names = hub.names(.channel, matching: nil)
        return zip(names, hub.counts(.channel, of: names)).map { ($0, $1) }
    }

    package var patternCount: Int { services?.hub.count(.pattern) ?? 0 }

    package func publish(_ message: Bytes, to channel: Bytes) -> Int {
        services?.publish(.channel, channel, message) ?? 0
    }

    package func follow(
        _ patterns: [GlobPattern], _ observer: @escaping @Sendable (_ channel: Bytes, _ message: Bytes) -> Void
    ) {
        state.withLock { state in
            state.observer = patterns.isEmpty ? nil : ChannelObserver(patterns: patterns, tell: observer)
            state.services?.hub.observe(state.observer)
        }
    }

    package func clients() async -> [ClientFacts] {
        var clients: [ClientFacts] = []
        for loop in services?.loops ?? [] {
            clients += await (try? loop.eventLoop.submit { loop.clientFacts }.get()) ?? []
        }
        return clients
    }

    package func close(client id: UInt64) async -> Bool {
        for loop in services?.loops ?? [] where await (try? loop.eventLoop.submit { loop.close(id) }.get()) ?? false {
            return true
        }
        return false
    }
}

/// Who is told of what is published, beside the subscribers.
struct ChannelObserver: Sendable {
    var patterns: [GlobPattern]
    var tell: @Sendable (_ channel: Bytes, _ message: Bytes) -> Void
}

extension RedisLoop {
    fileprivate var clientFacts: [ClientFacts] { connections.values.map(\.facts) }

    fileprivate func close(_ id: UInt64) -> Bool {
        guard let connection = connections[id] else { return false }
        connection.close()
        settle()
        return true
    }
}

extension RedisConnection {
    fileprivate var facts: ClientFacts {
        let library = [session.libraryName, session.libraryVersion].filter { !$0.isEmpty }.joined(separator: " ")
        return ClientFacts(
            id: id, door: "redis", address: remoteAddress, name: session.name, library: library, ageSeconds: Int(age),
            idleSeconds: Int(loop.tick &- lastTick), database: Int(session.database),
            lastCommand: session.lastCommand?.name ?? "", waitingOn: blocked?.keys ?? [],
            subscriptions: subscriptions.channels.count + subscriptions.patterns.count + subscriptions.shards.count)
    }
}
