import RoostCore
package import RoostLog
package import RoostModel

/// How the embedded engine is to run.
package struct LocalStorageConfiguration: Sendable {
    package var messageBytesMax = Limits.messageBytesMaxDefault
    package var log = LogConfiguration()
    /// Test only: results leave before they are on disk, so that the order test can be seen to fail.
    package var acknowledgesEarly = false
    package var time = TimeSource.system
    /// A random number for each start.
    package var newSalt: @Sendable () -> UInt64 = { .random(in: 1 ... .max) }
    /// Who carries out what takes long.
    package var background: any BackgroundRunner = ThreadedBackground()
    /// Bodies held in memory.
    package var cacheBytes = 256 * 1_048_576
    /// Above this, by the account of `MemoryUse`, new messages are refused. Nil: no limit.
    package var memoryBytesMax: Int?
    /// The log grows by at least this between two snapshots, and by at least the size of the last one.
    package var snapshotGrowthBytesMin = 64 * 1_048_576

    package init() {}

    /// The cache may not use up what is allowed in all.
    var usedCacheBytes: Int { min(cacheBytes, (memoryBytesMax ?? .max) / 4) }
}

/// Why the engine did not start.
package enum StartError: Error, Sendable {
    case directory(DataDirectoryError)
    case log(LogError)
    /// The wall clock is not set.
    case clock(BrokerTime)
}

extension StartError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .directory(let error): "\(error)"
        case .log(let error): "\(error)"
        case .clock(let time):
            "the clock of the machine is not set: it is \(time.milliseconds / 1000) seconds after 1970;"
                + " set it and start again"
        }
    }
}

extension LocalStorage {
    /// Opens the data directory, replays the log, and is ready to serve once a driver is attached.
    ///
    /// `progress` is called with a fraction from 0 to 1 while the log is read; `onNotice` whenever an
    /// operator has to know something.
    package static func open(
        directory: DataDirectory, configuration: LocalStorageConfiguration,
        progress: (Double) -> Void,
        onNotice: @escaping @Sendable (StorageNotice) -> Void
    ) throws(StartError) -> LocalStorage {
        HeapKeeper.keepSome()
        do throws(DataDirectoryError) {
            try directory.create()
        } catch {
            throw .directory(error)
        }
        let disk = try openDisk(directory)
        let identity = try readOrMakeIdentity(directory, disk)
        let storage = try open(disk, identity, configuration, progress, onNotice)
        if !identity.logBegun { try write(Identity(key: identity.key, logBegun: true), to: directory) }
        return storage
    }

    /// The same on any disk, for tests and simulations: nothing but the log is kept, so the key is passed in.
    package static func open(
        _ disk: any Disk, key: (UInt64, UInt64, UInt64, UInt64), logBegun: Bool,
        configuration: LocalStorageConfiguration, onNotice: @escaping @Sendable (StorageNotice) -> Void
    ) throws(StartError) -> LocalStorage {
        try open(disk, Identity(key: key, logBegun: logBegun), configuration, { _ in }, onNotice)
    }

    private static func open(
        _ disk: any Disk, _ identity: Identity, _ configuration: LocalStorageConfiguration,
        _ progress: (Double) -> Void, _ onNotice: @escaping @Sendable (StorageNotice) -> Void
    ) throws(StartError) -> LocalStorage {
        var replay = Replay(
            configuration: BrokerConfiguration(
                sealingKey: identity.sealingKey, messageBytesMax: configuration.messageBytesMax),
            isSplit: configuration.log.brokenRule == .splitTransactions)
        let wall = BrokerTime(milliseconds: configuration.time.wallMilliseconds())
        guard BrokerClock.wallRange.contains(wall.milliseconds) else { throw .clock(wall) }
        do throws(LogError) {
            var log = try Recovery.open(
                disk, configuration: configuration.log, expectsData: identity.logBegun,
                newSalt: configuration.newSalt(), now: wall, progress: progress, owner: &replay)
            let clock = BrokerClock(configuration.time, from: log.recovery.startTime)
            let doubt = clockNotice(&replay, log.recovery, wall)
            let space = openReserve(disk, log, replay.core)
            log.reserveBytes = space.reserveBytes
            var engine = Engine(
                core: replay.core, log: log, disk: disk, configuration: configuration, space: space,
                now: clock.now())
            if replay.isInTransaction, !engine.commit(.transaction(.void)) {
                engine.followUps.append(.voidTransaction)
            }
            if let doubt { onNotice(doubt) }
            let (used, all) = (engine.log.position.segment, LogLimits.segmentNumberMax)
            if used > all / 2 { onNotice(.segmentNumbersRunOut(used: used, of: all)) }
            return LocalStorage(
                engine: engine, disk: disk, clock: clock, configuration: configuration, onNotice: onNotice)
        } catch {
            throw .log(error)
        }
    }

    /// A wall clock far from the log may be wrong, or the clock of an earlier run was: no message expires before there
    /// was time to notice.
    private static func clockNotice(
        _ replay: inout Replay, _ recovery: RecoverySummary, _ wall: BrokerTime
    ) -> StorageNotice? {
        guard recovery.isClockDoubted, let logged = recovery.lastLogged else { return nil }
        replay.core.retentionHeldUntil = recovery.startTime + Engine.doubtTime
        return .clockDoubted(wall: wall, lastLogged: logged)
    }

    /// Makes the reserve before the first request, as far as the disk has room; the engine sees to the rest.
    private static func openReserve(_ disk: any Disk, _ log: borrowing Log, _ core: borrowing Broker) -> SpaceKeeper {
        let segmentBytes = log.configuration.segmentBytes
        let needed = SpaceKeeper.deletesBytes(core) + SpaceKeeper.nextSnapshotBytes(core, kept: log.snapshots)
        let size = SpaceKeeper(segmentBytes: segmentBytes, reserveBytes: 0).size(needed: needed)
        let found = (try? disk.list().first { $0.file == .reserve }?.bytes) ?? 0
        let (reached, problem) = disk.changeReserve(from: found, to: size)
        return SpaceKeeper(segmentBytes: segmentBytes, reserveBytes: reached, problem: problem)
    }

    private static func openDisk(_ directory: DataDirectory) throws(StartError) -> FileDisk {
        do throws(LogError) {
            return try FileDisk(path: directory.logPath)
        } catch {
            throw .log(error)
        }
    }

    private static func readOrMakeIdentity(
        _ directory: DataDirectory, _ disk: any Disk
    ) throws(StartError) -> Identity {
        do {
            if let identity = try directory.readIdentity() { return identity }
            guard try disk.list().isEmpty else { throw DataDirectoryError.missingIdentity(directory.path) }
            let identity = Identity(
                key: (
                    .random(in: 0 ... .max), .random(in: 0 ... .max), .random(in: 0 ... .max), .random(in: 0 ... .max)
                ),
                logBegun: false)
            try directory.writeIdentity(identity)
            return identity
        } catch let error as DataDirectoryError {
            throw .directory(error)
        } catch let error as DiskError {
            throw .log(.disk(error))
        } catch {
            preconditionFailure("only these two are thrown: \(error)")
        }
    }

    private static func write(_ identity: Identity, to directory: DataDirectory) throws(StartError) {
        do throws(DataDirectoryError) {
            try directory.writeIdentity(identity)
        } catch {
            throw .directory(error)
        }
    }
}
