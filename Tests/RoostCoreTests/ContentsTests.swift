import RoostCore
import RoostModel
import Testing

@Suite("Queues of text and of bytes")
struct ContentsTests {
    private let now = Broker.testTime
    private let reason = "its contents are text, and those of the other queue bytes"

    private func policy(_ target: String) throws -> DeadLetterPolicy? {
        DeadLetterPolicy(target: try QueueName(target), receivesMax: 1)
    }

    @Test("What is no text, or nothing, is for queues of bytes")
    func bodies() throws {
        var broker = Broker.forTests()
        let text = try broker.createQueue("text")
        let bytes = try broker.createQueue("bytes", QueueSettingsChange(contents: .bytes))
        let binary = NewMessage(body: [0xFF, 0], needsBytes: true)
        #expect(throws: Rejection.messageNotText) { try broker.prepareSend(to: text, binary, now: now) }
        #expect(throws: Rejection.messageEmpty) { try broker.prepareSend(to: text, NewMessage(body: []), now: now) }
        try broker.carryOut(.send(try broker.prepareSend(to: bytes, binary, now: now)))
        try broker.carryOut(.send(try broker.prepareSend(to: bytes, NewMessage(body: []), now: now)))
        #expect(try broker.lease(2, from: bytes).map(\.contents) == [.bytes, .bytes])
    }

    @Test("A queue of text may become one of bytes, and stays that")
    func change() throws {
        var broker = Broker.forTests()
        let queue = try broker.createQueue("q")
        func set(_ contents: QueueContents) throws {
            let change = QueueSettingsChange(contents: contents)
            try broker.carryOut(.changeSettings(broker.prepareChangeSettings(QueueName("q"), change, now: now)))
        }
        try broker.send(to: queue)
        try set(.bytes)
        try set(.bytes)
        #expect(throws: Rejection.contentsStayBytes) { try set(.text) }
        #expect(broker.settings(of: queue).contents == .bytes)
        #expect(try broker.lease(1, from: queue).map(\.contents) == [.bytes])
        #expect(throws: Rejection.queueExists(try QueueName("q"), difference: .contents)) {
            try broker.prepareCreateQueue(QueueName("q"), QueueSettingsChange(contents: .text), now: now)
        }
    }

    @Test("Dead letters of a queue of bytes do not go to one of text, whatever is set first")
    func policies() throws {
        var broker = Broker.forTests()
        try broker.createQueue("text")
        try broker.createQueue("bytes", QueueSettingsChange(contents: .bytes))
        let refusal = Rejection.invalidDeadLetterTarget(try QueueName("text"), reason: reason)
        let toText = QueueSettingsChange(deadLetters: .some(try policy("text")))
        #expect(throws: refusal) { try broker.prepareChangeSettings(QueueName("bytes"), toText, now: now) }
        let both = QueueSettingsChange(contents: .bytes, deadLetters: .some(try policy("text")))
        #expect(throws: refusal) { try broker.prepareCreateQueue(QueueName("new"), both, now: now) }
        // With the policy first, the contents cannot follow.
        try broker.createQueue("source", toText)
        let becomesBytes = QueueSettingsChange(contents: .bytes)
        #expect(throws: refusal) { try broker.prepareChangeSettings(QueueName("source"), becomesBytes, now: now) }
        let toBytes = QueueSettingsChange(contents: .bytes, deadLetters: .some(try policy("bytes")))
        _ = try broker.prepareChangeSettings(QueueName("source"), toBytes, now: now)
        // From text to bytes is no harm.
        try broker.createQueue("other", QueueSettingsChange(deadLetters: .some(try policy("bytes"))))
    }

    @Test("When the target becomes a queue of text by another way, dead letters stay, and are delivered")
    func otherTarget() throws {
        var broker = Broker.forTests()
        try broker.createQueue("dead", QueueSettingsChange(contents: .bytes))
        let change = QueueSettingsChange(contents: .bytes, deadLetters: .some(try policy("dead")))
        let queue = try broker.createQueue("q", change)
        try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName("dead"))))
        try broker.createQueue("dead")
        try broker.send(to: queue)
        for count in 1...3 as ClosedRange<UInt32> {
            #expect(broker.prepareDeadLetters(from: queue, maximum: 1, now: now) == nil)
            #expect(try broker.lease(1, from: queue, .zero).map(\.receiveCount) == [count])
            try broker.catchUp(now: now)
        }
    }

    @Test("A move does not take bytes into a queue of text, also when that shows while it runs")
    func moves() throws {
        var broker = Broker.forTests()
        let from = try broker.createQueue("from")
        try broker.createQueue("to")
        try broker.send(to: from)
        let (source, target) = (try QueueName("from"), try QueueName("to"))
        let options = MoveOptions(from: source, to: target)
        let start = try broker.prepareStartMove(options, now: now)
        try broker.carryOut(.startMove(start))
        let change = try broker.prepareChangeSettings(source, QueueSettingsChange(contents: .bytes), now: now)
        try broker.carryOut(.changeSettings(change))
        guard case .end(let end)? = broker.prepareMoveStep(start.id, maximum: 10, now: now) else {
            Issue.record("it moves on")
            return
        }
        try broker.carryOut(.endMove(end))
        #expect(broker.counts(of: from).ready == 1)
        let refusal = Rejection.invalidMoveTarget(target, reason: reason)
        #expect(throws: refusal) { try broker.prepareStartMove(options, now: now) }
        let id = try #require(broker.peek(from, .ready, fromTail: false, count: 1).first).id
        #expect(throws: refusal) { try broker.prepareMoveByID(from: from, to: target, [id], now: now) }
    }

    @Test("Dead letters of a queue of text in one of bytes find their way back")
    func wayBack() throws {
        var broker = Broker.forTests()
        let dead = try broker.createQueue("dead", QueueSettingsChange(contents: .bytes))
        let queue = try broker.createQueue("q", QueueSettingsChange(deadLetters: .some(try policy("dead"))))
        try broker.send(to: queue)
        #expect(try broker.lease(1, from: queue, .zero).count == 1)
        try broker.catchUp(now: now)
        try broker.carryOut(.transfer(#require(broker.prepareDeadLetters(from: queue, maximum: 1, now: now))))
        let id = try #require(broker.peek(dead, .ready, fromTail: false, count: 1).first).id
        let back = try broker.prepareMoveByID(from: dead, to: nil, [id], now: now)
        #expect(back.map(\.to) == [queue])
    }
}
