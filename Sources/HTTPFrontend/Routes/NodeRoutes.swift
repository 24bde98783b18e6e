package import Hummingbird
import RoostModel
import RoostStorage

/// What the node tells about itself: health, version, statistics. None of it asks the storage anything.
package struct NodeRoutes: Sendable {
    package let node: NodeDescription

    package init(node: NodeDescription) { self.node = node }

    package func add<Context: RequestContext>(to router: Router<Context>) {
        // Must not ask the storage: a broker that waits for a slow disk is alive.
        router.getAndHead("livez") { _, _ in Response.text("ok\n") }
        router.getAndHead("readyz") { request, _ in try ready(request) }
        router.getAndHead("healthz") { request, _ in try ready(request) }
        router.getAndHead("version") { _, _ in
            Response.json(["name": "roost", "version": .string(node.version)])
        }
        router.get("api/v1/stats") { request, _ in try stats(request) }
    }

    private func ready(_ request: Request) throws -> Response {
        let isVerbose = try Query(request, allowed: ["verbose"]).text("verbose") != nil
        let readiness = node.readiness
        var response = wantsJSON(request) ? readyJSON(readiness) : .text(readyText(readiness, isVerbose: isVerbose))
        guard readiness != .ready else { return response }
        response.status = .serviceUnavailable
        if case .recovering = readiness { response.headers[.retryAfter] = "1" }
        return response
    }

    private func wantsJSON(_ request: Request) -> Bool {
        request.headers[.accept]?.contains("application/json") ?? false
    }

    private func readyJSON(_ readiness: Readiness) -> Response {
        var reason: JSON = nil
        if case .failed(let text) = readiness { reason = .string(text) }
        return .json([
            "state": .string(readiness.name), "recovery": readiness.recoveryJSON ?? nil, "reason": reason,
            "fsync": .string(node.fsyncPolicy),
        ])
    }

    private func readyText(_ readiness: Readiness, isVerbose: Bool) -> String {
        var lines = [readiness.text]
        if node.fsyncPolicy != "always" {
            lines.append("fsync \(node.fsyncPolicy): an accepted message may be lost when the machine stops")
        }
        if isVerbose {
            let metrics = node.metrics
            lines += [
                "version \(node.version)", "fsync policy \(node.fsyncPolicy)", "queues \(metrics.queues)",
                "log \(metrics.logSegments) segments, \(metrics.logBytes) bytes appended since the start,"
                    + " \(metrics.unsyncedBytes) not synced",
                "slowest sync \(metrics.syncNanosecondsMax / 1_000_000) ms",
            ]
            if metrics.isDiskFull { lines.append("disk full: new messages are refused") }
            if metrics.isMemoryFull { lines.append("memory limit reached: new messages are refused") }
            if metrics.counts.buried > 0 { lines.append("buried messages \(metrics.counts.buried)") }
            if metrics.counts.damaged > 0 { lines.append("damaged messages \(metrics.counts.damaged)") }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func stats(_ request: Request) throws -> Response {
        _ = try Query(request, allowed: [])
        return .json(.object(node.stats))
    }
}

extension Router {
    /// Monitoring programs ask with HEAD too: they get the same without a body.
    func getAndHead(
        _ path: RouterPath, use route: @escaping @Sendable (Request, Context) async throws -> Response
    ) {
        get(path, use: route)
        head(path) { request, context in try await route(request, context).createHeadResponse() }
    }
}

extension NodeDescription {
    /// Counters and gauges of the node.
    var stats: [JSON.Member] {
        let (metrics, readiness, loads) = (metrics, readiness, loads)
        let members: KeyValuePairs<String, JSON> = [
            "version": .string(version), "fsync": .string(fsyncPolicy),
            "state": .string(readiness.name), "recovery": readiness.recoveryJSON ?? nil,
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
            "memory": JSON(memoryOf: metrics, loads), "disk": JSON(diskOf: metrics),
            "connections": .object(loads.map { JSON.Member(name: $0.door, value: .count($0.connections)) }),
            "turn_seconds_max": .nanoseconds(metrics.turnNanosecondsMax),
        ]
        return members.map { JSON.Member(name: $0.key, value: $0.value) }
    }
}

extension JSON {
    fileprivate init(memoryOf metrics: StorageMetrics, _ loads: [ConnectionLoad]) {
        self = [
            "index_bytes": .count(metrics.memory.index), "body_cache_bytes": .count(metrics.memory.bodies),
            "deduplication_bytes": .count(metrics.memory.deduplication),
            "keys_bytes": .count(metrics.memory.keys), "waiters_bytes": .count(metrics.memory.waiters),
            "connections_bytes": .count(loads.reduce(0) { $0 + $1.bytes }),
            "limit_bytes": metrics.memoryBytesMax > 0 ? .count(metrics.memoryBytesMax) : nil,
            "is_full": .bool(metrics.isMemoryFull),
        ]
    }

    fileprivate init(diskOf metrics: StorageMetrics) {
        self = [
            "bytes": .count(metrics.diskBytes), "live_bytes": .count(metrics.liveBytes),
            "reserve_bytes": .count(metrics.reserveBytes), "is_full": .bool(metrics.isDiskFull),
            "snapshots": .counter(metrics.snapshots), "snapshot_bytes": .count(metrics.snapshotBytes),
            "segments_removed": .counter(metrics.segmentsRemoved), "messages_moved": .counter(metrics.messagesMoved),
            "bodies_read": .counter(metrics.bodiesRead), "reads": .counter(metrics.diskReads),
        ]
    }
}

extension StorageMetrics {
    var isMemoryFull: Bool { memoryBytesMax > 0 && memory.total >= memoryBytesMax }
}
