import HTTPFrontend
import Logging
import NIOCore
import NIOPosix
import RoostLocalStorage
import RoostModel
import RoostStorage
import SQSFrontend

/// The whole server: configuration in, a running broker out. Only here do engines and front ends meet.
package enum RoostServer {
    /// Where the server listens. Nil: that door is left out.
    package struct Endpoints: Sendable {
        package var sqs: ListenAddress?
        package var http: ListenAddress?
        package var redis: ListenAddress?

        package init(sqs: ListenAddress? = nil, http: ListenAddress? = nil, redis: ListenAddress? = nil) {
            self.sqs = sqs
            self.http = http
            self.redis = redis
        }
    }

    /// Runs until a signal asks it to end, or the log cannot be written any more.
    ///
    /// `warnings` are logged at every start; `onReady` is called once when requests are served at all doors.
    package static func run(
        _ configuration: ServerConfiguration, warnings: [String], onReady: (Endpoints) -> Void
    ) async throws {
        let logger = ServerLog.logger(configuration)
        let signals = ShutdownSignals(logger)
        for warning in warnings { logger.warning("\(warning)") }
        let secrets = try Secrets(configuration, logger)
        let reload = CertificateReload.start(secrets.certificates, configuration, logger)
        defer { withExtendedLifetime(reload) {} }
        FileLimit.raise(logger)
        let sizes = try EngineSizes(configuration)
        sizes.tell(logger)

        // Health and progress are told while the log is read. Clients of SQS find no port until it is: they try again
        // after a refused connection as they do after a 503.
        var doors = Doors(configuration, secrets, sizes, logger)
        let deferred = DeferredStorage()
        try await doors.openHTTP(deferred)
        let storage = try await StorageStart.run(configuration, sizes, deferred, logger)
        signals.started()

        let loops = MultiThreadedEventLoopGroup(numberOfThreads: configuration.loops)
        let driver = makeDriver(storage, configuration, loops)
        storage.attach(driver)
        do {
            try await setUpAweQQueue(configuration, sizes, storage, logger)
            try await QueueDeclarations.apply(configuration.queues, to: storage, logger)
        } catch {
            await doors.close()
            storage.shutDown()
            throw error
        }
        let served: any Storage = configuration.autoCreate ? AutoCreatingStorage(storage) : storage
        try await doors.openSQS(served, loops)
        try await doors.openRedis(served, loops)
        deferred.open(served)
        onReady(doors.endpoints)
        ServiceManager.tell("READY=1")
        logger.info("ready")

        await signals.first()
        logger.info("shutting down")
        ServiceManager.tell("STOPPING=1")
        storage.endWaits()
        await doors.close()
        storage.shutDown()
        try await loops.shutdownGracefully()
        logger.info("closed")
    }

    private static func makeDriver(
        _ storage: LocalStorage, _ configuration: ServerConfiguration, _ loops: MultiThreadedEventLoopGroup
    ) -> any EngineDriver {
        configuration.runsInline ? EventLoopDriver(storage, on: loops.next()) : ThreadedDriver(storage)
    }

    /// A server whose disk or memory is full has to start all the same, so that it can be drained.
    private static func setUpAweQQueue(
        _ configuration: ServerConfiguration, _ sizes: EngineSizes, _ storage: LocalStorage, _ logger: Logger
    ) async throws(Rejection) {
        guard let aweq = configuration.aweq else { return }
        let queue = try QueueName(aweq.queue)
        var settings = AweQConfiguration(queue: queue).settings(maximumMessageBytes: sizes.messageBytesMax)
        settings.visibilityTimeout = aweq.visibilityTimeout
        do throws(Rejection) {
            try await createOrChange(queue, settings, AsyncStorage(storage))
        } catch .outOfDiskSpace {
            logger.error(
                "the disk is full: the queue of the AweQ API, \(queue), keeps the settings it had, if it is there")
        } catch .outOfMemory {
            logger.error("the memory limit is reached: the queue of the AweQ API, \(queue), could not be made")
        }
    }

    private static func createOrChange(
        _ queue: QueueName, _ settings: QueueSettingsChange, _ calls: AsyncStorage
    ) async throws(Rejection) {
        do throws(Rejection) {
            _ = try await calls.perform(.createQueue(queue, settings))
        } catch .queueExists {
            // It was made at an earlier start, with other options: those of now count.
            _ = try await calls.perform(.changeSettings(queue, settings))
        }
    }
}
