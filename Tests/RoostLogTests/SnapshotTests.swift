import RoostLog
import RoostModel
import Testing

/// Snapshots as they should be: written, published, begun with, and given up.
@Suite struct SnapshotTests {
    @Test func aStartBeginsWithTheNewestAndSkipsWhatItContains() throws {
        let disk = MemoryDisk()
        let found = try Sample.write(on: disk)
        var owner = TestOwner()
        let log = try Recovery.open(
            disk, configuration: smallConfiguration(), expectsData: true, newSalt: 9,
            now: BrokerTime(milliseconds: 0), owner: &owner)
        #expect(owner.found.entries == found.entries)
        #expect(owner.found.locations == found.locations)
        #expect(owner.calls == ["restart", "take", "end"])
        #expect(log.recovery.snapshot?.file == (try Sample.snapshots(disk).last))
        #expect(log.recovery.skippedRecords > 0)
        #expect(log.recovery.damagedSnapshots.isEmpty)
        #expect(log.recovery.unknownSegments.isEmpty)
        #expect(log.snapshots.count == 2)
        #expect(log.appendedSequence == log.recovery.lastSequence)
    }

    @Test func oldSegmentsMayHaveGapsAndAreNotRead() throws {
        let disk = MemoryDisk()
        let found = try Sample.write(on: disk)
        let numbers = try disk.files.compactMap { if case .segment(let number) = $0 { number } else { nil } }
        let old = try #require(numbers.first)
        #expect(numbers != Array(old...(numbers.last ?? old)), "the sample has a gap")
        // Damage behind the header of an old segment is found when the record is read, not at start.
        disk.flip(.segment(old), bit: 600 * 8)
        #expect(try recover(disk).entries == found.entries)
    }

    @Test func whatThePublishedFileHoldsIsKnownWhenItIsPublished() throws {
        let (disk, other) = (MemoryDisk(), MemoryDisk())
        var broker = try TestBroker(disk)
        for number in 0..<20 as Range<UInt64> { broker.send(payload(number, bytes: 90)) }
        broker.commit()
        var first = broker.snapshotJob()
        while try first.step(on: other) != .complete {}
        try broker.snapshot()
        // Two jobs for one position differ in their salt alone.
        let bytes = disk.contents(.snapshot(20)) ?? []
        #expect(bytes.count == other.contents(.preparingSnapshot(20))?.count)
        #expect(broker.log.snapshots == [SnapshotFacts(position: first.position, bytes: bytes.count)])
    }

    @Test func largeSnapshotsAreWrittenInPiecesAndSyncedInBetween() throws {
        let disk = MemoryDisk()
        let section = payload(1, bytes: 64 * 1024)
        let source = SectionSource([[UInt8]](repeating: section, count: 400))
        let facts = SegmentFacts(number: 1, bytes: 8192, salt: 5, firstSequence: 1)
        let position = LogPosition(segment: 1, firstSequence: 1, sequence: 7, time: BrokerTime(milliseconds: 3))
        var job = SnapshotJob(position: position, segments: [facts], salt: 3, sections: { source.next(&$0) })
        var (largest, steps) = (0, 0)
        loop: while true {
            switch try job.step(on: disk) {
            case .wrote(let count): largest = max(largest, count)
            case .complete: break loop
            case .published: throw Unexpected()
            }
            steps += 1
        }
        #expect(largest < 1_200_000 && largest > 1_000_000)
        #expect(steps >= 25)
        #expect(disk.count(of: .sync) == 400 * 64 / 8192 + 1, "every 8 MiB, and at the end")
        #expect(try disk.files == [.preparingSnapshot(7)], "no name before the last step")
        #expect(try job.step(on: disk) == job.step(on: disk), "published once, and told again")
        #expect(try disk.files == [.snapshot(7)])
        disk.crash(.powerLosingAll)
        #expect(try disk.files == [.snapshot(7)])
    }

    @Test func twoAreKept() throws {
        let disk = MemoryDisk()
        var broker = try TestBroker(disk)
        for number in 0..<5 as Range<UInt64> {
            broker.commit(number..<number + 1, bytes: 3000)
            try broker.snapshot()
        }
        #expect(try Sample.snapshots(disk) == [.snapshot(4), .snapshot(5)])
        #expect(broker.log.snapshots.map(\.position.sequence) == [4, 5])
        #expect(broker.log.removableBelow == broker.log.snapshots[0].position.segment)
    }

    @Test func withFewerThanTwoSnapshotsNothingMayBeRemoved() throws {
        let disk = MemoryDisk()
        var broker = try TestBroker(disk)
        broker.commit(0..<9, bytes: 3000)
        #expect(broker.log.removableBelow == 0)
        try broker.snapshot()
        #expect(broker.log.removableBelow == 0)
        #expect(broker.log.oldSegments().isEmpty)
        try broker.snapshot()
        #expect(broker.log.removableBelow == 0, "the same position twice is one snapshot")
        broker.send([1])
        broker.commit()
        try broker.snapshot()
        #expect(broker.log.removableBelow > 1)
        #expect(broker.log.oldSegments().map(\.number) == Array(1..<broker.log.removableBelow))
    }

    @Test func whatIsGivenUpOrUnfinishedGoesAway() throws {
        let disk = MemoryDisk()
        var broker = try TestBroker(disk)
        broker.send([1, 2, 3])
        broker.commit()
        var job = broker.snapshotJob()
        _ = try job.step(on: disk)
        #expect(try disk.files.contains(.preparingSnapshot(1)))
        try job.cancel(on: disk)
        #expect(try !disk.files.contains(.preparingSnapshot(1)))
        #expect(throws: DiskError.self) { try job.step(on: disk) }

        var second = broker.snapshotJob()
        while try second.step(on: disk) != .complete {}
        let found = try recover(disk)
        #expect(found.entries.map(\.payload) == [[1, 2, 3]])
        #expect(found.summary.snapshot == nil)
        #expect(try !disk.files.contains(.preparingSnapshot(1)))
    }

    @Test(arguments: [DiskError.Call.create, .allocate, .write, .truncate, .sync, .rename, .syncDirectory])
    func aFailedCallEndsTheJobAndNothingElse(_ call: DiskError.Call) throws {
        let disk = MemoryDisk()
        var broker = try TestBroker(disk)
        broker.send([1, 2, 3])
        broker.commit()
        disk.fail(call, nth: disk.count(of: call) + 1, errno: 28)
        var job = broker.snapshotJob()
        var failures = 0
        for _ in 0..<6 {
            do throws(DiskError) { _ = try job.step(on: disk) } catch { failures += 1 }
        }
        #expect(failures >= 1)
        #expect(broker.log.snapshots.isEmpty)
        broker.send([4])
        broker.commit()
        #expect(broker.log.failure == nil)
        #expect(try recover(disk).entries == broker.found.entries)
    }

    // MARK: space from the reserve, with another process that takes every byte that is free after a call

    @Test func aSnapshotTakesItsSpaceFromTheReserveAndGivesBackTheRest() throws {
        let disk = MemoryDisk()
        var broker = try TestBroker(disk)
        broker.send(payload(1, bytes: 900))
        broker.commit()
        try disk.setReserve(bytes: 50_000)
        disk.loseFreeSpace()
        var share = ReserveShare(leaving: 10_000, lacking: 0)
        var job = broker.snapshotJob()
        _ = try job.step(on: disk, &share)
        #expect(share.change <= -8192)
        let taken = disk.usedBytes
        while try job.step(on: disk, &share) != .complete {}
        _ = try job.step(on: disk)
        let file = try #require(disk.contents(.snapshot(broker.log.appendedSequence)))
        #expect(share.change == -file.count, "the rest is back")
        #expect(disk.usedBytes == taken)
        #expect(try recover(disk.copy()).summary.snapshot != nil)
        try disk.remove(.snapshot(broker.log.appendedSequence), &share)
        #expect(share.change == 0)
        #expect(try disk.list().first { $0.file == .reserve }?.bytes == 50_000)
    }

    @Test func aSnapshotThatTheReserveHasTooLittleForGivesAllOfItBack() throws {
        let disk = MemoryDisk()
        var broker = try TestBroker(disk)
        broker.commit(0..<5, bytes: 3000)
        try disk.setReserve(bytes: 20_000)
        disk.loseFreeSpace()
        var share = ReserveShare(leaving: 15_000, lacking: 0)
        var job = broker.snapshotJob()
        #expect(throws: DiskError.self) { while try job.step(on: disk, &share) != .complete {} }
        try job.cancel(on: disk, &share)
        #expect(share.change == 0)
        #expect(try disk.list().first { $0.file == .reserve }?.bytes == 20_000)
    }

    @Test(arguments: [DiskError.Call.allocate, .write, .truncate, .sync, .rename])
    func aCallThatFailsCostsTheReserveNothing(_ call: DiskError.Call) throws {
        let disk = MemoryDisk()
        var broker = try TestBroker(disk)
        broker.send([1, 2, 3])
        broker.commit()
        try disk.setReserve(bytes: 50_000)
        disk.loseFreeSpace()
        disk.fail(call, nth: disk.count(of: call) + 1, errno: 5)
        var share = ReserveShare(leaving: 0, lacking: 0)
        var job = broker.snapshotJob()
        #expect(throws: DiskError.self) { for _ in 0..<6 { _ = try job.step(on: disk, &share) } }
        try job.cancel(on: disk, &share)
        #expect(share.change == 0)
        #expect(try disk.list().first { $0.file == .reserve }?.bytes == 50_000)
    }

    @Test func aSnapshotInTheMiddleOfABatchKeepsThatBatchInItsPlace() throws {
        // The mark that the name sets lies in the middle of the last batch. What the snapshot says of places must hold.
        let disk = MemoryDisk()
        var broker = try TestBroker(disk)
        broker.send(payload(1, bytes: 200))
        broker.send(payload(2, bytes: 200))
        var job = broker.snapshotJob()
        broker.send(payload(3, bytes: 200))
        broker.log.drain(.commit, on: disk)
        while try job.step(on: disk) != .complete {}
        _ = try job.step(on: disk)
        let found = try recover(disk)
        #expect(found.entries == broker.found.entries)
        #expect(found.locations == broker.found.locations)
        for (entry, place) in zip(found.entries, found.locations) { #expect(disk.payload(at: place) == entry.payload) }
    }

    @Test func aVersionOneLogWithoutSnapshotsStillOpensAndGetsThem() throws {
        let disk = MemoryDisk()
        var broker = try TestBroker(disk)
        broker.commit(0..<9, bytes: 2000)
        let before = broker.found
        broker = try TestBroker(disk, salt: 2)
        #expect(broker.found.entries == before.entries)
        #expect(broker.log.segments.map(\.number) == (1...UInt32(broker.log.segments.count)).map { $0 })
        try broker.snapshot()
        broker = try TestBroker(disk, salt: 3)
        #expect(broker.found.entries == before.entries)
        #expect(broker.log.recovery.records == 0)
    }

    @Test func bytesSinceTheSnapshotCountFromItsPosition() throws {
        let disk = MemoryDisk()
        var broker = try TestBroker(disk)
        broker.commit(0..<8, bytes: 2000)
        #expect(broker.log.bytesSinceSnapshot == 8 * 2560)
        let job = broker.snapshotJob()
        broker.commit(0..<3, bytes: 2000)
        broker.log.snapshotPublished(SnapshotFacts(position: job.position, bytes: 700))
        #expect(broker.log.bytesSinceSnapshot == 3 * 2560)
    }

    @Test func diskBytesIsTheSumOfTheFiles() throws {
        let disk = MemoryDisk()
        _ = try Sample.write(on: disk)
        try disk.setReserve(bytes: 12_345)
        disk.replace(.torn(1, copy: 3), with: [1, 2, 3])
        disk.replace(.damagedSnapshot(1, copy: 1), with: [1, 2])
        var broker = try TestBroker(disk, salt: 7)
        #expect(broker.log.reserveBytes == 12_345)
        broker.commit(0..<5, bytes: 3000)
        try broker.snapshot()
        try broker.removeDeadSegments()
        #expect(try broker.log.diskBytes == disk.list().reduce(0) { $0 + $1.bytes })
    }
}

/// A small log with two snapshots, old segments with a gap, and records behind both.
enum Sample {
    static func write(on disk: MemoryDisk) throws -> Found {
        var broker = try TestBroker(disk, salt: 0x0123_4567_89AB_CDEF)
        var sent: [UInt64] = []
        for number in 0..<8 as Range<UInt64> {
            sent.append(broker.send(payload(number, bytes: 1800)))
            broker.commit()
        }
        broker.remove(sent[4])
        broker.commit()
        try broker.snapshot()
        broker = try TestBroker(disk, salt: 0xFEDC_BA98_7654_3210)
        for number in 10..<14 as Range<UInt64> {
            broker.send(payload(number, bytes: 700))
            broker.commit()
        }
        for sequence in sent[3...6] where sequence != sent[4] { broker.remove(sequence) }
        broker.commit()
        try broker.snapshot()
        try broker.removeDeadSegments()
        broker.send(payload(20, bytes: 300), at: 2_000_000)
        broker.remove(sent[0])
        broker.commit()
        broker.log.appendMark(at: BrokerTime(milliseconds: 2_000_001))
        broker.commit()
        return broker.found
    }

    static func snapshots(_ disk: MemoryDisk) throws -> [LogFile] {
        try disk.files.filter { if case .snapshot = $0 { true } else { false } }
    }
}
