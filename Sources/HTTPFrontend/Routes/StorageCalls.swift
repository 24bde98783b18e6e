package import RoostModel
package import RoostStorage

/// The storage as the routes use it.
package struct StorageCalls: Sendable {
    package let storage: any Storage
    package let async: AsyncStorage
    private let batches = BatchReceiver()

    package init(_ storage: any Storage) {
        self.storage = storage
        async = AsyncStorage(storage, door: .http)
    }

    package func done(_ request: StorageRequest) async throws {
        _ = try await async.perform(request)
    }

    package func queue(_ request: StorageRequest) async throws -> QueueInfo {
        guard case .queue(let info) = try await async.perform(request) else { throw UnexpectedReply() }
        return info
    }

    package func describe(_ name: QueueName) async throws -> QueueInfo {
        try await queue(.describeQueue(name))
    }

    package func queues(prefix: String, after: QueueName?, limit: Int) async throws -> (list: [QueueInfo], more: Bool) {
        try await queues(.listQueues(prefix: prefix, after: after, limit: limit))
    }

    package func queues(_ request: StorageRequest) async throws -> (list: [QueueInfo], more: Bool) {
        guard case .queues(let list, let more) = try await async.perform(request) else { throw UnexpectedReply() }
        return (list, more)
    }

    package func count(_ request: StorageRequest) async throws -> Int {
        guard case .count(let count) = try await async.perform(request) else { throw UnexpectedReply() }
        return count
    }

    package func move(_ request: StorageRequest) async throws -> MoveTask {
        guard case .moveTask(let task) = try await async.perform(request) else { throw UnexpectedReply() }
        return task
    }

    package func moves(_ request: StorageRequest) async throws -> [MoveTask] {
        guard case .moveTasks(let tasks) = try await async.perform(request) else { throw UnexpectedReply() }
        return tasks
    }

    package func waiters(_ limit: Int) async throws -> (list: [WaitingReceive], total: Int) {
        guard case .waiters(let list, let total) = try await async.perform(.listWaiters(limit: limit)) else {
            throw UnexpectedReply()
        }
        return (list, total)
    }

    package func send(_ message: NewMessage, to name: QueueName) async throws -> SentMessage {
        guard case .sent(let sent) = try await async.perform(.send(name, message)) else { throw UnexpectedReply() }
        return sent
    }

    package func browse(
        _ name: QueueName, _ options: BrowseOptions
    ) async throws -> (messages: [PeekedMessage], next: BrowsePlace?) {
        guard case .browsed(let messages, let next) = try await async.perform(.browse(name, options)) else {
            throw UnexpectedReply()
        }
        return (messages, next)
    }

    package func look(_ name: QueueName, _ id: MessageID) async throws -> PeekedMessage? {
        guard case .peeked(let messages) = try await async.perform(.look(name, id)) else { throw UnexpectedReply() }
        return messages.first
    }

    package func groups(
        _ name: QueueName, after: BrowsePlace?, limit: Int
    ) async throws -> (groups: [QueueGroup], next: BrowsePlace?) {
        let request = StorageRequest.listGroups(name, after: after, limit: limit)
        guard case .groups(let groups, let next) = try await async.perform(request) else { throw UnexpectedReply() }
        return (groups, next)
    }

    /// Leases messages for the reply to the current request. When the client closes the connection before the reply is
    /// written, a wait ends and the messages go back.
    package func receive(_ name: QueueName, _ options: ReceiveOptions) async throws -> [ReceivedMessage] {
        let messages = try await lease(name, options)
        Connection.current?.leased(messages, from: name)
        return messages
    }

    private func lease(_ name: QueueName, _ options: ReceiveOptions) async throws -> [ReceivedMessage] {
        let request = StorageRequest.receive(name, options)
        let perform: @Sendable () async -> Result<StorageReply, Rejection> = { [async] in
            do throws(Rejection) {
                return .success(try await async.perform(request))
            } catch {
                return .failure(error)
            }
        }
        // A receive that does not wait needs no task to cancel.
        let isWaiting = options.wait != .zero
        let result =
            if isWaiting, let connection = Connection.current { await connection.waiting(perform) } else {
                await perform()
            }
        guard case .received(let messages) = try result.get() else { throw UnexpectedReply() }
        return messages
    }

    /// A batch: all requests in one turn, in order, with the results at the same places.
    package func performAll(_ requests: [StorageRequest]) async -> [Result<StorageReply, Rejection>] {
        guard !requests.isEmpty else { return [] }
        return await withCheckedContinuation { continuation in
            storage.submit(batches.begin(requests, continuation), for: batches)
        }
    }
}

/// The storage answered with the reply of another request: a fault of the engine.
package struct UnexpectedReply: Error {}
