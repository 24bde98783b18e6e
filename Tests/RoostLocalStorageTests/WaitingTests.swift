import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

@Suite struct WaitingTests {
    private func waiting(_ maximum: Int = 1, seconds: Int64 = 20) -> ReceiveOptions {
        ReceiveOptions(maximum: maximum, visibilityTimeout: .seconds(30), wait: .seconds(seconds))
    }

    @Test func aSendWakesTheOldestWaiterOnly() throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        let waiters = harness.submit(
            .receive(queue, waiting()), .receive(queue, waiting()), .receive(queue, waiting()))
        harness.run()
        #expect(try harness.info(queue).waiters == 3)
        try harness.send("first", to: queue)
        let answer = try #require(harness.result(waiters[0])).get()
        #expect(try harness.messages(answer).map(\.text) == ["first"])
        #expect(harness.result(waiters[1]) == nil)
        #expect(try harness.info(queue).waiters == 2)
        try harness.send("second", to: queue)
        #expect(harness.result(waiters[1]) != nil)
        #expect(harness.result(waiters[2]) == nil)
    }

    @Test func aReturnedMessageWakes() throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        try harness.send("back", to: queue)
        let message = try #require(try harness.receive(queue).first)
        let waiter = try #require(harness.submit(.receive(queue, waiting())).first)
        harness.run()
        #expect(harness.result(waiter) == nil)
        _ = try harness.ask(.changeVisibility(queue, message.handle, timeout: .zero))
        #expect(harness.result(waiter) != nil)
    }

    @Test func aResumedQueueWakes() throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        _ = try harness.ask(.pauseQueue(queue, reason: "later"))
        let waiter = try #require(harness.submit(.receive(queue, waiting())).first)
        try harness.send("held", to: queue)
        #expect(harness.result(waiter) == nil)
        _ = try harness.ask(.resumeQueue(queue))
        #expect(harness.result(waiter) != nil)
    }

    @Test func aCancelledWaiterGetsNothing() throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        let waiters = harness.submit(.receive(queue, waiting()), .receive(queue, waiting()))
        harness.run()
        harness.storage.cancel(waiters[0], for: harness.inbox)
        harness.run()
        #expect(try harness.messages(try #require(harness.result(waiters[0])).get()).isEmpty)
        try harness.send("for the second", to: queue)
        #expect(try harness.messages(try #require(harness.result(waiters[1])).get()).count == 1)
    }

    @Test func waitersAreListedTheOldestFirst() throws {
        let harness = try Harness()
        let (first, second) = (try harness.create("first"), try harness.create("second"))
        harness.submit(.receive(second, waiting()))
        harness.run()
        harness.clock.advance(.seconds(5))
        harness.submit(.receive(first, waiting()), .receive(first, waiting()))
        guard case .waiters(let list, total: 3) = try harness.ask(.listWaiters(limit: 2)) else { throw Unexpected() }
        #expect(list.map(\.queue) == [second, first] && list.allSatisfy { $0.door == .inside })
        let until = try #require(list[0].until)
        #expect(until - list[0].since >= .seconds(20) && list[1].since - list[0].since == .seconds(5))
        try harness.send("for one", to: second)
        guard case .waiters(let rest, total: 2) = try harness.ask(.listWaiters(limit: 9)) else { throw Unexpected() }
        #expect(rest.map(\.queue) == [first, first])
        #expect(throws: Rejection.self) { try harness.ask(.listWaiters(limit: 0)) }
    }

    @Test func aDeletedQueueTellsItsWaiters() throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        let waiter = try #require(harness.submit(.receive(queue, waiting())).first)
        harness.run()
        _ = try harness.ask(.deleteQueue(queue))
        #expect(harness.result(waiter) == .failure(.queueDoesNotExist(queue)))
    }

    @Test func shuttingDownAnswersWaitersAndRefusesTheRest() throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        let waiter = try #require(harness.submit(.receive(queue, waiting())).first)
        harness.run()
        harness.storage.endWaits()
        let next = try #require(harness.submit(.receive(queue, waiting())).first)
        harness.run()
        #expect(try harness.messages(try #require(harness.result(waiter)).get()).isEmpty)
        #expect(harness.result(next) == .success(.received([])), "nobody waits any more")
        harness.storage.shutDown()
        let late = try #require(harness.submit(.send(queue, NewMessage(body: [1]))).first)
        harness.run()
        #expect(harness.result(late) == .failure(.shuttingDown))
    }

    @Test func tenThousandWaitersAreServedInOrder() throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        let waiters = (0..<10_000).compactMap { _ in harness.submit(.receive(queue, waiting())).first }
        harness.run()
        for number in 0..<10_000 { harness.submit(.send(queue, NewMessage(body: Array("\(number)".utf8)))) }
        harness.run()
        for (number, waiter) in waiters.enumerated() {
            let messages = try harness.messages(try #require(harness.result(waiter)).get())
            #expect(messages.map(\.text) == ["\(number)"])
        }
    }
}

@Suite struct TimeTests {
    @Test func aWaitEndsEmptyWhenItsTimeIsOver() throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        let options = ReceiveOptions(maximum: 1, wait: .seconds(20))
        let waiter = try #require(harness.submit(.receive(queue, options)).first)
        harness.run()
        harness.clock.advance(.seconds(19))
        harness.run()
        #expect(harness.result(waiter) == nil)
        // The clock may have been read up to a millisecond late: twenty of its seconds may be less.
        harness.clock.advance(.seconds(1))
        harness.run()
        #expect(harness.result(waiter) == nil)
        harness.clock.advance(Milliseconds(1))
        harness.run()
        #expect(harness.result(waiter) == .success(.received([])))
    }

    @Test func theEndOfALeaseWakesAWaiter() throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        try harness.send("slow worker", to: queue)
        _ = try harness.receive(queue, visibility: .seconds(5))
        let options = ReceiveOptions(maximum: 1, wait: .seconds(20))
        let waiter = try #require(harness.submit(.receive(queue, options)).first)
        harness.run()
        harness.clock.advance(.seconds(5))
        harness.run()
        #expect(try harness.messages(try #require(harness.result(waiter)).get()).first?.receiveCount == 2)
    }

    @Test func theEndOfADelayWakesAWaiter() throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        let options = ReceiveOptions(maximum: 1, wait: .seconds(20))
        let waiter = try #require(harness.submit(.receive(queue, options)).first)
        _ = try harness.ask(.send(queue, NewMessage(body: [1], delay: .seconds(3))))
        #expect(harness.result(waiter) == nil)
        harness.clock.advance(.seconds(3))
        harness.run()
        #expect(harness.result(waiter) != nil)
    }

    @Test func theTurnSaysWhenItHasToBeCalledAgain() throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        _ = try harness.ask(.send(queue, NewMessage(body: [1], delay: .seconds(3))))
        harness.clock.advance(.seconds(1))
        harness.run()
        let due = try #require(harness.storage.runTurn())
        #expect(due <= 2000)
    }

    @Test func anIdleBrokerWritesOneMark() throws {
        let harness = try Harness()
        let queue = try harness.create("orders")
        try harness.send("last for now", to: queue)
        let commits = harness.storage.metrics.commits
        for _ in 0..<10 {
            harness.clock.advance(.seconds(1))
            harness.run()
        }
        #expect(harness.storage.metrics.commits == commits + 1)
        #expect(harness.storage.runTurn() ?? .max > 1000, "an idle broker has nothing to do")
    }

    @Test func aReplyHasABoundedSize() throws {
        let harness = try Harness {
            $0.log.segmentBytes = 64 << 20
            $0.messageBytesMax = 12 << 20
        }
        let queue = try harness.create("large", QueueSettingsChange(maximumMessageBytes: 12 << 20))
        let body = String(repeating: "x", count: 10 << 20)
        for _ in 0..<5 { try harness.sendWaitingForRoom(body, to: queue) }
        #expect(try harness.receive(queue, maximum: 10).count == 3)
        #expect(try harness.receive(queue, maximum: 10).count == 2)
    }

    @Test func aMassExpiryComesInSlices() throws {
        let harness = try Harness()
        let queue = try harness.create("orders", QueueSettingsChange(retention: .seconds(60)))
        for _ in 0..<5000 { harness.submit(.send(queue, NewMessage(body: [1]))) }
        harness.run()
        harness.clock.advance(.seconds(61))
        var left: [Int] = []
        while left.last != 0 {
            let due = harness.storage.runTurn()
            harness.storage.commit()
            left.append(harness.storage.metrics.counts.ready)
            if left.last != 0 { #expect(due == 0, "the next slice is due at once") }
        }
        #expect(left == [4000, 3000, 2000, 1000, 0])
    }
}
