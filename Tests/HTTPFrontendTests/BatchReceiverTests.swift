import HTTPFrontend
import RoostModel
import RoostStorage
import Testing

/// Batches of the JSON API share one receiver, since a storage keeps every receiver that it has met.
@Suite(.timeLimit(.minutes(1))) struct BatchReceiverTests {
    private let storage = FakeStorage()

    /// The queues that the answers are about; nil for a refusal.
    private func names(_ results: [Result<StorageReply, Rejection>]) -> [String?] {
        results.map { if case .success(.queue(let info)) = $0 { info.name.text } else { nil } }
    }

    /// For two queues of its own, and between them for one that is missing.
    private func requests(_ number: Int) throws -> [StorageRequest] {
        for name in ["a\(number)", "b\(number)"] {
            let name = try QueueName(name)
            storage.edit { $0.queues[name] = FakeStorage.Queue(settings: QueueSettings()) }
        }
        return try ["a\(number)", "missing", "b\(number)"].map { .describeQueue(try QueueName($0)) }
    }

    @Test func manyBatchesHaveOneReceiver() async throws {
        let calls = StorageCalls(storage)
        for number in 0..<50 {
            let results = await calls.performAll(try requests(number))
            #expect(names(results) == ["a\(number)", nil, "b\(number)"])
        }
        #expect(storage.read { $0.receivers.count } == 1)
        #expect(await calls.performAll([]).isEmpty)
    }

    @Test func batchesAtTheSameTimeGetTheirOwnResults() async throws {
        let calls = StorageCalls(storage)
        let batches = try (0..<20).map { try requests($0) }
        storage.edit { $0.held = [] }
        await withTaskGroup(of: (Int, [String?]).self) { group in
            for (number, batch) in batches.enumerated() {
                group.addTask { (number, names(await calls.performAll(batch))) }
            }
            await storage.wait { $0.seen.count == 60 }
            // Out of order, one of them twice, and one that nobody asked for.
            storage.edit { state in
                var held = Array((state.held ?? []).reversed())
                held.insert(held[0], at: 1)
                held[1].completion.result = .success(.done)
                held.append(held[0])
                held[61].completion.token = .max
                state.held = held
            }
            storage.release()
            for await (number, names) in group { #expect(names == ["a\(number)", nil, "b\(number)"]) }
        }
        #expect(storage.read { $0.receivers.count } == 1)
    }
}
