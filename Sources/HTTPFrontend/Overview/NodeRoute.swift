package import Hummingbird
package import RoostModel
import RoostStorage

/// What the server knows of itself that no counter tells.
package struct NodeFacts: Sendable {
    package var startedAt: BrokerTime
    /// Names of doors, and where they listen.
    package var doors: [(name: String, address: String)]
    /// As they are in effect. Whoever makes this leaves out what is secret.
    package var settings: [(name: String, value: String)]

    package init(
        startedAt: BrokerTime, doors: [(name: String, address: String)], settings: [(name: String, value: String)]
    ) {
        self.startedAt = startedAt
        self.doors = doors
        self.settings = settings
    }
}

/// `/api/v1/node`: version, addresses, settings, and the state of the storage.
package struct NodeRoute: Sendable {
    package let node: NodeDescription
    package let clock: @Sendable () -> BrokerTime
    package let facts: @Sendable () -> NodeFacts

    package func add<Context: RequestContext>(to router: Router<Context>) {
        router.get("api/v1/node") { request, _ in
            _ = try Query(request, allowed: [])
            return Response.json(json)
        }
    }

    private var json: JSON {
        let (facts, now) = (facts(), clock())
        let own: [JSON.Member] = [
            .init(name: "started_at_ms", value: .time(facts.startedAt)),
            .init(name: "uptime_seconds", value: .integer(max(now - facts.startedAt, .zero).wholeSeconds)),
            .init(name: "doors", value: .object(facts.doors.map { .init(name: $0.name, value: .string($0.address)) })),
            .init(
                name: "settings",
                value: .object(facts.settings.map { .init(name: $0.name, value: .string($0.value)) })),
        ]
        return .object(own + node.stats)
    }
}
