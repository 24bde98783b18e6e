import RoostModel

/// The sizes that the engine runs with: what was configured, and for the rest what fits the machine.
package struct EngineSizes: Sendable, Equatable {
    package var segmentBytes: Int
    package var messageBytesMax: Int
    package var cacheBytes: Int
    /// Nil: no limit.
    package var memoryBytesMax: Int?
    /// What an operator should know about a size that is not the usual one.
    package var notes: [String] = []

    /// On a large file system. Larger segments hold deleted messages for longer, smaller ones cost more syncs of
    /// directories.
    private static let segmentBytesUsual = 64 << 20
    private static let segmentBytesMin = 1 << 20
    /// Two segments are open or ready, two are kept free, and cleaning and snapshots need room besides.
    private static let segmentsMin = 8
    /// A small disk must hold enough segments that old ones can go one by one.
    private static let segmentsUsual = 32
    private static let memoryPercent = 70

    /// - Parameters:
    ///   - fileSystemBytes: of the file system that holds the data directory; nil when it does not say.
    ///   - memoryBytes: what this process may use; nil when it is not known.
    package init(
        _ configuration: ServerConfiguration, fileSystemBytes: Int?, memoryBytes: Int?
    ) throws(EngineSizeError) {
        segmentBytes = try Self.segmentBytes(configuration, fileSystemBytes)
        messageBytesMax =
            configuration.maxMessageBytes.bytes ?? min(Limits.messageBytesMaxDefault, segmentBytes / 2)
        memoryBytesMax =
            switch configuration.memoryBytes {
            case .automatic: memoryBytes.map { $0 / 100 * Self.memoryPercent }
            case .unlimited: nil
            case .bytes(let bytes): bytes
            }
        // Bodies in the cache count as memory: a cache as large as the limit would have new messages refused for ever.
        cacheBytes = min(configuration.cacheBytes, memoryBytesMax.map { $0 / 4 } ?? .max)
        noteWhatIsUnusual(configuration)
    }

    private static func segmentBytes(
        _ configuration: ServerConfiguration, _ fileSystemBytes: Int?
    ) throws(EngineSizeError) -> Int {
        if let bytes = configuration.segmentBytes.bytes { return bytes }
        var bytes = fileSystemBytes.map { segmentBytes(fitting: $0) } ?? segmentBytesUsual
        // A segment has to hold two of the largest messages.
        if let message = configuration.maxMessageBytes.bytes { bytes = max(bytes, (message * 2 + 4095) / 4096 * 4096) }
        if let fileSystemBytes, fileSystemBytes / segmentsMin < bytes {
            throw EngineSizeError(
                directory: configuration.dataDirectory, fileSystemBytes: fileSystemBytes,
                neededBytes: bytes * segmentsMin, messageBytesMax: configuration.maxMessageBytes.bytes)
        }
        return bytes
    }

    private static func segmentBytes(fitting fileSystemBytes: Int) -> Int {
        let share = fileSystemBytes / segmentsUsual / segmentBytesMin * segmentBytesMin
        return min(max(share, segmentBytesMin), segmentBytesUsual)
    }

    private mutating func noteWhatIsUnusual(_ configuration: ServerConfiguration) {
        if configuration.maxMessageBytes == .automatic, messageBytesMax < Limits.messageBytesMaxDefault {
            notes.append(
                "segments have \(ByteSize.text(segmentBytes)), so messages may have at most "
                    + "\(ByteSize.text(messageBytesMax)); more with a larger file system for --data, or --segment-bytes"
            )
        }
        if cacheBytes < configuration.cacheBytes {
            notes.append(
                "the cache has \(ByteSize.text(cacheBytes)) and not \(ByteSize.text(configuration.cacheBytes)): a "
                    + "quarter of the memory limit")
        }
    }
}

/// The file system cannot hold a log.
package struct EngineSizeError: Error, Sendable, Equatable, CustomStringConvertible {
    package var directory: String
    package var fileSystemBytes: Int
    package var neededBytes: Int
    /// Nil: it was not configured, so it is not the reason.
    package var messageBytesMax: Int?

    package var description: String {
        let reason =
            messageBytesMax.map {
                "with messages of up to \(ByteSize.text($0)) (--max-message-bytes) the log needs"
            } ?? "the log needs"
        return """
            the file system of \(directory) has \(fileSystemBytes / 1024) KiB, and \(reason) at least \
            \(ByteSize.text(neededBytes)). Choose another directory with --data\
            \(messageBytesMax == nil ? "" : ", a smaller --max-message-bytes,") or set --segment-bytes
            """
    }
}
