import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

@Suite struct ThreadedDriverTests {
    @Test func manyTasksSendAndReceiveEverythingOnce() async throws {
        var configuration = LocalStorageConfiguration()
        configuration.log.segmentBytes = 4 << 20
        configuration.messageBytesMax = 300_000
        let storage = try LocalStorage.open(
            MemoryDisk(), key: (1, 2, 3, 4), logBegun: false, configuration: configuration
        ) { Issue.record("the log failed: \($0)") }
        let driver = ThreadedDriver(storage)
        storage.attach(driver)
        let calls = AsyncStorage(storage)
        let queue = try QueueName("work")
        _ = try await calls.perform(.createQueue(queue, QueueSettingsChange()))

        let received = try await withThrowingTaskGroup(of: [String].self) { group in
            for producer in 0..<8 {
                group.addTask {
                    for number in 0..<250 {
                        let message = NewMessage(body: Array("\(producer)/\(number)".utf8))
                        _ = try await calls.perform(.send(queue, message))
                    }
                    return []
                }
                group.addTask { try await consume(250, from: queue, calls) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(received.count == 2000)
        #expect(Set(received).count == 2000)
    }

    @Test func aCancelledWaitGivesItsPlaceUp() async throws {
        let storage = try LocalStorage.open(
            MemoryDisk(), key: (1, 2, 3, 4), logBegun: false, configuration: LocalStorageConfiguration()
        ) { Issue.record("the log failed: \($0)") }
        let driver = ThreadedDriver(storage)
        storage.attach(driver)
        let calls = AsyncStorage(storage)
        let queue = try QueueName("work")
        _ = try await calls.perform(.createQueue(queue, QueueSettingsChange()))
        let wait = StorageRequest.receive(queue, ReceiveOptions(maximum: 1, wait: .seconds(600)))
        let abandoned = Task { try await calls.perform(wait) }
        while try await waiters(of: queue, calls) == 0 { await Task.yield() }
        abandoned.cancel()
        #expect(try await abandoned.value == .received([]))
        _ = try await calls.perform(.send(queue, NewMessage(body: [1])))
        guard case .received(let messages) = try await calls.perform(wait) else { throw Unexpected() }
        #expect(messages.count == 1)
        #expect(messages.first?.receiveCount == 1)
    }

    private func waiters(of queue: QueueName, _ calls: AsyncStorage) async throws -> Int {
        guard case .queue(let info) = try await calls.perform(.describeQueue(queue)) else { throw Unexpected() }
        return info.waiters
    }
}

private func consume(_ count: Int, from queue: QueueName, _ calls: AsyncStorage) async throws -> [String] {
    var bodies: [String] = []
    while bodies.count < count {
        let options = ReceiveOptions(maximum: 1, visibilityTimeout: .seconds(600), wait: .seconds(600))
        guard case .received(let messages) = try await calls.perform(.receive(queue, options)) else { continue }
        for message in messages {
            bodies.append(message.text)
            _ = try await calls.perform(.delete(queue, message.handle))
        }
    }
    return bodies
}
