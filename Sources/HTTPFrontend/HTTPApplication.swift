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
    let rates = RateHistory(calls, clock: configuration.clock)
    return Application(
        router: makeRouter(configuration, calls, load, rates),
        server: HTTPServerBuilder { responder in
            GuardedChannel(
                limits: limits, bodyBytesMax: bodyBytesMax, load: load, storage: calls.async,
                secure: configuration.secure, responder: responder
            )
        },
        configuration: ApplicationConfiguration(address: .hostname(configuration.host, port: configuration.port)),
        services: [rates],
        onServerRunning: { channel in
            if let address = channel.localAddress { await onServerRunning(address) }
        },
        eventLoopGroupProvider: .shared(eventLoopGroup),
        logger: logger
    )
}

package func makeRouter(
    _ configuration: HTTPConfiguration, _ calls: StorageCalls, _ load: HTTPLoad, _ rates: RateHistory
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
    router.add(middleware: OperationRules(OpenAPIRoute.strictOperations(of: configuration)))
    if let aweq = configuration.aweq {
        AweQRoutes(
            queue: aweq.queue, calls: calls, bodies: bodies, maximumMessageBytes: configuration.maximumMessageBytes
        ).add(to: router)
    }
    SessionRoutes(configuration.access, sessions, bodies).add(to: router)
    let survey = rates.survey
    QueueRoutes(calls: calls, bodies: bodies, survey: survey).add(to: router)
    MessageRoutes(calls: calls, bodies: bodies).add(to: router)
    BrowseRoutes(calls: calls).add(to: router)
    MoveRoutes(calls: calls, bodies: bodies).add(to: router)
    let node = NodeDescription(
        calls.storage, version: configuration.version, fsyncPolicy: configuration.fsyncPolicy,
        loads: { [otherLoads = configuration.otherLoads] in otherLoads() + [load.account] })
    NodeRoutes(node: node).add(to: router)
    OverviewRoute(node: node, survey: survey, rates: rates).add(to: router)
    if let facts = configuration.nodeFacts {
        NodeRoute(node: node, clock: configuration.clock, facts: facts).add(to: router)
    }
    let hub = EventHub(
        calls.storage, channels: configuration.channels, startedAt: configuration.clock(),
        returnTime: configuration.eventReturnTime, stats: { StatsEvents(node: node, survey: survey) })
    EventRoutes(hub: hub).add(to: router)
    KeyRoutes(calls: calls).add(to: router)
    ChannelRoutes(calls: calls, bodies: bodies, survey: survey, directory: configuration.channels).add(to: router)
    ClientRoutes(calls: calls, node: node, clock: configuration.clock, directory: configuration.clients).add(to: router)
    let listing = QueueListing(calls, patience: configuration.queueSeriesPatience)
    MetricsRoute(node: node, listing: listing) { [otherTimes = configuration.otherTimes] in otherTimes + [load.times] }
        .add(to: router)
    ConsoleRoutes().add(to: router)
    OpenAPIRoute(configuration).add(to: router)
    return router
}

/// For the answer to an unknown path.
private func usefulPaths(_ configuration: HTTPConfiguration) -> [String] {
    ["GET /console"]
        + OpenAPIRoute.operations(of: configuration).filter { $0.method != .head && $0.method != .options }
        .map { "\($0.method.rawValue) \($0.path)" }
}
