import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

/// Settings have room for 48 KiB of policies and tags. On a full disk they are not to eat the space that is kept for
/// deletes.
@Suite struct FullDiskSettingsTests {
    private func harness() throws -> Harness {
        let disk = MemoryDisk()
        disk.capacityBytes = 2_000_000
        return try Harness(on: disk) {
            $0.log.segmentBytes = 64 * 1024
            $0.messageBytesMax = 20_000
            $0.snapshotGrowthBytesMin = 256 * 1024
            $0.cacheBytes = 0
        }
    }

    /// Nil while it waits for room, as long as the test has patience.
    private func ask(_ harness: Harness, _ request: StorageRequest) -> Result<StorageReply, Rejection>? {
        guard let token = harness.submit(request).first else { return nil }
        for _ in 0..<1000 where harness.result(token) == nil {
            harness.run()
            harness.clock.advance(Milliseconds(100))
        }
        return harness.result(token)
    }

    private func fill(_ harness: Harness, _ queue: QueueName) throws -> [MessageID] {
        var ids: [MessageID] = []
        let message = NewMessage(body: [UInt8](repeating: 120, count: 2000))
        while case .success(.sent(let sent)) = ask(harness, .send(queue, message)) { ids.append(sent.id) }
        #expect(ids.count > 200)
        return ids
    }

    private struct Refused: Error {
        var answer: Result<StorageReply, Rejection>?
    }

    private static let large = QueueSettingsChange(properties: ["policy": String(repeating: "p", count: 40_000)])
    private static let pause = String(repeating: "r", count: 1000)

    @Test("After changes of settings and pauses on a full disk, all that is there can be deleted")
    func deletesGoOn() throws {
        let harness = try harness()
        let queue = try harness.create("orders")
        let ids = try fill(harness, queue)
        var refused = 0
        for _ in 0..<100 {
            if ask(harness, .changeSettings(queue, Self.large)) == .failure(.outOfDiskSpace) { refused += 1 }
            if ask(harness, .pauseQueue(queue, reason: Self.pause)) == .failure(.outOfDiskSpace) { refused += 1 }
        }
        #expect(refused > 0, "they are refused at last")
        for id in ids {
            let answer = ask(harness, .deleteByID(queue, id))
            guard answer == .success(.done) else { throw Refused(answer: answer) }
        }
        #expect(try harness.info(queue).counts == MessageCounts())
        #expect(harness.reportedFailures.isEmpty)
    }
}
