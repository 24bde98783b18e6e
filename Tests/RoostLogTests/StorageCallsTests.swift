import Foundation
import Glibc
import RoostLog
import RoostModel
import Testing

/// Records read back by location, whole segments, and what both disks do besides the log's own calls.
@Suite struct StorageCallsTests {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "roost-log-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private func read(_ disk: any Disk, _ place: RecordLocation) throws(DiskError) -> [UInt8] {
        let count = RecordFrame.bytes(payloadBytes: Int(place.length))
        let area = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 8)
        defer { area.deallocate() }
        try disk.read(.segment(place.segment), at: Int(place.offset), into: area)
        return Array(area)
    }

    private func verify(
        _ facts: SegmentFacts, _ frame: [UInt8], _ length: Int
    ) throws(FrameProblem) -> (kind: UInt8, payload: [UInt8]) {
        let result: Result<(kind: UInt8, payload: [UInt8]), FrameProblem> = frame.withUnsafeBytes { bytes in
            do throws(FrameProblem) {
                let record = try facts.verify(bytes, payloadBytes: length)
                return .success((record.kind, Array(record.payload)))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    // MARK: records by location

    @Test func everyRecordIsVerifiedByItself() throws {
        let disk = MemoryDisk()
        let found = try Sample.write(on: disk)
        var broker = try TestBroker(disk, salt: 3)
        broker.send(payload(50, bytes: 77), kind: 9)
        broker.commit()
        for (entry, place) in zip(broker.found.entries, broker.found.locations) {
            let known = broker.log.facts(place.segment)
            let facts = try #require(known)
            let record = try verify(facts, read(disk, place), Int(place.length))
            #expect(record.kind == entry.kind)
            #expect(record.payload == entry.payload)
        }
        #expect(broker.found.entries.starts(with: found.entries))
    }

    @Test func noFlippedBitAndNoTruncationPasses() throws {
        let disk = MemoryDisk()
        var broker = try TestBroker(disk)
        broker.send(payload(1, bytes: 45))
        broker.commit()
        let known = broker.log.facts(1)
        let (facts, place) = (try #require(known), broker.found.locations[0])
        let frame = try read(disk, place)
        for bit in 0..<frame.count * 8 {
            var flipped = frame
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: FrameProblem.self) { _ = try verify(facts, flipped, 45) }
        }
        for count in 0..<frame.count {
            #expect(throws: FrameProblem.cutOff) { _ = try verify(facts, Array(frame.prefix(count)), 45) }
        }
        for length in [-1, 0, 44, 46, .max] {
            #expect(throws: FrameProblem.self) { _ = try verify(facts, frame, length) }
        }
        let other = SegmentFacts(number: 1, bytes: 8192, salt: facts.salt + 1, firstSequence: 1)
        #expect(throws: FrameProblem.self) { _ = try verify(other, frame, 45) }
        // The distance is counted in 24 bits from the first sequence of the segment.
        let far = SegmentFacts(number: 1, bytes: 8192, salt: facts.salt, firstSequence: 2)
        #expect(throws: FrameProblem.badChecksum) { _ = try verify(far, frame, 45) }
    }

    @Test func sequencesAcrossTwentyFourBits() throws {
        for first in [1, 0xFF_FFFE, 0x1_00FF_FFFE] as [UInt64] {
            for sequence in first..<first + 5 {
                var frame = [UInt8](repeating: 0, count: 24)
                frame.withUnsafeMutableBytes {
                    RecordFrame(length: 3, kind: 4, time: 0)
                        .encode(into: $0, sequence: sequence, seed: checksumSeed(salt: 9))
                }
                let facts = SegmentFacts(number: 1, bytes: 8192, salt: 9, firstSequence: first)
                #expect(try verify(facts, frame, 3).kind == 4)
            }
        }
    }

    // MARK: whole segments

    /// Each call that it is made of fails once, while somebody else takes every byte that is free after a call.
    @Test func aSegmentThatIsNotMadeGivesBackWhatItTookFromTheReserve() throws {
        for call in [nil, .allocate, .write, .sync, .rename] as [DiskError.Call?] {
            let disk = MemoryDisk()
            var broker = try TestBroker(disk)
            broker.send(payload(1, bytes: 3000))
            broker.log.drain(.commit, on: disk)
            broker.send(payload(2, bytes: 4500))
            broker.log.drain(.commit, on: disk)
            try disk.setReserve(bytes: 30_000)
            disk.loseFreeSpace()
            if let call { disk.fail(call, nth: disk.count(of: call) + 1, errno: 5) }
            var share = ReserveShare(leaving: 8000, lacking: 0)
            let next = broker.log.nextOperation(.background)
            let operation = try #require(next)
            do throws(DiskError) {
                try disk.perform(operation, &share)
                #expect(call == nil && share.change == -8192)
            } catch {
                #expect(error.call == call && share.change == 0)
            }
            #expect(try disk.list().first { $0.file == .reserve }?.bytes == 30_000 + share.change)
        }
    }

    @Test func aWholeSegmentGivesItsRecordsAndPlaces() throws {
        let disk = MemoryDisk()
        _ = try Sample.write(on: disk)
        let broker = try TestBroker(disk, salt: 3)
        var all: [RecordLocation: [UInt8]] = [:]
        let buffer = LogBuffer(capacity: 64)
        for facts in broker.log.segments.dropLast() {
            var last = facts.firstSequence
            try SegmentReader.read(facts, from: disk, buffer: buffer) { _, sequence, place, payload in
                #expect(sequence >= last && place.segment == facts.number)
                last = sequence
                all[place] = Array(payload)
            }
        }
        for (entry, place) in zip(broker.found.entries, broker.found.locations) { #expect(all[place] == entry.payload) }
    }

    @Test func damageInAWholeSegmentIsNamedAndWhatStandsBeforeItIsSeen() throws {
        let disk = MemoryDisk()
        var broker = try TestBroker(disk)
        broker.commit(0..<9, bytes: 1500)
        let facts = try #require(broker.log.segments.first)
        let places = broker.found.locations.filter { $0.segment == 1 }
        #expect(places.count > 2)
        disk.flip(.segment(1), bit: (Int(places[1].offset) + 100) * 8)
        var seen: [RecordLocation] = []
        let found = damage { () throws(LogError) in
            try SegmentReader.read(facts, from: disk, buffer: LogBuffer(capacity: 64)) { _, _, place, _ in
                seen.append(place)
            }
        }
        #expect(found?.file == "00000001.log")
        #expect(found?.offset == places[1].offset)
        #expect(seen == [places[0]])
        disk.flip(.segment(1), bit: 24 * 8)
        #expect(throws: LogError.self) {
            try SegmentReader.read(facts, from: disk, buffer: LogBuffer(capacity: 64)) { _, _, _, _ in }
        }
    }

    // MARK: the disk in a directory

    @Test func readsFromThePageCacheAndKeepsFewFilesOpen() throws {
        try withDirectory { path in
            let disk = try FileDisk(path: path)
            for number in 1...80 as ClosedRange<UInt32> {
                try disk.create(.segment(number), bytes: 4096)
                try withUnsafeBytes(of: number) { try disk.write($0, to: .segment(number), at: 100) }
            }
            let area = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 8)
            defer { area.deallocate() }
            for number in 1...80 as ClosedRange<UInt32> {
                // Some file systems cannot tell; then it is false, and never wrong bytes.
                if try disk.readCached(.segment(number), at: 100, into: area) {
                    #expect(area.loadUnaligned(as: UInt32.self) == number)
                }
                try disk.read(.segment(number), at: 100, into: area)
                #expect(area.loadUnaligned(as: UInt32.self) == number)
            }
            #expect(try !disk.readCached(.segment(1), at: 4094, into: area), "it ends before")
            #expect(throws: DiskError.self) { _ = try disk.readCached(.segment(99), at: 0, into: area) }
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
                .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0) }
                .filter { $0.hasPrefix(path + "/") }
            // 80 for writing, at most 64 for reading, the lock.
            #expect(open.count <= 80 + 64 + 1)
            #expect(open.count > 100, "files stay open")
        }
    }

    @Test func aRemovedOrReplacedFileIsNotReadOn() throws {
        try withDirectory { path in
            let disk = try FileDisk(path: path)
            let area = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 8)
            defer { area.deallocate() }
            func write(_ byte: UInt8, _ file: LogFile) throws {
                try disk.create(file, bytes: 10)
                try withUnsafeBytes(of: byte) { try disk.write($0, to: file, at: 0) }
            }
            func read(_ file: LogFile) throws -> UInt8 {
                try disk.read(file, at: 0, into: area)
                return area[0]
            }
            try write(1, .segment(1))
            #expect(try read(.segment(1)) == 1)
            try write(2, .preparing(1))
            #expect(try read(.preparing(1)) == 2)
            try disk.rename(.preparing(1), to: .segment(1))
            #expect(try read(.segment(1)) == 2)
            try write(3, .segment(1))
            #expect(try read(.segment(1)) == 3)
            try disk.remove(.segment(1))
            #expect(throws: DiskError.self) { try read(.segment(1)) }
            try write(4, .preparingSnapshot(1))
            try disk.rename(.preparingSnapshot(1), to: .snapshot(1))
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
                .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0) }
                .filter { $0.hasPrefix(path + "/") && !$0.hasSuffix("LOCK") }
            #expect(open.isEmpty)
        }
    }

    @Test func theReserveTakesSpaceAndGivesItBack() throws {
        try withDirectory { path in
            let disk = try FileDisk(path: path)
            func blocks() throws -> Int {
                var status = stat()
                guard stat(path + "/RESERVE", &status) == 0 else { throw Unexpected() }
                return Int(status.st_blocks) * 512
            }
            try disk.setReserve(bytes: 3_000_000)
            #expect(try disk.list().map(\.bytes) == [3_000_000])
            #expect(try blocks() >= 3_000_000)
            try disk.setReserve(bytes: 1_000_000)
            #expect(try disk.list().map(\.bytes) == [1_000_000])
            #expect(try blocks() < 2_000_000)
            do throws(DiskError) {
                try disk.setReserve(bytes: 1 << 60)
                Issue.record("accepted")
            } catch {
                #expect(error.call == .reserve)
            }
            #expect(try disk.list().map(\.bytes) == [1_000_000], "what it had, it keeps")
            try disk.setReserve(bytes: 0)
            #expect(try disk.list().map(\.file) == [.reserve])
        }
    }

    @Test func whileThereIsRoomTheReserveGivesNothing() throws {
        try withDirectory { path in
            let disk = try FileDisk(path: path)
            let file = LogFile.preparingSnapshot(1)
            try disk.setReserve(bytes: 1_000_000)
            try disk.create(file, bytes: 0)
            #expect(try disk.allocate(file, bytes: 500_000, leavingReserve: 0) == 0)
            #expect(try disk.list().first { $0.file == file }?.bytes == 500_000)
            #expect(try disk.truncate(file, to: 300_000, toReserve: 0) == 0)
            #expect(try disk.list().first { $0.file == .reserve }?.bytes == 1_000_000)
            #expect(throws: DiskError.self) { try disk.allocate(.preparing(9), bytes: 1, leavingReserve: 0) }
        }
    }

    /// A file system of four mebibytes; needs root.
    @Test func onAFullDiskSpaceGoesFromTheReserveToAFileAndBack() throws {
        try withDirectory { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            guard mount("tmpfs", path, "tmpfs", 0, "size=4m") == 0 else { return }
            defer { umount2(path, CInt(MNT_DETACH)) }
            let disk = try FileDisk(path: path)
            let file = LogFile.preparingSnapshot(1)
            func bytes(_ file: LogFile) throws -> Int { try disk.list().first { $0.file == file }?.bytes ?? 0 }
            func free() throws -> Int {
                var status = statvfs()
                guard statvfs(path, &status) == 0 else { throw Unexpected() }
                return Int(status.f_bavail) * Int(status.f_bsize)
            }
            try disk.setReserve(bytes: 2_000_000)
            try disk.create(file, bytes: 0)
            try disk.create(.segment(1), bytes: try free())
            #expect(try free() == 0)

            #expect(try disk.allocate(file, bytes: 1_003_520, leavingReserve: 500_000) == 1_003_520)
            #expect(try bytes(file) == 1_003_520 && bytes(.reserve) == 996_480)
            #expect(try free() == 0)
            #expect(try disk.truncate(file, to: 200_000, toReserve: .max) == 802_816, "whole blocks")
            #expect(try free() == 0)
            #expect(try disk.allocate(file, bytes: 4_000_000, leavingReserve: 500_000) > 1_200_000)
            #expect(try bytes(.reserve) >= 500_000)
            _ = try disk.remove(file, toReserve: .max)
            #expect(try bytes(.reserve) >= 1_996_000 && free() < 8192)
            try disk.create(.preparing(1), bytes: 0)
            #expect(try disk.rename(.preparing(1), to: .segment(1), toReserve: 1_000_000) == 1_000_000)
        }
    }
}
