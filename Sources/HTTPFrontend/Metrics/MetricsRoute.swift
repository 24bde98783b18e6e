package import Hummingbird
import RoostModel
import RoostStorage

/// `/metrics` in the text format of Prometheus.
package struct MetricsRoute: Sendable {
    /// Each queue has a dozen series: a scrape of more queues than this would hurt more than it tells.
    package static let queueSeriesMax = 500

    package let calls: StorageCalls
    package let version: String
    package let fsyncPolicy: String

    package func add<Context: RequestContext>(to router: Router<Context>) {
        router.get("metrics") { _, _ in
            Response.text(await text(), contentType: "text/plain; version=0.0.4; charset=utf-8")
        }
    }

    private func text() async -> String {
        let readiness = calls.storage.readiness
        let metrics = calls.storage.metrics
        var text = PrometheusText()
        text.node(metrics, isReady: readiness == .ready, version: version, fsyncPolicy: fsyncPolicy)
        // Without a log that can be written, the list of queues would not come.
        let page =
            readiness == .ready ? try? await calls.queues(prefix: "", after: nil, limit: Self.queueSeriesMax) : nil
        let list = page?.list ?? []
        text.queues(list, leftOut: max(0, metrics.queues - list.count))
        return text.text
    }
}

extension PrometheusText {
    mutating func node(_ metrics: StorageMetrics, isReady: Bool, version: String, fsyncPolicy: String) {
        gauge(
            "roost_build_info", "Version and fsync policy", labels: [("version", version), ("fsync", fsyncPolicy)], 1)
        gauge("roost_ready", "1 while requests are served", isReady ? 1 : 0)
        gauge("roost_queues", "Queues", metrics.queues)
        gauge("roost_receive_waiters", "Receives that wait for a message", metrics.waiters)
        family("roost_messages", .gauge, "Messages of all queues by state")
        for (state, count) in metrics.counts.byState { sample("roost_messages", [("state", state)], count) }
        for (event, help, value) in metrics.totals.events {
            family("roost_messages_\(event)_total", .counter, "\(help), all queues")
            sample("roost_messages_\(event)_total", [], value)
        }
        log(metrics)
    }

    private mutating func log(_ metrics: StorageMetrics) {
        family("roost_wal_fsync_duration_seconds", .summary, "Syncs of the log (fdatasync)")
        sample("roost_wal_fsync_duration_seconds_sum", [], seconds(metrics.syncNanoseconds))
        sample("roost_wal_fsync_duration_seconds_count", [], metrics.syncs)
        let slowest = seconds(metrics.syncNanosecondsMax)
        gauge("roost_wal_fsync_duration_seconds_max", "The slowest sync since the start", slowest)
        family("roost_wal_appended_bytes_total", .counter, "Bytes appended to the log since the start")
        sample("roost_wal_appended_bytes_total", [], metrics.logBytes)
        gauge("roost_wal_segments", "Segments of the log", metrics.logSegments)
        gauge("roost_wal_unsynced_bytes", "Bytes of the log that are not synced yet", metrics.unsyncedBytes)
        gauge("roost_disk_full", "1 while new messages are refused for want of disk space", metrics.isDiskFull ? 1 : 0)
        let turn = seconds(metrics.turnNanosecondsMax)
        gauge("roost_core_turn_seconds_max", "The longest turn of the core outside write and fdatasync", turn)
        gauge("roost_body_cache_bytes", "Bytes of message bodies kept in memory", metrics.memory.bodies)
        gauge("roost_index_bytes", "Bytes of the message index", metrics.memory.index)
    }

    mutating func queues(_ list: [QueueInfo], leftOut: Int) {
        family("roost_queue_messages", .gauge, "Messages of a queue by state")
        for info in list {
            for (state, count) in info.counts.byState {
                sample("roost_queue_messages", [("queue", info.name.text), ("state", state)], count)
            }
        }
        perQueue("roost_queue_oldest_message_age_seconds", .gauge, "Age of the oldest message ready or in flight", list)
        {
            $0.oldestMessageAge?.secondsText
        }
        perQueue("roost_queue_receive_waiters", .gauge, "Receives that wait for a message", list) { $0.waiters }
        perQueue("roost_queue_paused", .gauge, "1 while the queue is paused", list) { $0.pause == nil ? 0 : 1 }
        for (index, event) in MessageTotals().events.enumerated() {
            perQueue("roost_queue_messages_\(event.name)_total", .counter, event.help, list) {
                $0.totals.events[index].value
            }
        }
        gauge("roost_queue_series_left_out", "Queues without series of their own", leftOut)
    }

    private mutating func perQueue<Value: CustomStringConvertible>(
        _ name: String, _ type: MetricType, _ help: String, _ list: [QueueInfo], value: (QueueInfo) -> Value?
    ) {
        family(name, type, help)
        for info in list {
            if let value = value(info) { sample(name, [("queue", info.name.text)], value) }
        }
    }

    private mutating func gauge(
        _ name: String, _ help: String, labels: [(String, String)] = [], _ value: some CustomStringConvertible
    ) {
        family(name, .gauge, help)
        sample(name, labels, value)
    }
}

private func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }

extension MessageCounts {
    fileprivate var byState: [(state: String, count: Int)] {
        [("ready", ready), ("inflight", inFlight), ("delayed", delayed)]
    }
}

extension MessageTotals {
    fileprivate var events: [(name: String, help: String, value: UInt64)] {
        [
            ("sent", "Messages accepted", sent), ("received", "Messages leased to receivers", received),
            ("deleted", "Messages deleted", deleted), ("returned", "Leases that ended without a delete", returned),
            ("expired", "Messages removed by retention", expired),
        ]
    }
}
