import Glibc
package import HTTPGuard
package import NIOCore

/// What the SQS port needs to know before it opens.
package struct SQSConfiguration: Sendable {
    /// The account whose queues are served; part of queue URLs and ARNs.
    package var account: String
    /// Appears in ARNs only.
    package var region: String
    package var host: String
    /// 0: any free port.
    package var port: Int
    package var crossSite: CrossSiteRules
    package var limits: SQSLimits
    /// Nil: any signature is accepted, and none is too.
    package var accessKeys: AccessKeys?
    /// Puts TLS before everything else in the pipeline of a new connection, on its event loop. Nil: no TLS.
    package var secure: (@Sendable (any Channel) throws -> Void)?
    /// Seconds since 1970, for the dates of signatures.
    package var wallSeconds: @Sendable () -> Int64 = { Int64(time(nil)) }
    /// Purges of a queue, and its creation after it was deleted, have to be 60 seconds apart, as SQS wants it.
    package var isStrictTiming = true
    /// Seconds since some moment, for that.
    package var uptimeSeconds: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec)
    }

    package init(
        account: String = "000000000000", region: String = "us-east-1", host: String = "127.0.0.1", port: Int = 9324,
        crossSite: CrossSiteRules = CrossSiteRules(listensOnLoopback: true), limits: SQSLimits = SQSLimits(),
        accessKeys: AccessKeys? = nil
    ) {
        self.account = account
        self.region = region
        self.host = host
        self.port = port
        self.crossSite = crossSite
        self.limits = limits
        self.accessKeys = accessKeys
    }
}

/// What one connection, and all together, may cost. The defaults come from docs/protocols/sqs.md.
package struct SQSLimits: Sendable {
    /// Names and values of all header fields and the URI together. SigV4 with a session token needs about 3 KiB.
    package var headBytesMax = 16 * 1024
    package var headerFieldsMax = 64
    package var uriBytesMax = 8 * 1024

    /// Three times the 1 MiB of SQS: SDKs that escape every character outside ASCII (boto3 does) turn the 2 bytes of
    /// `é` into 6. 64 KiB for names, ids and punctuation around it. Base64 needs less, 4/3.
    package var bodyBytesMax = 3 * 1_048_576 + 65_536
    /// Bytes of large request bodies over all connections, those that wait for the disk included. Past seven eighths of
    /// it nobody reads on. The heap holds hardly more: bodies grow in pieces of one size.
    package var bodyBytesMaxOverall = 128 * 1_048_576
    /// Bodies up to this size are not counted and never wait for room: small requests go on while large ones stall.
    package var smallBodyBytesMax = 16 * 1024
    /// A body that waits longer for room is refused; otherwise bodies that all wait could keep the room for ever.
    package var bodyRoomWaitSeconds = 5

    /// A head that takes longer is cut off, however steadily its bytes drip (slowloris).
    package var headSecondsMax = 10
    /// From then on a body must have come at `bodyBytesPerSecondMin` on average.
    package var bodyGraceSeconds = 5
    package var bodyBytesPerSecondMin = 1024
    package var idleSecondsMax = 75

    package var connectionsMax = 20_000
    /// Bytes of bodies in one ReceiveMessage reply; further messages go back to the queue.
    package var replyBodyBytesMax = 16 * 1_048_576
    /// Bytes of large replies that clients have not taken, over all connections. Above it receives are refused (503).
    package var unsentBytesMaxOverall = 256 * 1_048_576
    /// From then on a reply must have been taken at `replyBytesPerSecondMin` on average.
    package var replyGraceSeconds = 30
    package var replyBytesPerSecondMin = 1024

    /// How long `shutdown` waits for running requests.
    package var shutdownSeconds = 10

    package init() {}
}
