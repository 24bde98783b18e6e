import HTTPFrontend
import Logging
import NIOCore
import NIOPosix
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import SQSFrontend

/// The whole server: configuration in, a running broker out. Only here do engines and front ends meet.
package enum RoostServer {
    /// Where the server listens. Nil: that door is left out.
    package struct Endpoints: Sendable {
        package var sqs: ListenAddress?
        package var http: ListenAddress?
    }

    /// Runs until a signal asks it to end, or the log cannot be written any more.
    ///
    /// `warnings` are logged at every start; `onReady` is called once when all doors are open.
    package static func run(
        _ configuration: ServerConfiguration, warnings: [String], onReady: (Endpoints) -> Void
    ) async throws {
        let logger = ServerLog.logger(configuration)
        let signals = ShutdownSignals(logger)
        for warning in warnings { logger.warning("\(warning)") }
        FileLimit.raise(logger)

        let storage = try openStorage(configuration, logger)
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: configuration.loops)
        let driver = makeDriver(storage, configuration, loops)
        storage.attach(driver)
        try await createAweQQueue(configuration, storage)

        let doors = try await Doors.open(configuration, storage, loops, logger)
        onReady(doors.endpoints)
        logger.info("ready")

        await signals.first()
        logger.info("shutting down")
        storage.endWaits()
        await doors.close()
        storage.shutDown()
        try await loops.shutdownGracefully()
        logger.info("closed")
    }

    private static func openStorage(
        _ configuration: ServerConfiguration, _ logger: Logger
    ) throws(StartError) -> LocalStorage {
        var engine = LocalStorageConfiguration()
        engine.messageBytesMax = configuration.maxMessageBytes
        engine.log = LogConfiguration(
            segmentBytes: configuration.segmentBytes, syncPolicy: configuration.fsync.syncPolicy)
        engine.acknowledgesEarly = configuration.acknowledgeEarly
        let progress = RecoveryProgress(logger)
        let storage = try LocalStorage.open(
            directory: DataDirectory(path: configuration.dataDirectory), configuration: engine,
            progress: { progress.report($0) }, onNotice: { StorageNotices.handle($0, logger) })
        RecoveryProgress.report(storage.recovery, logger)
        return storage
    }

    private static func makeDriver(
        _ storage: LocalStorage, _ configuration: ServerConfiguration, _ loops: MultiThreadedEventLoopGroup
    ) -> any EngineDriver {
        configuration.runsInline ? EventLoopDriver(storage, on: loops.next()) : ThreadedDriver(storage)
    }

    private static func createAweQQueue(
        _ configuration: ServerConfiguration, _ storage: LocalStorage
    ) async throws(Rejection) {
        guard let aweq = configuration.aweq else { return }
        let queue = try QueueName(aweq.queue)
        let calls = AsyncStorage(storage)
        var settings = AweQConfiguration(queue: queue).settings(maximumMessageBytes: configuration.maxMessageBytes)
        settings.visibilityTimeout = aweq.visibilityTimeout
        do throws(Rejection) {
            _ = try await calls.perform(.createQueue(queue, settings))
        } catch .queueExists {
            // It was made at an earlier start, with other options: those of now count.
            _ = try await calls.perform(.changeSettings(queue, settings))
        }
    }
}

extension ServerConfiguration.Fsync {
    fileprivate var syncPolicy: SyncPolicy {
        switch self {
        case .always: .always
        case .interval: .interval
        case .off: .off
        }
    }
}
