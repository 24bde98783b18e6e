import Dispatch
import Logging
import RoostLocalStorage
import RoostStorage

/// Opens the log on a thread of its own: it may take long, and a thread of a task pool would be missing elsewhere.
enum StorageStart {
    /// `storage` is told how far it is.
    static func run(
        _ configuration: ServerConfiguration, _ sizes: EngineSizes, _ storage: DeferredStorage, _ logger: Logger
    ) async throws(StartError) -> LocalStorage {
        let result = await withCheckedContinuation { continuation in
            DispatchQueue(label: "roost.recovery", qos: .userInitiated).async {
                continuation.resume(
                    returning: Result { () throws(StartError) in try open(configuration, sizes, storage, logger) })
            }
        }
        return try result.get()
    }

    private static func open(
        _ configuration: ServerConfiguration, _ sizes: EngineSizes, _ deferred: DeferredStorage, _ logger: Logger
    ) throws(StartError) -> LocalStorage {
        let progress = RecoveryProgress(logger)
        let storage = try LocalStorage.open(
            directory: DataDirectory(path: configuration.dataDirectory),
            configuration: LocalStorageConfiguration(configuration, sizes),
            progress: {
                deferred.report($0)
                progress.report($0)
            },
            onNotice: { StorageNotices.handle($0, logger) })
        RecoveryProgress.report(storage.recovery, logger)
        return storage
    }
}
