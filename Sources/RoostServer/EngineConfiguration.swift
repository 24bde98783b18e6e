import Logging
import RoostLocalStorage
import RoostLog

extension EngineSizes {
    /// Those for this machine.
    init(_ configuration: ServerConfiguration) throws(EngineSizeError) {
        try self.init(
            configuration, fileSystemBytes: FileSystemSize.bytes(at: configuration.dataDirectory),
            memoryBytes: MachineMemory().bytes)
    }

    func tell(_ logger: Logger) {
        let limit = memoryBytesMax.map { "\($0 >> 20) MiB for messages" } ?? "no limit of memory"
        logger.info(
            """
            segments of \(ByteSize.text(segmentBytes)), messages of up to \(ByteSize.text(messageBytesMax)), \
            \(limit), \(cacheBytes >> 20) MiB of it for bodies
            """)
        for note in notes { logger.notice("\(note)") }
    }
}

extension LocalStorageConfiguration {
    init(_ configuration: ServerConfiguration, _ sizes: EngineSizes) {
        self.init()
        messageBytesMax = sizes.messageBytesMax
        log = LogConfiguration(segmentBytes: sizes.segmentBytes, syncPolicy: configuration.fsync.syncPolicy)
        acknowledgesEarly = configuration.acknowledgeEarly
        cacheBytes = sizes.cacheBytes
        memoryBytesMax = sizes.memoryBytesMax
        snapshotGrowthBytesMin = configuration.snapshotBytes
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
