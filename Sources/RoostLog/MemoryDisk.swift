import Glibc
import Synchronization

/// A log directory in memory that knows what is synced. Tests and simulations crash it, break it and damage it.
///
/// The model of a crash is the one in `Disk`: each sector that was written and not synced is old, new or garbage, and
/// garbage may be what an earlier file of the same name held there; each name that was changed since the last
/// `syncDirectory` is old or new. A failed sync loses its sectors for good, and the next one reports success, as Linux
/// does. Nothing here depends on the order of a dictionary, on a clock, or on randomness that is not passed in.
package final class MemoryDisk: Disk {
    package static let sectorBytes = 512

    let state: Mutex<State>

    package init() { state = Mutex(State()) }

    init(_ state: State) { self.state = Mutex(state) }

    struct State {
        var files: [Int: MemoryFile] = [:]
        var names: [LogFile: Int] = [:]
        var syncedNames: [LogFile: Int] = [:]
        var nameChanges: [NameChange] = []
        var lastFile = 0
        /// Content of files that had a name and lost it, oldest first.
        var earlier: [(name: LogFile, bytes: [UInt8])] = []
        /// Size of `RESERVE`, nil before it is made. Its content means nothing, so there is none.
        var reserve: Int?
        var syncedReserve: Int?
        var capacityBytes: Int?
        var losesFreeSpace = false

        var calls = 0
        var callsOfKind: [DiskError.Call: Int] = [:]
        var faults: [Fault] = []
        var powerCut: Int?
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

    private enum Outcome<Value> {
        case done(Value)
        case failed(DiskError.Cause)

        static var noSuchFile: Self { .failed(.system(ENOENT)) }
        static var full: Self { .failed(.system(ENOSPC)) }
    }
}

// MARK: calls

extension MemoryDisk {
    private func call<Value>(
        _ call: DiskError.Call, _ file: LogFile?, onFault: (inout State) -> Void = { _ in },
        _ body: (inout State) -> Outcome<Value>
    ) throws(DiskError) -> Value {
        let outcome: Outcome<Value> = state.withLock { state in
            state.calls += 1
            let nth = state.callsOfKind[call, default: 0] + 1
            state.callsOfKind[call] = nth
            if let cut = state.powerCut, state.calls >= cut { return .failed(.powerOff) }
            if let fault = state.faults.first(where: { $0.call == call && $0.nth == nth }) {
                onFault(&state)
                return .failed(.system(fault.errno))
            }
            defer { if state.losesFreeSpace { state.takeFreeSpace() } }
            return body(&state)
        }
        switch outcome {
        case .done(let value): return value
        case .failed(let cause): throw DiskError(call, file?.name ?? "directory", cause)
        }
    }

    /// By name.
    package func list() throws(DiskError) -> [(file: LogFile, bytes: Int)] {
        try call(.list, nil) { state in
            var found = state.names.map { (file: $0.key, bytes: state.files[$0.value]?.current.count ?? 0) }
            if let reserve = state.reserve { found.append((.reserve, reserve)) }
            return .done(found.sorted { $0.file.name < $1.file.name })
        }
    }

    package func create(_ file: LogFile, bytes: Int) throws(DiskError) {
        try call(.create, file) { state -> Outcome<Void> in
            state.keepEarlier(file)
            let replaced = state.names[file].flatMap { state.files[$0]?.current.count } ?? 0
            guard state.hasSpace(bytes - replaced) else {
                if state.names[file] != nil { state.change(.unlink(file)) }
                return .full
            }
            state.lastFile += 1
            var content = MemoryFile([UInt8](repeating: 0, count: bytes))
            content.earlier = state.earlier(file)
            state.files[state.lastFile] = content
            state.change(.link(file, state.lastFile))
            return .done(())
        }
    }

    package func write(_ bytes: UnsafeRawBufferPointer, to file: LogFile, at offset: Int) throws(DiskError) {
        let half = bytes.part(0, bytes.count / 2)
        try call(.write, file, onFault: { $0.edit(file) { $0.write(half, at: offset) } }) { state -> Outcome<Void> in
            guard let size = state.names[file].flatMap({ state.files[$0]?.current.count }) else { return .noSuchFile }
            let room = max(0, state.room)
            guard offset + bytes.count - size <= room else {
                let count = max(0, min(bytes.count, size + room - offset))
                state.edit(file) { $0.write(bytes.part(0, count), at: offset) }
                return .full
            }
            state.edit(file) { $0.write(bytes, at: offset) }
            return .done(())
        }
    }

    package func sync(_ file: LogFile) throws(DiskError) {
        try call(.sync, file, onFault: { $0.edit(file) { $0.forgetUnsynced() } }) { state -> Outcome<Void> in
            state.edit(file) { $0.sync() } ? .done(()) : .noSuchFile
        }
    }

    package func read(_ file: LogFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(DiskError) {
        try call(.read, file) { state -> Outcome<Void> in
            guard let id = state.names[file], let content = state.files[id] else { return .noSuchFile }
            guard offset >= 0, offset + bytes.count <= content.current.count else { return .failed(.fileTooShort) }
            let range = offset..<offset + bytes.count
            if let bad = content.unreadable.first(where: { $0.range.overlaps(range) }) {
                return .failed(.system(bad.errno))
            }
            content.current.withUnsafeBytes { bytes.copyMemory(from: $0.part(range.lowerBound, range.upperBound)) }
            return .done(())
        }
    }

    /// Never: so that every read of a body takes the long way. Not counted as a call.
    package func readCached(
        _ file: LogFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Bool { false }

    package func setReserve(bytes: Int) throws(DiskError) {
        try call(.reserve, .reserve) { state -> Outcome<Void> in
            let before = state.reserve ?? 0
            guard state.hasSpace(bytes - before) else { return .full }
            state.reserve = bytes
            if bytes >= before { state.syncedReserve = bytes }
            return .done(())
        }
    }

    package func allocate(_ file: LogFile, bytes: Int, leavingReserve: Int) throws(DiskError) -> Int {
        try call(.allocate, file) { state -> Outcome<Int> in
            guard state.names[file] != nil else { return .noSuchFile }
            let free = max(0, min(bytes, state.room))
            let given = max(0, min(bytes - free, (state.reserve ?? 0) - leavingReserve))
            if given > 0 { state.reserve = (state.reserve ?? 0) - given }
            state.edit(file) { $0.extend(to: free + given) }
            return .done(given)
        }
    }

    package func truncate(_ file: LogFile, to bytes: Int, toReserve: Int) throws(DiskError) -> Int {
        try call(.truncate, file) { state -> Outcome<Int> in
            let used = state.usedBytes
            guard state.edit(file, { $0.truncate(to: bytes) }) else { return .noSuchFile }
            return .done(state.growReserve(by: min(toReserve, used - state.usedBytes)))
        }
    }

    package func rename(_ file: LogFile, to new: LogFile, toReserve: Int) throws(DiskError) -> Int {
        try call(.rename, file) { state -> Outcome<Int> in
            guard let id = state.names[file] else { return .noSuchFile }
            let used = state.usedBytes
            state.keepEarlier(new)
            if let earlier = state.earlier(new) { state.files[id]?.earlier = earlier }
            state.change(.rename(file, to: new, id))
            return .done(state.growReserve(by: min(toReserve, used - state.usedBytes)))
        }
    }

    package func remove(_ file: LogFile, toReserve: Int) throws(DiskError) -> Int {
        try call(.remove, file) { state -> Outcome<Int> in
            guard state.names[file] != nil else { return .noSuchFile }
            let used = state.usedBytes
            state.keepEarlier(file)
            state.change(.unlink(file))
            return .done(state.growReserve(by: min(toReserve, used - state.usedBytes)))
        }
    }

    package func syncDirectory() throws(DiskError) {
        try call(.syncDirectory, nil) { state -> Outcome<Void> in
            state.syncedNames = state.names
            state.nameChanges = []
            let living = Set(state.names.values)
            if state.files.count > living.count { state.files = state.files.filter { living.contains($0.key) } }
            return .done(())
        }
    }
}

extension MemoryDisk.State {
    /// Names of which the last content is remembered.
    private static var earlierMax: Int { 32 }

    fileprivate mutating func change(_ change: MemoryDisk.NameChange) {
        change.apply(to: &names)
        nameChanges.append(change)
    }

    /// False: there is no such file.
    @discardableResult
    mutating func edit(_ file: LogFile, _ body: (inout MemoryFile) -> Void) -> Bool {
        guard let id = names[file], files[id] != nil else { return false }
        // In place: nothing else refers to the content, so nothing of it is copied.
        body(&files[id, default: MemoryFile([])])
        return true
    }

    fileprivate mutating func keepEarlier(_ file: LogFile) {
        guard let bytes = names[file].flatMap({ files[$0]?.current }) else { return }
        earlier.removeAll { $0.name == file }
        earlier.append((file, bytes))
        if earlier.count > Self.earlierMax { earlier.removeFirst() }
    }

    fileprivate func earlier(_ file: LogFile) -> [UInt8]? { earlier.last { $0.name == file }?.bytes }

    var usedBytes: Int { names.values.reduce(reserve ?? 0) { $0 + (files[$1]?.current.count ?? 0) } }

    /// Bytes that are still free, or more than anybody needs.
    var room: Int { capacityBytes.map { $0 - usedBytes } ?? .max / 2 }

    /// Returns by how much.
    fileprivate mutating func growReserve(by bytes: Int) -> Int {
        let count = min(bytes, room)
        guard count > 0 else { return 0 }
        reserve = (reserve ?? 0) + count
        return count
    }

    mutating func takeFreeSpace() { capacityBytes = min(capacityBytes ?? .max, usedBytes) }

    fileprivate func hasSpace(_ bytes: Int) -> Bool { bytes <= 0 || bytes <= room }
}
