import RoostLocalStorage
import RoostModel
import RoostServer
import RoostStorage
import Synchronization
import Testing

/// Declared queues are made, changed and checked at a start.
@Suite struct QueueDeclarationsTests {
    private func queues(_ text: String) throws -> [DeclaredQueue] {
        try withFile("queues:\n" + text) { (path) throws in try load(["config": [path]]).configuration.queues }
    }

    @discardableResult
    private func apply(_ text: String, to engine: EngineFixture) async throws -> [String] {
        let lines = LogLines()
        try await QueueDeclarations.apply(queues(text), to: engine.storage, lines.logger)
        return lines.all
    }

    private func complaint(_ text: String, _ engine: EngineFixture) async throws -> String {
        do {
            try await apply(text, to: engine)
            return ""
        } catch let error as ConfigurationError {
            return error.description
        }
    }

    private static let linked = """
          orders: {visibility: 2m, dead-letters: {queue: orders-dead, max-receives: 5}}
          orders-dead: {dead-letter-sources: [orders], retention: 14d}
          jobs.fifo: {content-based-deduplication: on}
        """

    /// The link stands before its target in the file.
    @Test func queuesAreMadeAndAreLeftAloneTheSecondTime() async throws {
        try await withEngine { (engine) async throws in
            let first = try await apply(Self.linked, to: engine)
            #expect(first.last == "info: declared queues: 3 created, 0 changed, 0 as they were")
            #expect(first.contains("info: created queue orders-dead (retention 14d, dead-letter-sources orders)"))
            let orders = try await engine.settings("orders")
            #expect(orders.visibilityTimeout == .seconds(120))
            #expect(orders.deadLetters == DeadLetterPolicy(target: try QueueName("orders-dead"), receivesMax: 5))
            let fifo = try await engine.settings("jobs.fifo")
            #expect(fifo.isFIFO && fifo.deduplicatesContent)
            let asked = RequestCounts(engine.storage)
            let lines = LogLines()
            try await QueueDeclarations.apply(queues(Self.linked), to: asked, lines.logger)
            #expect(lines.all == ["info: declared queues: 0 created, 0 changed, 3 as they were"])
            #expect(asked.looks == 3 && asked.changes == 0, "a second start only looks")
        }
    }

    @Test func whatDiffersIsChangedAndToldAndTheRestStays() async throws {
        try await withEngine { (engine) async throws in
            _ = try await engine.calls.perform(
                .createQueue(
                    QueueName("orders"),
                    QueueSettingsChange(
                        visibilityTimeout: .seconds(90), delay: .seconds(7), properties: ["sqs.tag.a": "1"])))
            let lines = try await apply(
                "  orders: {visibility: 2m, tags: {a: 2, b: x}, policy: none, dead-letters: none}\n", to: engine)
            #expect(
                lines == [
                    "info: changed queue orders: visibility 90s -> 2m, tags.a 1 -> 2, tags.b none -> x",
                    "info: declared queues: 0 created, 1 changed, 0 as they were",
                ])
            let settings = try await engine.settings("orders")
            #expect(settings.delay == .seconds(7))
            #expect(settings.properties == ["sqs.tag.a": "2", "sqs.tag.b": "x"])
        }
    }

    /// In a ring one of the links has to wait until its target is made.
    @Test func queuesMayBeDeadLettersOfEachOther() async throws {
        try await withEngine { (engine) async throws in
            let text = """
                  a: {dead-letters: {queue: b, max-receives: 1}}
                  b: {dead-letters: {queue: a, max-receives: 2}}
                """
            try await apply(text, to: engine)
            #expect(try await engine.settings("a").deadLetters?.target.text == "b")
            #expect(try await engine.settings("b").deadLetters?.target.text == "a")
        }
    }

    @Test func aQueueOfAnotherTypeIsRefusedWithTheNextStepAndNothingIsDone() async throws {
        try await withEngine { (engine) async throws in
            // As an older version could have made it.
            _ = try await engine.calls.perform(.createQueue(QueueName("old.fifo"), QueueSettingsChange()))
            let text = try await complaint("  fresh: {}\n  old.fifo: {}\n", engine)
            #expect(text.contains(":3: queue old.fifo exists as a standard queue"))
            #expect(text.contains("roost queue delete old.fifo"))
            await #expect(throws: Rejection.queueDoesNotExist(try QueueName("fresh"))) {
                try await engine.settings("fresh")
            }
        }
    }

    @Test(arguments: [
        ("  a: {dead-letters: {queue: b, max-receives: 1}}\n", "there is no queue b for the dead letters of a"),
        (
            "  a: {dead-letters: {queue: b, max-receives: 1}}\n  b: {dead-letter-sources: [c]}\n",
            "queue b does not take the dead letters of a"
        ),
        ("  a: {max-message-bytes: 100MiB}\n", "maximum_message_bytes is 104857600; accepted are 1 to"),
    ])
    func whatCannotBeReachedIsTold(_ text: String, _ words: String) async throws {
        try await withEngine { (engine) async throws in
            let complaint = try await complaint(text, engine)
            #expect(complaint.contains(words) && complaint.contains(":2: "), "\(complaint)")
        }
    }
}

/// Counts what is asked of a storage.
private final class RequestCounts: Storage {
    private let storage: any Storage
    private let counts = Mutex((looks: 0, changes: 0))

    init(_ storage: any Storage) { self.storage = storage }

    var looks: Int { counts.withLock { $0.looks } }
    var changes: Int { counts.withLock { $0.changes } }
    var readiness: Readiness { storage.readiness }
    var metrics: StorageMetrics { storage.metrics }

    func submit(_ submissions: [Submission], for receiver: any CompletionReceiver) {
        for submission in submissions {
            counts.withLock { counts in
                if case .describeQueue = submission.request { counts.looks += 1 } else { counts.changes += 1 }
            }
        }
        storage.submit(submissions, for: receiver)
    }

    func cancel(_ token: UInt64, for receiver: any CompletionReceiver) { storage.cancel(token, for: receiver) }
}
