package import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore
import RoostModel
package import RoostStorage

/// The HTTP front end: the AweQ API, the JSON API, health and metrics, over one storage.
///
/// - Parameter onServerRunning: called once with the address that the server listens on.
package func makeHTTPApplication(
    configuration: HTTPConfiguration,
    storage: any Storage,
    eventLoopGroup: any EventLoopGroup,
    logger: Logger,
    onServerRunning: @escaping @Sendable (SocketAddress) async -> Void = { _ in }
) -> some ApplicationProtocol {
    let calls = StorageCalls(storage)
    let limits = configuration.limits
    let bodyBytesMax = configuration.requestBodyBytesMax
    let load = HTTPLoad(bodies: BodyBudget(bytesMax: max(limits.bodyBytesTotalMax, bodyBytesMax)))
    return Application(
        router: makeRouter(configuration, calls, load),
        server: HTTPServerBuilder { responder in
            GuardedChannel(
                limits: limits, bodyBytesMax: bodyBytesMax, load: load, storage: calls.async,
                secure: configuration.secure, responder: responder
            )
        },
        configuration: ApplicationConfiguration(address: .hostname(configuration.host, port: configuration.port)),
        onServerRunning: { channel in
            if let address = channel.localAddress { await onServerRunning(address) }
        },
        eventLoopGroupProvider: .shared(eventLoopGroup),
        logger: logger
    )
}

private func makeRouter(
    _ configuration: HTTPConfiguration, _ calls: StorageCalls, _ load: HTTPLoad
) -> Router<BasicRequestContext> {
    let router = Router()
    let bodies = BodyReader(bytesMax: configuration.requestBodyBytesMax)
    router.add(middleware: RequestClock(times: load.times))
    router.add(middleware: ProblemMiddleware(paths: usefulPaths(configuration)))
    router.add(
        middleware: RequestRules(
            crossSite: configuration.crossSite,
            openToLoopbackPages: configuration.aweq == nil ? [] : AweQRoutes.paths
        )
    )
    let sessions = Sessions()
    router.add(middleware: AccessControl(configuration.access, sessions))
    router.add(middleware: RecoveryRules(storage: calls.storage))
    if let aweq = configuration.aweq {
        AweQRoutes(
            queue: aweq.queue, calls: calls, bodies: bodies, maximumMessageBytes: configuration.maximumMessageBytes
        ).add(to: router)
    }
    SessionRoutes(configuration.access, sessions, bodies).add(to: router)
    QueueRoutes(calls: calls, bodies: bodies).add(to: router)
    MessageRoutes(calls: calls, bodies: bodies).add(to: router)
    MoveRoutes(calls: calls, bodies: bodies).add(to: router)
    let node = NodeDescription(
        calls.storage, version: configuration.version, fsyncPolicy: configuration.fsyncPolicy,
        loads: { [otherLoads = configuration.otherLoads] in otherLoads() + [load.account] })
    NodeRoutes(node: node).add(to: router)
    ConsoleRoutes().add(to: router)
    let listing = QueueListing(calls, patience: configuration.queueSeriesPatience)
    MetricsRoute(node: node, listing: listing) { [otherTimes = configuration.otherTimes] in otherTimes + [load.times] }
        .add(to: router)
    return router
}

/// For the answer to an unknown path.
private func usefulPaths(_ configuration: HTTPConfiguration) -> [String] {
    let aweq = ["POST /send-message", "GET /receive-message", "DELETE /delete-message/{key}", "GET /get-stats"]
    let queue = [
        "purge", "pause", "resume", "messages", "receive", "delete", "visibility", "bury", "kick", "moves", "move",
    ]
    let looks = ["messages", "moves", "dead-letter-sources"]
    return (configuration.aweq == nil ? [] : aweq) + [
        "GET /api/v1/queues", "PUT|GET|PATCH|DELETE /api/v1/queues/{name}",
    ]
        + queue.map { "POST /api/v1/queues/{name}/\($0)" } + looks.map { "GET /api/v1/queues/{name}/\($0)" }
        + ["POST /api/v1/moves/{id}/cancel", "GET|POST|DELETE /api/v1/session"] + ["stats"].map { "GET /api/v1/\($0)" }
        + ["livez", "readyz", "healthz", "version", "metrics", "console"].map { "GET /\($0)" }
}
