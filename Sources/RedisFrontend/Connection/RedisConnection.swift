import Logging
package import NIOCore
import RESP
import RoostModel
import RoostStorage
import Synchronization

/// One client connection.
///
/// Requests are carried out as they arrive, so many of them are at the storage at once; their replies leave in the
/// order of the requests. A connection holds: while a command waits, and while one that changes the connection itself
/// stands behind requests without an answer, nothing further is carried out or read.
package final class RedisConnection: ChannelInboundHandler, ChannelOutboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    enum Phase {
        case open
        /// No further request is carried out. The last replies are still to come.
        case ending
        /// Everything is said; what comes in is dropped until the client closes.
        case draining
        case closed
    }

    /// Why requests are not carried out for now.
    enum Hold {
        case none
        /// Until everything before is answered.
        case replies
        /// Until other loops have delivered messages of theirs.
        case mailboxes
        /// CLIENT PAUSE.
        case pause
    }

    // Proof for `@exclusivity(unchecked)`: these are touched on the event loop only, and nothing that is called while
    // one of them changes comes back to it. The check would take a tenth of the time of a small command.

    let id: UInt64
    let loop: RedisLoop
    var context: ChannelHandlerContext?
    @exclusivity(unchecked) var session: Session

    @exclusivity(unchecked) private(set) var phase = Phase.open
    @exclusivity(unchecked) var hold = Hold.none
    /// The command that is carried out is not answered, because CLIENT REPLY says so.
    @exclusivity(unchecked) var isSilent = false

    // Requests.
    @exclusivity(unchecked) var reader: RequestReader
    @exclusivity(unchecked) var input = ByteBuffer()
    @exclusivity(unchecked) var held = HeldBytes()
    /// Carried out when the hold is over.
    @exclusivity(unchecked) private(set) var postponed: PostponedRequest?
    @exclusivity(unchecked) var isProcessing = false
    /// The command before in the same bytes was small and carried out at once: what follows has the same time.
    @exclusivity(unchecked) var goesOn = false
    /// The same of the command that is carried out now.
    @exclusivity(unchecked) var isDoneAtOnce = false
    /// In which it went on with what had been read before.
    @exclusivity(unchecked) var turnsWithoutRead = 0
    private var goesOnLater = false
    private(set) var isInputClosed = false
    private var isOutputClosed = false
    var isReadHeld = false
    /// No room for more of a large request.
    var isInputPaused = false
    var pausedTicks = 0
    /// Seconds in the middle of a request, without the password.
    private var unauthenticatedTicks = 0

    // Replies.
    /// In the tokens of what it asks for.
    @exclusivity(unchecked) var slot = 0
    /// Of the storage.
    @exclusivity(unchecked) var answersDue = 0
    @exclusivity(unchecked) var ring = ReplyRing()
    /// Those in the ring that are known.
    @exclusivity(unchecked) var waiting = WaitingReplies()
    @exclusivity(unchecked) var blocked: BlockedCall?
    @exclusivity(unchecked) var output = ByteBuffer()
    /// That before which the output may not leave; 0: it may.
    @exclusivity(unchecked) var gate: UInt64 = 0
    /// As the channel said last.
    @exclusivity(unchecked) private(set) var isWritable = true
    /// Flushed, and not taken by the socket.
    @exclusivity(unchecked) var unsent = 0
    @exclusivity(unchecked) private var isTouched = false
    var isFlushing = false

    // Safe pop.
    /// What it popped and has not confirmed. Nil: nothing, as with nearly all clients.
    @exclusivity(unchecked) var unconfirmed: UnconfirmedPops?
    /// Bytes that have come, and where among them the request began that is carried out.
    @exclusivity(unchecked) var received = 0
    @exclusivity(unchecked) var requestPlace = 0

    @exclusivity(unchecked) var subscriptions = Subscriptions()
    @exclusivity(unchecked) var isCarryingOutTransaction = false
    /// MIGRATE that is under way.
    var migration: Migration?

    /// The tick when the connection was made, and that of its last request.
    let firstTick: UInt32
    @exclusivity(unchecked) var lastTick: UInt32
    private var endTick: UInt32 = 0
    private(set) var remoteAddress = ""
    private(set) var localAddress = ""

    /// There are too many others: it is told so, and closed.
    private let isOverLimit: Bool

    package init(_ loop: RedisLoop, isOverLimit: Bool = false) {
        self.loop = loop
        self.isOverLimit = isOverLimit
        id = loop.services.nextClientID()
        let isOpen = loop.services.configuration.password == nil
        session = Session(isAuthenticated: isOpen)
        var limits = RequestLimits()
        limits.requestBytesMax = loop.services.configuration.limits.requestBytesMax
        reader = RequestReader(limits: limits, isAuthenticated: isOpen)
        firstTick = loop.tick
        lastTick = loop.tick
    }

    var limits: RedisLimits { loop.services.configuration.limits }
    var load: RedisLoad { loop.services.load }

    // MARK: Channel events

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        if context.channel.isActive { begin(context) }
    }

    package func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        remoteAddress = Self.text(context.remoteAddress)
        localAddress = Self.text(context.localAddress)
        if isOverLimit {
            reply { $0.writeError("ERR max number of clients reached") }
        } else if loop.services.configuration.refuses(context.remoteAddress) {
            reply { $0.writeError(RedisConfiguration.protectedText) }
        } else {
            return
        }
        loop.services.statistics.refusedConnections.add(1, ordering: .relaxed)
        flush()
        close()
    }

    private static func text(_ address: SocketAddress?) -> String {
        guard let address, let host = address.ipAddress, let port = address.port else { return "" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        self.context = nil
    }

    package func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    /// The client is gone. What waits for it must not take anything.
    private func leave() {
        guard phase != .closed else { return }
        phase = .closed
        if let blocked { loop.cancel(blocked.token) }
        ring.dropAnswers { dropReply($0, $1) }
        migration?.abandon()
        waiting.add(-waiting.bytes, load)
        releasePops()
        leaveSession()
        dropPostponed()
        output = ByteBuffer()
        input = ByteBuffer()
        // What the storage holds stays counted until it answers. Otherwise a client that sends and closes, again and
        // again, would fill the memory while the disk stalls.
        _ = held.setInput(0, load)
        load.changeOutput(by: -unsent)
        unsent = 0
        loop.remove(self)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        take(Self.unwrapInboundIn(data))
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        loop.settleWithTurn()
        context.fireChannelReadComplete()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { inputClosed() }
        context.fireUserInboundEventTriggered(event)
    }

    /// The client says nothing more. It gets what it asked for, but it does not wait for anything.
    private func inputClosed() {
        isInputClosed = true
        guard phase != .draining else {
            // Otherwise it takes the last replies still.
            if isOutputClosed { close() }
            return
        }
        migration?.hurry()
        touch()
        loop.settle()
    }

    private func cancelWait() {
        guard let blocked, !blocked.isCancelled else { return }
        self.blocked?.isCancelled = true
        loop.cancel(blocked.token)
    }

    /// All that was asked for is done, and on disk.
    var isAnswered: Bool { ring.isEmpty && gate == 0 }

    /// Whether everything that it asked for is done.
    private func endAfterInput() {
        if blocked != nil {
            // It may have got something by now: so its answer is waited for, whatever that is.
            cancelWait()
        } else if ring.isEmpty, postponed == nil, isWritable {
            end()
        }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        measureUnsent()
        if isWritable {
            touch()
            // Who flushes goes on by itself.
            if !isFlushing { loop.settle() }
        }
        context.fireChannelWritabilityChanged()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }

    package func read(context: ChannelHandlerContext) {
        if isInputHeld {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    // MARK: Going on

    /// What others know of the client.
    private func leaveSession() {
        unsubscribeFromAll()
        dropTransaction()
    }

    func touch() {
        guard !isTouched else { return }
        isTouched = true
        loop.touch(self)
    }

    /// Carries out what it can, and writes what there is to write.
    func settle() {
        isTouched = false
        guard phase != .closed else { return }
        if mayGoOnNow() { process() }
        flush()
        if isInputClosed, phase == .open, !goesOnLater { endAfterInput() }
        if phase == .ending, isAnswered { drain() }
        resumeReading()
    }

    /// What a client sent in one piece may take many turns, when commands wait for the replies of others. As the loop
    /// reads no socket between them, everybody else would wait for the last.
    private static let turnsWithoutReadMax = 16

    private func mayGoOnNow() -> Bool {
        guard postponed != nil || input.readableBytes > 0 else { return true }
        guard !goesOnLater else { return false }
        turnsWithoutRead &+= 1
        guard turnsWithoutRead > Self.turnsWithoutReadMax else { return true }
        goesOnLater = true
        loop.goOnLater(self)
        return false
    }

    /// Others were read meanwhile.
    func goOn() {
        goesOnLater = false
        turnsWithoutRead = 0
        touch()
    }

    // MARK: End

    /// The reply that is there, or due, is the last one.
    func end() {
        guard phase == .open else { return }
        phase = .ending
        dropPostponed()
        hold = .none
        releasePops()
        touch()
    }

    /// An end of the connection while bytes of the client are unread would take the last reply with it.
    private func drain() {
        phase = .draining
        endTick = loop.tick
        input = ByteBuffer()
        _ = held.setInput(0, load)
        guard !isInputClosed else { return closeWhenTaken() }
        guard let context else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenFailure { _ in self.close() }
        promise.futureResult.assumeIsolated().whenSuccess {
            self.isOutputClosed = true
            if self.isInputClosed { self.close() }
        }
        context.close(mode: .output, promise: promise)
    }

    /// A channel whose input has ended does not close its output alone, and closed as a whole it drops what the socket
    /// has not taken.
    private func closeWhenTaken() {
        guard let context else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in self.close() }
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer()), promise: promise)
    }

    func close() { context?.close(promise: nil) }

    func shutDown() {
        if let blocked { loop.cancel(blocked.token) }
        migration?.stop()
        end()
        if isAnswered, output.readableBytes == 0, unsent == 0 { close() }
    }

    /// Once a second.
    func checkDeadlines() {
        switch phase {
        case .draining: checkDraining()
        case .open:
            checkRoom()
            checkPassword()
            renewPops()
            let idleMax = loop.services.settings.idleSecondsMax.load(ordering: .relaxed)
            if idleMax > 0, blocked == nil, migration == nil, !isSubscribed, Int(loop.tick &- lastTick) > idleMax {
                close()
            }
        case .ending, .closed: break
        }
    }
}

extension RedisConnection {
    /// A request that is not whole holds memory, of which strangers get little, and not for ever.
    private func checkPassword() {
        guard !session.isAuthenticated, reader.isMidRequest || input.readableBytes > 0 else {
            return unauthenticatedTicks = 0
        }
        unauthenticatedTicks += 1
        if unauthenticatedTicks > limits.passwordSecondsMax { close() }
    }

    // MARK: Requests that are carried out later

    func postpone(_ request: StoredRequest, _ hold: Hold) {
        postponed = PostponedRequest(request: request, isSilent: isSilent, hold: hold)
        self.hold = hold
        guard held.setPostponed(request.heldBytes, load) else { return refuseForRoom() }
    }

    func takePostponed() -> PostponedRequest? {
        defer { dropPostponed() }
        return postponed
    }

    private func dropPostponed() {
        guard postponed != nil else { return }
        postponed = nil
        _ = held.setPostponed(0, load)
    }

    // MARK: The end

    /// A client that takes its last replies gets the time for it.
    private static var drainSecondsMax: UInt32 { 30 }

    private func checkDraining() {
        let before = unsent
        measureUnsent()
        if unsent < before { endTick = loop.tick }
        if loop.tick &- endTick > (unsent > 0 ? Self.drainSecondsMax : 1) { close() }
    }
}

/// A request that stands behind others, behind messages of channels, or behind a pause.
struct PostponedRequest {
    var request: StoredRequest
    var isSilent: Bool
    var hold: RedisConnection.Hold
}

/// A command that waits at the storage.
struct BlockedCall {
    var token: UInt64
    /// What it waits for, where the command names keys.
    var keys: [Bytes] = []
    /// CLIENT UNBLOCK wants it to end with an error.
    var endsWithError = false
    /// The storage was asked to end it.
    var isCancelled = false
}

extension RedisConfiguration {
    /// Whether a client may not come in because nothing would keep anybody out.
    func refuses(_ address: SocketAddress?) -> Bool {
        guard isProtected, password == nil, let address else { return false }
        switch address {
        case .v4: return !(address.ipAddress?.hasPrefix("127.") ?? false)
        case .v6:
            let text = address.ipAddress ?? ""
            return text != "::1" && !text.hasPrefix("::ffff:127.")
        case .unixDomainSocket: return false
        }
    }

    static let protectedText =
        "DENIED Roost is running in protected mode because no password is set. In this mode connections are only "
        + "accepted from the loopback interface. Set a password to let other machines in."
}
