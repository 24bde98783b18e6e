import Glibc
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

/// Receives that are made again under the name of an earlier one, because its reply was lost.
@Suite struct AttemptTests {
    private func make(_ harness: Harness, messages: Int) throws -> QueueName {
        let queue = try harness.create("orders.fifo", QueueSettingsChange(isFIFO: true))
        for number in 0..<messages {
            let message = NewMessage(
                body: Array("\(number)".utf8), group: "g", deduplication: Deduplication(id: "\(number)"))
            _ = try harness.ask(.send(queue, message))
        }
        return queue
    }

    private func receive(_ harness: Harness, _ queue: QueueName, _ maximum: Int = 10) throws -> [ReceivedMessage] {
        let options = ReceiveOptions(
            maximum: maximum, visibilityTimeout: .seconds(30), wait: .zero, attempt: "again")
        return try harness.messages(harness.ask(.receive(queue, options)))
    }

    @Test func theSameMessagesComeWithTheSameHandles() throws {
        let harness = try Harness()
        let queue = try make(harness, messages: 3)
        let first = try receive(harness, queue, 2)
        harness.clock.advance(.seconds(20))
        let second = try receive(harness, queue, 1)
        #expect(first.map(\.text) == ["0", "1"])
        #expect(second == first)
        // Their time began anew.
        harness.clock.advance(.seconds(20))
        harness.run()
        #expect(try harness.info(queue).counts == MessageCounts(ready: 1, inFlight: 2))
        // One was touched: nothing is given again, and the others of its group wait for those that are held.
        _ = try harness.ask(.delete(queue, try #require(first.first).handle))
        #expect(try receive(harness, queue).isEmpty)
    }

    /// Refused means that nothing happened: whoever got the first reply still holds the messages.
    @Test func whatIsGivenAgainAndCannotBeReadStaysWhereItIs() throws {
        let before = try Harness()
        let queue = try make(before, messages: 2)
        // Nothing of a body is in memory.
        let harness = try Harness(on: before.disk.afterPowerCut(), logBegun: true) { $0.cacheBytes = 0 }
        let first = try receive(harness, queue)
        harness.disk.fail(.read, nth: harness.disk.count(of: .read) + 1, errno: EMFILE)
        #expect(throws: Rejection.busy) { try receive(harness, queue) }
        harness.run()
        #expect(try harness.info(queue).counts == MessageCounts(inFlight: 2))
        #expect(try receive(harness, queue) == first)
    }

    /// Whoever asks again is told that the time begins anew, so it does.
    @Test func aFullBatchKeepsNobodyFromHoldingOn() throws {
        let harness = try Harness { $0.log.batchBytesMax = 4096 }
        let queue = try make(harness, messages: 2)
        let first = try receive(harness, queue)
        harness.clock.advance(.seconds(20))
        let other = try harness.create("other")
        let options = ReceiveOptions(maximum: 2, visibilityTimeout: .seconds(30), wait: .zero, attempt: "again")
        let large = NewMessage(body: [UInt8](repeating: 1, count: 4020))
        let tokens = harness.submit(.send(other, large), .receive(queue, options))
        harness.run()
        #expect(try harness.messages(#require(harness.result(tokens[1])).get()) == first)
        harness.clock.advance(.seconds(20))
        harness.run()
        #expect(try harness.info(queue).counts == MessageCounts(inFlight: 2))
    }
}
