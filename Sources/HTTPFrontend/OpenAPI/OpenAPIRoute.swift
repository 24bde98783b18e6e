package import Hummingbird
import RoostModel

/// `/openapi.json`. Does not ask the storage anything.
package struct OpenAPIRoute: Sendable {
    private let body: JSON

    /// All that a server with this configuration serves.
    package static func operations(of configuration: HTTPConfiguration) -> [Operation] {
        (configuration.aweq == nil ? [] : AweQRoutes.operations) + strictOperations(of: configuration)
    }

    /// Those that refuse what they do not know. AweQ let it pass, and so do its paths here.
    package static func strictOperations(of configuration: HTTPConfiguration) -> [Operation] {
        let families: [[Operation]] = [
            QueueRoutes.operations, MessageRoutes.operations, BrowseRoutes.operations, MoveRoutes.operations,
            OverviewRoute.operations, EventRoutes.operations,
            SessionRoutes.operations, KeyRoutes.operations, ChannelRoutes.operations, ClientRoutes.operations,
            NodeRoutes.operations, configuration.nodeFacts == nil ? [] : NodeRoute.operations, operations,
        ]
        return families.flatMap { $0 }
    }

    private static let metrics = Operation(
        .get, "/metrics", "metrics", "Metrics in the text format of Prometheus", [.query("family", .text)],
        answer: .text("text/plain"))
    private static let operations =
        metrics.withHead + [Operation(.get, "/openapi.json", "openapi", "This document", .anything)]

    package init(_ configuration: HTTPConfiguration) {
        let operations = Self.operations(of: configuration)
        body =
            OpenAPIDocument(
                operations: operations, version: configuration.version, needsToken: configuration.access.token != nil
            ).json
    }

    package func add<Context: RequestContext>(to router: Router<Context>) {
        router.get("openapi.json") { request, _ in
            _ = try Query(request, allowed: [])
            return Response.json(body)
        }
    }
}
