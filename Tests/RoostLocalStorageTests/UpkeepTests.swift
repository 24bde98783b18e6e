import Glibc
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

@Suite struct SnapshotUpkeepTests {
    private func harness(_ disk: MemoryDisk = MemoryDisk(), logBegun: Bool = false) throws -> Harness {
        try Harness(on: disk, logBegun: logBegun) {
            $0.log.segmentBytes = 64 * 1024
            $0.messageBytesMax = 20_000
            $0.snapshotGrowthBytesMin = 200_000
        }
    }

    @Test func snapshotsAreMadeAsTheLogGrows() throws {
        let harness = try harness()
        let queue = try harness.create("orders")
        for number in 0..<500 { try harness.send("\(number) " + String(repeating: "x", count: 2000), to: queue) }
        #expect(harness.storage.metrics.snapshots >= 3)
        #expect(try harness.disk.list().filter { $0.file.isSnapshot }.count == 2, "two are kept")
        let second = try self.harness(harness.disk.afterPowerCut(), logBegun: true)
        #expect(second.storage.recovery.records < 400, "most of it came from the snapshot")
        #expect(try second.info(queue).counts.ready == 500)
        #expect(try second.receive(queue, maximum: 500).map(\.text).enumerated().allSatisfy { $1.hasPrefix("\($0) ") })
    }

    @Test func oldSegmentsGoWhenTheirMessagesAreGone() throws {
        let harness = try harness()
        let queue = try harness.create("orders")
        for _ in 0..<60 {
            for _ in 0..<10 { try harness.send(String(repeating: "x", count: 2000), to: queue) }
            for message in try harness.receive(queue, maximum: 10) {
                _ = try harness.ask(.delete(queue, message.handle))
            }
        }
        #expect(harness.storage.metrics.segmentsRemoved > 10)
        #expect(try harness.segmentFiles < 25)
    }

    /// One message in a hundred is never deleted: it must not keep its segment.
    @Test func theLivingAreMovedOutOfOldSegments() throws {
        let harness = try harness()
        let queue = try harness.create("orders", QueueSettingsChange(visibilityTimeout: .zero))
        var kept: [String] = []
        for round in 0..<120 {
            let text = "kept \(round) " + String(repeating: "k", count: 300)
            try harness.send(text, to: queue)
            kept.append(text)
            for _ in 0..<10 {
                _ = try harness.ask(.deleteByID(queue, harness.send(String(repeating: "x", count: 1500), to: queue)))
            }
        }
        #expect(harness.storage.metrics.messagesMoved > 0)
        #expect(harness.storage.metrics.segmentsRemoved > 10)
        let second = try self.harness(harness.disk.afterPowerCut(), logBegun: true)
        #expect(try second.receive(queue, maximum: 500).map(\.text) == kept)
        #expect(try second.info(queue).counts == MessageCounts(ready: 120))
    }

    /// The delete that emptied a segment may not be on disk when the file goes.
    @Test func aSegmentStaysUntilTheDeletesAreOnDisk() throws {
        let harness = try harness()
        let queue = try harness.create("orders")
        let pinned = try harness.send(String(repeating: "p", count: 2000), to: queue)
        for _ in 0..<40 {
            for _ in 0..<10 {
                _ = try harness.ask(.deleteByID(queue, harness.send(String(repeating: "x", count: 2000), to: queue)))
            }
        }
        harness.submit(.deleteByID(queue, pinned))
        harness.turn()
        for _ in 0..<50 { harness.background.step() }
        let second = try self.harness(harness.disk.afterPowerCut(), logBegun: true)
        #expect(try second.receive(queue).map(\.text) == [String(repeating: "p", count: 2000)])
    }

    @Test func aSnapshotThatFailsIsTriedAgain() throws {
        let harness = try harness()
        let queue = try harness.create("orders")
        harness.background.hold(.snapshots)
        for _ in 0..<120 { try harness.send(String(repeating: "x", count: 2000), to: queue) }
        harness.disk.fail(.create, nth: harness.disk.count(of: .create) + 1, errno: ENOSPC)
        harness.background.resume(.snapshots)
        harness.run()
        #expect(harness.notices.contains { $0.hasPrefix("snapshotFailed") })
        for _ in 0..<120 { try harness.send(String(repeating: "x", count: 2000), to: queue) }
        #expect(harness.storage.metrics.snapshots > 0)
    }

    @Test func theDiskUsedFollowsWhatLives() throws {
        for size in [100, 10_000] {
            let harness = try harness()
            let queue = try harness.create("orders")
            let rounds = 2_000_000 / (size + 200)
            for number in 0..<rounds {
                let id = try harness.send(String(repeating: "x", count: size), to: queue)
                if number % 100 != 0 { _ = try harness.ask(.deleteByID(queue, id)) }
            }
            harness.run()
            let metrics = harness.storage.metrics
            let log = 2 * (max(200_000, metrics.snapshotBytes) + 64 * 1024)
            let allowed = 2 * metrics.liveBytes + log + 3 * metrics.snapshotBytes + 4 * 64 * 1024 + 65_536
            #expect(metrics.diskBytes <= allowed, "\(size): \(metrics)")
        }
    }
}

@Suite struct MemoryLimitTests {
    @Test func sendsAreRefusedAboveTheLimitAndGoOnBelowIt() throws {
        let harness = try Harness {
            $0.memoryBytesMax = 1_000_000
            $0.cacheBytes = 0
        }
        let queue = try harness.create("orders")
        var ids: [MessageID] = []
        #expect(throws: Rejection.outOfMemory) {
            while true { ids.append(try harness.send("x", to: queue)) }
        }
        #expect(ids.count > 5000)
        #expect(try harness.receive(queue, maximum: 10).count == 10, "everything else goes on")
        for id in ids { _ = harness.submit(.deleteByID(queue, id)) }
        harness.run()
        try harness.send("x", to: queue)
    }
}

extension LogFile {
    var isSnapshot: Bool { if case .snapshot = self { true } else { false } }
}

extension Harness {
    var segmentFiles: Int {
        get throws { try disk.list().count { if case .segment = $0.file { true } else { false } } }
    }
}
