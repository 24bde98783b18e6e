import Foundation
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

/// Data directories as earlier versions left them: each version has to open them all, and find in them what was there.
/// Never write one again for a version that is in use; a new format gets a directory of its own.
@Suite struct GoldenDirectoryTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    private static let nameToWrite = ProcessInfo.processInfo.environment["ROOST_WRITE_GOLDEN_DIRECTORY"]

    @Test(.enabled(if: nameToWrite != nil, "only for a new format"))
    func write() throws {
        let name = try #require(Self.nameToWrite)
        let folder = Self.fixtures.appending(path: name)
        let disk = MemoryDisk()
        let history = try #require(GoldenHistory.all[name])
        try history(disk)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for file in try disk.list().map(\.file) where file != .reserve {
            try Data(disk.contents(file) ?? []).write(to: folder.appending(path: file.name))
        }
        let harness = try GoldenDirectory.open(disk.copy(), logBegun: true, ManualClock())
        try Data(GoldenDirectory.describe(harness).utf8).write(to: folder.appending(path: "contents.txt"))
    }

    @Test func everyHistoryHasADirectory() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.fixtures.path)
        #expect(Set(names) == Set(GoldenHistory.all.keys))
    }

    @Test(arguments: GoldenHistory.all.keys.sorted())
    func isOpenedByThisVersion(_ name: String) throws {
        let folder = Self.fixtures.appending(path: name)
        let disk = MemoryDisk()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            guard let file = LogFile(name: name) else { continue }
            disk.replace(file, with: Array(try Data(contentsOf: folder.appending(path: name))))
        }
        #expect(try disk.list().contains { $0.file.name.hasSuffix(".image") }, "the directory has snapshots")
        let clock = ManualClock()
        clock.advance(.seconds(10))
        let harness = try GoldenDirectory.open(disk, logBegun: true, clock)
        let golden = try String(decoding: Data(contentsOf: folder.appending(path: "contents.txt")), as: UTF8.self)
        #expect(try GoldenDirectory.describe(harness) == golden)
        // And it works on: everything that is ready can be received and deleted.
        let orders = try QueueName("orders")
        while case let messages = try harness.receive(orders), !messages.isEmpty {
            for message in messages { _ = try harness.ask(.delete(orders, message.handle)) }
        }
        #expect(try harness.info(orders).counts == MessageCounts(inFlight: 6, delayed: 1))
    }
}
