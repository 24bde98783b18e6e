import HTTPFrontend
import HTTPTypes
import HummingbirdTesting
import RoostModel
import RoostStorage
import Synchronization
import Testing

/// What the HTTP port answers while the log is read.
@Suite(.timeLimit(.minutes(1))) struct RecoveryTests {
    private static let refused: [(HTTPRequest.Method, String)] = [
        (.post, "/send-message"), (.get, "/receive-message"), (.get, "/get-stats"), (.get, "/api/v1/queues"),
        (.put, "/api/v1/queues/jobs"), (.post, "/api/v1/queues/aweq/messages"), (.get, "/nothing"),
    ]

    @Test func everythingButHealthIsRefusedWithTheProgress() async throws {
        let server = try TestServer()
        server.storage.edit { $0.readiness = .recovering(fraction: 0.428) }
        try await server.test { client in
            for (method, path) in Self.refused {
                let response = try await client.call(method, path, #"{"body":"x"}"#)
                #expect(response.status == .serviceUnavailable)
                #expect(response.headers[.retryAfter] == "1")
                let problem = try response.problem()
                #expect(problem.code == "recovering")
                #expect(problem.detail.contains("42 % of the log is read"))
            }
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test func healthVersionMetricsAndStatisticsAreAnswered() async throws {
        let server = try TestServer()
        server.storage.edit { $0.readiness = .recovering(fraction: 0.428) }
        try await server.test { client in
            #expect(try await client.call(.get, "/livez").text == "ok\n")
            #expect(try await client.call(.get, "/readyz").status == .serviceUnavailable)
            #expect(try await client.call(.get, "/version").status == .ok)
            let metrics = try await client.call(.get, "/metrics").text
            #expect(metrics.contains("\nroost_recovery_progress 0.428\n"))
            #expect(metrics.contains("\nroost_ready 0\n"))
            let stats = try await client.call(.get, "/api/v1/stats")
            #expect(stats.status == .ok)
            let recovery = #""recovery":{"fraction":0.428,"percent":42,"reading":"the log"}"#
            #expect(stats.text.contains(#""state":"recovering",\#(recovery)"#))
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    /// Other sites are refused as always: recovery opens nothing.
    @Test func theRulesForOtherSitesHoldOn() async throws {
        let server = try TestServer()
        server.storage.edit { $0.readiness = .recovering(fraction: 0) }
        try await server.testLive { client in
            let response = try await client.call(.get, "/readyz", headers: [.origin: "https://evil.example"])
            #expect(response.status == .forbidden)
        }
    }

    @Test func requestsAreServedOnceTheStorageIsOpen() async throws {
        let deferred = DeferredStorage()
        let server = try TestServer(over: deferred)
        try await server.test { client in
            deferred.report(0.5)
            let half = try await client.call(.get, "/readyz")
            #expect(half.text == "recovering: 50 % of the log is read\n")
            let early = try await client.call(.put, "/api/v1/queues/jobs", "{}")
            #expect(early.status == .serviceUnavailable)
            deferred.open(server.storage)
            let whole = try await client.call(.get, "/readyz")
            #expect(whole.text == "ready\n")
            let created = try await client.call(.put, "/api/v1/queues/jobs", "{}")
            #expect(created.status == .ok)
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct DeferredStorageTests {
    @Test func everySubmissionIsRefusedUntilItIsOpen() async throws {
        let deferred = DeferredStorage()
        let name = try QueueName("jobs")
        let calls = AsyncStorage(deferred)
        await #expect(throws: Rejection.busy) { try await calls.perform(.describeQueue(name)) }
        #expect(deferred.readiness == .recovering(fraction: 0))
        #expect(deferred.metrics == StorageMetrics())
        deferred.report(0.25)
        #expect(deferred.readiness == .recovering(fraction: 0.25))

        let storage = FakeStorage()
        storage.edit {
            $0.queues[name] = FakeStorage.Queue(settings: QueueSettings())
            $0.metrics.queues = 7
        }
        deferred.open(storage)
        deferred.report(0.75)
        deferred.open(FakeStorage())
        #expect(deferred.readiness == .ready)
        #expect(deferred.metrics.queues == 7)
        guard case .queue(let info) = try await calls.perform(.describeQueue(name)) else {
            Issue.record("the answer of another request")
            return
        }
        #expect(info.name == name)
    }

    /// One completion for each submission, with its token, and none while the caller may hold a lock.
    @Test func eachTokenIsAnsweredOnceAndLater() async {
        let deferred = DeferredStorage()
        let (tokens, sink) = AsyncStream.makeStream(of: UInt64.self)
        let receiver = LockedReceiver(sink)
        receiver.lock.withLock { _ in
            deferred.submit(
                [3, 1, 2].map { Submission(token: $0, request: .listQueues(prefix: "", after: nil, limit: 1)) },
                for: receiver)
            deferred.submit([], for: receiver)
        }
        // A receive that was refused is not waiting: there is nothing to cancel.
        deferred.cancel(1, for: receiver)
        #expect(await tokens.prefix(3).reduce(into: []) { $0.append($1) } == [3, 1, 2])
    }

    @Test func aWaitThatIsCancelledAfterwardsEnds() async throws {
        let deferred = DeferredStorage()
        let storage = FakeStorage()
        let name = try QueueName("jobs")
        storage.edit { $0.queues[name] = FakeStorage.Queue(settings: QueueSettings()) }
        deferred.open(storage)
        let calls = AsyncStorage(deferred)
        let wait = Task {
            try await calls.perform(.receive(name, ReceiveOptions(maximum: 1, wait: .seconds(3600))))
        }
        await storage.wait { $0.queues[name]?.waiters.count == 1 }
        wait.cancel()
        #expect(try await wait.value == .received([]))
        await storage.wait { $0.queues[name]?.waiters.isEmpty == true }
    }
}

/// Takes completions only while nobody holds its lock, and would hang otherwise.
private final class LockedReceiver: CompletionReceiver {
    let lock = Mutex(())
    private let sink: AsyncStream<UInt64>.Continuation

    init(_ sink: AsyncStream<UInt64>.Continuation) { self.sink = sink }

    func receive(_ completions: [Completion]) {
        lock.withLock { _ in
            for completion in completions where completion.result == .failure(.busy) { sink.yield(completion.token) }
        }
    }
}
