import Foundation
import RoostLog
import RoostModel
import Testing

/// The same behaviour on a real directory.
@Suite struct FileDiskTests {
    /// A directory for one test, removed with everything in it.
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "roost-log-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private func script(_ disk: any Disk) throws {
        var log = try open(disk, salt: 1)
        for number in 0..<12 as Range<UInt64> {
            log.drain(.background, on: disk)
            log.commit([payload(number, bytes: 1500), payload(number + 100, bytes: 10)], on: disk)
        }
        log = try open(disk, salt: 2)
        log.drain(.background, on: disk)
        log.commit([[1, 2, 3]], on: disk)
        #expect(log.failure == nil)
    }

    @Test func writesTheSameFilesAsTheDiskInMemory() throws {
        try withDirectory { path in
            let (disk, memory) = (try FileDisk(path: path), MemoryDisk())
            try script(disk)
            try script(memory)
            let listed = try disk.list().sorted { $0.file.name < $1.file.name }
            #expect(try listed.map(\.file) == memory.files)
            for (file, bytes) in listed {
                let expected = memory.contents(file)
                #expect(Array(try Data(contentsOf: URL(filePath: path + "/" + file.name))) == expected)
                #expect(bytes == expected?.count)
            }
            #expect(try recover(disk).entries == recover(memory).entries)
        }
    }

    @Test("What is written past the page cache is read back", arguments: [1, 4095, 4096, 4097, 70_000, 200_000])
    func directWrites(_ count: Int) throws {
        try withDirectory { path in
            let (disk, file) = (try FileDisk(path: path), LogFile.preparingSnapshot(1))
            try disk.create(file, bytes: 0)
            for offset in [0, 4096, 5000, 8191] {
                let bytes = payload(UInt64(offset), bytes: count)
                try bytes.withUnsafeBytes { try disk.write($0, to: file, at: offset) }
                var found = [UInt8](repeating: 0, count: count)
                try found.withUnsafeMutableBytes { try disk.read(file, at: offset, into: $0) }
                // What differs in so many bytes would take long to work out.
                let isEqual = found == bytes
                #expect(isEqual)
                try disk.sync(file)
                #expect(try disk.list().first?.bytes == offset + count)
            }
        }
    }

    @Test func aSecondServerIsRefusedWithTheNumberOfTheFirst() throws {
        try withDirectory { path in
            let first = try FileDisk(path: path)
            do throws(LogError) {
                _ = try FileDisk(path: path)
                Issue.record("accepted")
            } catch {
                #expect(error.code == "log_locked")
                #expect(error.description.contains("in use by process \(ProcessInfo.processInfo.processIdentifier)"))
            }
            withExtendedLifetime(first) {}
        }
    }

    @Test func removingTheLockFileLetsNobodyIn() throws {
        try withDirectory { path in
            let first = try FileDisk(path: path)
            try FileManager.default.removeItem(atPath: path + "/LOCK")
            do throws(LogError) {
                _ = try FileDisk(path: path)
                Issue.record("accepted")
            } catch {
                #expect(error.code == "log_locked")
            }
            withExtendedLifetime(first) {}
        }
    }

    @Test func theLockGoesWithItsOwner() throws {
        try withDirectory { path in
            for _ in 0..<3 { _ = try FileDisk(path: path) }
        }
    }

    @Test func filesAreForThisUserAlone() throws {
        try withDirectory { path in
            let disk = try FileDisk(path: path)
            try script(disk)
            func mode(_ path: String) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            }
            #expect(try mode(path) == 0o700)
            for name in try FileManager.default.contentsOfDirectory(atPath: path) {
                #expect(try mode(path + "/" + name) == 0o600, "\(name)")
            }
        }
    }

    @Test func otherFilesAreLeftAlone() throws {
        try withDirectory { path in
            var disk: FileDisk? = try FileDisk(path: path)
            if let disk { try script(disk) }
            for name in ["notes.txt", "00000001.log.bak", "00000001.log.torn-7"] {
                try Data([1, 2, 3]).write(to: URL(filePath: path + "/" + name))
            }
            disk = nil
            let again = try FileDisk(path: path)
            #expect(try recover(again).entries.count == 25)
            for name in ["notes.txt", "00000001.log.bak", "00000001.log.torn-7"] {
                #expect(Array(try Data(contentsOf: URL(filePath: path + "/" + name))) == [1, 2, 3])
            }
        }
    }

    @Test func errorsNameTheCallAndTheFile() throws {
        try withDirectory { path in
            #expect(throws: LogError.self) { try FileDisk(path: path + "/missing/log") }
            let disk = try FileDisk(path: path)
            func error(_ body: () throws(DiskError) -> Void) -> DiskError? {
                do throws(DiskError) { try body() } catch { return error }
                return nil
            }
            let missing = error { () throws(DiskError) in try disk.sync(.segment(4)) }
            #expect(missing?.description == "sync 00000004.log: No such file or directory")
            #expect(error { () throws(DiskError) in try disk.remove(.segment(4)) }?.call == .remove)
            #expect(error { () throws(DiskError) in try disk.rename(.segment(4), to: .segment(5)) }?.call == .rename)
            try disk.create(.segment(4), bytes: 100)
            let area = UnsafeMutableRawBufferPointer.allocate(byteCount: 200, alignment: 8)
            defer { area.deallocate() }
            let short = error { () throws(DiskError) in try disk.read(.segment(4), at: 0, into: area) }
            #expect(short?.cause == .fileTooShort)
            try FileManager.default.createSymbolicLink(
                atPath: path + "/00000009.log", withDestinationPath: "00000004.log")
            #expect(error { () throws(DiskError) in _ = try disk.list() }?.cause == .notARegularFile)
        }
    }
}
