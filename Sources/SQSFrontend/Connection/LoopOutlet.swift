package import Logging
package import NIOCore
import RoostModel
package import RoostStorage

/// The way from the connections of one event loop to the storage and back.
///
/// What the connections ask for in one turn of the loop is handed over as one list at the end of the turn; what the
/// storage answers arrives as lists and is dealt out by token.
package final class LoopOutlet: CompletionReceiver, @unchecked Sendable {
    // Proof for `@unchecked`: everything mutable here, connections included, is touched on `eventLoop` only. `receive`
    // is the one entry for other threads, and hops before it touches anything.

    package let eventLoop: any EventLoop
    package var door: Door { .sqs }
    let storage: any Storage
    let configuration: SQSConfiguration
    let load: SharedLoad
    let rules: SharedRules
    let logger: Logger

    private var calls = CallTable<SQSConnection>()
    private var turn: [Submission] = []
    /// When the first request of this turn came, in nanoseconds. The others of the turn count from there, too.
    private var turnStart: UInt64 = 0
    private let times: RequestTimes.Shard
    /// Receives that were cancelled before the turn that holds them was handed over.
    private var cancelledInTurn: [UInt64] = []
    private var connections: [ObjectIdentifier: SQSConnection] = [:]
    private var sweep: RepeatedTask?
    private var emptied: EventLoopPromise<Void>?
    private var spareBuffer = ByteBuffer()
    /// Nil without access keys.
    var verifier: SignatureVerifier?
    let accessRules: AccessRules
    var policies = PolicyCache()

    /// Seconds since start. Deadlines are whole seconds, so connections never read a clock.
    private(set) var tick: UInt32 = 0
    private(set) var isShuttingDown = false
    var requestIDs = RequestIDs()

    /// - Parameter rules: those of all loops; nil for a loop that is alone.
    package init(
        eventLoop: any EventLoop, storage: any Storage, configuration: SQSConfiguration, load: SharedLoad,
        rules: SharedRules? = nil, logger: Logger
    ) {
        self.eventLoop = eventLoop
        self.storage = storage
        self.configuration = configuration
        self.load = load
        self.rules = rules ?? SharedRules(configuration)
        self.logger = logger
        times = load.times.addShard()
        verifier = configuration.accessKeys.map { SignatureVerifier($0) }
        accessRules = AccessRules(account: configuration.account, region: configuration.region)
    }

    // MARK: To the storage

    /// The token under which `connection` gets the answer, with `index`.
    func submit(_ request: StorageRequest, for connection: SQSConnection, index: Int) -> UInt64 {
        if turn.isEmpty { turnStart = NIODeadline.now().uptimeNanoseconds }
        let token = calls.insert(connection, index, request.group, start: turnStart)
        append(Submission(token: token, request: request))
        return token
    }

    /// Ends a waiting receive; its answer, empty as a rule, comes as usual.
    func cancel(_ token: UInt64) {
        if turn.isEmpty {
            storage.cancel(token, for: self)
        } else {
            cancelledInTurn.append(token)
        }
    }

    /// Returns messages that will not reach their receiver, without waiting for the end of their lease.
    func giveBack(_ messages: some Collection<ReceivedMessage>, to queue: QueueName) {
        for message in messages {
            append(Submission(token: 0, request: .giveBack(queue, message.handle)))
        }
    }

    /// The same for a client that closed the connection before its reply was written. Told apart in the log: it is the
    /// trace of a receive count that grew without anybody having seen the message.
    func giveBackUndelivered(_ messages: some Collection<ReceivedMessage>, to queue: QueueName) {
        guard !messages.isEmpty else { return }
        logger.info(
            "Messages given back: the client closed the connection before the reply was written",
            metadata: ["queue": "\(queue)", "count": "\(messages.count)"]
        )
        giveBack(messages, to: queue)
    }

    private func append(_ submission: Submission) {
        if turn.isEmpty {
            // Runs after all sockets that are readable in this turn were read.
            eventLoop.assumeIsolated().execute { self.endTurn() }
        }
        turn.append(submission)
    }

    private func endTurn() {
        storage.submit(turn, for: self)
        turn.removeAll(keepingCapacity: true)
        guard !cancelledInTurn.isEmpty else { return }
        let cancelled = cancelledInTurn
        cancelledInTurn.removeAll()
        for token in cancelled { storage.cancel(token, for: self) }
    }

    // MARK: From the storage

    package func receive(_ completions: [Completion]) {
        if eventLoop.inEventLoop {
            deliver(completions)
        } else {
            eventLoop.execute { self.deliver(completions) }
        }
    }

    private func deliver(_ completions: [Completion]) {
        let now = NIODeadline.now().uptimeNanoseconds
        for completion in completions {
            guard let (connection, index, group, start) = calls.remove(completion.token) else { continue }
            times.add(group, nanoseconds: now &- start)
            connection.complete(index, completion.result)
        }
    }

    // MARK: Connections

    func add(_ connection: SQSConnection) {
        connections[ObjectIdentifier(connection)] = connection
    }

    func remove(_ connection: SQSConnection) {
        connections[ObjectIdentifier(connection)] = nil
        if connections.isEmpty { emptied?.succeed() }
    }

    /// Starts the clock of deadlines. On the loop.
    package func start() {
        sweep = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            self.tick &+= 1
            for connection in self.connections.values { connection.checkDeadlines() }
        }
    }

    /// Bodies that wait for room go on. Those of other loops notice at their next tick.
    func bodyRoomCameFree() {
        for connection in connections.values where connection.isBodyPaused { connection.pump() }
    }

    /// Ends idle connections and waiting receives; the future is done when every connection is gone. On the loop.
    package func shutDown() -> EventLoopFuture<Void> {
        isShuttingDown = true
        let promise = emptied ?? eventLoop.makePromise(of: Void.self)
        emptied = promise
        for connection in connections.values { connection.shutDown() }
        if connections.isEmpty { promise.succeed() }
        return promise.futureResult
    }

    /// Ends what is left, and the clock. On the loop.
    package func stop() {
        sweep?.cancel()
        sweep = nil
        for connection in connections.values { connection.close() }
    }

    // MARK: Buffers

    private static let spareCapacityMax = 16 * 1024

    /// An empty buffer. As a rule the one of the last reply, which the socket has taken by now.
    func takeBuffer() -> ByteBuffer {
        var buffer = ByteBuffer()
        swap(&buffer, &spareBuffer)
        buffer.clear(minimumCapacity: 1024)
        return buffer
    }

    /// Keeps a small buffer for the next reply. While the socket still has it, `takeBuffer` makes a new one.
    func keepBuffer(_ buffer: ByteBuffer) {
        if buffer.capacity <= Self.spareCapacityMax { spareBuffer = buffer }
    }
}
