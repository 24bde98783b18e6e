import Glibc
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

/// Bodies that are no longer in memory.
@Suite struct ColdBodyTests {
    private func coldHarness(_ disk: MemoryDisk = MemoryDisk(), logBegun: Bool = false) throws -> Harness {
        try Harness(on: disk, logBegun: logBegun) { $0.cacheBytes = 0 }
    }

    private func body(_ number: Int) -> String { "\(number) " + String(repeating: "x", count: 3000) }

    @Test func bodiesComeBackFromDiskInOrder() throws {
        let harness = try coldHarness()
        let queue = try harness.create("orders")
        for number in 0..<200 { try harness.send(body(number), to: queue) }
        #expect(harness.storage.metrics.memory.bodies < 400_000)
        var texts: [String] = []
        for _ in 0..<20 { texts += try harness.receive(queue, maximum: 10).map(\.text) }
        #expect(texts == (0..<200).map(body))
        #expect(harness.storage.metrics.diskReads > 0)
    }

    @Test func aRestartedEngineReadsFromDisk() throws {
        let first = try coldHarness()
        let queue = try first.create("orders")
        for number in 0..<50 { try first.send(body(number), to: queue) }
        let second = try coldHarness(first.disk.afterPowerCut(), logBegun: true)
        #expect(try second.receive(queue, maximum: 50).map(\.text) == (0..<50).map(body))
        // What is appended to a stretch of which a part was read.
        for number in 50..<60 { try second.send(body(number), to: queue) }
        #expect(try second.receive(queue, maximum: 50).map(\.text) == (50..<60).map(body))
    }

    @Test func aPeekReadsFromDiskToo() throws {
        let harness = try coldHarness()
        let queue = try harness.create("orders")
        for number in 0..<100 { try harness.send(body(number), to: queue) }
        guard case .peeked(let peeked) = try harness.ask(.peek(queue, PeekOptions(count: 3))) else {
            throw Unexpected()
        }
        #expect(peeked.map { String(decoding: $0.body, as: UTF8.self) } == (0..<3).map(body))
        #expect(try harness.info(queue).counts.ready == 100)
    }

    @Test func aTurnDoesNotWaitForARead() throws {
        let harness = try coldHarness()
        let queue = try harness.create("orders")
        for number in 0..<100 { try harness.send(body(number), to: queue) }
        harness.background.hold(.reads)
        let options = ReceiveOptions(maximum: 10, wait: .zero)
        let receive = try #require(harness.submit(.receive(queue, options)).first)
        harness.run()
        #expect(harness.result(receive) == nil)
        #expect(try harness.info(queue).counts == MessageCounts(ready: 90, inFlight: 10), "everybody else is served")
        harness.background.resume(.reads)
        harness.run()
        let reply = try #require(harness.result(receive)).get()
        #expect(try harness.messages(reply).map(\.text) == (0..<10).map(body))
    }

    @Test func messagesThatGoWhileTheyAreReadLeaveNothingBehind() throws {
        let harness = try coldHarness()
        let queue = try harness.create("orders")
        for number in 0..<100 { try harness.send(body(number), to: queue) }
        harness.background.hold(.reads)
        let receive = try #require(harness.submit(.receive(queue, ReceiveOptions(maximum: 10, wait: .zero))).first)
        harness.run()
        _ = try harness.ask(.purgeQueue(queue))
        harness.background.resume(.reads)
        harness.run()
        #expect(harness.result(receive) != nil)
        #expect(try harness.info(queue).counts == MessageCounts())
    }

    @Test func aDamagedBodyIsNeverDelivered() throws {
        let harness = try coldHarness()
        let queue = try harness.create("orders")
        for number in 0..<100 { try harness.send(body(number), to: queue) }
        try harness.damage(body(7))
        let texts = try harness.receive(queue, maximum: 20).map(\.text)
        #expect(texts == (0..<20).filter { $0 != 7 }.map(body))
        harness.run()
        #expect(try harness.info(queue).counts == MessageCounts(ready: 80, inFlight: 19, damaged: 1))
        #expect(harness.notices.contains { $0.hasPrefix("messageDamaged") })
        guard case .peeked(let damaged) = try harness.ask(.peek(queue, PeekOptions(state: .damaged, count: 9))) else {
            throw Unexpected()
        }
        #expect(damaged.map(\.body) == [[]])
        harness.clock.advance(.seconds(3600))
        #expect(try harness.receive(queue, maximum: 200).count == 99)
        // Only an explicit command removes it.
        _ = try harness.ask(.deleteByID(queue, try #require(damaged.first).id))
        #expect(try harness.info(queue).counts.damaged == 0)
    }

    @Test func aReceiveOfDamagedMessagesAloneGoesOnWaiting() throws {
        let first = try coldHarness()
        let queue = try first.create("orders")
        for number in 0..<60 { try first.send(body(number), to: queue) }
        let harness = try coldHarness(first.disk.afterPowerCut(), logBegun: true)
        for number in 0..<60 { try harness.damage(body(number)) }
        let options = ReceiveOptions(maximum: 60, wait: .seconds(5))
        let receive = try #require(harness.submit(.receive(queue, options)).first)
        harness.run()
        #expect(harness.result(receive) == nil)
        try harness.send("fine", to: queue)
        harness.run()
        let reply = try #require(harness.result(receive)).get()
        #expect(try harness.messages(reply).map(\.text) == ["fine"])
        #expect(try harness.info(queue).counts == MessageCounts(inFlight: 1, damaged: 60))
    }

    @Test func aReadErrorOfOneRecordTakesNoOthersAlong() throws {
        let harness = try coldHarness()
        let queue = try harness.create("orders")
        for number in 0..<100 { try harness.send(body(number), to: queue) }
        // The stretch, and then the first single record, cannot be read.
        let reads = harness.disk.count(of: .read)
        harness.disk.fail(.read, nth: reads + 1, errno: EIO)
        harness.disk.fail(.read, nth: reads + 2, errno: EIO)
        #expect(try harness.receive(queue, maximum: 10).map(\.text) == (1..<10).map(body))
        harness.run()
        #expect(try harness.info(queue).counts == MessageCounts(ready: 90, inFlight: 9, damaged: 1))
    }

    @Test func ashortageOfDescriptorsRefusesAndGivesBack() throws {
        let harness = try coldHarness()
        let queue = try harness.create("orders")
        for number in 0..<100 { try harness.send(body(number), to: queue) }
        harness.disk.fail(.read, nth: harness.disk.count(of: .read) + 1, errno: EMFILE)
        #expect(throws: Rejection.busy) { try harness.receive(queue, maximum: 10) }
        harness.run()
        #expect(try harness.info(queue).counts == MessageCounts(ready: 100))
        #expect(try harness.receive(queue, maximum: 10).map(\.text) == (0..<10).map(body))
    }
}

extension Harness {
    /// Flips a bit in the middle of a body on disk.
    func damage(_ text: String) throws {
        let wanted = Array(text.utf8)
        for (file, _) in try disk.list() {
            guard case .segment = file, var bytes = disk.contents(file) else { continue }
            guard let place = bytes.firstRange(of: wanted) else { continue }
            bytes[place.lowerBound + wanted.count / 2] ^= 4
            disk.replace(file, with: bytes)
            return
        }
        throw Unexpected()
    }
}
