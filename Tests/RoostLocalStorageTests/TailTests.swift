import RoostModel
import RoostStorage
import Testing

@Suite("Who follows what is sent to queues")
struct TailTests {
    private func send(_ count: Int, to queue: QueueName, _ harness: Harness) {
        for _ in 0..<count { harness.submit(.send(queue, NewMessage(body: [1]))) }
        harness.run()
    }

    /// Messages that were shown, and all that were left out.
    private func take(_ harness: Harness) -> (shown: Int, leftOut: Int) {
        harness.inbox.takeUnasked().reduce(into: (0, 0)) { sum, result in
            switch result {
            case .success(.tailed(let message)): sum = (sum.0 + 1, sum.1 + message.leftOut)
            case .success(.tailRest(_, let leftOut)): sum.1 += leftOut
            default: break
            }
        }
    }

    @Test("Of a burst twenty messages are shown, and the rest is told of when the second is over")
    func burst() throws {
        let harness = try Harness()
        let (queue, quiet) = (try harness.create("burst"), try harness.create("quiet"))
        _ = try harness.ask(.tailQueues([queue, quiet]))
        send(60, to: queue, harness)
        send(3, to: quiet, harness)
        #expect(take(harness) == (23, 0))
        harness.clock.advance(.seconds(2))
        harness.run()
        #expect(take(harness) == (0, 40), "nobody asked for anything")
        harness.clock.advance(.seconds(2))
        harness.run()
        #expect(take(harness) == (0, 0), "it is told once")
    }

    @Test("The next message tells of the rest when it comes first")
    func nextMessage() throws {
        let harness = try Harness()
        let queue = try harness.create("burst")
        _ = try harness.ask(.tailQueues([queue]))
        send(30, to: queue, harness)
        #expect(take(harness) == (20, 0))
        harness.clock.advance(.seconds(2))
        harness.submit(.send(queue, NewMessage(body: [1])))
        harness.run()
        #expect(take(harness) == (1, 10))
        send(40, to: queue, harness)
        _ = try harness.ask(.tailQueues([]))
        harness.clock.advance(.seconds(2))
        harness.run()
        #expect(take(harness) == (19, 0), "nobody follows any more")
    }
}
