import Synchronization

/// What becomes of bytes and names that are not synced.
package enum Crash: Sendable {
    /// The process ends and the machine goes on: nothing is lost, and nothing is safer than before.
    case process
    /// The power goes, and nothing was written out ahead of a sync.
    case powerLosingAll
    /// The power goes: each sector and each name by itself, from a seed.
    case power(seed: UInt64)

    func keeps(_ generator: inout SplitMix64) -> Bool {
        switch self {
        case .process: true
        case .powerLosingAll: false
        case .power: Bool.random(using: &generator)
        }
    }
}

extension MemoryDisk {
    /// Calls so far, of all kinds.
    package var calls: Int { state.withLock { $0.calls } }

    package func count(of call: DiskError.Call) -> Int { state.withLock { $0.callsOfKind[call] ?? 0 } }

    /// The `nth` call of this kind from the beginning fails. A write then leaves some of its sectors.
    package func fail(_ call: DiskError.Call, nth: Int, errno: Int32) {
        state.withLock { $0.faults.append(Fault(call: call, nth: nth, errno: errno)) }
    }

    /// The medium does not give back these bytes any more, whatever happens to the name. Restarts do not help.
    package func failReads(of file: LogFile, in range: Range<Int>, errno: Int32) {
        _ = state.withLock { $0.edit(file) { $0.unreadable.append((range, errno)) } }
    }

    /// One bit turns on the medium. `bit` counts from the start of the file.
    package func flip(_ file: LogFile, bit: Int) { _ = state.withLock { $0.edit(file) { $0.flip(bit: bit) } } }

    /// What all files and the reserve may take together; nil: no limit. Beyond it calls fail with ENOSPC, and a write
    /// leaves what had room.
    package var capacityBytes: Int? {
        get { state.withLock { $0.capacityBytes } }
        set { state.withLock { $0.capacityBytes = newValue } }
    }

    /// What all files and the reserve take.
    package var usedBytes: Int { state.withLock { $0.usedBytes } }

    /// From now on somebody else takes every byte that is free after a call.
    package func loseFreeSpace() {
        state.withLock { state in
            state.losesFreeSpace = true
            state.takeFreeSpace()
        }
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
            if !crash.keeps(&generator) { state.reserve = state.syncedReserve }
            state.syncedReserve = state.reserve
            let living = Set(names.values)
            for id in state.files.keys.sorted() {
                if living.contains(id) { state.files[id]?.crash(crash, &generator) } else { state.files[id] = nil }
            }
            // Space that a file took from it is not there twice.
            if state.room < 0, let reserve = state.reserve { state.reserve = max(0, reserve + state.room) }
        }
    }

    /// Everything that was written is synced, as after a long time.
    package func settle() {
        state.withLock { state in
            for id in state.files.keys.sorted() { state.files[id]?.settle() }
            state.syncedNames = state.names
            state.nameChanges = []
            state.syncedReserve = state.reserve
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
            state.files[state.lastFile] = MemoryFile(bytes)
            state.names[file] = state.lastFile
            state.syncedNames[file] = state.lastFile
        }
    }
}
