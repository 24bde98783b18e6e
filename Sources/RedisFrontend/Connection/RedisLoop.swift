package import Logging
package import NIOCore
import RESP
import RoostModel
package import RoostStorage
import Synchronization

/// The way from the connections of one event loop to the storage and back.
///
/// What the connections ask for in one turn of the loop is handed over as one list at the end of the turn; what the
/// storage answers arrives as lists and is dealt out by token. Each connection writes once for such a list.
package final class RedisLoop: CompletionReceiver, @unchecked Sendable {
    // Proof for `@unchecked`: everything mutable here, connections included, is touched on `eventLoop` only. `receive`
    // is the one entry for other threads, and hops before it touches anything.

    // Proof for `@exclusivity(unchecked)`: the same, and nothing that is called while one of them changes comes back to
    // it.

    package let eventLoop: any EventLoop
    package var door: Door { .redis }
    let services: RedisServices
    let logger: Logger
    private(set) var number = 0

    @exclusivity(unchecked) private var tokens = ReplyTokens()
    @exclusivity(unchecked) private var turn: [Submission] = []
    @exclusivity(unchecked) private(set) var gates = ReplyGates()
    @exclusivity(unchecked) private var endsTurn = false
    /// Waits that were cancelled before the turn that holds them was handed over.
    private var cancelledInTurn: [UInt64] = []
    private(set) var connections: [UInt64: RedisConnection] = [:]
    /// Those that have something to write, or may go on.
    @exclusivity(unchecked) private var touched: [RedisConnection] = []
    private var sweep: RepeatedTask?
    private var emptied: EventLoopPromise<Void>?

    /// Seconds since start. Deadlines are whole seconds, so connections never read a clock.
    private(set) var tick: UInt32 = 0
    private(set) var isShuttingDown = false
    @exclusivity(unchecked) var commandsInTurn = 0
    /// Carried out where they were read, in this turn of the loop, and when the first one was.
    @exclusivity(unchecked) private var commandsAtOnce = 0
    @exclusivity(unchecked) private var firstAtOnce: UInt32 = 0
    @exclusivity(unchecked) private var isOutOfTime = false
    @exclusivity(unchecked) private var errorsInTurn = 0
    let counters = CommandCounters()
    /// Microseconds of the monotonic clock, from 0 again after an hour: when the first request of this turn came, and
    /// when the results that are dealt out did.
    private var turnStart: UInt32 = 0
    @exclusivity(unchecked) private var resultsCame: UInt32 = 0
    private let times: RequestTimes.Shard

    /// See `ClientPause`.
    @exclusivity(unchecked) var pause: ClientPause?
    var pauseTimer: Scheduled<Void>?

    package init(eventLoop: any EventLoop, services: RedisServices, logger: Logger) {
        self.eventLoop = eventLoop
        self.services = services
        self.logger = logger
        times = services.load.times.addShard()
        number = services.add(self)
    }

    // MARK: To the storage

    /// When what is asked now began.
    func requestStart() -> UInt32 {
        if turn.isEmpty { turnStart = Self.microseconds }
        return turnStart
    }

    /// One that did not wait for something to take is answered.
    func noteDuration(since start: UInt32) {
        times.add(.keys, nanoseconds: UInt64(resultsCame &- start) * 1000)
    }

    /// Time that commands may take where they are read, before those that come take the usual way: there a turn ends
    /// when it has taken long enough, and others get theirs.
    private static let microsecondsAtOnceMax: UInt32 = 4000
    private static let commandsPerLook = 64

    /// Whether one more may be carried out where it was read.
    func hasTimeAtOnce() -> Bool {
        guard looksAtClock else { return !isOutOfTime }
        if commandsAtOnce == 0 { firstAtOnce = Self.microseconds }
        isOutOfTime = Self.microseconds &- firstAtOnce > Self.microsecondsAtOnceMax
        return !isOutOfTime
    }

    /// Before the next command: now and then.
    var looksAtClock: Bool { commandsAtOnce % Self.commandsPerLook == 0 }

    func noteAtOnce() { commandsAtOnce &+= 1 }

    /// One was answered in the middle of a turn: that took no time worth a look at the clock.
    func noteNoDuration() { times.add(.keys, nanoseconds: 0) }

    /// What the connection says from now on waits until all that the storage did is on disk.
    func holdReply(of connection: RedisConnection, bytes: Int) {
        gates.hold(connection, bytes, at: Self.microseconds)
        settleWithTurn()
    }

    private static var microseconds: UInt32 {
        UInt32(truncatingIfNeeded: NIODeadline.now().uptimeNanoseconds / 1000)
    }

    /// The token under which `connection` gets the answer, with `number`.
    func submit(_ request: consuming StorageRequest, for connection: RedisConnection, _ number: Int) -> UInt64 {
        let token = ReplyTokens.token(connection.slot, number)
        connection.answersDue &+= 1
        append(Submission(token: token, request: request))
        return token
    }

    /// A request whose answer nobody waits for.
    func tell(_ request: consuming StorageRequest) { append(Submission(token: 0, request: request)) }

    /// Ends a wait; its answer, empty as a rule, comes as usual.
    func cancel(_ token: UInt64) {
        if turn.isEmpty {
            services.storage.cancel(token, for: self)
        } else {
            cancelledInTurn.append(token)
        }
    }

    private func append(_ submission: consuming Submission) {
        settleWithTurn()
        turn.append(submission)
    }

    /// Connections go on and write at the end of this turn of the loop, when all sockets that are readable were read.
    /// Written one by one in between, replies would wake their clients one by one.
    func settleWithTurn() {
        guard !endsTurn else { return }
        endsTurn = true
        eventLoop.assumeIsolated().execute { self.endTurn() }
    }

    private func endTurn() {
        endsTurn = false
        (commandsAtOnce, isOutOfTime) = (0, false)
        // Before the turn: a request of it that lacks room in the log would hold up everybody's replies.
        if gates.closeTurn() {
            services.storage.submit([Submission(token: ReplyTokens.barrier, request: .barrier)], for: self)
        }
        if !turn.isEmpty { handOverTurn() }
        settle()
    }

    private func openGate() {
        guard let gate = gates.open() else { return }
        times.add(.keys, nanoseconds: UInt64(resultsCame &- gate.start) * 1000, count: gate.commandCount)
        for connection in gate.connections {
            // Before its next commands, which may close another gate.
            connection.flush()
            connection.touch()
        }
    }

    private func handOverTurn() {
        let count = turn.count
        var requests: [Submission] = []
        swap(&requests, &turn)
        services.storage.submit(requests, for: self)
        turn.reserveCapacity(count)
        guard !cancelledInTurn.isEmpty else { return }
        let cancelled = cancelledInTurn
        cancelledInTurn.removeAll()
        for token in cancelled { services.storage.cancel(token, for: self) }
    }

    // MARK: From the storage

    package func receive(_ completions: consuming [Completion]) {
        if eventLoop.inEventLoop {
            deliver(completions)
        } else {
            let completions = completions
            eventLoop.execute { self.deliver(completions) }
        }
    }

    /// Results are moved out of the list: a copy of each would cost as much as to write it.
    private func deliver(_ completions: consuming [Completion]) {
        resultsCame = Self.microseconds
        for index in completions.indices {
            var completion = Completion(token: 0, result: .success(.done))
            swap(&completion, &completions[index])
            guard let connection = tokens.connection(of: completion.token) else {
                deliverToNobody(completion)
                continue
            }
            connection.complete(UInt32(truncatingIfNeeded: completion.token), completion.result)
        }
        settle()
    }

    private func deliverToNobody(_ completion: Completion) {
        if completion.token == ReplyTokens.barrier {
            openGate()
        } else if case .success(.keyEvents(let events)) = completion.result {
            publish(events)
        }
    }

    // MARK: Connections that something happened to

    /// To be called once for each connection until `settle`.
    func touch(_ connection: RedisConnection) { touched.append(connection) }

    /// Lets the connections go on and write, each once.
    func settle() {
        while !touched.isEmpty {
            let connections = touched
            touched.removeAll(keepingCapacity: true)
            for connection in connections { connection.settle() }
        }
        count()
    }

    private func count() {
        if commandsInTurn > 0 { services.statistics.commands.add(commandsInTurn, ordering: .relaxed) }
        if errorsInTurn > 0 { services.statistics.errors.add(errorsInTurn, ordering: .relaxed) }
        commandsInTurn = 0
        errorsInTurn = 0
    }

    /// An error that is answered.
    ///
    /// - Parameter text: without the minus sign.
    /// - Parameter row: the number of that of the command, when it is known.
    func noteError(_ text: some StringProtocol, _ kind: CommandCounters.Kind = .failed, of row: UInt16? = nil) {
        errorsInTurn &+= 1
        services.statistics.errorCounts.add(text)
        if let row { counters.add(kind, row) }
    }

    // MARK: Connections

    func add(_ connection: RedisConnection) {
        connections[connection.id] = connection
        connection.slot = tokens.add(connection)
        services.statistics.connections.add(1, ordering: .relaxed)
    }

    func remove(_ connection: RedisConnection) {
        connections[connection.id] = nil
        if connection.answersDue == 0 { forget(connection) }
        if connections.isEmpty { emptied?.succeed() }
    }

    /// It is closed, and everything that it asked for is answered.
    func forget(_ connection: RedisConnection) { tokens.remove(connection.slot) }

    /// Starts the clock of deadlines. On the loop.
    package func start() {
        sweep = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            self.tick &+= 1
            for connection in self.connections.values { connection.checkDeadlines() }
            self.settle()
        }
    }

    /// Large requests that wait for room go on. Those of other loops notice at their next tick.
    func roomCameFree() {
        for connection in connections.values { connection.resumeInput() }
    }

    /// Ends idle connections and waits; the future is done when every connection is gone. On the loop.
    package func shutDown() -> EventLoopFuture<Void> {
        isShuttingDown = true
        endPause()
        let promise = emptied ?? eventLoop.makePromise(of: Void.self)
        emptied = promise
        for connection in connections.values { connection.shutDown() }
        settle()
        if connections.isEmpty { promise.succeed() }
        return promise.futureResult
    }

    /// Ends what is left, and the clock. On the loop.
    package func stop() {
        sweep?.cancel()
        sweep = nil
        pauseTimer?.cancel()
        for connection in connections.values { connection.close() }
    }

    /// Its bytes have kept the loop busy turn after turn: others are read first.
    func goOnLater(_ connection: RedisConnection) {
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(1)) {
            connection.goOn()
            self.settle()
        }
    }

    // MARK: Channels

    /// By kind, then by name, then by the id of the client.
    var subscribers = SubscriberTable()
    /// Clients that publish, and wait until messages are delivered.
    private var heldPublishers: [RedisConnection] = []

    /// False when loops have too much to deliver: the connection goes on when they are done.
    func mayPublish(_ connection: RedisConnection) -> Bool {
        guard services.hub.holdsBack(number) else { return true }
        heldPublishers.append(connection)
        return false
    }

    /// How many clients get it.
    func publish(_ kind: ChannelKind, _ channel: Bytes, _ message: Bytes) -> Int {
        services.publish(kind, channel, message)
    }

    func mailboxesCameFree() {
        let publishers = heldPublishers
        heldPublishers = []
        for publisher in publishers where publisher.hold == .mailboxes {
            publisher.hold = .none
            publisher.touch()
        }
        settle()
    }

    /// Delivers what was published meanwhile.
    func emptyMailbox() {
        let (deliveries, waiting) = services.hub.takeDeliveries(number)
        for delivery in deliveries { subscribers.deliver(delivery) }
        settle()
        for loop in services.loops where waiting.contains(loop.number) {
            loop.eventLoop.execute { loop.mailboxesCameFree() }
        }
    }

    // MARK: Memory that connections use in turn

    static let keptBytesMax = 64 * 1024
    private static let keptBuffersMax = 64
    private static let largeBytesMax = 512 * 1024
    private static let largeBuffersMax = 8
    /// Replies from here on go into large buffers.
    private static let largeReplyBytesMin = 4096
    @exclusivity(unchecked) private var spareOutputs: [ByteBuffer] = []
    /// Only for large replies: what a client does not take, however little, holds the whole buffer.
    @exclusivity(unchecked) private var largeOutputs: [ByteBuffer] = []
    @exclusivity(unchecked) private var spareInput = ByteBuffer()
    @exclusivity(unchecked) private var spareWriter = ReplyWriter()
    /// For the reply of one command on keys: empty before and after.
    @exclusivity(unchecked) var writer = ReplyWriter()

    /// An empty buffer for a reply of `count` bytes and what follows it. As a rule one whose bytes the socket has taken
    /// by now.
    func takeOutput(_ count: Int) -> ByteBuffer {
        let large = count < Self.largeReplyBytesMin ? nil : largeOutputs.popLast()
        guard var buffer = large ?? spareOutputs.popLast() else { return ByteBufferAllocator().buffer(capacity: 1024) }
        buffer.clear(minimumCapacity: 1024)
        return buffer
    }

    /// While the socket still has it, `takeOutput` makes a new one of it.
    func keepOutput(_ buffer: ByteBuffer) {
        if buffer.capacity <= Self.keptBytesMax {
            if spareOutputs.count < Self.keptBuffersMax { spareOutputs.append(buffer) }
        } else if buffer.capacity <= Self.largeBytesMax, largeOutputs.count < Self.largeBuffersMax {
            largeOutputs.append(buffer)
        }
    }

    func takeInput() -> ByteBuffer {
        var buffer = ByteBuffer()
        swap(&buffer, &spareInput)
        buffer.clear()
        return buffer
    }

    func keepInput(_ buffer: ByteBuffer) {
        if buffer.capacity <= 4 * Self.keptBytesMax { spareInput = buffer }
    }

    /// A writer without anything in it.
    func takeWriter() -> ReplyWriter {
        var writer = ReplyWriter()
        swap(&writer, &spareWriter)
        return writer
    }

    func clearWriter() {
        if writer.bytes.capacity <= Self.keptBytesMax { writer.clear() } else { _ = writer.take() }
    }

    /// - Parameter writer: empty, and not too large to be kept.
    func keepWriter(_ writer: consuming ReplyWriter) {
        spareWriter = writer
    }
}
