import RoostModel
package import RoostStorage

/// What is known of the node without asking anybody: none of it waits.
package struct NodeDescription: Sendable {
    package let version: String
    package let fsyncPolicy: String
    private let storage: any Storage
    private let connectionLoads: @Sendable () -> [ConnectionLoad]

    package init(
        _ storage: any Storage, version: String, fsyncPolicy: String, loads: @escaping @Sendable () -> [ConnectionLoad]
    ) {
        self.storage = storage
        self.version = version
        self.fsyncPolicy = fsyncPolicy
        connectionLoads = loads
    }

    var readiness: Readiness { storage.readiness }
    var metrics: StorageMetrics { storage.metrics }
    var loads: [ConnectionLoad] { connectionLoads() }
}

extension Readiness {
    package var name: String {
        switch self {
        case .recovering: "recovering"
        case .ready: "ready"
        case .shuttingDown: "shutting_down"
        case .failed: "failed"
        }
    }

    /// How much of the log is read, from 0 to 1. Of a node that serves all of it is.
    var recoveredFraction: Double {
        guard case .recovering(let fraction) = self else { return 1 }
        // Not a number counts as nothing.
        return fraction > 0 ? min(fraction, 1) : 0
    }

    var recoveredPercent: Int { Int((recoveredFraction * 100).rounded(.down)) }

    var text: String {
        switch self {
        case .recovering: "recovering: \(recoveredPercent) % of the log is read"
        case .ready: "ready"
        case .shuttingDown: "shutting down"
        case .failed(let reason): "failed: \(reason)"
        }
    }

    /// Nil unless the log is being read.
    var recoveryJSON: JSON? {
        guard case .recovering = self else { return nil }
        return [
            "fraction": .number((recoveredFraction * 10_000).rounded(.down) / 10_000),
            "percent": .count(recoveredPercent), "reading": "the log",
        ]
    }
}
