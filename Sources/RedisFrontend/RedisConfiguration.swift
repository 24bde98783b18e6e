import Glibc
package import NIOCore

/// What the Redis port needs to know before it opens.
package struct RedisConfiguration: Sendable {
    package var host: String
    /// 0: any free port.
    package var port: Int
    /// Of the user `default`, the only one. Nil: everybody is let in.
    package var password: String?
    /// Without a password only loopback addresses are served.
    package var isProtected = true
    package var limits = RedisLimits()
    /// SELECT takes a number below it.
    package var databases = 16
    /// The version of Redis whose commands are spoken. Clients choose what they send by it.
    package var redisVersion = "7.2.5"
    package var roostVersion: String
    /// Whether replies wait for fdatasync: what WAITAOF and INFO say.
    package var syncs = SyncMode.always
    package var allowsDebug = false
    /// Where MIGRATE gets its connections from.
    package var connectTarget: TargetConnector = TargetConnection.connect
    /// Puts TLS before everything else in the pipeline of a new connection, on its event loop. Nil: no TLS.
    package var secure: (@Sendable (any Channel) throws -> Void)?
    /// Seconds and microseconds since 1970, for TIME.
    package var wallTime: @Sendable () -> (seconds: Int64, microseconds: Int64) = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return (Int64(time.tv_sec), Int64(time.tv_nsec) / 1000)
    }

    package init(
        host: String = "127.0.0.1", port: Int = 6380, password: String? = nil, roostVersion: String = "0"
    ) {
        self.host = host
        self.port = port
        self.password = password
        self.roostVersion = roostVersion
    }

    /// When the log is synced.
    package enum SyncMode: String, Sendable {
        case always
        case interval
        case off

        /// As Redis' `appendfsync` calls it.
        var appendfsync: String {
            switch self {
            case .always: "always"
            case .interval: "everysec"
            case .off: "no"
            }
        }
    }
}

/// What one connection, and all together, may cost.
package struct RedisLimits: Sendable {
    package var connectionsMax = 20_000
    /// Redis' `proto-max-bulk-len`. The memory of a request that is not whole is bounded by what has come of it.
    package var bulkBytesMax = 64 * 1_048_576
    /// Of one request, and of all that is queued after MULTI.
    package var requestBytesMax = 256 * 1_048_576
    /// Requests of one connection that wait for an answer. More are not read.
    package var requestsMax = 1024
    /// Bytes of them. One request is let through, however large.
    package var requestBytesInFlightMax = 4 * 1_048_576
    /// Bytes of requests over all connections: partly read, queued after MULTI, or at the storage. From seven eighths
    /// on large ones are not read on.
    package var requestBytesMaxOverall = 1024 * 1_048_576
    /// A large request that waits longer for room is refused; otherwise requests that all wait could keep it for ever.
    package var roomWaitSeconds = 5

    /// Replies that the client has not taken. A client that has more is closed before the next reply. Above the high
    /// watermark of the channel nothing more is carried out for it.
    package var outputBytesMax = 256 * 1_048_576
    /// The same for a client that has subscribed (Redis' `client-output-buffer-limit pubsub`).
    package var subscriberOutputBytesMax = 32 * 1_048_576
    /// The same over all connections.
    package var outputBytesMaxOverall = 1024 * 1_048_576
    /// Channels and patterns of one connection.
    package var subscriptionsMax = 65_536
    /// Names of channels, of patterns and of watched keys of one connection, with what each takes beside its bytes.
    package var nameBytesMax = 32 * 1_048_576
    /// A client that has not said the password, and is in the middle of a request for so long, is closed.
    package var passwordSecondsMax = 10
    /// Messages that wait for one event loop to deliver them. Publishers wait above it.
    package var mailboxBytesMax = 16 * 1_048_576

    /// MIGRATE of all connections together: each has a socket of its own, and one key in memory.
    package var migrationsMax = 64

    /// A client that says nothing for so long is closed. 0: never.
    package var idleSecondsMax = 0
    /// Of silence, before the system asks whether the peer is still there.
    package var keepaliveSeconds = 60
    /// How long `shutdown` waits for running requests.
    package var shutdownSeconds = 10

    package init() {}
}
