package import Hummingbird
import RoostModel
package import RoostStorage

/// `/metrics` in the text format of Prometheus.
package struct MetricsRoute: Sendable {
    package let node: NodeDescription
    package let listing: QueueListing
    /// How long the requests of each door took.
    package let times: @Sendable () -> [RequestTimes]

    package init(node: NodeDescription, listing: QueueListing, times: @escaping @Sendable () -> [RequestTimes]) {
        self.node = node
        self.listing = listing
        self.times = times
    }

    package func add<Context: RequestContext>(to router: Router<Context>) {
        router.getAndHead("metrics") { request, _ in
            let text = await text(of: try families(request))
            if let unknown = text.missing.min() { throw Problem.unknownFamily(unknown) }
            return Response.text(text.text, contentType: "text/plain; version=0.0.4; charset=utf-8")
        }
    }

    /// Nil: all.
    private func families(_ request: Request) throws -> Set<String>? {
        guard let text = try Query(request, allowed: ["family"]).text("family") else { return nil }
        return Set(text.split(separator: ",").map(String.init))
    }

    private func text(of families: Set<String>?) async -> PrometheusText {
        let readiness = node.readiness
        var text = PrometheusText(families: families)
        // Without a log that can be written, the list of queues would not come.
        let asksForQueues = readiness == .ready && text.wantsAny(beginningWith: "roost_queue_")
        let list = asksForQueues ? await listing.queues() ?? [] : []
        let metrics = node.metrics
        text.health(readiness, version: node.version, fsyncPolicy: node.fsyncPolicy)
        text.messages(metrics)
        text.traffic(metrics)
        text.durations(metrics, times())
        text.log(metrics)
        text.disk(metrics)
        text.memory(metrics, node.loads)
        text.queues(list, leftOut: max(0, metrics.queues - list.count))
        if text.wantsAny(beginningWith: "process_") { text.process() }
        return text
    }
}

extension Problem {
    fileprivate static func unknownFamily(_ name: String) -> Problem {
        .invalidRequest("There is no metric named \(name.prefix(100)). GET /metrics without family lists all.")
    }
}

extension PrometheusText {
    mutating func health(_ readiness: Readiness, version: String, fsyncPolicy: String) {
        gauge(
            "roost_build_info", "Version and fsync policy", labels: [("version", version), ("fsync", fsyncPolicy)], 1)
        gauge("roost_ready", "1 while requests are served", readiness == .ready ? 1 : 0)
        gauge(
            "roost_recovery_progress", "How much of the log is read at the start, from 0 to 1",
            readiness.recoveredFraction)
    }

    mutating func messages(_ metrics: StorageMetrics) {
        gauge("roost_queues", "Queues", metrics.queues)
        gauge("roost_receive_waiters", "Receives that wait for a message", metrics.waiters)
        family("roost_messages", .gauge, "Messages of all queues by state")
        for (state, count) in metrics.counts.byState { sample("roost_messages", [("state", state)], count) }
        for (event, help, value) in metrics.totals.events {
            counter("roost_messages_\(event)_total", "\(help), all queues", value)
        }
    }

    /// What the requests of each door did.
    mutating func traffic(_ metrics: StorageMetrics) {
        let events: [(name: String, help: String, value: KeyPath<DoorTraffic, UInt64>)] = [
            ("roost_door_messages_sent_total", "Messages accepted since the start", \.sent),
            ("roost_door_messages_received_total", "Messages handed out since the start", \.received),
            ("roost_door_messages_deleted_total", "Messages deleted by clients since the start", \.deleted),
            ("roost_door_empty_receives_total", "Receives answered without a message since the start", \.emptyReceives),
        ]
        for event in events {
            family(event.name, .counter, event.help)
            for door in Door.allCases {
                sample(event.name, [("door", door.rawValue)], metrics.doors[door][keyPath: event.value])
            }
        }
        counter("roost_messages_redelivered_total", "Messages received again since the start", metrics.redelivered)
        counter(
            "roost_messages_dead_lettered_total", "Messages moved to a queue of dead letters since the start",
            metrics.deadLettered)
    }

    /// Groups without a request have no series.
    mutating func durations(_ metrics: StorageMetrics, _ times: [RequestTimes]) {
        let name = "roost_request_duration_seconds"
        family(name, .histogram, "Requests of clients, by door and kind; receives with their wait")
        for times in times {
            for group in RequestGroup.allCases {
                let total = times.total(of: group)
                guard total.count > 0 else { continue }
                histogram(name, [("door", times.door.rawValue), ("op", "\(group)")], total)
            }
        }
        family("roost_commit_duration_seconds", .histogram, "Commits of the log: write and fdatasync")
        histogram("roost_commit_duration_seconds", [], metrics.commitTime)
        family("roost_message_dwell_seconds", .histogram, "From when a message could be received to its first receive")
        histogram("roost_message_dwell_seconds", [], metrics.dwell)
    }

    mutating func log(_ metrics: StorageMetrics) {
        family("roost_wal_fsync_duration_seconds", .histogram, "Syncs of the log (fdatasync)")
        histogram("roost_wal_fsync_duration_seconds", [], metrics.syncTime)
        let slowest = seconds(metrics.syncNanosecondsMax)
        gauge("roost_wal_fsync_duration_seconds_max", "The slowest sync since the start", slowest)
        counter("roost_wal_appended_bytes_total", "Bytes appended to the log since the start", metrics.logBytes)
        gauge("roost_wal_segments", "Segments of the log", metrics.logSegments)
        gauge("roost_wal_segment_number", "Of the newest segment; there are 16777215", metrics.segmentNumber)
        gauge("roost_wal_unsynced_bytes", "Bytes of the log that are not synced yet", metrics.unsyncedBytes)
        let turn = seconds(metrics.turnNanosecondsMax)
        gauge("roost_core_turn_seconds_max", "The longest turn of the core outside write and fdatasync", turn)
        gauge(
            "roost_core_turn_beside_snapshot_seconds_max", "The longest turn of the core while a snapshot was written",
            seconds(metrics.turnBesideSnapshotNanosecondsMax))
    }

    mutating func disk(_ metrics: StorageMetrics) {
        gauge("roost_disk_full", "1 while new messages are refused for want of disk space", metrics.isDiskFull ? 1 : 0)
        gauge("roost_disk_bytes", "Bytes of all files of the log", metrics.diskBytes)
        gauge("roost_disk_live_bytes", "Bytes of the log that hold messages that live", metrics.liveBytes)
        gauge(
            "roost_disk_reserve_bytes", "Bytes kept free for deletes, receives and the next snapshot",
            metrics.reserveBytes)
        counter("roost_snapshots_total", "Snapshots written since the start", metrics.snapshots)
        gauge("roost_snapshot_bytes", "Bytes of the newest snapshot", metrics.snapshotBytes)
        counter("roost_wal_segments_removed_total", "Segments removed since the start", metrics.segmentsRemoved)
        counter(
            "roost_cleaning_moved_messages_total", "Messages moved out of old segments so that these can go",
            metrics.messagesMoved)
        counter("roost_bodies_read_total", "Message bodies read back from the log", metrics.bodiesRead)
        counter(
            "roost_disk_reads_total", "Reads of message bodies that had to wait for the disk", metrics.diskReads)
    }

    mutating func memory(_ metrics: StorageMetrics, _ loads: [ConnectionLoad]) {
        family("roost_memory_bytes", .gauge, "Memory by what it is for, as accounted")
        let (memory, connections) = (metrics.memory, loads.reduce(0) { $0 + $1.bytes })
        for (category, bytes) in [
            ("index", memory.index), ("bodies", memory.bodies), ("deduplication", memory.deduplication),
            ("keys", memory.keys), ("waiters", memory.waiters), ("connections", connections),
        ] {
            sample("roost_memory_bytes", [("category", category)], bytes)
        }
        gauge(
            "roost_memory_limit_bytes", "Above this, without connections, new messages are refused; 0: no limit",
            metrics.memoryBytesMax)
        gauge("roost_memory_full", "1 while new messages are refused for want of memory", metrics.isMemoryFull ? 1 : 0)
        gauge("roost_body_cache_bytes", "Bytes of message bodies kept in memory", memory.bodies)
        gauge("roost_index_bytes", "Bytes of the message index", memory.index)
        family("roost_connections", .gauge, "Open connections by port")
        for load in loads { sample("roost_connections", [("door", load.door)], load.connections) }
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
        perQueue(
            "roost_queue_messages_received_often", .gauge,
            "Messages ready or in flight that were received \(Limits.oftenReceivedMin) times or more", list
        ) { $0.oftenReceived }
        perQueue("roost_queue_receive_waiters", .gauge, "Receives that wait for a message", list) { $0.waiters }
        perQueue("roost_queue_paused", .gauge, "1 while the queue is paused", list) { $0.pause == nil ? 0 : 1 }
        for (index, event) in MessageTotals().events.enumerated() {
            perQueue("roost_queue_messages_\(event.name)_total", .counter, event.help, list) {
                $0.totals.events[index].value
            }
        }
        gauge("roost_queue_series_left_out", "Queues without series of their own", leftOut)
    }

    /// Under the names that all programs have them.
    mutating func process() {
        if let figures = ProcessFigures.read() {
            counter("process_cpu_seconds_total", "Processor time of user and system, in seconds", figures.cpuSeconds)
            gauge("process_start_time_seconds", "Start of the process, in seconds since 1970", figures.startSeconds)
            gauge("process_resident_memory_bytes", "Resident memory, in bytes", figures.residentBytes)
            gauge("process_virtual_memory_bytes", "Virtual memory, in bytes", figures.virtualBytes)
        }
        if let files = ProcessFigures.openFiles() { gauge("process_open_fds", "Open files and connections", files) }
        if let files = ProcessFigures.openFilesMax() {
            gauge("process_max_fds", "The most of them there can be", files)
        }
    }

    private mutating func perQueue<Value: CustomStringConvertible>(
        _ name: String, _ type: MetricType, _ help: String, _ list: [QueueInfo], value: (QueueInfo) -> Value?
    ) {
        family(name, type, help)
        for info in list {
            if let value = value(info) { sample(name, [("queue", info.name.text)], value) }
        }
    }

    private mutating func counter(_ name: String, _ help: String, _ value: some CustomStringConvertible) {
        family(name, .counter, help)
        sample(name, [], value)
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
        [("ready", ready), ("inflight", inFlight), ("delayed", delayed), ("damaged", damaged), ("buried", buried)]
    }
}

extension MessageTotals {
    fileprivate var events: [(name: String, help: String, value: UInt64)] {
        [
            ("sent", "Messages accepted", sent), ("received", "Messages leased to receivers", received),
            ("deleted", "Messages deleted", deleted), ("returned", "Leases that ended without a delete", returned),
            ("expired", "Messages removed by retention", expired),
            ("moved_out", "Messages moved to another queue", movedOut),
            ("moved_in", "Messages moved from another queue", movedIn),
        ]
    }
}
