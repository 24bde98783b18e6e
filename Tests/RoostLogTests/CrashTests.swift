import RoostLog
import RoostModel
import Testing

/// Crashes of a disk that keeps, loses and garbles what is not synced. What was released survives, in order, unaltered.
@Suite struct CrashTests {
    @Test(arguments: 0..<16)
    func randomLivesAndCrashes(_ group: Int) throws {
        for seed in 0..<60 {
            var life = Life(seed: UInt64(group * 1000 + seed))
            try life.run(generations: 4)
        }
    }

    /// The same 40 records, with the power cut at every call to the disk in turn.
    @Test(arguments: [SyncPolicy.always, .interval, .off])
    func powerCutAtEveryCall(_ policy: SyncPolicy) throws {
        let calls = try script(MemoryDisk(), policy).calls
        #expect(calls > 60)
        for call in 5...calls {
            let disk = MemoryDisk()
            let (appended, released, synced, _) = try script(disk, policy, cutAt: call)
            for crash in [
                Crash.process, .powerLosingAll, .power(seed: UInt64(call)), .power(seed: UInt64(call + 7777)),
            ] {
                let after = disk.copy()
                after.crash(crash)
                let found = try recover(after, smallConfiguration(policy))
                #expect(appended.starts(with: found.entries), "call \(call), \(crash)")
                let needed = if case .process = crash { released } else { policy == .always ? released : synced }
                #expect(found.entries.count >= needed, "call \(call), \(crash)")
            }
        }
    }

    private func script(
        _ disk: MemoryDisk, _ policy: SyncPolicy, cutAt call: Int? = nil
    ) throws -> (appended: [Entry], released: Int, synced: Int, calls: Int) {
        var log = try open(disk, smallConfiguration(policy), salt: 3)
        if let call { disk.cutPower(atCall: call) }
        var appended: [Entry] = []
        for number in 0..<40 as Range<UInt64> {
            log.drain(.background, on: disk)
            guard log.hasRoom(payloadBytes: 1200) else { break }
            appended.append(log.add(payload(number, bytes: Int(number) * 30)))
            if number % 3 == 0 { log.add([1]).appendTo(&appended) }
            if number % 10 == 9 { log.requestSync() }
            log.drain(.commit, on: disk)
        }
        return (appended, Int(log.releasableSequence), Int(log.syncedSequence), disk.calls)
    }

    /// A start is cut at every one of its calls, and the start after it again; the third one finds what the first
    /// would have found.
    @Test(arguments: [SyncPolicy.always, .interval])
    func crashAtEveryCallOfAStartAndOfTheNextOne(_ policy: SyncPolicy) throws {
        let disk = try tornLog(policy)
        let whole = disk.copy()
        let firstCall = disk.calls
        let expected = try recover(whole, smallConfiguration(policy)).entries
        let lastCall = whole.calls
        #expect(try whole.tornCopies.count == 1)
        let styles: [Crash] = [.process, .powerLosingAll, .power(seed: 1), .power(seed: 2), .power(seed: 3)]
        for first in firstCall + 1...lastCall {
            for style in styles {
                let once = disk.copy()
                interrupt(once, atCall: first, policy, style)
                #expect(try recover(once.copy(), smallConfiguration(policy)).entries == expected)
                let calls = once.calls
                for second in stride(from: calls + 1, through: calls + 40, by: 1) {
                    let twice = once.copy()
                    guard interrupt(twice, atCall: second, policy, style) else { break }
                    let found = try recover(twice, smallConfiguration(policy))
                    #expect(found.entries == expected, "calls \(first), \(second), \(style)")
                    #expect(try twice.tornCopies.count == 1, "one copy of one tail")
                }
            }
        }
    }

    /// False: the start was through before the cut.
    @discardableResult
    private func interrupt(_ disk: MemoryDisk, atCall call: Int, _ policy: SyncPolicy, _ style: Crash) -> Bool {
        disk.cutPower(atCall: call)
        do throws(LogError) {
            _ = try recover(disk, smallConfiguration(policy), salt: UInt64(call))
            return false
        } catch {
            disk.crash(style)
            return true
        }
    }

    /// Several segments, made-ahead ones, records beyond the newest mark, and a torn tail. All of it is on disk.
    private func tornLog(_ policy: SyncPolicy) throws -> MemoryDisk {
        let disk = MemoryDisk()
        var log = try open(disk, smallConfiguration(policy), salt: 4)
        for number in 0..<11 as Range<UInt64> {
            log.drain(.background, on: disk)
            log.commit([payload(number, bytes: 900), payload(number + 50, bytes: 90)], on: disk)
        }
        log.drain(.background, on: disk)
        for number in 100..<103 as Range<UInt64> { log.commit([payload(number, bytes: 90)], on: disk) }
        let last = UInt32(log.segmentCount - 1)
        let end = (disk.contents(.segment(last)) ?? []).lastIndex { $0 != 0 } ?? 0
        disk.overwrite(.segment(last), at: end - 20, with: [9, 9, 9])
        disk.settle()
        return disk
    }
}

extension Entry {
    fileprivate func appendTo(_ entries: inout [Entry]) { entries.append(self) }
}

/// A log over several processes, each of which ends in a crash. All choices come from the seed.
private struct Life {
    let seed: UInt64
    private var generator: SplitMix64
    private let disk = MemoryDisk()
    private let policy: SyncPolicy
    private let alignment: Int
    /// What was appended and not lost, in all processes.
    private var history: [Entry] = []
    /// How many of these must be there after the crash of this process, or after a power cut.
    private var released: UInt64 = 0
    private var synced: UInt64 = 0

    init(seed: UInt64) {
        self.seed = seed
        generator = SplitMix64(seed: seed)
        policy = [.always, .always, .interval, .off].randomElement(using: &generator) ?? .always
        alignment = [512, 1024, 4096].randomElement(using: &generator) ?? 512
    }

    private mutating func chance(_ part: Int) -> Bool { Int.random(in: 0..<part, using: &generator) == 0 }

    private mutating func configuration() -> LogConfiguration {
        let sizes = [8192, 8192, 12_288, 32_768]
        var configuration = smallConfiguration(policy, segmentBytes: sizes.randomElement(using: &generator) ?? 8192)
        configuration.batchBytesMax = .random(in: 1...10_000, using: &generator)
        configuration.preparedSegments = .random(in: 1...3, using: &generator)
        configuration.batchAlignment = alignment
        return configuration
    }

    mutating func run(generations: Int) throws {
        for generation in 0..<generations {
            try start(generation)
            crash()
        }
        try start(generations)
    }

    /// Starts until one start is through; checks what it found; lives for a while.
    private mutating func start(_ generation: Int) throws {
        while chance(3) {
            disk.cutPower(atCall: disk.calls + .random(in: 1...25, using: &generator))
            _ = try? recover(disk, configuration(), salt: generator.next())
            crash()
        }
        var found = Found()
        var log = try open(disk, configuration(), expectsData: false, salt: generator.next(), found: &found)
        check(found, generation)
        history = found.entries
        live(&log)
    }

    private func check(_ found: Found, _ generation: Int) {
        let context: Comment = "seed \(seed), generation \(generation), \(policy)"
        let last = found.entries.last?.sequence ?? 0
        #expect(history.starts(with: found.entries), context)
        let lost = history.dropFirst(found.entries.count).first
        #expect(lost == nil || (lost?.sequence ?? 0) > released, context)
        #expect(last <= found.summary.lastSequence, context)
        for (entry, location) in zip(found.entries, found.locations) {
            let bytes = disk.contents(.segment(location.segment)) ?? []
            let start = Int(location.offset) + RecordFrame.headerBytes
            guard start + Int(location.length) <= bytes.count else {
                Issue.record(context)
                return
            }
            #expect(Array(bytes[start..<start + Int(location.length)]) == entry.payload, context)
        }
    }

    private mutating func live(_ log: inout Log) {
        note(log)
        for _ in 0..<Int.random(in: 0...60, using: &generator) {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0...4: append(to: &log)
            case 5, 6: finishOne(&log, .commit)
            case 7: finishOne(&log, .background)
            case 8: log.drain(.commit, on: disk)
            default:
                if chance(2) { log.requestSync() } else { log.appendMark(at: BrokerTime(milliseconds: 1)) }
            }
            note(log)
        }
        // One operation may be under way, in part or whole, without anybody having heard of it.
        if chance(2), let operation = log.nextOperation(chance(3) ? .background : .commit) {
            try? disk.perform(operation)
        }
    }

    private mutating func append(to log: inout Log) {
        let size = chance(8) ? Int.random(in: 0...7000, using: &generator) : .random(in: 0...600, using: &generator)
        guard log.hasRoom(payloadBytes: size) else { return }
        let time = (history.last?.time ?? 0) + (chance(10) ? 100_000 : .random(in: 0...5, using: &generator))
        let start = max(time, log.recovery.startTime.milliseconds)
        history.append(
            log.add(
                payload(generator.next(), bytes: size), kind: .random(in: 1..<TestOwner.removal, using: &generator),
                at: start))
    }

    private mutating func finishOne(_ log: inout Log, _ lane: LogLane) {
        guard let operation = log.nextOperation(lane) else { return }
        do throws(DiskError) {
            try disk.perform(operation)
            log.completed(operation.id, .success(()))
        } catch {
            log.completed(operation.id, .failure(error))
        }
    }

    private mutating func note(_ log: borrowing Log) {
        released = log.releasableSequence
        synced = log.syncedSequence
    }

    private mutating func crash() {
        if chance(4) { return disk.crash(.process) }
        // Under `interval` and `off` only what is synced outlives a power cut.
        if policy != .always { released = synced }
        disk.crash(chance(5) ? .powerLosingAll : .power(seed: generator.next()))
    }
}
