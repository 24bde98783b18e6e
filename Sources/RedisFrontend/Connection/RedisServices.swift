import Logging
import NIOCore
import RoostModel
package import RoostStorage
import Synchronization

/// What the connections of all loops share.
package final class RedisServices: Sendable {
    package let configuration: RedisConfiguration
    let storage: any Storage
    package let load: RedisLoad
    let settings: RuntimeSettings
    let statistics = RedisStatistics()
    let hub: PubSubHub
    private let clientIDs = Atomic<UInt64>(0)
    private let allLoops = Mutex<[RedisLoop]>([])
    let startedAt = ContinuousClock.now

    package init(_ configuration: RedisConfiguration, storage: any Storage, load: RedisLoad? = nil) {
        self.configuration = configuration
        self.storage = storage
        self.load = load ?? RedisLoad(configuration.limits)
        settings = RuntimeSettings(configuration.limits)
        hub = PubSubHub(mailboxBytesMax: configuration.limits.mailboxBytesMax)
    }

    /// From 1 on, never used again.
    func nextClientID() -> UInt64 { clientIDs.add(1, ordering: .relaxed).newValue }

    /// In the order of their numbers.
    var loops: [RedisLoop] { allLoops.withLock { $0 } }

    /// The number of the loop.
    func add(_ loop: RedisLoop) -> Int {
        allLoops.withLock { loops in
            loops.append(loop)
            hub.addLoop()
            return loops.count - 1
        }
    }

    /// How many clients get it.
    func publish(_ kind: ChannelKind, _ channel: Bytes, _ message: Bytes) -> Int {
        let (receivers, wake) = hub.publish(kind, channel, message)
        guard !wake.isEmpty else { return receivers }
        let loops = loops
        for number in wake where number < loops.count {
            let loop = loops[number]
            loop.eventLoop.execute { loop.emptyMailbox() }
        }
        return receivers
    }

    // MARK: Counts of commands

    /// When they were set to zero. The loops go on counting.
    private let countsBefore = Mutex(CommandCounts())

    private var allCounts: CommandCounts {
        loops.reduce(into: CommandCounts()) { $0.add($1.counters) }
    }

    /// Since the start, or since they were set to zero.
    var commandCounts: CommandCounts { allCounts - countsBefore.withLock { $0 } }

    func resetStatistics() {
        statistics.reset()
        let counts = allCounts
        countsBefore.withLock { $0 = counts }
    }

    /// Loops that are gone let go of their connections.
    func removeLoops() { allLoops.withLock { $0 = [] } }

    // MARK: Migrations

    private let migrations = Atomic<Int>(0)

    /// False: there are enough already.
    func beginMigration() -> Bool {
        if migrations.add(1, ordering: .relaxed).newValue <= configuration.limits.migrationsMax { return true }
        endMigration()
        return false
    }

    func endMigration() { migrations.subtract(1, ordering: .relaxed) }

    /// Under way now.
    package var migrationCount: Int { migrations.load(ordering: .relaxed) }

    var uptimeSeconds: Int64 { (ContinuousClock.now - startedAt).components.seconds }
}

/// What CONFIG SET can change.
final class RuntimeSettings: Sendable {
    let idleSecondsMax: Atomic<Int>
    let bulkBytesMax: Atomic<Int>
    let notifications = Mutex(KeyspaceNotifications())
    let remembered = RememberedSettings()

    init(_ limits: RedisLimits) {
        idleSecondsMax = Atomic(limits.idleSecondsMax)
        bulkBytesMax = Atomic(limits.bulkBytesMax)
    }
}

/// Counters of INFO. Loops add to them once a turn.
final class RedisStatistics: Sendable {
    let connections = Atomic<Int>(0)
    let refusedConnections = Atomic<Int>(0)
    let commands = Atomic<Int>(0)
    let errors = Atomic<Int>(0)
    let errorCounts = ErrorCounts()
    let inputBytes = Atomic<Int>(0)
    let outputBytes = Atomic<Int>(0)
    /// Gauges, not counters: RESETSTAT leaves them.
    let blockedClients = Atomic<Int>(0)
    let watchingClients = Atomic<Int>(0)
    let subscribedClients = Atomic<Int>(0)

    func reset() {
        connections.store(0, ordering: .relaxed)
        refusedConnections.store(0, ordering: .relaxed)
        commands.store(0, ordering: .relaxed)
        errors.store(0, ordering: .relaxed)
        errorCounts.reset()
        inputBytes.store(0, ordering: .relaxed)
        outputBytes.store(0, ordering: .relaxed)
    }
}
