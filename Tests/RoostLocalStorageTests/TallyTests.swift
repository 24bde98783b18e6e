import RoostLocalStorage
import RoostModel
import RoostStorage
import Testing

/// What `/metrics` is told of the engine's work.
@Suite struct TallyTests {
    private let queue: QueueName

    init() throws { queue = try QueueName("jobs") }

    private func receive(_ harness: Harness) throws -> [ReceivedMessage] {
        let request = StorageRequest.receive(queue, ReceiveOptions(maximum: 10, wait: .zero))
        guard case .received(let messages) = try harness.ask(request) else { return [] }
        return messages
    }

    @Test func workIsCountedForTheDoorThatAsked() throws {
        let harness = try Harness()
        _ = try harness.ask(.createQueue(queue, QueueSettingsChange()))
        for text in ["a", "b"] { _ = try harness.ask(.send(queue, NewMessage(body: Array(text.utf8)))) }
        let messages = try receive(harness)
        #expect(messages.count == 2)
        #expect(try receive(harness).isEmpty)
        for message in messages { _ = try harness.ask(.delete(queue, message.handle)) }
        // Gone already: nothing is deleted.
        _ = try harness.ask(.delete(queue, messages[0].handle))
        var expected = DoorTraffic()
        expected.sent = 2
        expected.received = 2
        expected.deleted = 2
        expected.emptyReceives = 1
        #expect(harness.storage.metrics.doors[.inside] == expected)
        #expect(harness.storage.metrics.doors[.sqs] == DoorTraffic())
    }

    @Test func anotherDoorHasItsOwnCounters() throws {
        let harness = try Harness()
        _ = try harness.ask(.createQueue(queue, QueueSettingsChange()))
        let redis = RedisDoor()
        let elements = [Array("a".utf8), Array("b".utf8)]
        let push = KeyCommand.list(.push(Array("jobs".utf8), .right, elements, onlyExisting: false))
        let pop = KeyCommand.list(.pop(Array("jobs".utf8), .left, count: nil))
        harness.storage.submit(
            [push, pop].enumerated().map { Submission(token: UInt64($0 + 1), request: .key($1, database: 0)) },
            for: redis)
        harness.run()
        let traffic = harness.storage.metrics.doors[.redis]
        #expect(traffic.sent == 2 && traffic.received == 1 && traffic.deleted == 1)
        #expect(harness.storage.metrics.doors[.inside] == DoorTraffic())
    }

    @Test func theWaitOfAMessageEndsWithItsFirstReceive() throws {
        let harness = try Harness()
        var settings = QueueSettingsChange()
        settings.visibilityTimeout = .seconds(1)
        _ = try harness.ask(.createQueue(queue, settings))
        _ = try harness.ask(.send(queue, NewMessage(body: [1])))
        harness.clock.advance(.seconds(3))
        #expect(try receive(harness).count == 1)
        #expect(harness.storage.metrics.dwell.count == 1)
        #expect(harness.storage.metrics.dwell.sum == 3_000_000_000)
        harness.clock.advance(.seconds(2))
        #expect(try receive(harness).count == 1)
        #expect(harness.storage.metrics.dwell.count == 1)
        #expect(harness.storage.metrics.redelivered == 1)
    }

    @Test func deadLettersAreCounted() throws {
        let harness = try Harness()
        let dead = try QueueName("dead")
        _ = try harness.ask(.createQueue(dead, QueueSettingsChange()))
        var settings = QueueSettingsChange()
        settings.visibilityTimeout = .seconds(1)
        settings.deadLetters = .some(DeadLetterPolicy(target: dead, receivesMax: 1))
        _ = try harness.ask(.createQueue(queue, settings))
        _ = try harness.ask(.send(queue, NewMessage(body: [1])))
        #expect(try receive(harness).count == 1)
        harness.clock.advance(.seconds(2))
        #expect(try receive(harness).isEmpty)
        #expect(harness.storage.metrics.deadLettered == 1)
    }

    @Test func aCommitIsTimedWithItsSync() throws {
        let harness = try Harness()
        _ = try harness.ask(.createQueue(queue, QueueSettingsChange()))
        let before = harness.storage.metrics
        _ = try harness.ask(.send(queue, NewMessage(body: [1])))
        let after = harness.storage.metrics
        #expect(after.commitTime.count == before.commitTime.count + 1)
        #expect(after.syncTime.count == after.syncs)
    }
}

private final class RedisDoor: CompletionReceiver {
    var door: Door { .redis }

    func receive(_ completions: consuming [Completion]) {}
}
