import Glibc
import RoostModel
import RoostStorage
import Synchronization

/// The text of INFO.
enum InfoText {
    private typealias Fields = [(String, String)]

    private static let sections: [(name: String, fields: @Sendable (RedisServices) -> [(String, String)])] = [
        ("Server", server), ("Clients", clients), ("Memory", memory), ("Persistence", persistence), ("Stats", stats),
        ("Replication", replication), ("CPU", cpu), ("Commandstats", commands), ("Errorstats", errors),
        ("Keyspace", keyspace),
    ]

    /// Told only when they are named, or all are.
    private static let seldom: Set<String> = ["commandstats"]

    /// - Parameter names: in small letters; none: what is told by default.
    static func text(of services: RedisServices, _ names: [String]) -> String {
        let isWhole = names.contains("all") || names.contains("everything")
        let isDefault = names.isEmpty || names.contains("default")
        let wanted = sections.filter { section in
            let name = section.name.lowercased()
            return isWhole || isDefault && !seldom.contains(name) || names.contains(name)
        }
        return wanted.map { section in
            "# \(section.name)\r\n" + section.fields(services).map { "\($0):\($1)\r\n" }.joined()
        }.joined(separator: "\r\n")
    }

    private static func server(_ services: RedisServices) -> [(String, String)] {
        let configuration = services.configuration
        let uptime = services.uptimeSeconds
        return [
            ("redis_version", configuration.redisVersion), ("roost_version", configuration.roostVersion),
            ("redis_mode", "standalone"), ("arch_bits", "64"), ("multiplexing_api", "epoll"),
            ("process_id", "\(getpid())"), ("tcp_port", "\(configuration.port)"),
            ("server_time_usec", "\(microseconds(configuration))"), ("uptime_in_seconds", "\(uptime)"),
            ("uptime_in_days", "\(uptime / 86_400)"), ("hz", "10"),
        ]
    }

    private static func microseconds(_ configuration: RedisConfiguration) -> Int64 {
        let time = configuration.wallTime()
        return time.seconds &* 1_000_000 &+ time.microseconds
    }

    private static func clients(_ services: RedisServices) -> [(String, String)] {
        let statistics = services.statistics
        return [
            ("connected_clients", "\(services.load.connectionCount)"),
            ("maxclients", "\(services.configuration.limits.connectionsMax)"),
            ("blocked_clients", "\(statistics.blockedClients.load(ordering: .relaxed))"),
            ("watching_clients", "\(statistics.watchingClients.load(ordering: .relaxed))"),
            ("pubsub_clients", "\(statistics.subscribedClients.load(ordering: .relaxed))"),
            ("tracking_clients", "0"),
        ]
    }

    private static func memory(_ services: RedisServices) -> [(String, String)] {
        let metrics = services.storage.metrics
        let (used, max) = (metrics.memory.total + services.load.account.bytes, metrics.memoryBytesMax)
        return [
            ("used_memory", "\(used)"), ("used_memory_human", human(used)), ("maxmemory", "\(max)"),
            ("maxmemory_human", human(max)), ("maxmemory_policy", "noeviction"),
            ("mem_clients_normal", "\(services.load.account.bytes)"),
        ]
    }

    /// As Redis writes it: `1.50M`.
    static func human(_ bytes: Int) -> String {
        let units: [(Int, String)] = [(1 << 40, "T"), (1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")]
        guard let (size, letter) = units.first(where: { bytes >= $0.0 }) else { return "\(bytes)B" }
        let hundredths = (bytes / size) * 100 + (bytes % size) * 100 / size
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)\(letter)"
    }

    private static func persistence(_ services: RedisServices) -> [(String, String)] {
        let metrics = services.storage.metrics
        return [
            ("loading", services.isLoading ? "1" : "0"), ("async_loading", "0"),
            ("rdb_changes_since_last_save", "0"), ("rdb_bgsave_in_progress", "0"), ("aof_enabled", "1"),
            ("aof_rewrite_in_progress", "0"), ("aof_last_write_status", metrics.isDiskFull ? "err" : "ok"),
            ("aof_current_size", "\(metrics.diskBytes)"),
        ]
    }

    private static func stats(_ services: RedisServices) -> [(String, String)] {
        let statistics = services.statistics
        return [
            ("total_connections_received", "\(statistics.connections.load(ordering: .relaxed))"),
            ("total_commands_processed", "\(statistics.commands.load(ordering: .relaxed))"),
            ("rejected_connections", "\(statistics.refusedConnections.load(ordering: .relaxed))"),
            ("evicted_keys", "0"), ("pubsub_channels", "\(services.hub.count(.channel))"),
            ("pubsub_patterns", "\(services.hub.count(.pattern))"),
            ("pubsubshard_channels", "\(services.hub.count(.shard))"),
            ("total_error_replies", "\(statistics.errors.load(ordering: .relaxed))"), ("total_forks", "0"),
        ]
    }

    private static func replication(_ services: RedisServices) -> [(String, String)] {
        [("role", "master"), ("connected_slaves", "0")]
    }

    private static func cpu(_ services: RedisServices) -> [(String, String)] {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return [("used_cpu_sys", seconds(usage.ru_stime)), ("used_cpu_user", seconds(usage.ru_utime))]
    }

    private static func seconds(_ time: timeval) -> String {
        let digits = "\(time.tv_usec)"
        return "\(time.tv_sec)." + String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits
    }

    /// Nobody takes the time of single commands: a turn of the engine carries out many, and the disk syncs them
    /// together.
    private static func commands(_ services: RedisServices) -> [(String, String)] {
        let counts = services.commandCounts
        var lines: [(String, String)] = []
        CommandTable.shared.forEachRow { row in
            let calls = counts[.calls, row.number]
            let (rejected, failed) = (counts[.rejected, row.number], counts[.failed, row.number])
            guard calls > 0 || rejected > 0 || failed > 0 else { return }
            let text = "calls=\(calls),usec=0,usec_per_call=0.00,rejected_calls=\(rejected),failed_calls=\(failed)"
            lines.append(("cmdstat_\(row.name)", text))
        }
        return lines
    }

    private static func errors(_ services: RedisServices) -> [(String, String)] {
        services.statistics.errorCounts.sorted.map { ("errorstat_\($0.code)", "count=\($0.count)") }
    }

    private static func keyspace(_ services: RedisServices) -> [(String, String)] {
        services.storage.metrics.keyspaces.map { keyspace in
            ("db\(keyspace.database)", "keys=\(keyspace.keys),expires=\(keyspace.expiring),avg_ttl=0")
        }
    }
}

extension RedisServices {
    var isLoading: Bool {
        if case .recovering = storage.readiness { true } else { false }
    }
}
