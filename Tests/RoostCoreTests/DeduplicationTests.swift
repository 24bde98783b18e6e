import RoostCore
import RoostModel
import Testing

/// The numbers are those of the behaviours in the notes on SQS.
@Suite("Duplicates in FIFO queues")
struct DeduplicationTests {
    private let start = Broker.testTime
    private let window = Limits.deduplicationWindow
    private var broker = Broker.forTests()
    private var queue: UInt32

    init() throws {
        queue = try broker.createQueue("q.fifo", QueueSettingsChange(isFIFO: true, deduplicatesContent: true))
    }

    private enum Sent: Equatable {
        case stored(UInt64)
        case duplicate(of: UInt64)
    }

    private mutating func send(
        _ id: String, group: String = "g", isOfContent: Bool = false, to queue: UInt32? = nil,
        after: Milliseconds = .zero
    ) throws -> Sent {
        let message = NewMessage(
            body: [1], group: group, deduplication: Deduplication(id: id, isOfContent: isOfContent))
        let entry = try broker.prepareSend(to: queue ?? self.queue, message, now: start + after)
        if let original = broker.original(of: entry) { return .duplicate(of: original.number) }
        try broker.carryOut(.send(entry))
        return .stored(entry.number)
    }

    private func refusal(_ message: NewMessage, to queue: UInt32) -> Rejection? {
        do throws(Rejection) {
            _ = try broker.prepareSend(to: queue, message, now: start)
            return nil
        } catch { return error }
    }

    private mutating func restartFromImage() throws {
        broker = try BrokerImage(of: broker).restored(BrokerConfiguration(sealingKey: SealingKey(words: (1, 2, 3, 4))))
    }

    @Test("What is sent again is the message that stands, in any group; another id is another message")
    mutating func duplicates() throws {
        #expect(try send("a") == .stored(1))
        #expect(try send("a") == .duplicate(of: 1))
        #expect(try send("a", group: "other") == .duplicate(of: 1))
        #expect(try send("b") == .stored(2))
        #expect(broker.counts.ready == 2)
    }

    @Test("The original's id is the one that its receiver gets")
    mutating func originalID() throws {
        _ = try send("a")
        let repeated = try broker.prepareSend(
            to: queue, NewMessage(body: [2], group: "g", deduplication: Deduplication(id: "a")), now: start)
        let original = try #require(broker.original(of: repeated))
        let received = try #require(try broker.lease(1, from: queue).first)
        #expect(original.id == received.id)
        #expect(original.sentAt == start)
    }

    @Test("72, 73: it counts for five minutes, also when the message was received and deleted")
    mutating func fiveMinutes() throws {
        _ = try send("a")
        let received = try #require(try broker.lease(1, from: queue).first)
        try broker.carryOut(.delete(#require(try broker.prepareDelete(received.handle, in: queue))))
        #expect(try send("a", after: Milliseconds(window.count - 1)) == .duplicate(of: 1))
        #expect(try send("a", after: window) == .stored(2))
        #expect(try send("a", after: window) == .duplicate(of: 2))
    }

    @Test("74: with the scope of a group the same id in another group is another message")
    mutating func scope() throws {
        let change = QueueSettingsChange(isFIFO: true, deduplicationScope: .group)
        let scoped = try broker.createQueue("scoped.fifo", change)
        #expect(try send("a", group: "g1", to: scoped) == .stored(1))
        #expect(try send("a", group: "g2", to: scoped) == .stored(2))
        #expect(try send("a", group: "g2", to: scoped) == .duplicate(of: 2))
    }

    @Test("Queues do not know each other's messages")
    mutating func queues() throws {
        let other = try broker.createQueue("other.fifo", QueueSettingsChange(isFIFO: true))
        #expect(try send("a") == .stored(1))
        #expect(try send("a", to: other) == .stored(2))
    }

    @Test("76: an id that is told equals one that was made of the content")
    mutating func content() throws {
        #expect(try send("digest", isOfContent: true) == .stored(1))
        #expect(try send("digest") == .duplicate(of: 1))
    }

    @Test("77: a purge forgets, and so does making the queue anew")
    mutating func purge() throws {
        _ = try send("a")
        try broker.carryOut(.purgeQueue(broker.preparePurgeQueue(QueueName("q.fifo"))))
        #expect(try send("a") == .stored(2))
        try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName("q.fifo"))))
        try broker.catchUp(now: start)
        queue = try broker.createQueue("q.fifo", QueueSettingsChange(isFIFO: true))
        #expect(try send("a") == .stored(3))
    }

    @Test("An image keeps them, with their times")
    mutating func image() throws {
        for number in 0..<2_000 { _ = try send("\(number)", after: Milliseconds(Int64(number))) }
        try restartFromImage()
        for number in 0..<2_000 {
            #expect(try send("\(number)", after: .seconds(60)) == .duplicate(of: UInt64(number + 1)))
        }
        #expect(try send("0", after: window) == .stored(2_001))
        #expect(try send("1", after: window) == .duplicate(of: 2))
    }

    @Test("What is over goes with the next sends, or with a tick when none come")
    mutating func forgetting() throws {
        for number in 0..<10_000 { _ = try send("\(number)") }
        let most = broker.deduplicationBytes
        #expect(most <= 10_000 * 40 + 20_000)
        try broker.catchUp(now: start + Milliseconds(window.count - 1))
        #expect(broker.deduplicationBytes == most)
        let later = start + window + .seconds(10)
        try broker.catchUp(now: later)
        #expect(broker.deduplicationBytes < most / 10)
        #expect(broker.nextTick(now: later).map { $0 > later } ?? true)
    }

    @Test("A rush is forgotten while others are sent, two for one")
    mutating func forgettingBySends() throws {
        for number in 0..<10_000 { _ = try send("\(number)") }
        for number in 0..<10_000 { _ = try send("later \(number)", after: window) }
        #expect(broker.deduplicationBytes <= 10_000 * 40 + 20_000)
    }

    @Test("Refused: an id outside FIFO queues, one that is empty or too long, content where that is not allowed")
    mutating func refusals() throws {
        let standard = try broker.createQueue("standard")
        let told = NewMessage(body: [1], group: "g", deduplication: Deduplication(id: "a"))
        #expect(refusal(told, to: standard) == .deduplicationWithoutFIFO)
        for length in [0, 129] {
            let id = String(repeating: "x", count: length)
            let message = NewMessage(body: [1], group: "g", deduplication: Deduplication(id: id))
            #expect(refusal(message, to: queue) == .invalidDeduplicationID(bytes: length, max: 128))
        }
        let plain = try broker.createQueue("plain.fifo", QueueSettingsChange(isFIFO: true))
        let content = NewMessage(body: [1], group: "g", deduplication: Deduplication(id: "a", isOfContent: true))
        #expect(refusal(content, to: plain) == .missingDeduplication)
        for change in [QueueSettingsChange(deduplicatesContent: true), .init(deduplicationScope: .group)] {
            #expect(throws: Rejection.deduplicationWithoutFIFO) {
                try broker.prepareCreateQueue(QueueName("s"), change, now: start)
            }
        }
    }
}
