import RoostLog
import RoostModel
import Testing

/// Damage to snapshots and old segments: the state is what it was, or the start refuses. It is never another state.
@Suite struct SnapshotDamageTests {
    private let disk = MemoryDisk()
    private let expected: Found
    private let older: LogFile
    private let newest: LogFile

    init() throws {
        expected = try Sample.write(on: disk)
        let snapshots = try Sample.snapshots(disk)
        (older, newest) = (snapshots[0], snapshots[1])
    }

    private func image(_ disk: MemoryDisk) throws -> [String: [UInt8]] {
        var image: [String: [UInt8]] = [:]
        for file in try disk.files { image[file.name] = disk.contents(file) }
        return image
    }

    /// The snapshot that the start began with, nil when it refused; then nothing is changed.
    @discardableResult
    private func check(_ damaged: MemoryDisk, _ what: @autoclosure () -> String) throws -> LogFile? {
        let before = try image(damaged)
        do throws(LogError) {
            let found = try recover(damaged)
            if found.entries != expected.entries || found.locations != expected.locations {
                Issue.record("\(what()): another state")
            }
            return found.summary.snapshot?.file ?? .reserve
        } catch {
            switch error {
            case .damaged, .unsupported, .segmentMissing, .logMissing, .snapshotsUnreadable: break
            default: Issue.record("\(what()): \(error)")
            }
            let after = try image(damaged)
            if after != before { Issue.record("\(what()): a refused start changed files") }
            return nil
        }
    }

    @Test func everyFlippedBitOfTheNewestFallsBack() throws {
        for bit in 0..<(disk.contents(newest)?.count ?? 0) * 8 {
            let damaged = disk.copy()
            damaged.flip(newest, bit: bit)
            #expect(try check(damaged, "bit \(bit)") == older, "bit \(bit)")
            #expect(damaged.contents(newest) == nil)
        }
    }

    @Test func everyTruncationOfTheNewestFallsBack() throws {
        let bytes = disk.contents(newest) ?? []
        for count in 0..<bytes.count {
            let damaged = disk.copy()
            damaged.replace(newest, with: Array(bytes.prefix(count)))
            #expect(try check(damaged, "cut to \(count)") == older, "cut to \(count)")
        }
        for extra in [1, 8, 512] {
            let damaged = disk.copy()
            damaged.replace(newest, with: bytes + [UInt8](repeating: 0, count: extra))
            #expect(try check(damaged, "\(extra) more") == older)
        }
    }

    @Test func partsOfTheNewestMovedDoubledOrLeftOutFallBack() throws {
        let bytes = disk.contents(newest) ?? []
        for start in stride(from: 512, to: bytes.count, by: 40) {
            for end in stride(from: start + 8, through: min(start + 900, bytes.count), by: 24) {
                let damaged = disk.copy()
                damaged.replace(newest, with: Array(bytes[..<start] + bytes[end...]))
                #expect(try check(damaged, "without \(start)..<\(end)") == older)
            }
        }
        let damaged = disk.copy()
        damaged.replace(newest, with: disk.contents(older) ?? [])
        #expect(try check(damaged, "the older one under the newer name") == older)
    }

    @Test func aDamagedSnapshotKeepsItsBytesUnderAnotherName() throws {
        for copy in 1...2 {
            if copy == 1 { disk.flip(newest, bit: 6000) }
            let bytes = disk.contents(newest)
            let found = try recover(disk)
            let told = try #require(found.summary.damagedSnapshots.first)
            #expect(told.file == newest.name)
            #expect(told.renamed == newest.name + ".damaged-\(copy)")
            #expect(disk.contents(try #require(LogFile(name: told.renamed))) == bytes)
            // As if somebody had put it back.
            if copy == 1 { disk.replace(newest, with: bytes ?? []) }
        }
        var broker = try TestBroker(disk, salt: 77)
        #expect(broker.log.snapshots.map(\.file) == [older])
        #expect(broker.log.removableBelow == 0, "one good snapshot: nothing may go")
        try broker.snapshot()
        #expect(try recover(disk).entries == expected.entries)
    }

    @Test func anOlderSnapshotThatIsBadCountsAsDamagedToo() throws {
        disk.flip(older, bit: 100)
        let found = try recover(disk)
        #expect(found.entries == expected.entries)
        #expect(found.summary.snapshot?.file == newest)
        #expect(found.summary.damagedSnapshots.map(\.file) == [older.name])
        let broker = try TestBroker(disk, salt: 78)
        #expect(broker.log.removableBelow == 0)
    }

    @Test func bothDamagedIsRefusedWhenTheBeginningOfTheLogIsGone() throws {
        disk.flip(older, bit: 5000)
        disk.flip(newest, bit: 5000)
        try disk.remove(.segment(1))
        do throws(LogError) {
            _ = try recover(disk)
            Issue.record("accepted")
        } catch {
            #expect(error.code == "log_snapshots_unreadable")
            #expect(error.description.contains(newest.name))
        }
    }

    @Test func withTheWholeLogThereAllSnapshotsMayBeDamaged() throws {
        let disk = MemoryDisk()
        var broker = try TestBroker(disk)
        for number in 0..<9 as Range<UInt64> {
            broker.commit(number..<number + 1, bytes: 2000)
            if number % 3 == 2 { try broker.snapshot() }
        }
        for file in try Sample.snapshots(disk) { disk.flip(file, bit: 4200) }
        let found = try recover(disk)
        #expect(found.entries == broker.found.entries)
        #expect(found.summary.snapshot == nil)
        #expect(found.summary.damagedSnapshots.count == 2)
        #expect(try Sample.snapshots(disk).isEmpty)
        broker = try TestBroker(disk, salt: 5)
        #expect(broker.log.bytesSinceSnapshot > 9 * 2000)
    }

    @Test func theFallbackNeedsEverySegmentFromItsOwnOn() throws {
        let broker = try TestBroker(disk.copy(), salt: 5)
        let (from, to) = (broker.log.snapshots[0].position.segment, broker.log.snapshots[1].position.segment)
        #expect(from < to)
        for number in from..<to {
            let damaged = disk.copy()
            try damaged.remove(.segment(number))
            damaged.flip(newest, bit: 5000)
            do throws(LogError) {
                _ = try recover(damaged)
                Issue.record("accepted without segment \(number)")
            } catch {
                guard case .segmentMissing(let file, let problem) = error else { throw error }
                #expect(file == LogFile.segment(number).name)
                #expect(problem.contains(newest.name), "\(problem)")
            }
        }
    }

    @Test func everyMissingOrEmptiedFile() throws {
        let living = Set(expected.locations.map(\.segment))
        let broker = try TestBroker(disk.copy(), salt: 5)
        for file in try disk.files {
            let (missing, zeros, empty) = (disk.copy(), disk.copy(), disk.copy())
            try missing.remove(file)
            zeros.replace(file, with: [UInt8](repeating: 0, count: disk.contents(file)?.count ?? 0))
            empty.replace(file, with: [])
            switch file {
            case .snapshot:
                let other = file == newest ? older : newest
                for damaged in [missing, zeros, empty] { #expect(try check(damaged, file.name) == other) }
            case .segment(let number) where number < broker.log.snapshots[1].position.segment:
                // Below the newest snapshot: needed only for the messages in it.
                for damaged in [missing, zeros, empty] {
                    #expect(try (check(damaged, file.name) == nil) == living.contains(number), "\(file.name)")
                }
            case .segment(let number):
                let isLast = try disk.files.last { if case .segment = $0 { true } else { false } } == file
                #expect(try (check(missing, file.name) == nil) != isLast, "segment \(number) made ahead or not")
                #expect(try check(zeros, file.name) == nil)
                #expect(try check(empty, file.name) == nil)
            default: throw Unexpected()
            }
        }
    }

    @Test func aMissingSegmentWithLivingMessagesIsNamed() throws {
        let number = try #require(expected.locations.map(\.segment).min())
        // Another file under the name is as good as none.
        for replacement in [nil, disk.contents(.segment(number + 5)) ?? []] {
            let damaged = disk.copy()
            if let replacement { damaged.replace(.segment(number), with: replacement) }
            if replacement == nil { try damaged.remove(.segment(number)) }
            do throws(LogError) {
                _ = try recover(damaged)
                Issue.record("accepted")
            } catch {
                guard case .segmentMissing(let file, let problem) = error else { throw error }
                #expect(file == LogFile.segment(number).name)
                #expect(problem.contains("messages lie in it"))
            }
        }
    }

    @Test func aForeignOldSegmentThatNobodyNeedsIsLeftAlone() throws {
        let gap = try #require((1..<20).first { !expected.locations.map(\.segment).contains($0) && $0 > 1 })
        disk.replace(.segment(gap), with: payload(3, bytes: 600))
        let found = try recover(disk)
        #expect(found.entries == expected.entries)
        #expect(found.summary.unknownSegments == [LogFile.segment(gap).name])
        #expect(disk.contents(.segment(gap)) == payload(3, bytes: 600))
        let broker = try TestBroker(disk, salt: 6)
        #expect(broker.log.facts(gap) == nil)
    }

    @Test func theNameOfASnapshotIsAMark() throws {
        // All that the log has behind the older snapshot is gone, and with it every mark in the log. The name of the
        // newer snapshot, readable or not, still says what there was.
        let disk = MemoryDisk()
        var broker = try TestBroker(disk)
        for number in 0..<9 as Range<UInt64> {
            broker.commit(number..<number + 1, bytes: 2000)
            if number == 2 || number == 8 { try broker.snapshot() }
        }
        let snapshots = broker.log.snapshots
        for case .segment(let number) in try disk.files where number > snapshots[0].position.segment {
            try disk.remove(.segment(number))
        }
        let (renamed, gone) = (disk.copy(), disk.copy())
        disk.flip(snapshots[1].file, bit: 100)
        try renamed.rename(snapshots[1].file, to: .damagedSnapshot(snapshots[1].position.sequence, copy: 1))
        for damaged in [disk, renamed] {
            let found = damage { () throws(LogError) in _ = try recover(damaged) }
            #expect(found?.file == LogFile.segment(snapshots[0].position.segment).name)
            #expect(found?.problem.contains("the data ends here") == true)
        }
        // Without the name nothing tells. This is what the check above rests on.
        try gone.remove(snapshots[1].file)
        #expect(try recover(gone).entries.count < 9)
    }

    @Test func noSegmentsAndASnapshotAreNotAnEmptyStart() throws {
        for file in try disk.files { if case .segment = file { try disk.remove(file) } }
        #expect(throws: LogError.self) { _ = try open(disk) }
        try disk.rename(newest, to: .damagedSnapshot(1, copy: 1))
        try disk.remove(older)
        #expect(throws: LogError.self) { _ = try open(disk) }
    }

    @Test func anErrorOfTheMediumFallsBackAndEveryOtherErrorRefuses() throws {
        let damaged = disk.copy()
        damaged.failReads(of: newest, in: 700..<701, errno: 5)
        #expect(try check(damaged, "EIO") == older)
        let refused = disk.copy()
        refused.failReads(of: newest, in: 700..<701, errno: 24)
        #expect(throws: LogError.self) { try recover(refused) }
        #expect(refused.contents(newest) == disk.contents(newest))
    }

    @Test func aNewerFormatRefusesAndIsNoReasonToFallBack() throws {
        for (offset, value) in [(8, UInt8(2)), (12, 1)] {
            let newer = disk.copy()
            var bytes = disk.contents(newest) ?? []
            bytes[offset] = value
            let crc = crc32c(Array(bytes.prefix(60)))
            for index in 0..<4 { bytes[60 + index] = UInt8(truncatingIfNeeded: crc >> (8 * index)) }
            newer.replace(newest, with: bytes)
            do throws(LogError) {
                _ = try recover(newer)
                Issue.record("accepted")
            } catch {
                #expect(error.code == "log_unsupported")
            }
        }
    }

    @Test func contentThatTheOwnerRefusesFallsBackAndIsForgotten() throws {
        var owner = TestOwner()
        owner.refusesSnapshots = true
        try disk.remove(older)
        // Neither snapshot is taken, and the log is not there from the beginning.
        #expect(throws: LogError.self) {
            _ = try Recovery.open(
                disk, configuration: smallConfiguration(), expectsData: true, newSalt: 1,
                now: BrokerTime(milliseconds: 0), owner: &owner)
        }
        #expect(owner.calls.starts(with: ["restart", "take", "end"]))
    }
}
