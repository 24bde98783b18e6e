import Glibc
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

/// Bodies whose file is removed while they are to be read: what was in it is deleted, or has moved.
@Suite struct GoneBodyTests {
    private let body = String(repeating: "x", count: 3000)

    /// A queue with ten messages of which none is in memory, and a receive that waits for its reads.
    private func receiving() throws -> (Harness, QueueName, UInt64) {
        let before = try Harness()
        let queue = try before.create("orders")
        for _ in 0..<10 { try before.send(body, to: queue) }
        let harness = try Harness(on: before.disk.afterPowerCut(), logBegun: true) { $0.cacheBytes = 0 }
        harness.background.hold(.reads)
        let receive = try #require(harness.submit(.receive(queue, ReceiveOptions(maximum: 10, wait: .zero))).first)
        harness.run()
        #expect(harness.result(receive) == nil)
        return (harness, queue, receive)
    }

    private func answer(_ harness: Harness, _ receive: UInt64) throws -> [ReceivedMessage] {
        harness.disk.fail(.read, nth: harness.disk.count(of: .read) + 1, errno: ENOENT)
        harness.background.resume(.reads)
        harness.run()
        return try harness.messages(#require(harness.result(receive)).get())
    }

    /// The receive is not refused: all that it had is gone, so it is empty.
    @Test func whatWasPurgedMeanwhileIsNotMissed() throws {
        let (harness, queue, receive) = try receiving()
        _ = try harness.ask(.purgeQueue(queue))
        #expect(try answer(harness, receive).isEmpty)
        #expect(try harness.info(queue).counts == MessageCounts())
    }

    @Test func whatCameMeanwhileIsGivenInItsPlace() throws {
        let (harness, queue, receive) = try receiving()
        _ = try harness.ask(.purgeQueue(queue))
        try harness.send("new", to: queue)
        #expect(try answer(harness, receive).map(\.text) == ["new"])
        #expect(try harness.info(queue).counts == MessageCounts(inFlight: 1))
    }
}
