import RoostLog
import RoostModel
import Testing

/// The state machine: what is asked of the disk, in which order, and what is released when.
@Suite struct LogTests {
    @Test func firstOpenMakesOneSegment() throws {
        let disk = MemoryDisk()
        let log = try open(disk)
        #expect(try disk.files == [.segment(1)])
        #expect(log.appendedSequence == 0)
        #expect(log.releasableSequence == 0)
        #expect(log.hasRoom(payloadBytes: 100) == true)
        #expect(disk.contents(.segment(1))?.count == 8192)
    }

    @Test func recordsGetSequencesAndPlaces() throws {
        let disk = MemoryDisk()
        var log = try open(disk)
        let first = log.append(kind: 7, payloadBytes: 5, at: BrokerTime(milliseconds: 1)) {
            $0.copyBytes(from: [1, 2, 3, 4, 5])
        }
        let second = log.append(kind: 8, payloadBytes: 0, at: BrokerTime(milliseconds: 1)) { #expect($0.count == 0) }
        // Header sector, batch header, then frames of 16 bytes plus payload, padded to 8.
        #expect(first == RecordLocation(segment: 1, offset: 512 + 48, length: 5))
        #expect(second == RecordLocation(segment: 1, offset: 512 + 48 + 24, length: 0))
        #expect(log.appendedSequence == 2)
        log.drain(.commit, on: disk)
        #expect(log.syncedSequence == 2)
        #expect(disk.contents(.segment(1))?[(512 + 48 + 16)..<(512 + 48 + 21)] == [1, 2, 3, 4, 5])
    }

    @Test func oneWriteAndOneSyncPerBatch() throws {
        let disk = MemoryDisk()
        var log = try open(disk)
        let (writes, syncs) = (disk.count(of: .write), disk.count(of: .sync))
        for _ in 0..<20 { log.add([1, 2, 3]) }
        log.drain(.commit, on: disk)
        #expect(disk.count(of: .write) == writes + 1)
        #expect(disk.count(of: .sync) == syncs + 1)
        #expect(log.batchesWritten == 1)
        #expect(log.syncs == 1)
    }

    @Test func theNextBatchFillsWhileOneIsUnderWay() throws {
        let disk = MemoryDisk()
        var log = try open(disk)
        log.add([1])
        let write = try log.next(.commit)
        guard case .write(1, 512, let batch) = write.action else { throw Unexpected() }
        let before = Array(batch.bytes)
        log.add([2])
        #expect(Array(batch.bytes) == before)
        #expect(log.hasNext(.commit) == false, "one operation of the lane at a time")
        log.completed(write.id, .success(()))
        #expect(log.releasableSequence == 0, "written is not synced")

        let sync = try log.next(.commit)
        guard case .sync(1) = sync.action else { throw Unexpected() }
        log.add([3])
        #expect(log.hasNext(.commit) == false)
        log.completed(sync.id, .success(()))
        #expect(log.releasableSequence == 1)

        // Both records that came meanwhile are in one batch, in the next sector.
        let next = try log.next(.commit)
        guard case .write(1, 1024, let second) = next.action else { throw Unexpected() }
        #expect(second.bytes.count == 48 + 2 * 24)
        #expect(second.bytes[24] == 1, "the watermark is what was synced when the batch was closed")
        #expect(log.releasableSequence == 1)
    }

    @Test func aBatchIsOneSegmentAndTheNextOneGoesOn() throws {
        let disk = MemoryDisk()
        var log = try open(disk)
        log.drain(.background, on: disk)
        let big = payload(1, bytes: 5000)
        log.add(big)
        #expect(log.hasRoom(payloadBytes: 5000) == false, "the batch limit is 6000 bytes")
        log.drain(.commit, on: disk)
        #expect(log.hasRoom(payloadBytes: 5000) == true)
        let location = log.append(kind: 1, payloadBytes: 5000, at: BrokerTime(milliseconds: 0)) {
            $0.copyBytes(from: big)
        }
        #expect(location == RecordLocation(segment: 2, offset: 512 + 48, length: 5000))
        log.drain(.commit, on: disk)
        #expect(log.hasRoom(payloadBytes: 5000) == false, "there is no third segment yet")
        log.drain(.background, on: disk)
        #expect(log.hasRoom(payloadBytes: 5000) == true)
        #expect(log.segmentCount == 3)
        #expect(try recover(disk).entries.map(\.payload) == [big, big])
    }

    @Test func hasRoomIsKeptForEverySizeUpToTheLimit() throws {
        let disk = MemoryDisk()
        var log = try open(disk)
        #expect(log.payloadBytesMax == 8192 - 512 - 48 - 16)
        #expect(log.hasRoom(payloadBytes: log.payloadBytesMax + 1) == false)
        #expect(log.hasRoom(payloadBytes: log.payloadBytesMax) == true, "a record above the batch limit goes alone")
        var expected: [[UInt8]] = []
        for size in stride(from: log.payloadBytesMax, to: 0, by: -331) {
            expected += log.commit([payload(UInt64(size), bytes: size)], on: disk).map(\.payload)
        }
        #expect(try recover(disk).entries.map(\.payload) == expected)
    }

    @Test func everyRecordKeepsItsTime() throws {
        let disk = MemoryDisk()
        var log = try open(disk, now: 500)
        // Within one batch, across 16 bits of milliseconds, and backwards (counts as the last one).
        for time in [1000, 1001, 66_000, 66_536, 10_000_000, 9_999_999] as [Int64] { log.add([1], at: time) }
        log.drain(.commit, on: disk)
        let found = try recover(disk)
        #expect(found.entries.map(\.time) == [1000, 1001, 66_000, 66_536, 10_000_000, 10_000_000])
        #expect(found.summary.lastLogged?.milliseconds == 10_000_000)
    }

    @Test func intervalReleasesWhatIsWrittenAndSyncsOnRequest() throws {
        let disk = MemoryDisk()
        var log = try open(disk, smallConfiguration(.interval))
        let syncs = disk.count(of: .sync)
        log.commit([[1], [2]], on: disk)
        log.commit([[3]], on: disk)
        #expect(log.releasableSequence == 3)
        #expect(log.syncedSequence == 0)
        #expect(log.unsyncedBytes == 3 * 24)
        #expect(disk.count(of: .sync) == syncs)
        log.add([4])
        log.requestSync()
        #expect(log.isQuiet == false)
        log.drain(.commit, on: disk)
        #expect(log.syncedSequence == 4)
        #expect(log.unsyncedBytes == 0)
        #expect(disk.count(of: .sync) == syncs + 1)
        #expect(log.isQuiet == true)
    }

    @Test(arguments: [SyncPolicy.always, .interval, .off])
    func aSegmentIsSyncedBeforeTheNextIsWritten(_ policy: SyncPolicy) throws {
        let disk = MemoryDisk()
        var log = try open(disk, smallConfiguration(policy))
        var unsynced: UInt32?
        for number in 0..<40 {
            log.drain(.background, on: disk)
            log.add(payload(UInt64(number), bytes: 1500))
            while let operation = log.nextOperation(.commit) {
                switch operation.action {
                case .write(let segment, _, _):
                    #expect(unsynced == nil || unsynced == segment)
                    unsynced = segment
                case .sync(let segment):
                    #expect(unsynced == segment)
                    unsynced = nil
                case .prepare: throw Unexpected()
                }
                log.completed(operation.id, .success(()))
            }
        }
        #expect(log.segmentCount > 5)
    }

    @Test func aMarkIsWrittenOnceAfterEachPauseAndOnlyWhenNeeded() throws {
        let disk = MemoryDisk()
        var log = try open(disk)
        log.appendMark(at: BrokerTime(milliseconds: 1))
        #expect(log.isQuiet == true, "nothing to cover")
        log.commit([[1]], on: disk)
        log.add([2])
        log.appendMark(at: BrokerTime(milliseconds: 1))
        #expect(log.appendedSequence == 2, "the waiting batch covers it")
        log.drain(.commit, on: disk)
        for _ in 0..<3 {
            log.appendMark(at: BrokerTime(milliseconds: 2))
            log.drain(.commit, on: disk)
        }
        #expect(log.appendedSequence == 3, "one mark, and no mark for a mark")
        #expect(try recover(disk).entries.map(\.sequence) == [1, 2], "the owner does not see marks")
    }

    @Test func aFailedPreparationIsReportedAndCanBeRepeated() throws {
        let disk = MemoryDisk()
        var log = try open(disk)
        disk.fail(.create, nth: disk.count(of: .create) + 1, errno: 28)
        log.drain(.background, on: disk)
        #expect(log.preparationFailure?.errno == 28)
        #expect(log.failure == nil)
        #expect(log.hasNext(.background) == false, "no busy loop on a full disk")
        log.commit([payload(1, bytes: 5000)], on: disk)
        #expect(log.hasRoom(payloadBytes: 5000) == false)
        #expect(log.hasRoom(payloadBytes: 100) == true, "small records go on in what is left")
        log.retryPreparation()
        log.drain(.background, on: disk)
        #expect(log.preparationFailure == nil)
        #expect(log.hasRoom(payloadBytes: 5000) == true)
    }

    @Test func freeBytesCountsDown() throws {
        let disk = MemoryDisk()
        var log = try open(disk)
        #expect(log.freeBytes == 8192 - 512)
        log.drain(.background, on: disk)
        #expect(log.freeBytes == 2 * (8192 - 512))
        log.commit([[1]], on: disk)
        #expect(log.freeBytes == 2 * (8192 - 512) - 512)
    }

    @Test func impossibleConfigurationsAreRefused() {
        var configurations = [LogConfiguration](repeating: smallConfiguration(), count: 6)
        configurations[0].segmentBytes = 256 * 1_048_576
        configurations[1].segmentBytes = 0
        configurations[2].segmentBytes = 8193
        configurations[3].batchAlignment = 24
        configurations[4].preparedSegments = 0
        configurations[5].batchBytesMax = 0
        for configuration in configurations {
            #expect(configuration.problem != nil)
            #expect(throws: LogError.self) { _ = try open(MemoryDisk(), configuration) }
        }
        #expect(LogConfiguration().problem == nil)
        #expect(LogConfiguration().payloadBytesMax > 16 * 1_048_576)
    }
}

/// A test met a case that the rules exclude.
struct Unexpected: Error {}
