import Glibc
import HTTPFrontend
import HTTPGuard
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import RedisFrontend
import RoostModel
import RoostStorage
import SQSFrontend
import ServiceLifecycle

/// What clients prove who they are by.
struct Secrets {
    var accessKeys: [AccessKey]
    var redisPassword: String?
    var adminToken: AdminToken?
    /// Nil: no door speaks TLS.
    var certificates: ServerCertificates?
}

extension Secrets {
    init(_ configuration: ServerConfiguration, _ logger: Logger) throws(ConfigurationError) {
        accessKeys = try AccessKeySources.all(configuration)
        redisPassword = try RedisPassword.read(configuration)
        adminToken = try AdminTokenSource.read(configuration)
        guard (configuration.tlsCertificateFile == nil) == (configuration.tlsKeyFile == nil) else {
            let reason = "--tls-cert and --tls-key go together, and one of them is not set"
            throw ConfigurationError(problems: [.init(reason: reason)])
        }
        if let files = configuration.tlsFiles { certificates = try ServerCertificates(files, logger.labelled("tls")) }
    }
}

/// The ports of a server.
struct Doors {
    private(set) var endpoints = RoostServer.Endpoints()
    private let configuration: ServerConfiguration
    private let sizes: EngineSizes
    private let logger: Logger
    private let secrets: Secrets
    private let sqsLoad = SharedLoad(SQSLimits())
    private let redisLoad = RedisLoad(RedisLimits())
    private let redisDirectory = RedisDirectory()
    private let addresses: DoorAddresses
    private var sqs: SQSServer?
    private var redis: RedisServer?
    private var http: HTTPDoor?

    init(
        _ configuration: ServerConfiguration, _ secrets: Secrets, _ sizes: EngineSizes, _ logger: Logger
    ) {
        self.configuration = configuration
        self.secrets = secrets
        self.sizes = sizes
        self.logger = logger
        addresses = DoorAddresses(configuration)
    }

    mutating func openHTTP(_ storage: any Storage) async throws {
        guard let address = configuration.http else { return }
        var http = HTTPConfiguration(configuration, sizes, at: address)
        let (servesSQS, servesRedis) = (configuration.sqs != nil, configuration.redis != nil)
        http.otherLoads = { [sqsLoad, redisLoad] in
            (servesSQS ? [sqsLoad.account] : []) + (servesRedis ? [redisLoad.account] : [])
        }
        http.access = AccessConfiguration(
            token: secrets.adminToken, console: configuration.console, isSecure: configuration.usesTLS(.http))
        http.secure = secure(.http)
        http.otherTimes = (servesSQS ? [sqsLoad.times] : []) + (servesRedis ? [redisLoad.times] : [])
        if servesRedis {
            http.channels = redisDirectory
            http.clients = redisDirectory
        }
        let (startedAt, settings) = (http.clock(), configuration.effective(sizes))
        http.nodeFacts = { [addresses] in NodeFacts(startedAt: startedAt, doors: addresses.all, settings: settings) }
        let door = try await Self.opening(address, "http") { [http] in
            try await HTTPDoor.open(http, storage, logger.labelled("http"))
        }
        self.http = door
        endpoints.http = ListenAddress(host: address.host, port: door.port ?? address.port)
        addresses.note(.http, at: endpoints.http)
    }

    mutating func openSQS(_ storage: any Storage, _ loops: MultiThreadedEventLoopGroup) async throws {
        guard let address = configuration.sqs else { return }
        var sqs = SQSConfiguration(configuration, at: address)
        sqs.isStrictTiming = configuration.sqsStrictTiming
        sqs.secure = secure(.sqs)
        if !secrets.accessKeys.isEmpty { sqs.accessKeys = AccessKeys(secrets.accessKeys) }
        tellOfKeys()
        let server = try await Self.opening(address, "sqs") { [sqs] in
            try await SQSServer.start(
                configuration: sqs, storage: storage, group: loops, load: sqsLoad, logger: logger.labelled("sqs"))
        }
        self.sqs = server
        endpoints.sqs = ListenAddress(host: address.host, port: server.localAddress?.port ?? address.port)
        addresses.note(.sqs, at: endpoints.sqs)
    }

    mutating func openRedis(_ storage: any Storage, _ loops: MultiThreadedEventLoopGroup) async throws {
        guard let address = configuration.redis else { return }
        var redis = RedisConfiguration(configuration, at: address, password: secrets.redisPassword)
        redis.secure = secure(.redis)
        let server = try await Self.opening(address, "redis") { [redis] in
            try await RedisServer.start(
                configuration: redis, storage: storage, group: loops, load: redisLoad, directory: redisDirectory,
                logger: logger.labelled("redis"))
        }
        self.redis = server
        endpoints.redis = ListenAddress(host: address.host, port: server.localAddress?.port ?? address.port)
        addresses.note(.redis, at: endpoints.redis)
    }

    private func secure(_ door: Door) -> (@Sendable (any Channel) throws -> Void)? {
        guard configuration.usesTLS(door), let certificates = secrets.certificates else { return nil }
        return { try certificates.secure($0) }
    }

    private func tellOfKeys() {
        let accessKeys = secrets.accessKeys
        let ids = accessKeys.map(\.id).joined(separator: ", ")
        let whom = configuration.insecure ? "whoever can reach it" : "this machine"
        logger.info(
            accessKeys.isEmpty
                ? "sqs: no access keys, so signatures are not checked; it is served to \(whom) only"
                : "sqs: every request has to be signed with one of \(accessKeys.count) access keys: \(ids)")
    }

    private static func opening<Door>(
        _ address: ListenAddress, _ option: String, _ open: () async throws -> Door
    ) async throws -> Door {
        do {
            return try await open()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw DoorError(address: address, option: option)
        }
    }

    /// Running requests end, waiting ones are answered empty, then the ports close.
    func close() async {
        async let sqs: Void? = sqs?.shutdown()
        async let http: Void? = http?.close()
        async let redis: Void? = redis?.shutdown()
        _ = await (sqs, http, redis)
    }
}

/// Somebody else listens there.
struct DoorError: Error, CustomStringConvertible {
    var address: ListenAddress
    var option: String

    var description: String {
        "\(address) is in use by another program. Stop it, or choose another address with --\(option) HOST:PORT."
    }
}

/// The HTTP port has an event loop of its own: health and console answer while the other loop waits for the disk.
private struct HTTPDoor {
    var port: Int?
    private let loops: MultiThreadedEventLoopGroup
    private let services: ServiceGroup
    private let running: Task<Void, any Error>

    static func open(
        _ configuration: HTTPConfiguration, _ storage: any Storage, _ logger: Logger
    ) async throws -> HTTPDoor {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let (ports, ready) = AsyncStream.makeStream(of: Int?.self)
        let application = makeHTTPApplication(
            configuration: configuration, storage: storage, eventLoopGroup: loops, logger: logger
        ) { ready.yield($0.port) }
        let services = ServiceGroup(services: [application], logger: logger)
        let running = Task {
            defer { ready.finish() }
            try await services.run()
        }
        for await port in ports { return HTTPDoor(port: port, loops: loops, services: services, running: running) }
        // It ended before it was ready: its error says why.
        try await running.value
        throw CancellationError()
    }

    func close() async {
        await services.triggerGracefulShutdown()
        _ = await running.result
        try? await loops.shutdownGracefully()
    }
}

extension SQSConfiguration {
    init(_ configuration: ServerConfiguration, at address: ListenAddress) {
        self.init(
            account: configuration.account, region: configuration.region, host: address.host, port: address.port,
            crossSite: CrossSiteRules(configuration, at: address))
    }
}

extension RedisConfiguration {
    init(_ configuration: ServerConfiguration, at address: ListenAddress, password: String?) {
        self.init(host: address.host, port: address.port, password: password, roostVersion: Version.text)
        isProtected = !configuration.insecure
        allowsDebug = configuration.enableDebugCommand
        syncs =
            switch configuration.fsync {
            case .always: .always
            case .interval: .interval
            case .off: .off
            }
    }
}

extension HTTPConfiguration {
    init(_ configuration: ServerConfiguration, _ sizes: EngineSizes, at address: ListenAddress) {
        self.init(
            host: address.host, port: address.port, crossSite: CrossSiteRules(configuration, at: address),
            aweq: configuration.aweq.flatMap { try? QueueName($0.queue) }.map { AweQConfiguration(queue: $0) },
            maximumMessageBytes: sizes.messageBytesMax, version: Version.text,
            fsyncPolicy: configuration.fsync.rawValue)
    }
}

extension CrossSiteRules {
    fileprivate init(_ configuration: ServerConfiguration, at address: ListenAddress) {
        self.init(names: configuration.serverNames, listensOnLoopback: address.isLoopback)
    }
}

extension Logger {
    fileprivate func labelled(_ door: String) -> Logger {
        var logger = self
        logger[metadataKey: "door"] = "\(door)"
        return logger
    }
}
