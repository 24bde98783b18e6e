import Foundation
import RoostLog
import RoostModel
import Testing

/// The files of format version 1, as they were when it was fixed. If one of these tests fails, the format has changed:
/// see the procedure above `SegmentHeader`. Never write these files again for a version that is in use.
@Suite struct GoldenFileTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    /// Directories by name. `v1` is older than snapshots, and a log may still look like it.
    private static let folders: [String: @Sendable (MemoryDisk) throws -> Void] = [
        "v1": { try writeLog(on: $0) },
        "v1-snapshots": { _ = try Sample.write(on: $0) },
    ]

    /// Two batches and a mark, a roll to a second segment, a torn tail, a restart, one more batch, one segment ahead.
    private static func writeLog(on disk: MemoryDisk) throws {
        var log = try open(disk, salt: 0x0123_4567_89AB_CDEF, now: 1_700_000_000_000)
        log.drain(.background, on: disk)
        log.commit([Array("first".utf8), []], at: 1_700_000_000_001, on: disk)
        log.add(Array("third".utf8), kind: 2, at: 1_700_000_000_002)
        log.add([UInt8](repeating: 0, count: 24), kind: 239, at: 1_700_000_000_350)
        log.drain(.commit, on: disk)
        log.appendMark(at: BrokerTime(milliseconds: 1_700_000_001_000))
        log.drain(.commit, on: disk)
        log.commit([payload(6, bytes: 5200), payload(7, bytes: 2000)], at: 1_700_000_002_000, on: disk)
        disk.overwrite(.segment(2), at: 4000, with: Array("torn".utf8))
        log = try open(disk, salt: 0xFEDC_BA98_7654_3210, now: 1_600_000_000_000)
        log.drain(.background, on: disk)
        log.commit([Array("after the restart".utf8)], at: 1_700_000_003_000, on: disk)
    }

    private static func describe(_ found: Found) -> String {
        zip(found.entries, found.locations).map { entry, location in
            let hex = entry.payload.prefix(24).map { String(format: "%02x", $0) }.joined()
            return "\(entry.sequence) kind \(entry.kind) time \(entry.time) at \(location.segment):\(location.offset)"
                + " length \(location.length) payload \(hex) crc32c \(String(format: "%08x", crc32c(entry.payload)))\n"
        }.joined()
    }

    @Test(arguments: folders.keys.sorted())
    func theWriterStillWritesTheseBytes(_ name: String) throws {
        let folder = Self.fixtures.appending(path: name)
        let disk = MemoryDisk()
        let write = try #require(Self.folders[name])
        try write(disk)
        if ProcessInfo.processInfo.environment["ROOST_WRITE_LOG_FIXTURES"] == name {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for file in try disk.files {
                try Data(disk.contents(file) ?? []).write(to: folder.appending(path: file.name))
            }
            let found = try recover(disk.copy())
            try Data(Self.describe(found).utf8).write(to: folder.appending(path: "records.txt"))
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(try names == (disk.files.map(\.name) + ["records.txt"]).sorted())
        for file in try disk.files {
            let golden = try Data(contentsOf: folder.appending(path: file.name))
            #expect(Array(golden) == disk.contents(file), "\(file.name)")
        }
    }

    @Test(arguments: folders.keys.sorted())
    func theReaderStillReadsThem(_ name: String) throws {
        let folder = Self.fixtures.appending(path: name)
        let disk = MemoryDisk()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            guard let file = LogFile(name: name) else { continue }
            disk.replace(file, with: Array(try Data(contentsOf: folder.appending(path: name))))
        }
        let fallback = disk.copy()
        let found = try recover(disk)
        let golden = try Data(contentsOf: folder.appending(path: "records.txt"))
        #expect(Self.describe(found) == String(decoding: golden, as: UTF8.self))
        #expect(found.summary.tornTail == nil)
        guard let newest = try Sample.snapshots(fallback).last else { return }
        fallback.flip(newest, bit: 5000)
        #expect(try Self.describe(recover(fallback)) == String(decoding: golden, as: UTF8.self))
    }
}
