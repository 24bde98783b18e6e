import RoostLog
import RoostModel
import Testing

/// Power cuts at every call to the disk while a snapshot is written, the third one is removed, and old segments are
/// removed; and at every call of the start after it.
@Suite struct SnapshotCrashTests {
    private static let crashes: [Crash] = [
        .process, .powerLosingAll, .power(seed: 1), .power(seed: 2), .power(seed: 3),
    ]

    /// A log with two snapshots and dead segments, and the state that it must keep.
    private func prepare(_ disk: MemoryDisk, _ policy: SyncPolicy) throws -> TestBroker {
        var broker = try TestBroker(disk, smallConfiguration(policy))
        var sent: [UInt64] = []
        for number in 0..<10 as Range<UInt64> {
            sent.append(broker.send(payload(number, bytes: 1900)))
            broker.commit()
            if number == 5 || number == 8 { try broker.snapshot() }
        }
        for sequence in sent[0...3] { broker.remove(sequence) }
        broker.log.requestSync()
        broker.commit()
        return broker
    }

    @Test(arguments: [SyncPolicy.always, .interval])
    func whileTheThirdIsWrittenAndWhatIsNotNeededIsRemoved(_ policy: SyncPolicy) throws {
        let whole = MemoryDisk()
        _ = try prepare(whole, policy)
        let first = whole.calls
        var last = Int.max
        var call = first + 1
        var outcomes: Set<Int> = []
        while call <= last {
            let disk = MemoryDisk()
            var broker = try prepare(disk, policy)
            #expect(disk.calls == first, "the script is the same each time")
            disk.cutPower(atCall: call)
            do {
                try broker.snapshot()
                try broker.removeDeadSegments()
                last = disk.calls
            } catch is DiskError {}
            for crash in Self.crashes {
                let after = disk.copy()
                after.crash(crash)
                outcomes.insert(try Sample.snapshots(after).count)
                try checkStarts(after, broker.found, policy, "call \(call), \(crash)")
            }
            call += 1
        }
        #expect(last - first > 6)
        #expect(outcomes.contains(3), "a crash between publication and removal was among them")
    }

    /// The start, a start cut at each of its calls, and the one after it, all find the same.
    private func checkStarts(
        _ disk: MemoryDisk, _ expected: Found, _ policy: SyncPolicy, _ what: String
    ) throws {
        let whole = disk.copy()
        let found = try recover(whole, smallConfiguration(policy))
        #expect(found.entries == expected.entries, "\(what)")
        #expect(found.summary.damagedSnapshots.isEmpty, "\(what)")
        for call in disk.calls + 1...whole.calls {
            let cut = disk.copy()
            cut.cutPower(atCall: call)
            #expect(throws: LogError.self) { try recover(cut, smallConfiguration(policy), salt: UInt64(call)) }
            cut.crash(call.isMultiple(of: 2) ? .powerLosingAll : .power(seed: UInt64(call)))
            #expect(try recover(cut, smallConfiguration(policy)).entries == expected.entries, "\(what), start \(call)")
        }
    }

    /// The start that gives a damaged snapshot another name is cut at each of its calls.
    @Test func duringAFallback() throws {
        let disk = MemoryDisk()
        let expected = try Sample.write(on: disk)
        let snapshots = try Sample.snapshots(disk)
        disk.flip(snapshots[1], bit: 6000)
        let whole = disk.copy()
        #expect(try recover(whole).summary.damagedSnapshots.count == 1)
        for call in disk.calls + 1...whole.calls {
            for crash in Self.crashes {
                let cut = disk.copy()
                cut.cutPower(atCall: call)
                #expect(throws: LogError.self) { try recover(cut, salt: UInt64(call)) }
                cut.crash(crash)
                let found = try recover(cut)
                #expect(found.entries == expected.entries, "call \(call), \(crash)")
                #expect(found.summary.snapshot?.file == snapshots[0])
                let damaged = try cut.files.filter { if case .damagedSnapshot = $0 { true } else { false } }
                #expect(damaged.count == 1, "the bytes are kept, once")
            }
        }
    }

    /// Random lives with snapshots, removals and crashes: the state is one that was there since the last sync.
    @Test(arguments: 0..<8)
    func randomLives(_ group: Int) throws {
        for seed in 0..<40 {
            var life = SnapshotLife(seed: UInt64(group * 1000 + seed))
            for generation in 0..<5 { try life.run(generation) }
        }
    }
}

private struct SnapshotLife {
    private let seed: UInt64
    private var generator: SplitMix64
    private let disk = MemoryDisk()
    /// States that a start may find: the one at the last sync, and all after it.
    private var states: [[Entry]] = [[]]

    init(seed: UInt64) {
        self.seed = seed
        generator = SplitMix64(seed: seed)
    }

    mutating func run(_ generation: Int) throws {
        let context: Comment = "seed \(seed), generation \(generation)"
        var broker = try TestBroker(disk, salt: generator.next())
        #expect(states.contains(broker.found.entries), context)
        checkPlaces(broker.found, context)
        states = [broker.found.entries]
        disk.cutPower(atCall: disk.calls + .random(in: 20...150, using: &generator))
        do {
            for _ in 0..<60 { try act(&broker) }
        } catch is DiskError {}
        disk.crash(Int.random(in: 0..<4, using: &generator) == 0 ? .process : .power(seed: generator.next()))
    }

    private mutating func act(_ broker: inout TestBroker) throws {
        guard broker.log.failure == nil, broker.log.preparationFailure == nil else {
            throw DiskError(.write, "", .powerOff)
        }
        switch Int.random(in: 0..<10, using: &generator) {
        case 0...4:
            let size = Int.random(in: 0...1500, using: &generator)
            prepareRoom(&broker, size)
            guard broker.log.hasRoom(payloadBytes: size) else { throw DiskError(.write, "", .powerOff) }
            broker.send(payload(generator.next(), bytes: size))
        case 5, 6:
            prepareRoom(&broker, 8)
            guard let entry = broker.found.entries.randomElement(using: &generator),
                broker.log.hasRoom(payloadBytes: 8)
            else { return }
            broker.remove(entry.sequence)
        case 7: broker.commit()
        case 8: try broker.snapshot()
        default:
            broker.commit()
            if broker.log.failure == nil { try broker.removeDeadSegments() }
        }
        states.append(broker.found.entries)
        if broker.log.syncedSequence == broker.log.appendedSequence { states = [broker.found.entries] }
    }

    private mutating func prepareRoom(_ broker: inout TestBroker, _ size: Int) {
        if !broker.log.hasRoom(payloadBytes: size) { broker.commit() }
    }

    private func checkPlaces(_ found: Found, _ context: Comment) {
        for (entry, place) in zip(found.entries, found.locations) {
            #expect(disk.payload(at: place) == entry.payload, context)
        }
    }
}
