import RoostLog
import RoostModel
import Testing

/// The disk that other tests trust.
@Suite struct MemoryDiskTests {
    private func write(_ disk: MemoryDisk, _ bytes: [UInt8], _ file: LogFile, at offset: Int) throws(DiskError) {
        let result: Result<Void, DiskError> = bytes.withUnsafeBytes { area in
            do throws(DiskError) { return .success(try disk.write(area, to: file, at: offset)) } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private func sector(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 512) }

    @Test func aFullDiskRefusesWhatGrowsAndNothingElse() throws {
        let disk = MemoryDisk()
        disk.capacityBytes = 10_000
        try disk.create(.segment(1), bytes: 8000)
        #expect(throws: DiskError(.create, "00000002.log", .system(28))) { try disk.create(.segment(2), bytes: 2001) }
        try disk.setReserve(bytes: 2000)
        #expect(disk.usedBytes == 10_000)
        #expect(throws: DiskError.self) { try disk.setReserve(bytes: 2001) }
        try write(disk, sector(1), .segment(1), at: 0)
        #expect(throws: DiskError.self) { try write(disk, sector(1), .segment(1), at: 7600) }
        #expect(disk.contents(.segment(1))?.count == 8000, "a write leaves what had room")
        try disk.setReserve(bytes: 500)
        try write(disk, sector(1), .segment(1), at: 8000)
        #expect(disk.usedBytes == 9012)
        try disk.remove(.segment(1))
        try disk.create(.segment(2), bytes: 9500)
    }

    @Test func spaceGoesFromTheReserveToAFileAndBackWithNobodyInBetween() throws {
        let disk = MemoryDisk()
        disk.capacityBytes = 20_000
        try disk.setReserve(bytes: 6000)
        try disk.create(.segment(1), bytes: 3000)
        disk.loseFreeSpace()
        #expect(disk.capacityBytes == 9000)
        let file = LogFile.preparingSnapshot(1)
        try disk.create(file, bytes: 0)
        #expect(try disk.allocate(file, bytes: 5000, leavingReserve: 2000) == 4000, "as far as it goes")
        #expect(disk.contents(file)?.count == 4000)
        try write(disk, sector(1), file, at: 3488)
        #expect(throws: DiskError.self) { try write(disk, sector(1), file, at: 3489) }
        #expect(try disk.truncate(file, to: 3000, toReserve: 900) == 900)
        #expect(disk.usedBytes == 8900)
        #expect(try disk.remove(file, toReserve: 5000) == 3000)
        try disk.create(file, bytes: 0)
        #expect(try disk.rename(file, to: .segment(1), toReserve: 2999) == 2999)
        #expect(try disk.list().map(\.bytes) == [0, 8899])
        #expect(disk.capacityBytes == 8899)
    }

    @Test func afterACrashNoSpaceIsThereTwice() throws {
        for seed in 0..<50 as Range<UInt64> {
            let disk = MemoryDisk()
            disk.capacityBytes = 10_000
            try disk.setReserve(bytes: 8000)
            try disk.create(.preparing(1), bytes: 0)
            _ = try disk.allocate(.preparing(1), bytes: 6000, leavingReserve: 0)
            try disk.sync(.preparing(1))
            try disk.syncDirectory()
            disk.crash(.power(seed: seed))
            #expect(disk.usedBytes <= 10_000)
            #expect(disk.contents(.preparing(1))?.count == 6000)
        }
    }

    @Test func aGarbledSectorMayShowAnEarlierFileOfTheName() throws {
        var outcomes: Set<UInt8> = []
        var isGarbage = false
        for seed in 0..<400 as Range<UInt64> {
            let disk = MemoryDisk()
            try disk.create(.segment(1), bytes: 512)
            try write(disk, sector(1), .segment(1), at: 0)
            try disk.sync(.segment(1))
            try disk.remove(.segment(1))
            try disk.create(.preparing(1), bytes: 512)
            try disk.rename(.preparing(1), to: .segment(1))
            try disk.syncDirectory()
            try write(disk, sector(2), .segment(1), at: 0)
            disk.crash(.power(seed: seed))
            let bytes = try #require(disk.contents(.segment(1)))
            if Set(bytes).count == 1 { outcomes.insert(bytes[0]) } else { isGarbage = true }
        }
        #expect(outcomes == [0, 1, 2], "old, stale, new")
        #expect(isGarbage)
    }

    @Test func flipsAndUnreadablePlacesStay() throws {
        let disk = MemoryDisk()
        try disk.create(.segment(1), bytes: 2048)
        try disk.syncDirectory()
        disk.flip(.segment(1), bit: 8 * 600 + 3)
        disk.failReads(of: .segment(1), in: 1030..<1031, errno: 5)
        disk.crash(.powerLosingAll)
        #expect(disk.contents(.segment(1))?[600] == 8)
        let area = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 8)
        defer { area.deallocate() }
        try disk.read(.segment(1), at: 512, into: area)
        #expect(throws: DiskError(.read, "00000001.log", .system(5))) {
            try disk.read(.segment(1), at: 1024, into: area)
        }
        #expect(throws: DiskError(.read, "00000001.log", .fileTooShort)) {
            try disk.read(.segment(1), at: 1537, into: area)
        }
    }

    @Test func theSameCallsAndSeedsGiveTheSameDisk() throws {
        func run() throws -> [String] {
            let disk = MemoryDisk()
            _ = try Sample.write(on: disk)
            var broker = try TestBroker(disk, salt: 5)
            broker.send(payload(1, bytes: 3000))
            _ = broker.log.nextOperation(.commit).map { try? disk.perform($0) }
            disk.crash(.power(seed: 7))
            return try disk.list().map { "\($0.file.name) \($0.bytes) \(crc32c(disk.contents($0.file) ?? []))" }
        }
        #expect(try run() == run())
    }
}

/// Each broken rule breaks what it says.
@Suite struct BrokenRuleTests {
    private func configuration(_ rule: BrokenRule) -> LogConfiguration {
        var configuration = smallConfiguration()
        configuration.brokenRule = rule
        return configuration
    }

    @Test func removeSegmentsEarly() throws {
        var broker = try TestBroker(MemoryDisk(), configuration(.removeSegmentsEarly))
        broker.commit(0..<5, bytes: 3000)
        #expect(broker.log.removableBelow == broker.log.position.segment)
        #expect(!broker.log.oldSegments().isEmpty)
    }

    @Test func skipDirectorySync() throws {
        let disk = MemoryDisk()
        var broker = try TestBroker(disk, configuration(.skipDirectorySync))
        broker.send([1])
        broker.commit()
        #expect(disk.count(of: .syncDirectory) == 0)
        disk.crash(.powerLosingAll)
        #expect(try disk.files.isEmpty)
    }

    @Test func reuseSalt() throws {
        let disk = MemoryDisk()
        let salts = try (1...3 as ClosedRange<UInt64>).map { salt in
            let broker = try TestBroker(disk, configuration(.reuseSalt), salt: salt)
            return broker.log.segments.last?.salt
        }
        #expect(Set(salts).count == 1)
    }

    @Test func ignoreBadChecksum() throws {
        let disk = MemoryDisk()
        var broker = try TestBroker(disk)
        broker.send(payload(1, bytes: 300))
        broker.commit()
        broker.send([2])
        broker.commit()
        disk.flip(.segment(1), bit: 700 * 8)
        let found = try recover(disk.copy(), configuration(.ignoreBadChecksum))
        #expect(found.entries.count == 2)
        #expect(found.entries[0].payload != payload(1, bytes: 300))
        #expect(throws: LogError.self) { _ = try recover(disk) }
    }
}
