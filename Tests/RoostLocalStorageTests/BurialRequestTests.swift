import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

@Suite struct BurialRequestTests {
    private func open(_ disk: MemoryDisk = MemoryDisk(), logBegun: Bool = false, snapshotBytes: Int) throws -> Harness {
        try Harness(on: disk, logBegun: logBegun) {
            $0.log.segmentBytes = 64 * 1024
            $0.messageBytesMax = 20_000
            $0.snapshotGrowthBytesMin = snapshotBytes
        }
    }

    private func peekBuried(_ harness: Harness, _ queue: QueueName) throws -> [PeekedMessage] {
        guard case .peeked(let messages) = try harness.ask(.peek(queue, PeekOptions(state: .buried, count: 1000)))
        else { throw Unexpected() }
        return messages
    }

    /// From the log alone, or from a snapshot and what came behind it.
    @Test(arguments: [100_000_000, 1000])
    func burialsSurviveAPowerCut(snapshotBytes: Int) throws {
        let harness = try open(snapshotBytes: snapshotBytes)
        let queue = try harness.create("work", QueueSettingsChange(visibilityTimeout: .seconds(60)))
        for number in 0..<40 { try harness.send("job \(number)", to: queue) }
        for message in try harness.receive(queue, maximum: 30) {
            let burial = Burial(reason: "reason of \(message.text)", error: "error", by: "w1")
            #expect(try harness.ask(.bury(queue, message.handle, burial)) == .done)
        }
        #expect(try harness.ask(.kick(queue, count: 10)) == .count(10))
        let last = try #require(try peekBuried(harness, queue).last)
        #expect(try harness.ask(.kickByID(queue, last.id)) == .count(1))
        #expect(try harness.ask(.kickByID(queue, last.id)) == .count(0))
        #expect((harness.storage.metrics.snapshots > 0) == (snapshotBytes == 1000))
        let second = try open(harness.disk.afterPowerCut(), logBegun: true, snapshotBytes: snapshotBytes)
        #expect(try second.info(queue).counts == MessageCounts(ready: 21, buried: 19))
        let buried = try peekBuried(second, queue)
        #expect(buried.map { String(decoding: $0.body, as: UTF8.self) } == (10..<29).map { "job \($0)" })
        #expect(buried.first?.burial == Burial(reason: "reason of job 10", error: "error", by: "w1"))
        #expect(buried.first?.buriedAt?.milliseconds == 1_800_000_000_000)
        let ready = try second.receive(queue, maximum: 100).map(\.text)
        #expect(ready == (0..<10).map { "job \($0)" } + (29..<40).map { "job \($0)" })
    }

    @Test func aKickServesWhoWaits() throws {
        let harness = try Harness()
        let queue = try harness.create("work")
        try harness.send("job", to: queue)
        let message = try #require(try harness.receive(queue).first)
        _ = try harness.ask(.bury(queue, message.handle, Burial(reason: "later")))
        let token = try #require(
            harness.submit(.receive(queue, ReceiveOptions(maximum: 1, wait: .seconds(20)))).first)
        harness.run()
        #expect(harness.result(token) == nil)
        #expect(try harness.ask(.kick(queue, count: 5)) == .count(1))
        #expect(try harness.messages(#require(harness.result(token)).get()).map(\.text) == ["job"])
        #expect(try harness.ask(.kick(queue, count: 5)) == .count(0))
    }

    @Test func buryingIsRefusedWhenMemoryIsShort() throws {
        let harness = try Harness {
            $0.memoryBytesMax = 1_000_000
            $0.cacheBytes = 0
        }
        let queue = try harness.create("work")
        for _ in 0..<300 { try harness.send("x", to: queue) }
        let burial = Burial(reason: String(repeating: "r", count: 8000))
        var handles = try harness.receive(queue, maximum: 300).map(\.handle)
        #expect(throws: Rejection.outOfMemory) {
            while let handle = handles.last {
                _ = try harness.ask(.bury(queue, handle, burial))
                handles.removeLast()
            }
        }
        #expect(handles.count > 150 && handles.count < 250, "\(handles.count)")
        #expect(try harness.ask(.kick(queue, count: 1000)) == .count(300 - handles.count))
        _ = try harness.ask(.bury(queue, #require(handles.last), burial))
    }
}
