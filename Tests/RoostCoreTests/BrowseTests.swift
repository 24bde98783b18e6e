import RoostCore
import RoostModel
import Testing

@Suite("Looking through a queue page by page")
struct BrowseTests {
    private let now = Broker.testTime

    /// All pages after another. `between` is called with the broker after each page.
    private func pages(
        _ broker: inout Broker, _ queue: UInt32, _ state: MessageState, fromTail: Bool = false, size: Int,
        between: (inout Broker, [MessageID]) throws -> Void = { _, _ in }
    ) throws -> [MessageID] {
        var (found, place): ([MessageID], BrowsePlace?) = ([], nil)
        repeat {
            let page = broker.browse(queue, state, fromTail: fromTail, count: size, after: place)
            found += page.found.map(\.id)
            place = page.next.flatMap { BrowsePlace($0.description) }
            #expect((place == nil) == (page.next == nil), "a place survives its text")
            try between(&broker, page.found.map(\.id))
        } while place != nil
        return found
    }

    private func send(_ count: Int, to queue: UInt32, _ broker: inout Broker, group: String? = nil) throws
        -> [MessageID]
    {
        try (0..<count).map { _ in
            let sent = try broker.send(to: queue, in: group)
            return broker.messageID(slot: sent.slot, number: sent.number)
        }
    }

    @Test("Pages of ready messages are those of one look, from both ends", arguments: [1, 3, 7, 100])
    func ready(size: Int) throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q", QueueSettingsChange(redelivery: .front))
        let ids = try send(20, to: queue, &broker)
        let leased = try broker.lease(9, from: queue, .seconds(10))
        #expect(leased.count == 9)
        try broker.catchUp(now: now + .seconds(10))
        #expect(try pages(&broker, queue, .ready, size: size) == ids)
        #expect(try pages(&broker, queue, .ready, fromTail: true, size: size) == ids.reversed())
    }

    @Test("What is shown may go: the next page goes on behind it, and shows all that stayed", arguments: [false, true])
    func goneBetweenPages(fromTail: Bool) throws {
        for groups in [1, 3] {
            var broker = Broker.forTests()
            let queue = try broker.createQueue("q")
            var ids: [MessageID] = []
            for place in 0..<groups {
                ids += try send(10, to: queue, &broker, group: groups == 1 ? nil : "g\(place)")
            }
            let found = try pages(&broker, queue, .ready, fromTail: fromTail, size: 4) { broker, page in
                for id in page {
                    let entry = try #require(broker.prepareDelete(id, in: queue))
                    try broker.carryOut(.delete(entry))
                }
            }
            #expect(Set(found) == Set(ids) && found.count == ids.count)
        }
    }

    @Test("One page walks over a bounded number of messages, and says where to go on")
    func boundedSteps() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q")
        let ids = try send(Broker.peekStepsMax + 500, to: queue, &broker)
        let first = broker.browse(queue, .inFlight, fromTail: false, count: 10)
        #expect(first.found.isEmpty && first.next != nil, "all that was walked over is ready")
        #expect(broker.browse(queue, .inFlight, fromTail: false, count: 10, after: first.next).next == nil)
        let gone = BrowsePlace(message: nil, birth: 0, key: .max - 1)
        let skipped = broker.browse(queue, .ready, fromTail: false, count: 10, after: gone)
        #expect(skipped.found.isEmpty && skipped.next?.message == ids[Broker.peekStepsMax - 1])
        #expect(broker.browse(queue, .ready, fromTail: false, count: 10, after: skipped.next).next == nil)
    }

    @Test("A page ends where its bytes do, after one message at least")
    func bytes() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q")
        let ids = try send(3, to: queue, &broker)
        let page = broker.browse(queue, .ready, fromTail: false, count: 10, bytesMax: 0)
        #expect(page.found.map(\.id) == [ids[0]] && page.next == page.found.first?.place)
    }

    @Test("A message is found by its id in every state, and in its queue only")
    func look() throws {
        var broker = Broker.forTests()
        let (queue, other) = (try broker.createQueue("q"), try broker.createQueue("other"))
        let id = try send(1, to: queue, &broker)[0]
        #expect(broker.look(at: id, in: queue)?.state == .ready)
        #expect(broker.look(at: id, in: queue)?.firstReceivedAt == nil)
        #expect(broker.look(at: id, in: other) == nil)
        let leased = try broker.lease(1, from: queue, .seconds(10))
        let seen = try #require(broker.look(at: id, in: queue))
        #expect(seen.state == .inFlight && seen.due == now + .seconds(10) && seen.firstReceivedAt == now)
        #expect(seen.receiveCount == 1, "looking does not count")
        try broker.carryOut(.bury(broker.prepareBury(leased[0].handle, in: queue, Burial(reason: "r"), now: now)))
        #expect(broker.look(at: id, in: queue)?.burial == Burial(reason: "r"))
        try broker.carryOut(.delete(#require(broker.prepareDelete(id, in: queue))))
        #expect(broker.look(at: id, in: queue) == nil)
    }

    @Test("Groups come in the order of their birth, with what they hold and whether they are locked")
    func groups() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q.fifo", QueueSettingsChange(isFIFO: true))
        for (group, id) in [("a", "1"), ("a", "2"), ("b", "3"), ("b", "4"), ("c", "5")] {
            let message = NewMessage(body: [1], group: group, deduplication: Deduplication(id: id))
            try broker.carryOut(.send(broker.prepareSend(to: queue, message, now: now)))
        }
        _ = try broker.lease(1, from: queue, .seconds(10))
        let first = broker.groups(of: queue, after: nil, limit: 2)
        #expect(first.found.map(\.facts.counts) == [MessageCounts(ready: 1, inFlight: 1), MessageCounts(ready: 2)])
        #expect(first.found.map(\.facts.isLocked) == [true, false])
        let second = broker.groups(of: queue, after: first.next, limit: 2)
        #expect(second.found.count == 1 && second.next == nil)
        let forgotten = first.next.map { BrowsePlace(message: nil, birth: $0.birth, key: $0.key) }
        #expect(broker.groups(of: queue, after: forgotten, limit: 2).found.count == 1)
    }

    @Test("Only what a place writes is read as one")
    func placeTexts() throws {
        let place = BrowsePlace(message: MessageID(high: 1, low: 2), birth: 3, key: .max)
        #expect(BrowsePlace(place.description) == place)
        for text in ["", ".", "..", "-.", "-.1", "-.1.g", "-.1.1.1", "x.1.1", "-.+1.1", "-.1.11111111111111111"] {
            #expect(BrowsePlace(text) == nil, "\(text)")
        }
    }
}
