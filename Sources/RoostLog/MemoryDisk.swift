import Glibc
import Synchronization

/// A log directory in memory that knows what is synced. Tests and simulations crash it, break it and damage it.
///
/// The model of a crash is the one in `Disk`: each sector that was written and not synced is old, new or garbage; each
/// name that was changed since the last `syncDirectory` is old or new. A failed sync loses its sectors for good, and
/// the next one reports success, as Linux does.
package final class MemoryDisk: Disk {
    package static let sectorBytes = 512

    private let state: Mutex<State>

    package init() { state = Mutex(State()) }

    private init(_ state: State) { self.state = Mutex(state) }

    struct State {
        var files: [Int: Content] = [:]
        var names: [LogFile: Int] = [:]
        var syncedNames: [LogFile: Int] = [:]
        var nameChanges: [NameChange] = []
        var lastFile = 0
        var calls = 0
        var callsOfKind: [DiskError.Call: Int] = [:]
        var faults: [Fault] = []
        var powerCut: Int?
    }

    struct Content {
        var current: [UInt8]
        var synced: [UInt8]
        var dirtySectors: Set<Int> = []
    }

    enum NameChange {
        case link(LogFile, Int)
        case unlink(LogFile)
        case rename(LogFile, to: LogFile, Int)

        func apply(to names: inout [LogFile: Int]) {
            switch self {
            case .link(let file, let content): names[file] = content
            case .unlink(let file): names[file] = nil
            case .rename(let file, let new, let content):
                names[file] = nil
                names[new] = content
            }
        }
    }

    struct Fault {
        var call: DiskError.Call
        /// Of calls of this kind, from 1.
        var nth: Int
        var errno: Int32
    }
}

// MARK: faults

/// What becomes of bytes and names that are not synced.
package enum Crash: Sendable {
    /// The process ends and the machine goes on: nothing is lost, and nothing is safer than before.
    case process
    /// The power goes, and nothing was written out ahead of a sync.
    case powerLosingAll
    /// The power goes: each sector and each name by itself, from a seed.
    case power(seed: UInt64)
}

extension MemoryDisk {
    /// Calls so far, of all kinds.
    package var calls: Int { state.withLock { $0.calls } }

    package func count(of call: DiskError.Call) -> Int { state.withLock { $0.callsOfKind[call] ?? 0 } }

    /// The `nth` call of this kind from the beginning fails. A write then leaves some of its sectors.
    package func fail(_ call: DiskError.Call, nth: Int, errno: Int32) {
        state.withLock { $0.faults.append(Fault(call: call, nth: nth, errno: errno)) }
    }

    /// The `call`th call from the beginning, and all after it, fail without doing anything, until `crash`.
    package func cutPower(atCall call: Int) { state.withLock { $0.powerCut = call } }

    /// Afterwards the disk holds what a restarted machine would find.
    package func crash(_ crash: Crash) {
        state.withLock { state in
            state.powerCut = nil
            state.faults = []
            if case .process = crash { return }
            var generator = SplitMix64(seed: 0)
            if case .power(let seed) = crash { generator = SplitMix64(seed: seed) }
            var names = state.syncedNames
            for change in state.nameChanges where crash.keeps(&generator) { change.apply(to: &names) }
            state.names = names
            state.syncedNames = names
            state.nameChanges = []
            let living = Set(names.values)
            for id in state.files.keys.sorted() {
                if living.contains(id) { state.files[id]?.crash(crash, &generator) } else { state.files[id] = nil }
            }
        }
    }

    /// Everything that was written is synced, as after a long time.
    package func settle() {
        state.withLock { state in
            state.files = state.files.mapValues { Content(current: $0.current, synced: $0.current) }
            state.syncedNames = state.names
            state.nameChanges = []
        }
    }

    /// An independent disk with the same state.
    package func copy() -> MemoryDisk { MemoryDisk(state.withLock { $0 }) }

    package func contents(_ file: LogFile) -> [UInt8]? {
        state.withLock { state in state.names[file].flatMap { state.files[$0]?.current } }
    }

    /// Puts bytes on the disk, synced: damage, or files from elsewhere.
    package func replace(_ file: LogFile, with bytes: [UInt8]) {
        state.withLock { state in
            state.lastFile += 1
            state.files[state.lastFile] = Content(current: bytes, synced: bytes)
            state.names[file] = state.lastFile
            state.syncedNames[file] = state.lastFile
        }
    }
}

extension Crash {
    fileprivate func keeps(_ generator: inout SplitMix64) -> Bool {
        switch self {
        case .process: true
        case .powerLosingAll: false
        case .power: Bool.random(using: &generator)
        }
    }
}

extension MemoryDisk.Content {
    fileprivate mutating func crash(_ crash: Crash, _ generator: inout SplitMix64) {
        let size = crash.keeps(&generator) ? current.count : synced.count
        var after = synced.prefix(size) + [UInt8](repeating: 0, count: max(0, size - synced.count))
        for sector in dirtySectors.sorted() {
            let start = sector * MemoryDisk.sectorBytes
            let end = min(start + MemoryDisk.sectorBytes, size, current.count)
            guard start < end else { continue }
            if case .power = crash, Int.random(in: 0..<8, using: &generator) == 0 {
                for offset in start..<end { after[offset] = .random(in: 0...255, using: &generator) }
            } else if crash.keeps(&generator) {
                after.replaceSubrange(start..<end, with: current[start..<end])
            }
        }
        self = Self(current: Array(after), synced: Array(after))
    }

    fileprivate mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        guard bytes.count > 0 else { return }
        if offset + bytes.count > current.count {
            current += [UInt8](repeating: 0, count: offset + bytes.count - current.count)
        }
        current.withUnsafeMutableBytes { $0.part(offset, offset + bytes.count).copyMemory(from: bytes) }
        dirtySectors.formUnion(offset / MemoryDisk.sectorBytes...(offset + bytes.count - 1) / MemoryDisk.sectorBytes)
    }

    fileprivate mutating func sync() {
        if synced.count > current.count { synced.removeLast(synced.count - current.count) }
        synced += [UInt8](repeating: 0, count: current.count - synced.count)
        for sector in dirtySectors {
            let start = sector * MemoryDisk.sectorBytes
            let end = min(start + MemoryDisk.sectorBytes, current.count)
            if start < end { synced.replaceSubrange(start..<end, with: current[start..<end]) }
        }
        dirtySectors = []
    }
}

// MARK: calls

extension MemoryDisk {
    private func call<Value>(
        _ call: DiskError.Call, _ file: LogFile?, onFault: (inout State) -> Void = { _ in },
        _ body: (inout State) -> Value?
    ) throws(DiskError) -> Value {
        let outcome: Result<Value, DiskError> = state.withLock { state in
            state.calls += 1
            let nth = (state.callsOfKind[call] ?? 0) + 1
            state.callsOfKind[call] = nth
            let name = file?.name ?? "directory"
            if let cut = state.powerCut, state.calls >= cut {
                return .failure(DiskError(call, name, .powerOff))
            }
            if let fault = state.faults.first(where: { $0.call == call && $0.nth == nth }) {
                onFault(&state)
                return .failure(DiskError(call, name, .system(fault.errno)))
            }
            guard let value = body(&state) else { return .failure(DiskError(call, name, .system(ENOENT))) }
            return .success(value)
        }
        return try outcome.get()
    }

    package func list() throws(DiskError) -> [(file: LogFile, bytes: Int)] {
        try call(.list, nil) { state in
            state.names.map { (file: $0.key, bytes: state.files[$0.value]?.current.count ?? 0) }
        }
    }

    package func create(_ file: LogFile, bytes: Int) throws(DiskError) {
        try call(.create, file) { state in
            let zeros = [UInt8](repeating: 0, count: bytes)
            state.lastFile += 1
            state.files[state.lastFile] = Content(current: zeros, synced: zeros)
            state.change(.link(file, state.lastFile))
        }
    }

    package func write(_ bytes: UnsafeRawBufferPointer, to file: LogFile, at offset: Int) throws(DiskError) {
        let half = bytes.part(0, bytes.count / 2)
        try call(.write, file, onFault: { $0.edit(file) { $0.write(half, at: offset) } }) { state in
            state.edit(file) { $0.write(bytes, at: offset) }
        }
    }

    package func sync(_ file: LogFile) throws(DiskError) {
        try call(.sync, file, onFault: { $0.edit(file) { $0.dirtySectors = [] } }) { state in
            state.edit(file) { $0.sync() }
        }
    }

    package func read(_ file: LogFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(DiskError) {
        try call(.read, file) { state -> Void? in
            guard let id = state.names[file], let content = state.files[id]?.current,
                offset >= 0, offset + bytes.count <= content.count
            else { return nil }
            content.withUnsafeBytes { bytes.copyMemory(from: $0.part(offset, offset + bytes.count)) }
            return ()
        }
    }

    package func truncate(_ file: LogFile, to bytes: Int) throws(DiskError) {
        try call(.truncate, file) { state in
            state.edit(file) { content in
                content.current.removeLast(max(0, content.current.count - bytes))
            }
        }
    }

    package func rename(_ file: LogFile, to new: LogFile) throws(DiskError) {
        try call(.rename, file) { state in
            state.names[file].map { state.change(.rename(file, to: new, $0)) }
        }
    }

    package func remove(_ file: LogFile) throws(DiskError) {
        try call(.remove, file) { state in
            state.names[file].map { _ in state.change(.unlink(file)) }
        }
    }

    package func syncDirectory() throws(DiskError) {
        try call(.syncDirectory, nil) { state in
            state.syncedNames = state.names
            state.nameChanges = []
        }
    }
}

extension MemoryDisk.State {
    fileprivate mutating func change(_ change: MemoryDisk.NameChange) {
        change.apply(to: &names)
        nameChanges.append(change)
    }

    /// nil: there is no such file.
    @discardableResult
    fileprivate mutating func edit(_ file: LogFile, _ body: (inout MemoryDisk.Content) -> Void) -> Void? {
        guard let id = names[file], files[id] != nil else { return nil }
        body(&files[id, default: MemoryDisk.Content(current: [], synced: [])])
        return ()
    }
}
