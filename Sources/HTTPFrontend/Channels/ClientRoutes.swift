package import Hummingbird
package import RoostModel
package import RoostStorage

/// `/api/v1/clients`: who is connected.
package struct ClientRoutes: Sendable {
    private static let clientsMax = 1000

    package let calls: StorageCalls
    package let node: NodeDescription
    package let clock: @Sendable () -> BrokerTime
    /// Nil: the port that knows its clients is closed.
    package let directory: (any ClientDirectory)?

    package func add<Context: RequestContext>(to router: Router<Context>) {
        router.get("api/v1/clients") { request, _ in try await list(request) }
        router.delete("api/v1/clients/:id") { _, context in try await close(context.parameters.get("id") ?? "") }
    }

    /// Only the Redis port knows its clients one by one. The others count connections; which receives wait, the storage
    /// knows of all of them.
    private func list(_ request: Request) async throws -> Response {
        let query = try Query(request, allowed: ["limit"])
        let limit = try query.wholeNumber("limit", in: 1...Self.clientsMax, default: 100)
        let now = clock()
        let clients = (await directory?.clients() ?? []).sorted { $0.id < $1.id }
        let (waiters, waiterCount) = try await calls.waiters(limit)
        return .json([
            "clients": .array(clients.prefix(limit).map { JSON($0, now) }), "total": .count(clients.count),
            "connections": .object(node.loads.map { .init(name: $0.door, value: .count($0.connections)) }),
            "waiters": .array(waiters.map { JSON($0) }), "waiters_total": .count(waiterCount),
        ])
    }

    private func close(_ text: String) async throws -> Response {
        guard let id = UInt64(text) else { throw Problem.invalidField("The id of a client is a whole number.") }
        guard await directory?.close(client: id) ?? false else { throw Problem.clientDoesNotExist }
        return .json([:])
    }
}

extension Problem {
    fileprivate static let clientDoesNotExist = Problem(
        .notFound, "client_does_not_exist", "There is no such client", "It may be gone. List clients with GET.")
}

extension JSON {
    fileprivate init(_ waiter: WaitingReceive) {
        self = [
            "queue": .string(waiter.queue.text), "door": .string(waiter.door.rawValue),
            "since_ms": .time(waiter.since), "until_ms": waiter.until.map(JSON.time) ?? nil,
        ]
    }

    fileprivate init(_ client: ClientFacts, _ now: BrokerTime) {
        self = [
            "id": .counter(client.id), "door": .string(client.door), "address": .string(client.address),
            "name": .string(client.name), "library": .string(client.library),
            "connected_at_ms": .time(now + .seconds(Int64(-client.ageSeconds))),
            "idle_seconds": .count(client.idleSeconds), "database": .count(client.database),
            "last_command": .string(client.lastCommand), "subscriptions": .count(client.subscriptions),
            "waiting_on": .array(client.waitingOn.map { .string(String(decoding: $0, as: UTF8.self)) }),
        ]
    }
}
