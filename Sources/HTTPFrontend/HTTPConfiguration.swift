import FoundationEssentials
package import HTTPGuard
package import NIOCore
package import RoostModel
package import RoostStorage

package struct HTTPConfiguration: Sendable {
    package var host: String
    package var port: Int
    package var crossSite: CrossSiteRules
    /// Nil leaves the AweQ API out.
    package var aweq: AweQConfiguration?
    /// The largest message of any queue; bodies of requests are bounded by it.
    package var maximumMessageBytes: Int
    package var version: String
    /// `always`, `interval` or `off`: told by `/readyz`, `/metrics` and `/api/v1/stats`.
    package var fsyncPolicy: String
    package var limits: ConnectionLimits
    package var access = AccessConfiguration()
    /// Puts TLS before everything else in the pipeline of a new connection, on its event loop. Nil: no TLS.
    package var secure: (@Sendable (any Channel) throws -> Void)?
    /// What the connections of the other front ends take, for `/metrics` and `/api/v1/stats`.
    package var otherLoads: @Sendable () -> [ConnectionLoad] = { [] }
    /// How long the requests of the other front ends took, for `/metrics`.
    package var otherTimes: [RequestTimes] = []
    /// How long `/metrics` waits for the series of queues.
    package var queueSeriesPatience = Duration.seconds(1)
    /// How long it is followed what a stream of events watched, when its connection ended: who is back by then misses
    /// nothing. Browsers come back after two seconds.
    package var eventReturnTime = Duration.seconds(10)
    /// The channels and clients of the Redis port. Nil: it is closed.
    package var channels: (any ChannelDirectory)?
    package var clients: (any ClientDirectory)?
    /// Nil: nobody tells, and `/api/v1/node` is left out.
    package var nodeFacts: (@Sendable () -> NodeFacts)?
    /// Wall time.
    package var clock: @Sendable () -> BrokerTime = {
        BrokerTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }

    package init(
        host: String,
        port: Int,
        crossSite: CrossSiteRules,
        aweq: AweQConfiguration?,
        maximumMessageBytes: Int = Limits.messageBytesMaxDefault,
        version: String,
        fsyncPolicy: String,
        limits: ConnectionLimits = ConnectionLimits()
    ) {
        self.host = host
        self.port = port
        self.crossSite = crossSite
        self.aweq = aweq
        self.maximumMessageBytes = maximumMessageBytes
        self.version = version
        self.fsyncPolicy = fsyncPolicy
        self.limits = limits
    }

    /// In JSON a byte of a message takes up to six characters (`\u0000`); the rest is for what stands around it.
    package var requestBodyBytesMax: Int {
        let (product, overflow) = maximumMessageBytes.multipliedReportingOverflow(by: 6)
        return overflow || product > Int.max - 65_536 ? Int.max : product + 65_536
    }
}

/// The queue that the AweQ API works on.
package struct AweQConfiguration: Sendable {
    package var queue: QueueName

    package init(queue: QueueName) { self.queue = queue }

    /// With what settings the server has to create the queue, from the document of AweQ: messages come back after 120
    /// seconds, at the end of the queue, and are kept until they are deleted.
    ///
    /// - Parameter maximumMessageBytes: that of `HTTPConfiguration`.
    package func settings(maximumMessageBytes: Int) -> QueueSettingsChange {
        QueueSettingsChange(
            visibilityTimeout: .seconds(120),
            retention: .unlimited,
            maximumMessageBytes: maximumMessageBytes,
            redelivery: .back
        )
    }
}

/// What one connection may take of time and memory. Each limit prevents a way to hold the server with little effort.
package struct ConnectionLimits: Sendable {
    /// A head that trickles in (Slowloris) holds a connection; counted from its first byte.
    package var headTime = TimeAmount.seconds(10)
    /// A body has to bring `bodyBytesPerWindow` in each such time, or end: 1 KiB/s after 5 s.
    package var bodyWindow = TimeAmount.seconds(5)
    package var bodyBytesPerWindow = 5 * 1024
    /// A connection without a request.
    package var idleTime = TimeAmount.seconds(60)
    /// A client that does not read: nothing of a waiting reply could be written for so long.
    package var replyStallTime = TimeAmount.seconds(30)
    /// After a refused request, what the client still sends is thrown away for so long, so that it gets to see the
    /// reply: a close with unread bytes resets the connection, and the reply with it.
    package var lingerTime = TimeAmount.seconds(2)
    package var headBytesMax = 16 * 1024
    package var headFieldBytesMax = 8 * 1024
    package var headFieldsMax = 64
    /// Bodies being read or worked on, of all connections together.
    package var bodyBytesTotalMax = 64 * 1024 * 1024
    /// Bodies up to this size are read at once, without asking for a share of `bodyBytesTotalMax`.
    package var smallBodyBytesMax = 16 * 1024

    package init() {}
}
