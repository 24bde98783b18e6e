import RoostLog
import RoostModel
import Testing

/// One test for each rule of a start.
@Suite struct RecoveryTests {
    /// Four batches of two records in segment 1, at 512, 1536, 2560 and 3584. Frame sizes: 16 + 400 each.
    private func sample(_ policy: SyncPolicy = .always) throws -> (disk: MemoryDisk, entries: [Entry]) {
        let disk = MemoryDisk()
        var log = try open(disk, smallConfiguration(policy), salt: 5)
        var entries: [Entry] = []
        for batch in 0..<4 as Range<UInt64> {
            entries += log.commit([payload(batch * 2, bytes: 400), payload(batch * 2 + 1, bytes: 400)], on: disk)
        }
        return (disk, entries)
    }

    private func image(_ disk: MemoryDisk) throws -> [String: [UInt8]] {
        var image: [String: [UInt8]] = [:]
        for file in try disk.files { image[file.name] = disk.contents(file) }
        return image
    }

    private func expectRefused(_ disk: MemoryDisk, at file: String, _ offset: UInt32, _ text: String) throws {
        let before = try image(disk)
        let damage = try #require(damage { () throws(LogError) in _ = try recover(disk) })
        #expect(damage.file == file)
        #expect(damage.offset == offset)
        #expect(damage.problem.contains(text), "\(damage.problem)")
        #expect(try image(disk) == before, "a refused start changes nothing")
    }

    // MARK: directories

    @Test func anExpectedLogThatIsGoneIsRefused() throws {
        let disk = MemoryDisk()
        do throws(LogError) {
            _ = try recover(disk)
            Issue.record("accepted")
        } catch {
            #expect(error.code == "log_missing")
        }
        #expect(try disk.files.isEmpty)
    }

    @Test(arguments: [UInt32(1), 2])
    func aMissingSegmentIsRefused(_ number: UInt32) throws {
        let disk = MemoryDisk()
        var log = try open(disk)
        for _ in 0..<3 {
            log.drain(.background, on: disk)
            log.commit([payload(1, bytes: 5000)], on: disk)
        }
        try disk.remove(.segment(number))
        do throws(LogError) {
            _ = try recover(disk)
            Issue.record("accepted")
        } catch {
            guard case .segmentMissing(let file, _) = error else { throw Unexpected() }
            #expect(file == LogFile.segment(number).name)
        }
    }

    @Test func whatAPreparationLeftIsRemovedAndSegmentsMadeAheadAreReplaced() throws {
        let (disk, entries) = try sample()
        var configuration = smallConfiguration()
        configuration.preparedSegments = 3
        var log = try open(disk, configuration, salt: 6)
        log.drain(.background, on: disk)
        disk.replace(.preparing(9), with: [1, 2, 3])
        disk.replace(.preparingTorn(1, copy: 1), with: [1])
        #expect(try disk.files.count == 7)
        #expect(try recover(disk).entries == entries)
        #expect(try disk.files == [.segment(1), .segment(2), .segment(3)])
    }

    @Test func idleRestartsDoNotPileUpSegments() throws {
        let (disk, entries) = try sample()
        for salt in 0..<10 as Range<UInt64> { #expect(try recover(disk, salt: salt).entries == entries) }
        #expect(try disk.files.count == 3)
        let bytes = try disk.list().reduce(0) { $0 + $1.bytes }
        #expect(bytes < 3 * 8192, "closed segments give their free space back")
    }

    @Test func aRecoveredSegmentIsNeverAppendedTo() throws {
        let (disk, _) = try sample()
        let old = disk.contents(.segment(1)) ?? []
        var log = try open(disk, salt: 7)
        let location = log.append(kind: 1, payloadBytes: 0, at: BrokerTime(milliseconds: 0)) { _ in }
        #expect(location.segment == 2)
        log.drain(.commit, on: disk)
        let kept = disk.contents(.segment(1)) ?? []
        #expect(old.starts(with: kept))
    }

    // MARK: torn or damaged

    @Test func aBadRecordInTheLastBatchIsTornAndACopyIsKept() throws {
        let (disk, entries) = try sample()
        disk.flip(.segment(1), byte: 3584 + 48 + 416 + 100, bit: 3)
        let tail = Array((disk.contents(.segment(1)) ?? [])[3584..<3584 + 48 + 2 * 416])
        let found = try recover(disk)
        #expect(found.entries == Array(entries.dropLast()), "the record before it in the batch is intact")
        let torn = try #require(found.summary.tornTail)
        #expect(torn.file == "00000001.log")
        #expect(torn.offset == 3584)
        #expect(torn.copy == "00000001.log.torn-1")
        let copy = disk.contents(.torn(1, copy: 1)) ?? []
        #expect(tail.starts(with: copy) && tail[copy.count...].allSatisfy { $0 == 0 })
        #expect(disk.contents(.segment(1))?.count == 2560 + 48 + 2 * 416)
        #expect(found.summary.rewrittenRecords == 1)

        let again = try recover(disk)
        #expect(again.entries == found.entries)
        #expect(again.summary.tornTail == nil)
    }

    @Test func recordsBehindAHoleInTheLastBatchAreTornToo() throws {
        let (disk, entries) = try sample()
        disk.overwrite(.segment(1), at: 3584 + 48, with: [UInt8](repeating: 0, count: 100))
        #expect(try recover(disk).entries == Array(entries.dropLast(2)))
        #expect(try disk.tornCopies == [.torn(1, copy: 1)])
    }

    /// Cut to nothing but its header, the segment still counts: the size of its file makes sense only together with the
    /// header behind it, so that one must not be taken for a segment made ahead and removed.
    @Test func aSegmentWhoseOnlyBatchIsTornKeepsTheHeaderThatVoidsIt() throws {
        let disk = MemoryDisk()
        var log = try open(disk)
        log.drain(.background, on: disk)
        let entries = log.commit([payload(1, bytes: 5000)], on: disk)
        disk.overwrite(.segment(2), at: 512, with: payload(2, bytes: 700))
        for salt in 1...3 as ClosedRange<UInt64> {
            #expect(try recover(disk, salt: salt).entries == entries)
            #expect(disk.contents(.segment(2))?.count == 512)
            #expect(try disk.files == [.segment(1), .segment(2), .torn(2, copy: 1), .segment(3)])
        }
    }

    @Test func aBadRecordBeforeALaterBatchIsDamage() throws {
        let (disk, _) = try sample()
        disk.flip(.segment(1), byte: 2560 + 48 + 20, bit: 0)
        try expectRefused(disk, at: "00000001.log", 2560 + 48, "the checksum of a record does not match")
    }

    @Test func aBadBatchHeaderBeforeALaterBatchIsDamage() throws {
        let (disk, _) = try sample()
        disk.overwrite(.segment(1), at: 2560, with: [UInt8](repeating: 0, count: 512))
        try expectRefused(disk, at: "00000001.log", 2560, "neither a valid batch nor the end of the data")
    }

    @Test func aBadRecordInTheLastBatchIsDamageWhenAMarkCoversIt() throws {
        let disk = MemoryDisk()
        var log = try open(disk)
        log.commit([[1, 2, 3]], on: disk)
        log.appendMark(at: BrokerTime(milliseconds: 0))
        log.drain(.commit, on: disk)
        disk.flip(.segment(1), byte: 512 + 48 + 17, bit: 0)
        try expectRefused(disk, at: "00000001.log", 512 + 48, "were on disk")
    }

    @Test func aLastBatchThatIsGoneIsDamageWhenAMarkCoversIt() throws {
        // The segment made ahead was made after the batch: its header is the mark.
        let (disk, _) = try sample()
        var log = try open(disk, salt: 6)
        log.commit([[1]], on: disk)
        log.drain(.background, on: disk)
        disk.overwrite(.segment(2), at: 512, with: [UInt8](repeating: 0, count: 2048))
        try expectRefused(disk, at: "00000001.log", 2560 + 48 + 832, "the data ends here")
    }

    @Test func garbageWhereZeroIsDue() throws {
        let (disk, entries) = try sample()
        disk.flip(.segment(1), byte: 8000, bit: 1)
        let found = try recover(disk)
        #expect(found.entries == entries, "behind the last batch it takes nothing away")
        #expect(found.summary.tornTail?.offset == 4608)

        let (other, _) = try sample()
        var log = try open(other, salt: 6)
        log.commit([payload(1, bytes: 4000)], on: other)
        log.drain(.background, on: other)
        log.commit([payload(2, bytes: 4000)], on: other)
        other.flip(.segment(2), byte: 8191, bit: 1)
        try expectRefused(other, at: "00000002.log", 5632, "neither a valid batch nor the end of the data")
    }

    @Test func damageInAnEarlierSegmentIsNeverTorn() throws {
        let disk = MemoryDisk()
        var log = try open(disk)
        log.drain(.background, on: disk)
        log.commit([payload(1, bytes: 5000)], on: disk)
        log.commit([payload(2, bytes: 5000)], on: disk)
        disk.flip(.segment(1), byte: 3000, bit: 1)
        try expectRefused(disk, at: "00000001.log", 512 + 48, "the next segment was written after it was synced")
    }

    @Test func aDamagedHeaderIsRefusedEvenWithoutData() throws {
        let (disk, _) = try sample()
        var log = try open(disk, salt: 6)
        log.drain(.background, on: disk)
        disk.flip(.segment(3), byte: 40, bit: 0)
        try expectRefused(disk, at: "00000003.log", 0, "the checksum of the header does not match")
    }

    @Test func aSegmentOfTheWrongSizeIsRefused() throws {
        let (disk, _) = try sample()
        disk.replace(.segment(1), with: Array((disk.contents(.segment(1)) ?? []).dropLast()))
        try expectRefused(disk, at: "00000001.log", 8191, "the file has 8191 bytes, but its header says 8192")
    }

    // MARK: interval and off

    @Test(arguments: [SyncPolicy.interval, .off])
    func aHoleInFrontOfBatchesThatNoMarkCoversIsTorn(_ policy: SyncPolicy) throws {
        // The kernel wrote out the third batch and not the second: possible, because neither was synced.
        let (disk, entries) = try sample(policy)
        disk.overwrite(.segment(1), at: 1536, with: [UInt8](repeating: 0, count: 1024))
        let found = try recover(disk, smallConfiguration(policy))
        #expect(found.entries == Array(entries.prefix(2)))
        #expect(disk.contents(.torn(1, copy: 1))?.count ?? 0 > 2000, "what was behind the hole is in the copy")
    }

    @Test func whatWasNotSyncedMovesToANewSegmentUnderANewSalt() throws {
        let disk = MemoryDisk()
        var log = try open(disk, smallConfiguration(.interval), salt: 5)
        var entries = log.commit([[1], [2]], on: disk)
        log.requestSync()
        log.drain(.commit, on: disk)
        for value in 3...6 as ClosedRange<UInt8> { entries += log.commit([[value]], at: 2_000_000, on: disk) }
        // The third batch carries the mark for the first; the ones after it are beyond every mark.
        let before = disk.contents(.segment(1)) ?? []
        disk.fail(.truncate, nth: 1, errno: 5)
        #expect(throws: LogError.self) { try recover(disk, smallConfiguration(.interval)) }
        #expect(disk.contents(.segment(1)) == before, "not yet cut: the new header alone voids the tail")

        let found = try recover(disk, smallConfiguration(.interval))
        #expect(found.entries == entries)
        #expect(found.locations.map(\.segment) == [1, 1, 2, 2, 2, 2])
        for (entry, location) in zip(found.entries, found.locations) {
            let start = Int(location.offset) + RecordFrame.headerBytes
            let bytes = (disk.contents(.segment(location.segment)) ?? [])[start..<start + Int(location.length)]
            #expect(Array(bytes) == entry.payload)
        }
        #expect(disk.contents(.segment(1))?.count == 512 + 48 + 48)
        // What lies in the voided tail is not looked at, whatever it is.
        disk.replace(.segment(1), with: (disk.contents(.segment(1)) ?? []) + payload(3, bytes: 4000))
        #expect(try recover(disk, smallConfiguration(.interval)).entries == entries)
    }

    // MARK: refusals without damage

    @Test func aNewerVersionIsRefusedAndNothingChanges() throws {
        let (disk, _) = try sample()
        var bytes = disk.contents(.segment(1)) ?? []
        bytes[8] = 2
        let crc = crc32c(Array(bytes.prefix(60)))
        for index in 0..<4 { bytes[60 + index] = UInt8(truncatingIfNeeded: crc >> (8 * index)) }
        disk.replace(.segment(1), with: bytes)
        let before = try image(disk)
        do throws(LogError) {
            _ = try recover(disk)
            Issue.record("accepted")
        } catch {
            #expect(error.code == "log_unsupported")
            #expect(error.description.contains("00000001.log has format version 2"))
        }
        #expect(try image(disk) == before)
    }

    @Test func aRecordKindOfANewerLogIsRefused() throws {
        let (disk, _) = try sample()
        var bytes = disk.contents(.segment(1)) ?? []
        let salt = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[24 + $1]) << (8 * UInt64($1)) }
        bytes.withUnsafeMutableBytes { area in
            RecordFrame(length: 400, kind: 240, time: 0).encode(
                into: UnsafeMutableRawBufferPointer(rebasing: area[560..<560 + 416]), sequence: 1,
                seed: checksumSeed(salt: salt))
        }
        disk.replace(.segment(1), with: bytes)
        do throws(LogError) {
            _ = try recover(disk)
            Issue.record("accepted")
        } catch {
            #expect(error.description.contains("00000001.log has a record of kind 240 at offset 560"))
        }
    }

    @Test func aRecordThatTheOwnerRefusesEndsTheStartAndNothingChanges() throws {
        let (disk, entries) = try sample()
        let before = try image(disk)
        do throws(LogError) {
            var owner = TestOwner()
            owner.refusedSequence = UInt64(entries.count)
            _ = try Recovery.open(
                disk, configuration: smallConfiguration(), expectsData: true, newSalt: 1,
                now: BrokerTime(milliseconds: 0), owner: &owner)
            Issue.record("accepted")
        } catch {
            guard case .replayRefused("00000001.log", let offset, 8, let underlying) = error else { throw Unexpected() }
            #expect(offset == 3584 + 48 + 416)
            #expect(underlying is Unexpected)
        }
        #expect(try image(disk) == before)
    }

    @Test func aTailIsNotCutWhenItsCopyCannotBeKept() throws {
        let (disk, entries) = try sample()
        disk.flip(.segment(1), byte: 3700, bit: 3)
        let before = disk.contents(.segment(1))
        disk.fail(.create, nth: disk.count(of: .create) + 1, errno: 28)
        #expect(throws: LogError.self) { try recover(disk) }
        #expect(disk.contents(.segment(1)) == before)
        #expect(try disk.files == [.segment(1)])
        #expect(try recover(disk).entries == Array(entries.dropLast(2)))
    }

    // MARK: other settings at the next start

    @Test(arguments: [(4096, 512), (16_384, 8), (8192, 4096), (65_536, 64)])
    func settingsMayChangeBetweenStarts(_ segmentBytes: Int, _ alignment: Int) throws {
        let disk = MemoryDisk()
        var log = try open(disk, smallConfiguration(.off), salt: 5)
        var entries: [Entry] = []
        for number in 0..<12 as Range<UInt64> { entries += log.commit([payload(number, bytes: 300)], on: disk) }
        var configuration = smallConfiguration(segmentBytes: segmentBytes)
        configuration.batchAlignment = alignment
        log = try open(disk, configuration, salt: 6)
        log.drain(.background, on: disk)
        entries += log.commit([payload(100, bytes: 3000)], on: disk)
        #expect(try recover(disk, configuration).entries == entries)
    }

    @Test func brokerTimeGoesOnFromTheLaterOfWallAndLog() throws {
        let disk = MemoryDisk()
        var log = try open(disk, now: 5000)
        log.commit([[1]], at: 9000, on: disk)
        log = try open(disk, salt: 2, now: 100)
        #expect(log.recovery.startTime.milliseconds == 9000)
        log = try open(disk, salt: 3, now: 20_000)
        #expect(log.recovery.startTime.milliseconds == 20_000)
    }

    @Test func aWallClockFarFromTheLogIsDoubted() throws {
        let disk = MemoryDisk()
        let day: Int64 = 86_400_000
        var log = try open(disk, now: 5000)
        log.commit([[1]], at: 9000 + 2 * day, on: disk)
        log = try open(disk, salt: 2, now: 9000 + 3 * day)
        #expect(!log.recovery.isClockDoubted && log.recovery.startTime.milliseconds == 9000 + 3 * day)
        log = try open(disk, salt: 3, now: 9001 + 4 * day)
        #expect(log.recovery.isClockDoubted && log.recovery.startTime.milliseconds == 9001 + 4 * day)
        #expect(log.recovery.lastLogged?.milliseconds == 9000 + 3 * day)
        log.commit([[2]], at: 9001 + 4 * day, on: disk)
        log = try open(disk, salt: 4, now: 9001 + 3 * day)
        #expect(!log.recovery.isClockDoubted && log.recovery.startTime.milliseconds == 9001 + 4 * day)
        log = try open(disk, salt: 5, now: 9000 + 3 * day)
        #expect(log.recovery.isClockDoubted && log.recovery.startTime.milliseconds == 9001 + 4 * day)
    }

    @Test func progressRunsToOne() throws {
        let disk = MemoryDisk()
        var log = try open(disk)
        for _ in 0..<5 {
            log.drain(.background, on: disk)
            log.commit([payload(1, bytes: 5000)], on: disk)
        }
        var parts: [Double] = []
        var owner = TestOwner()
        _ = try Recovery.open(
            disk, configuration: smallConfiguration(), expectsData: true, newSalt: 1,
            now: BrokerTime(milliseconds: 0), progress: { parts.append($0) }, owner: &owner)
        #expect(parts.count == 5)
        #expect(parts == parts.sorted())
        #expect(parts.last == 1)
    }
}
