import Glibc
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

/// A disk of two megabytes, segments of 64 KiB.
@Suite struct FullDiskTests {
    private func harness(
        _ disk: MemoryDisk = MemoryDisk(), logBegun: Bool = false, capacityBytes: Int = 2_000_000
    ) throws -> Harness {
        disk.capacityBytes = capacityBytes
        return try Harness(on: disk, logBegun: logBegun) {
            $0.log.segmentBytes = 64 * 1024
            $0.messageBytesMax = 20_000
            $0.snapshotGrowthBytesMin = 256 * 1024
            $0.cacheBytes = 0
        }
    }

    /// Sends until refused; returns how many were accepted.
    private func fill(_ harness: Harness, _ queue: QueueName, bytes: Int = 2000) throws -> Int {
        for count in 0... {
            let body = [UInt8](repeating: 120, count: bytes)
            let token = try #require(harness.submit(.send(queue, NewMessage(body: body))).first)
            for _ in 0..<10_000 where harness.result(token) == nil {
                harness.run()
                harness.clock.advance(Milliseconds(100))
            }
            if harness.result(token) == .failure(.outOfDiskSpace) { return count }
            _ = try #require(harness.result(token)).get()
        }
        throw Unexpected()
    }

    /// Receives and deletes one by one; a refusal is answered as a client would: by asking again a little later.
    private func drain(_ harness: Harness, _ queue: QueueName) throws -> Int {
        for count in 0... {
            let messages = try patiently(harness) { try harness.receive(queue, maximum: 1) }
            guard let message = messages.first else { return count }
            _ = try harness.ask(.delete(queue, message.handle))
        }
        throw Unexpected()
    }

    private func patiently<Value>(_ harness: Harness, _ body: () throws -> Value) throws -> Value {
        for _ in 0..<20 {
            do { return try body() } catch Rejection.outOfDiskSpace {
                harness.clock.advance(.seconds(1))
                harness.run()
            }
        }
        return try body()
    }

    @Test func aFullDiskIsDrainedAndFilledAgain() throws {
        let harness = try harness()
        let queue = try harness.create("orders")
        let first = try fill(harness, queue)
        #expect(first > 200)
        #expect(harness.notices.contains { $0.hasPrefix("diskFull") })
        #expect(try drain(harness, queue) == first)
        #expect(try harness.info(queue).counts == MessageCounts())
        for _ in 0..<20 {
            harness.clock.advance(.seconds(2))
            harness.run()
        }
        let second = try fill(harness, queue)
        #expect(second > first / 2, "space came back without a restart")
        #expect(harness.reportedFailures.isEmpty)
    }

    @Test func receivingAndReleasingDoesNotFillTheDisk() throws {
        let harness = try harness()
        let queue = try harness.create("orders")
        let sent = try fill(harness, queue)
        for _ in 0..<5000 {
            if let message = try? harness.receive(queue, maximum: 1).first {
                _ = try? harness.ask(.changeVisibility(queue, message.handle, timeout: .zero))
            }
            harness.clock.advance(Milliseconds(50))
        }
        #expect(try drain(harness, queue) == sent)
    }

    @Test func aRestartOnAFullDiskGoesOn() throws {
        let first = try harness()
        let queue = try first.create("orders")
        let sent = try fill(first, queue)
        let second = try harness(first.disk.afterPowerCut(), logBegun: true)
        #expect(try drain(second, queue) == sent)
        for _ in 0..<20 {
            second.clock.advance(.seconds(2))
            second.run()
        }
        try second.send("again", to: queue)
    }

    @Test func aDiskThatSomebodyElseFilledIsUsedAgainAfterwards() throws {
        let harness = try harness()
        let queue = try harness.create("orders")
        for _ in 0..<50 { try harness.send(String(repeating: "x", count: 2000), to: queue) }
        harness.disk.capacityBytes = try harness.disk.list().reduce(0) { $0 + $1.bytes }
        let more = try fill(harness, queue)
        #expect(try drain(harness, queue) == 50 + more)
        harness.disk.capacityBytes = 2_000_000
        harness.clock.advance(.seconds(5))
        harness.run()
        harness.run()
        try harness.send("again", to: queue)
    }

    /// The disk gets full at other moments of a snapshot with each size of messages.
    @Test(arguments: [48, 104, 176, 248, 344, 400, 512, 640, 752, 848, 984, 1160])
    func restartsOnADiskThatSomebodyElseFilledGoOn(bytes: Int) throws {
        var harness = try harness()
        let queue = try harness.create("orders")
        let sent = try fill(harness, queue, bytes: bytes)
        let used = try harness.disk.list().reduce(0) { $0 + $1.bytes }
        for _ in 0..<3 {
            harness = try self.harness(harness.disk.afterPowerCut(), logBegun: true, capacityBytes: used)
            harness.run()
        }
        #expect(try drain(harness, queue) == sent)
    }

    // MARK: another process that takes every byte that is free after a call of the disk

    @Test(arguments: [512, 848, 2000])
    func whatIsKeptStaysWhenSomebodyTakesAllThatComesFree(bytes: Int) throws {
        let harness = try harness()
        let queue = try harness.create("orders")
        let sent = try fill(harness, queue, bytes: bytes)
        harness.disk.loseFreeSpace()
        #expect(try drain(harness, queue) == sent)
        #expect(try harness.info(queue).counts == MessageCounts())
    }

    @Test(arguments: [10, 100, 170, 210, 250, 290])
    func aDiskThatSomebodyFillsMeanwhileIsDrained(count: Int) throws {
        let harness = try harness()
        let queue = try harness.create("orders")
        for _ in 0..<count { try harness.send(String(repeating: "x", count: 2000), to: queue) }
        harness.disk.loseFreeSpace()
        let more = try fill(harness, queue)
        #expect(try drain(harness, queue) == count + more)
    }

    /// Three times: a start, some deletes, and a power cut in the middle of what they bring about.
    @Test(arguments: [0, 7, 40, 101])
    func startsKeepWhatIsKept(deletes: Int) throws {
        var harness = try harness()
        let queue = try harness.create("orders")
        let sent = try fill(harness, queue, bytes: 1000)
        harness.disk.loseFreeSpace()
        for _ in 0..<3 {
            let disk = harness.disk.afterPowerCut()
            disk.loseFreeSpace()
            harness = try self.harness(disk, logBegun: true, capacityBytes: disk.usedBytes)
            for _ in 0..<deletes {
                let message = try #require(patiently(harness) { try harness.receive(queue, maximum: 1) }.first)
                _ = try harness.ask(.delete(queue, message.handle))
            }
            harness.turn()
            harness.storage.commit()
            harness.background.step()
        }
        #expect(try drain(harness, queue) == sent - 3 * deletes)
    }

    @Test func aFullDiskLeavesTheEngineIdle() throws {
        let harness = try harness()
        let queue = try harness.create("orders")
        _ = try fill(harness, queue)
        _ = try harness.receive(queue, visibility: .seconds(1))
        harness.clock.advance(.seconds(60))
        for _ in 0..<10 { harness.run() }
        #expect(harness.storage.runTurn() ?? .max > 0, "a turn that can do nothing asks for the next one at once")
    }
}
