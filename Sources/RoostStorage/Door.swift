/// Where a request comes from. Metrics are told apart by it.
package enum Door: String, Sendable, CaseIterable {
    case sqs, http, redis
    /// The server itself.
    case inside
}

/// A value for each door. Copies cost no allocation.
package struct PerDoor<Value: Sendable & Equatable>: Sendable, Equatable {
    private var sqs: Value
    private var http: Value
    private var redis: Value
    private var inside: Value

    package init(_ value: Value) {
        sqs = value
        http = value
        redis = value
        inside = value
    }

    package subscript(door: Door) -> Value {
        get {
            switch door {
            case .sqs: sqs
            case .http: http
            case .redis: redis
            case .inside: inside
            }
        }
        set {
            switch door {
            case .sqs: sqs = newValue
            case .http: http = newValue
            case .redis: redis = newValue
            case .inside: inside = newValue
            }
        }
    }
}

/// What the requests of one door did with messages, from the start of the process.
package struct DoorTraffic: Sendable, Equatable {
    package var sent: UInt64 = 0
    package var received: UInt64 = 0
    package var deleted: UInt64 = 0
    /// Receives that were answered without a message.
    package var emptyReceives: UInt64 = 0

    package init() {}
}
