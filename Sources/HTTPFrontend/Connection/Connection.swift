package import Logging
package import RoostModel
package import RoostStorage
import Synchronization

/// One client connection as the routes see it: whether the client is still there, and which messages were leased for
/// replies that are not written yet.
///
/// The channel handler reports what happens on the socket. A message leased for a reply that cannot be written is given
/// back at once, without waiting for the end of its lease.
package final class Connection: Sendable {
    /// That of the request being worked on. Nil in tests that call the router directly.
    @TaskLocal package static var current: Connection?

    private struct Lease {
        var messages: [ReceivedMessage]
        var queue: QueueName
    }

    private struct State {
        var isGone = false
        var endsWaits = false
        var nextID: UInt64 = 1
        var waits: [UInt64: @Sendable () -> Void] = [:]
        /// For each request whose reply is not handed over, oldest first, what was leased for it. HTTP/1.1 answers in
        /// order.
        var replies: [Lease?] = []
        /// Replies on their way to the socket, oldest first.
        var writing: [Lease?] = []
    }

    private let state = Mutex(State())
    private let storage: AsyncStorage
    private let logger: Logger
    /// The address of the client.
    package let peer: String

    package init(storage: AsyncStorage, logger: Logger, peer: String = "unknown") {
        self.peer = peer
        self.storage = storage
        self.logger = logger
    }

    // MARK: What the routes tell

    /// The route for one more request begins.
    package func requestBegan() {
        state.withLock { $0.replies.append(nil) }
    }

    /// `messages` will be in the reply of the current request. Gives them back when the client is gone.
    package func leased(_ messages: [ReceivedMessage], from queue: QueueName) {
        guard !messages.isEmpty else { return }
        let lease = Lease(messages: messages, queue: queue)
        let isLost = state.withLock { state in
            guard !state.isGone, !state.replies.isEmpty else { return true }
            state.replies[state.replies.count - 1] = lease
            return false
        }
        if isLost { giveBack(lease) }
    }

    /// Runs `operation` in a task that is cancelled when the client goes, or when the server wants to shut down.
    package func waiting<Value: Sendable>(_ operation: @escaping @Sendable () async -> Value) async -> Value {
        let task = Task { await operation() }
        let id = state.withLock { state -> UInt64? in
            guard !state.endsWaits else { return nil }
            defer { state.nextID &+= 1 }
            state.waits[state.nextID] = { task.cancel() }
            return state.nextID
        }
        guard let id else {
            task.cancel()
            return await task.value
        }
        defer { state.withLock { _ = $0.waits.removeValue(forKey: id) } }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// The reply of the current request goes on until `cancel` is called: when the client goes, or when the server
    /// wants to shut down. Call `endWait` with what this returns; nil: it is so already, and `cancel` was called.
    package func beginWait(_ cancel: @escaping @Sendable () -> Void) -> UInt64? {
        let id = state.withLock { state -> UInt64? in
            guard !state.endsWaits else { return nil }
            defer { state.nextID &+= 1 }
            state.waits[state.nextID] = cancel
            return state.nextID
        }
        if id == nil { cancel() }
        return id
    }

    package func endWait(_ id: UInt64) {
        state.withLock { _ = $0.waits.removeValue(forKey: id) }
    }

    // MARK: What the channel handler tells

    /// The end of the oldest reply is handed to the socket.
    package func replyHandedOver() {
        state.withLock { state in
            // The 400 that the server itself writes to bytes that are not HTTP has no route, and takes a place all the
            // same: without one its settling would be taken for that of another reply.
            state.writing.append(state.replies.isEmpty ? nil : state.replies.removeFirst())
        }
    }

    /// The oldest reply handed over is written, or could not be.
    package func replySettled(isWritten: Bool) {
        let lease = state.withLock { $0.writing.isEmpty ? nil : $0.writing.removeFirst() }
        if !isWritten, let lease { giveBack(lease) }
    }

    /// The server shuts down: receives that wait are answered, empty.
    package func endWaits() {
        let waits = state.withLock { state -> [@Sendable () -> Void] in
            state.endsWaits = true
            return Array(state.waits.values)
        }
        for cancel in waits { cancel() }
    }

    /// The client has closed its side, or the connection is broken. Replies not handed over will not be read.
    package func clientWentAway() {
        let lost = state.withLock { state -> [Lease] in
            state.isGone = true
            let lost = state.replies.compactMap { $0 }
            state.replies = state.replies.map { _ in nil }
            return lost
        }
        endWaits()
        for lease in lost { giveBack(lease) }
    }

    private func giveBack(_ lease: Lease) {
        logger.info(
            "Messages given back: the client closed the connection before the reply was written",
            metadata: ["queue": "\(lease.queue)", "count": "\(lease.messages.count)"]
        )
        storage.giveBack(lease.messages, to: lease.queue)
    }
}
