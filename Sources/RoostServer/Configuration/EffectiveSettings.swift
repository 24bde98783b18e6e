import HTTPFrontend
import Logging
import RoostStorage

// What the HTTP API tells of the configuration. Names are those of the options. Nothing of it is secret: of passwords
// and keys only whether there are any.

extension ServerConfiguration {
    func effective(_ sizes: EngineSizes) -> [(name: String, value: String)] {
        [
            ("data", dataDirectory), ("fsync", fsync.rawValue), ("segment-bytes", "\(sizes.segmentBytes)"),
            ("snapshot-bytes", "\(snapshotBytes)"), ("max-message-bytes", "\(sizes.messageBytesMax)"),
            ("cache-bytes", "\(sizes.cacheBytes)"), ("memory-bytes", sizes.memoryBytesMax.map { "\($0)" } ?? "off"),
            ("loops", "\(loops)"), ("engine", runsInline ? "inline" : "threaded"), ("account", account),
            ("region", region), ("aweq-queue", aweq?.queue ?? "off"), ("auto-create", "\(autoCreate)"),
            ("insecure", "\(insecure)"), ("server-names", serverNames.joined(separator: ", ")),
            ("access-keys", hasAccessKeys ? "set" : "none"), ("redis-password", hasRedisPassword ? "set" : "none"),
            ("admin-token", hasAdminToken ? "set" : "none"), ("console", console.rawValue),
            ("tls-doors", Door.allCases.filter(usesTLS).map(\.rawValue).joined(separator: ", ")),
            ("log-level", logLevel.rawValue), ("log-format", logFormat.rawValue),
        ]
    }
}
