package import Hummingbird
import RoostModel
import RoostStorage

/// What the node tells about itself: health, version, statistics.
package struct NodeRoutes: Sendable {
    package let calls: StorageCalls
    package let version: String
    package let fsyncPolicy: String

    package func add<Context: RequestContext>(to router: Router<Context>) {
        // Must not ask the storage: a broker that waits for a slow disk is alive.
        router.get("livez") { _, _ in Response.text("ok\n") }
        router.get("readyz") { request, _ in try ready(request) }
        router.get("healthz") { request, _ in try ready(request) }
        router.get("version") { _, _ in
            Response.json(["name": "roost", "version": .string(version)])
        }
        router.get("api/v1/stats") { request, _ in try stats(request) }
    }

    private func ready(_ request: Request) throws -> Response {
        let isVerbose = try Query(request, allowed: ["verbose"]).text("verbose") != nil
        let readiness = calls.storage.readiness
        var lines = [readiness.text]
        if fsyncPolicy != "always" {
            lines.append("fsync \(fsyncPolicy): an accepted message may be lost when the machine stops")
        }
        if isVerbose {
            let metrics = calls.storage.metrics
            lines += [
                "version \(version)", "fsync policy \(fsyncPolicy)", "queues \(metrics.queues)",
                "log \(metrics.logSegments) segments, \(metrics.logBytes) bytes appended since the start,"
                    + " \(metrics.unsyncedBytes) not synced",
                "slowest sync \(metrics.syncNanosecondsMax / 1_000_000) ms",
            ]
            if metrics.isDiskFull { lines.append("disk full: new messages are refused") }
        }
        let text = lines.joined(separator: "\n") + "\n"
        return .text(text, status: readiness == .ready ? .ok : .serviceUnavailable)
    }

    private func stats(_ request: Request) throws -> Response {
        _ = try Query(request, allowed: [])
        let metrics = calls.storage.metrics
        return .json([
            "version": .string(version), "fsync": .string(fsyncPolicy),
            "state": .string(calls.storage.readiness.name),
            "queues": .count(metrics.queues), "waiters": .count(metrics.waiters),
            "counts": JSON(metrics.counts), "totals": JSON(metrics.totals),
            "log": [
                "bytes": .counter(metrics.logBytes), "segments": .count(metrics.logSegments),
                "unsynced_bytes": .count(metrics.unsyncedBytes),
            ],
            "commits": [
                "count": .counter(metrics.commits),
                "sync_seconds_total": .nanoseconds(metrics.syncNanoseconds),
                "sync_seconds_max": .nanoseconds(metrics.syncNanosecondsMax),
            ],
            "memory": [
                "body_cache_bytes": .count(metrics.memory.bodies), "index_bytes": .count(metrics.memory.index),
            ],
            "turn_seconds_max": .nanoseconds(metrics.turnNanosecondsMax),
        ])
    }
}

extension Readiness {
    var name: String {
        switch self {
        case .recovering: "recovering"
        case .ready: "ready"
        case .shuttingDown: "shutting_down"
        case .failed: "failed"
        }
    }

    var text: String {
        switch self {
        case .recovering(let fraction):
            "recovering: \(Int((min(max(fraction, 0), 1) * 100).rounded(.down))) % of the log is read"
        case .ready: "ready"
        case .shuttingDown: "shutting down"
        case .failed(let reason): "failed: \(reason)"
        }
    }
}
