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

    /// Ten seconds after it was left.
    private static func open(_ name: String) throws -> Harness {
        let folder = fixtures.appending(path: name)
        let disk = MemoryDisk()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            guard let file = LogFile(name: name) else { continue }
            disk.replace(file, with: Array(try Data(contentsOf: folder.appending(path: name))))
        }
        #expect(try disk.list().contains { $0.file.name.hasSuffix(".image") }, "the directory has snapshots")
        let clock = ManualClock()
        clock.advance(.seconds(10))
        return try GoldenDirectory.open(disk, logBegun: true, clock)
    }

    /// Groups and ids are kept as digests: another digest would forget all of them.
    @Test(arguments: [("groups-0.fifo", "g2"), ("groups-4.fifo", "g2")])
    func groupsAndDuplicatesAreKnown(_ name: String, _ group: String) throws {
        let harness = try Self.open("v2")
        let queue = try QueueName(name)
        let before = try harness.info(queue).counts
        let id = Deduplication(id: "id-2")
        _ = try harness.ask(.send(queue, NewMessage(body: [1], group: group, deduplication: id)))
        #expect(try harness.info(queue).counts == before, "it is a duplicate")
        // Behind the messages of the group that are there, so it comes last.
        _ = try harness.ask(.send(queue, NewMessage(body: [2], group: group, deduplication: Deduplication(id: "new"))))
        let all = try harness.receive(queue).filter { $0.group == group }
        #expect(all.count > 1 && all.last?.body == [2])
    }

    @Test(arguments: GoldenHistory.all.keys.sorted())
    func isOpenedByThisVersion(_ name: String) throws {
        let folder = Self.fixtures.appending(path: name)
        let harness = try Self.open(name)
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
