import Glibc
import RoostLog
import Synchronization

/// The disk of a run: `MemoryDisk` keeps what is synced and what is not; here every call is counted, watched and
/// hashed, takes virtual time, and fails when the run says so.
final class VirtualDisk: Disk {
    enum Fault: Sendable, Hashable {
        /// Nothing happens, and nothing works any more until the crash.
        case powerCut
        /// The call fails; a write leaves a part of its sectors, a sync loses what it was to sync.
        case error(Int32)
        /// A write that leaves its first sectors only. Any other call fails with EIO.
        case shortWrite
    }

    /// How long calls take, in microseconds of virtual time.
    struct Pace: Sendable {
        var microseconds = 0
        /// One call in so many takes `stallMilliseconds`; 0: none does.
        var stallEvery = 0
        var stallMilliseconds = 0
    }

    fileprivate struct State {
        var calls = 0
        var isOff = false
        var faults: [Int: Fault] = [:]
        var fired: [(call: DiskError.Call, file: LogFile?, fault: Fault)] = []
        var pace = Pace()
        var dice = Dice(seed: 0)
        /// Of reads, this share is in the page cache, in percent.
        var cachedPercent = 0
        var readErrorNext = false
    }

    let memory: MemoryDisk
    private let state = Mutex(State())
    private let events: Events
    private let clock: VirtualClock
    private let trace: Trace
    private let interlude: Interlude

    init(_ memory: MemoryDisk, events: Events, clock: VirtualClock, trace: Trace, interlude: Interlude) {
        self.memory = memory
        self.events = events
        self.clock = clock
        self.trace = trace
        self.interlude = interlude
    }

    /// Calls so far.
    var calls: Int { state.withLock { $0.calls } }
    var isOff: Bool { state.withLock { $0.isOff } }
    /// Faults that happened since this was last asked.
    func takeFired() -> [(call: DiskError.Call, file: LogFile?, fault: Fault)] {
        state.withLock { state in
            defer { state.fired = [] }
            return state.fired
        }
    }

    /// The `call`th call from the beginning meets this fault.
    func plan(_ fault: Fault, atCall call: Int) { state.withLock { $0.faults[call] = fault } }
    func forgetFaults() { state.withLock { $0.faults = [:] } }

    func configure(pace: Pace, cachedPercent: Int, seed: UInt64) {
        state.withLock { state in
            (state.pace, state.cachedPercent) = (pace, cachedPercent)
            state.dice = Dice(seed: seed)
        }
    }

    func crash(_ crash: Crash) {
        memory.crash(crash)
        state.withLock { $0.isOff = false }
    }
}

// MARK: calls

extension VirtualDisk {
    private func call<Value>(
        _ call: DiskError.Call, _ file: LogFile?, _ words: (UInt64, UInt64) = (0, 0),
        _ body: (Fault?) throws(DiskError) -> Value
    ) throws(DiskError) -> Value {
        let (fault, nanoseconds, isOff) = state.withLock { $0.next(call, file) }
        trace.add(UInt64(call.traceWord), file?.traceWord ?? 0, words.0, words.1)
        clock.advance(nanoseconds: nanoseconds)
        if isOff {
            events.goDeaf()
            throw DiskError(call, file?.name ?? "directory", .powerOff)
        }
        let value = try body(fault)
        return value
    }

    func list() throws(DiskError) -> [(file: LogFile, bytes: Int)] {
        try call(.list, nil) { fault throws(DiskError) in
            try Self.fail(.list, nil, fault)
            return try memory.list()
        }
    }

    func create(_ file: LogFile, bytes: Int) throws(DiskError) {
        try call(.create, file, (UInt64(bytes), 0)) { fault throws(DiskError) in
            try Self.fail(.create, file, fault)
            try memory.create(file, bytes: bytes)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, to file: LogFile, at offset: Int) throws(DiskError) {
        trace.add(bytes)
        var isBatch = false
        try call(.write, file, (UInt64(offset), UInt64(bytes.count))) { fault throws(DiskError) in
            if case .segment(let number) = file, let batch = LoggedBatch(bytes) {
                isBatch = true
                events.add(.batch(batch, segment: number))
            }
            do throws(DiskError) {
                try write(bytes, file, offset, fault)
            } catch {
                if isBatch { events.add(.written(isWhole: false)) }
                throw error
            }
            if isBatch { events.add(.written(isWhole: true)) }
        }
        if isBatch { interlude.play(.afterWrite) }
    }

    private func write(
        _ bytes: UnsafeRawBufferPointer, _ file: LogFile, _ offset: Int, _ fault: Fault?
    ) throws(DiskError) {
        switch fault {
        case nil, .powerCut: try memory.write(bytes, to: file, at: offset)
        case .error(let errno):
            memory.fail(.write, nth: memory.count(of: .write) + 1, errno: errno)
            try memory.write(bytes, to: file, at: offset)
        case .shortWrite:
            let count = bytes.count / 3 / MemoryDisk.sectorBytes * MemoryDisk.sectorBytes
            try memory.write(UnsafeRawBufferPointer(rebasing: bytes.prefix(count)), to: file, at: offset)
            throw DiskError(.write, file.name, .system(EIO))
        }
    }

    func sync(_ file: LogFile) throws(DiskError) {
        if case .segment = file { interlude.play(.beforeSync) }
        try call(.sync, file) { fault throws(DiskError) in
            if let fault {
                if case .error(let errno) = fault {
                    memory.fail(.sync, nth: memory.count(of: .sync) + 1, errno: errno)
                } else {
                    memory.fail(.sync, nth: memory.count(of: .sync) + 1, errno: EIO)
                }
            }
            do throws(DiskError) {
                try memory.sync(file)
            } catch {
                if case .segment = file { events.add(.syncFailed) }
                throw error
            }
            if case .segment = file { events.add(.synced) }
        }
    }

    func read(_ file: LogFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(DiskError) {
        try call(.read, file, (UInt64(offset), UInt64(bytes.count))) { fault throws(DiskError) in
            try Self.fail(.read, file, fault)
            try memory.read(file, at: offset, into: bytes)
        }
    }

    func readCached(
        _ file: LogFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Bool {
        let isCached = state.withLock { $0.cachedPercent > 0 && $0.dice.chance(percent: $0.cachedPercent) }
        guard isCached, !isOff else { return false }
        try memory.read(file, at: offset, into: bytes)
        return true
    }

    func setReserve(bytes: Int) throws(DiskError) {
        try call(.reserve, .reserve, (UInt64(bytes), 0)) { fault throws(DiskError) in
            try Self.fail(.reserve, .reserve, fault)
            try memory.setReserve(bytes: bytes)
        }
    }

    func allocate(_ file: LogFile, bytes: Int, leavingReserve: Int) throws(DiskError) -> Int {
        try call(.allocate, file, (UInt64(bytes), UInt64(leavingReserve))) { fault throws(DiskError) in
            try Self.fail(.allocate, file, fault)
            return try memory.allocate(file, bytes: bytes, leavingReserve: leavingReserve)
        }
    }

    func truncate(_ file: LogFile, to bytes: Int, toReserve: Int) throws(DiskError) -> Int {
        try call(.truncate, file, (UInt64(bytes), UInt64(toReserve))) { fault throws(DiskError) in
            try Self.fail(.truncate, file, fault)
            return try memory.truncate(file, to: bytes, toReserve: toReserve)
        }
    }

    func rename(_ file: LogFile, to new: LogFile, toReserve: Int) throws(DiskError) -> Int {
        try call(.rename, file, (new.traceWord, UInt64(toReserve))) { fault throws(DiskError) in
            try Self.fail(.rename, file, fault)
            return try memory.rename(file, to: new, toReserve: toReserve)
        }
    }

    func remove(_ file: LogFile, toReserve: Int) throws(DiskError) -> Int {
        try call(.remove, file, (UInt64(toReserve), 0)) { fault throws(DiskError) in
            try Self.fail(.remove, file, fault)
            return try memory.remove(file, toReserve: toReserve)
        }
    }

    func syncDirectory() throws(DiskError) {
        try call(.syncDirectory, nil) { fault throws(DiskError) in
            try Self.fail(.syncDirectory, nil, fault)
            try memory.syncDirectory()
        }
    }

    private static func fail(_ call: DiskError.Call, _ file: LogFile?, _ fault: Fault?) throws(DiskError) {
        guard let fault else { return }
        var number = EIO
        if case .error(let errno) = fault { number = errno }
        throw DiskError(call, file?.name ?? "directory", .system(number))
    }
}

extension VirtualDisk.State {
    fileprivate mutating func next(
        _ call: DiskError.Call, _ file: LogFile?
    ) -> (fault: VirtualDisk.Fault?, nanoseconds: UInt64, isOff: Bool) {
        calls += 1
        let fault = faults[calls]
        if let fault, !isOff { fired.append((call, file, fault)) }
        if fault == .powerCut { isOff = true }
        var nanoseconds = UInt64(pace.microseconds) * 1000
        if pace.stallEvery > 0, dice.oneIn(pace.stallEvery) {
            nanoseconds += UInt64(pace.stallMilliseconds) * 1_000_000
        }
        return (fault, nanoseconds, isOff)
    }
}

extension DiskError.Call {
    fileprivate var traceWord: Int {
        switch self {
        case .open: 1
        case .list: 2
        case .create: 3
        case .write: 4
        case .sync: 5
        case .read: 6
        case .truncate: 7
        case .rename: 8
        case .remove: 9
        case .reserve: 10
        case .syncDirectory: 11
        case .allocate: 12
        }
    }
}
