/// How many messages of a queue are in each state. Exact, and kept up to date in O(1).
package struct MessageCounts: Sendable, Equatable {
    package var ready: Int
    package var inFlight: Int
    package var delayed: Int
    /// The body cannot be read any more: never delivered, kept until an explicit command removes it.
    package var damaged: Int
    /// Set aside by workers.
    package var buried: Int

    package init(ready: Int = 0, inFlight: Int = 0, delayed: Int = 0, damaged: Int = 0, buried: Int = 0) {
        self.ready = ready
        self.inFlight = inFlight
        self.delayed = delayed
        self.damaged = damaged
        self.buried = buried
    }

    package subscript(state: MessageState) -> Int {
        get {
            switch state {
            case .ready: ready
            case .inFlight: inFlight
            case .delayed: delayed
            case .damaged: damaged
            case .buried: buried
            }
        }
        set {
            switch state {
            case .ready: ready = newValue
            case .inFlight: inFlight = newValue
            case .delayed: delayed = newValue
            case .damaged: damaged = newValue
            case .buried: buried = newValue
            }
        }
    }
}

/// What happened to the messages of a queue since it was made, as far as the log tells. Grows only.
package struct MessageTotals: Sendable, Equatable {
    package var sent: UInt64 = 0
    package var received: UInt64 = 0
    package var deleted: UInt64 = 0
    /// Leases that ended without a delete.
    package var returned: UInt64 = 0
    /// Removed by retention.
    package var expired: UInt64 = 0
    /// To another queue: as dead letters, or on their way back.
    package var movedOut: UInt64 = 0
    package var movedIn: UInt64 = 0

    package init() {}
}

/// A pause: receives get nothing, everything else goes on.
package struct Pause: Sendable, Equatable {
    package var reason: String
    package var since: BrokerTime

    package init(reason: String, since: BrokerTime) {
        self.reason = reason
        self.since = since
    }
}

/// All that is known of a queue at one moment.
package struct QueueInfo: Sendable, Equatable {
    package var name: QueueName
    package var settings: QueueSettings
    package var createdAt: BrokerTime
    package var modifiedAt: BrokerTime
    package var counts: MessageCounts
    package var totals: MessageTotals
    /// Age of the oldest message that is ready or in flight; nil when there is none.
    package var oldestMessageAge: Milliseconds?
    package var pause: Pause?
    /// Receives that wait for a message.
    package var waiters: Int
    /// Messages, ready or in flight, that were received `Limits.oftenReceivedMin` times or more.
    package var oftenReceived: Int

    package init(
        name: QueueName, settings: QueueSettings, createdAt: BrokerTime, modifiedAt: BrokerTime,
        counts: MessageCounts, totals: MessageTotals, oldestMessageAge: Milliseconds?, pause: Pause?, waiters: Int,
        oftenReceived: Int
    ) {
        self.name = name
        self.settings = settings
        self.createdAt = createdAt
        self.modifiedAt = modifiedAt
        self.counts = counts
        self.totals = totals
        self.oldestMessageAge = oldestMessageAge
        self.pause = pause
        self.waiters = waiters
        self.oftenReceived = oftenReceived
    }
}
