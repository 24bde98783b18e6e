import RoostModel
import RoostStorage
import Synchronization

/// A row of CONFIG.
struct ConfigParameter: Sendable {
    enum Rule: Sendable {
        /// It stays as it is. To say what is so already is no change.
        case fixed
        case number(ClosedRange<Int>)
        case oneOf([String])
        /// Why a value is refused; nil: it is not.
        case checked(@Sendable (String) -> String?)
    }

    let name: String
    let value: @Sendable (RedisServices) -> String
    var rule = Rule.fixed
    var set: @Sendable (RedisServices, String) -> Void = { _, _ in }

    /// What does it, or why it cannot be done.
    func change(to text: String, _ services: RedisServices) throws(CommandError) -> () -> Void {
        let wanted = text.lowercased()
        switch rule {
        case .fixed:
            guard text == value(services) else { throw refusal("can't set immutable config") }
            return {}
        case .number(let range):
            guard let number = Int(text) else { throw refusal("argument couldn't be parsed into an integer") }
            guard range.contains(number) else {
                throw refusal("argument must be between \(range.lowerBound) and \(range.upperBound) inclusive")
            }
        case .oneOf(let words):
            guard words.contains(wanted) else {
                throw refusal("argument(s) must be one of the following: \(words.joined(separator: ", "))")
            }
        case .checked(let reason):
            if let reason = reason(text) { throw refusal(reason) }
            return { set(services, text) }
        }
        return { set(services, wanted) }
    }

    func refusal(_ reason: String) -> CommandError {
        .message("CONFIG SET failed (possibly related to argument '\(name)') - \(reason)")
    }

    // MARK: Kinds of rows

    static func fixed(_ name: String, _ value: String) -> Self { Self(name: name, value: { _ in value }) }

    static func fixed(_ name: String, _ value: @escaping @Sendable (RedisServices) -> String) -> Self {
        Self(name: name, value: value)
    }

    static func number(
        _ name: String, _ range: ClosedRange<Int>, get: @escaping @Sendable (RuntimeSettings) -> Int,
        set: @escaping @Sendable (RuntimeSettings, Int) -> Void
    ) -> Self {
        Self(
            name: name, value: { "\(get($0.settings))" }, rule: .number(range),
            set: { services, text in
                if let number = Int(text) { set(services.settings, number) }
            })
    }

    /// Of something that is not here: it can be set and asked for, and does nothing.
    ///
    /// - Parameter older: the name that Redis had for it before. Both are one parameter.
    static func remembered(_ name: String, older: String? = nil, _ usual: String, _ rule: Rule) -> [Self] {
        ([name] + (older.map { [$0] } ?? [])).map { other in
            Self(
                name: other, value: { $0.settings.remembered.value(of: name) ?? usual }, rule: rule,
                set: { $0.settings.remembered.set(name, $1) })
        }
    }
}

/// Values of parameters that do nothing.
final class RememberedSettings: Sendable {
    private let values = Mutex<[String: String]>([:])

    func value(of name: String) -> String? { values.withLock { $0[name] } }

    func set(_ name: String, _ value: String) { values.withLock { $0[name] = value } }
}

extension ConfigParameter {
    static let all = ofMemory + ofDisk + ofClients + ofServer + ofForms + ofDeletion

    private static let ofMemory: [Self] = [
        fixed("maxmemory-policy", "noeviction"), fixed("maxmemory") { "\($0.storage.metrics.memoryBytesMax)" },
    ]

    private static let ofDisk: [Self] = [
        fixed("appendonly", "yes"), fixed("appendfsync") { $0.configuration.syncs.appendfsync }, fixed("save", ""),
    ]

    private static let ofClients: [Self] = [
        fixed("maxclients") { "\($0.configuration.limits.connectionsMax)" },
        fixed("tcp-keepalive") { "\($0.configuration.limits.keepaliveSeconds)" },
        fixed("client-output-buffer-limit") { outputLimits($0.configuration.limits) },
        fixed("client-query-buffer-limit") { "\($0.configuration.limits.requestBytesMax)" },
        .number("timeout", 0...Int(Int32.max)) {
            $0.idleSecondsMax.load(ordering: .relaxed)
        } set: {
            $0.idleSecondsMax.store($1, ordering: .relaxed)
        },
        // Redis' least value; and what it allows without being told more.
        .number("proto-max-bulk-len", 1_048_576...512 * 1_048_576) {
            $0.bulkBytesMax.load(ordering: .relaxed)
        } set: {
            $0.bulkBytesMax.store($1, ordering: .relaxed)
        },
    ]

    private static func outputLimits(_ limits: RedisLimits) -> String {
        "normal \(limits.outputBytesMax) 0 0 slave 0 0 0 pubsub \(limits.subscriberOutputBytesMax) 0 0"
    }

    private static let ofServer: [Self] = [
        fixed("databases") { "\($0.configuration.databases)" }, fixed("port") { "\($0.configuration.port)" },
        fixed("bind") { $0.configuration.host },
        fixed("protected-mode") { $0.configuration.isProtected ? "yes" : "no" },
        fixed("enable-debug-command") { $0.configuration.allowsDebug ? "yes" : "no" },
        notifications, fixed("cluster-enabled", "no"), fixed("replica-serve-stale-data", "yes"),
        fixed("min-replicas-to-write", "0"), fixed("min-replicas-max-lag", "10"),
        // As Redis says that they are off.
        fixed("slowlog-log-slower-than", "-1"), fixed("slowlog-max-len", "0"), fixed("latency-monitor-threshold", "0"),
    ]

    private static let notifications = Self(
        name: "notify-keyspace-events", value: { $0.settings.notifications.withLock { $0.text } },
        rule: .checked {
            KeyspaceNotifications($0) == nil ? "Invalid event class character. Use 'Ag$lshzxeKEtmdn'." : nil
        },
        set: { services, text in
            guard let wanted = KeyspaceNotifications(text) else { return }
            services.settings.notifications.withLock { $0 = wanted }
        })

    /// Forms that Redis has for small values. Roost has one form for each type.
    private static let ofForms: [Self] = [
        remembered("list-max-listpack-size", older: "list-max-ziplist-size", "-2", sizes),
        remembered("list-compress-depth", "0", counts),
        remembered("hash-max-listpack-entries", older: "hash-max-ziplist-entries", "512", counts),
        remembered("hash-max-listpack-value", older: "hash-max-ziplist-value", "64", counts),
        remembered("set-max-intset-entries", "512", counts), remembered("set-max-listpack-entries", "128", counts),
        remembered("set-max-listpack-value", "64", counts),
        remembered("zset-max-listpack-entries", older: "zset-max-ziplist-entries", "128", counts),
        remembered("zset-max-listpack-value", older: "zset-max-ziplist-value", "64", counts),
    ].flatMap { $0 }

    /// What Redis frees in the background or at once, and how eagerly. Here memory of large values is always freed bit
    /// by bit, and keys that have expired are not seen.
    private static let ofDeletion: [Self] = [
        remembered("lazyfree-lazy-eviction", "no", toggle), remembered("lazyfree-lazy-expire", "no", toggle),
        remembered("lazyfree-lazy-server-del", "no", toggle), remembered("lazyfree-lazy-user-del", "no", toggle),
        remembered("lazyfree-lazy-user-flush", "no", toggle), remembered("active-expire-effort", "1", .number(1...10)),
        remembered("hz", "10", .number(1...500)), remembered("dynamic-hz", "yes", toggle),
        remembered("activerehashing", "yes", toggle),
    ].flatMap { $0 }

    private static let toggle = Rule.oneOf(["yes", "no"])
    private static let counts = Rule.number(0...Int.max)
    private static let sizes = Rule.number(Int(Int32.min)...Int(Int32.max))
}
