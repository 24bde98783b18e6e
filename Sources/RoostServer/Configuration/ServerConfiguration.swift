package import HTTPFrontend
package import Logging
package import RoostModel
package import RoostStorage
package import SQSFrontend

/// What a server is told before it starts, checked in full: a value of this type can be run.
///
/// It comes from `LoadedConfiguration`, which knows where each value was set. Tests may start from the defaults.
package struct ServerConfiguration: Sendable, Equatable {
    package var dataDirectory = "./roost-data"
    package var storage = StorageEngine.local
    package var fsync = Fsync.always
    package var segmentBytes = SizeChoice.automatic
    /// The log grows by at least this between two snapshots.
    package var snapshotBytes = 64 * 1_048_576

    /// Nil leaves the door out.
    package var sqs: ListenAddress? = ListenAddress(host: "127.0.0.1", port: 9324)
    /// Nil leaves the door out.
    package var http: ListenAddress? = ListenAddress(host: "127.0.0.1", port: 9325)
    /// Nil leaves the door out.
    package var redis: ListenAddress? = ListenAddress(host: "127.0.0.1", port: 6380)
    /// The file with the password of the Redis port. `RedisPassword` reads it.
    package var redisPasswordFile: String?
    /// The one that came with the environment.
    package var redisPassword: String?
    /// The file with the admin token of the HTTP port. `AdminTokenSource` reads it.
    package var adminTokenFile: String?
    /// The one that came with the environment.
    package var adminToken: String?
    package var console = ConsoleMode.on
    /// Certificate and key in PEM; both or none.
    package var tlsCertificateFile: String?
    package var tlsKeyFile: String?
    /// Which doors speak TLS when there is a certificate.
    package var tlsDoors: [Door] = [.sqs, .http, .redis]
    /// Allows addresses that other machines can reach, although nobody has to log in.
    package var insecure = false
    /// DEBUG of the Redis protocol is allowed.
    package var enableDebugCommand = false
    /// Names beside localhost that a `Host` header may carry, in lower case and without a port.
    package var serverNames: [String] = []
    /// The file with the access keys of the SQS API. `AccessKeySources` reads it.
    package var accessKeysFile: String?
    /// Those that came with the environment.
    package var accessKeys: [AccessKey] = []

    /// The account in the URLs of SQS queues.
    package var account = "000000000000"
    package var region = "us-east-1"
    /// Nil leaves the AweQ paths out of the HTTP port.
    package var aweq: AweQ? = AweQ()
    package var maxMessageBytes = SizeChoice.automatic
    /// The SQS API keeps the 60 seconds between purges of a queue, and between its end and its new beginning.
    package var sqsStrictTiming = true
    /// Sends and receives make the queue that they name.
    package var autoCreate = false
    /// What the file wants to be there at each start.
    package var queues: [DeclaredQueue] = []

    package var engine = EngineMode.automatic
    /// Event loops that serve connections.
    package var loops = 1
    /// Message bodies held in memory.
    package var cacheBytes = 256 * 1_048_576
    /// Above this new messages are refused.
    package var memoryBytes = MemoryChoice.automatic

    package var logLevel = Logger.Level.info
    package var logFormat = LogFormat.text

    /// Test switch: replies leave before the sync, which breaks the first promise. It exists so that the test of
    /// that promise can be seen to fail.
    package var acknowledgeEarly = false

    package init() {}

    /// Whether the SQS API checks who asks.
    package var hasAccessKeys: Bool { accessKeysFile != nil || !accessKeys.isEmpty }

    /// Whether the HTTP port checks who asks.
    package var hasAdminToken: Bool { adminTokenFile != nil || adminToken != nil }

    /// Nothing can be changed through the JSON API.
    package var isReadOnly: Bool { console == .readOnly }
    package var servesConsole: Bool { console != .off }

    /// Nil: no door speaks TLS.
    package var tlsFiles: TLSFiles? {
        guard let certificate = tlsCertificateFile, let key = tlsKeyFile else { return nil }
        return TLSFiles(certificate: certificate, key: key)
    }

    package func usesTLS(_ door: Door) -> Bool { tlsFiles != nil && tlsDoors.contains(door) }

    package var hasRedisPassword: Bool { redisPasswordFile != nil || redisPassword != nil }

    /// Whether the core runs on the event loop itself: the fastest way with one loop, impossible with more.
    package var runsInline: Bool {
        switch engine {
        case .inline: true
        case .threaded: false
        case .automatic: loops == 1
        }
    }
}

extension ServerConfiguration {
    package enum StorageEngine: String, Sendable, CaseIterable {
        case local
    }

    /// When the log is synced. Only `always` keeps the promise that accepted means on disk.
    package enum Fsync: String, Sendable, CaseIterable {
        case always, interval, off
    }

    package enum EngineMode: String, Sendable, CaseIterable {
        /// Inline with one loop, threaded with more.
        case automatic = "auto"
        case inline, threaded
    }

    package enum LogFormat: String, Sendable, CaseIterable {
        case text, json
    }

    /// The queue behind the AweQ paths.
    package struct AweQ: Sendable, Equatable {
        package var queue = "aweq"
        package var visibilityTimeout = Milliseconds.seconds(120)

        package init() {}
    }
}
