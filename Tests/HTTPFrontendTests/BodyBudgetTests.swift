import HTTPFrontend
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@Suite struct BodyBudgetTests {
    @Test func whoDoesNotFitWaitsInTheOrderOfArrival() {
        let loop = EmbeddedEventLoop()
        let budget = BodyBudget(bytesMax: 100)
        let granted = Granted()
        #expect(budget.take(60, on: loop) { granted.add("a") } == .granted)
        #expect(budget.take(50, on: loop) { granted.add("b") } == .waiting(1))
        // It would fit, but is younger: large bodies must not starve.
        #expect(budget.take(10, on: loop) { granted.add("c") } == .waiting(2))
        loop.run()
        #expect(granted.names.isEmpty)
        budget.giveBack(60)
        loop.run()
        #expect(granted.names == ["b", "c"])
        budget.giveBack(60)
        #expect(budget.take(100, on: loop) {} == .granted)
    }

    @Test func whoLeavesMakesRoomForTheNext() {
        let loop = EmbeddedEventLoop()
        let budget = BodyBudget(bytesMax: 100)
        let granted = Granted()
        #expect(budget.take(60, on: loop) {} == .granted)
        #expect(budget.take(50, on: loop) { granted.add("b") } == .waiting(1))
        #expect(budget.take(40, on: loop) { granted.add("c") } == .waiting(2))
        #expect(budget.leave(1))
        loop.run()
        #expect(granted.names == ["c"])
        #expect(!budget.leave(2), "it was granted, so the bytes are its own to give back")
        #expect(!budget.leave(7))
    }
}

private final class Granted: Sendable {
    private let list = Mutex<[String]>([])
    var names: [String] { list.withLock { $0 } }
    func add(_ name: String) { list.withLock { $0.append(name) } }
}
