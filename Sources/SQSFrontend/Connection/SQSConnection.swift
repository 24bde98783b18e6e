package import NIOCore
package import NIOHTTP1
import RoostModel
import RoostStorage

/// One client connection: reads a request, waits for the storage, writes the reply, and so on.
///
/// One request at a time. Requests that a client sends ahead wait in `backlog`, which holds what one read brought at
/// most: while something waits there, nothing more is read.
package final class SQSConnection: ChannelInboundHandler, ChannelOutboundHandler {
    package typealias InboundIn = HTTPServerRequestPart
    package typealias OutboundIn = IOData
    package typealias OutboundOut = IOData

    enum Phase {
        /// Between requests, or in the middle of a head.
        case idle
        case readingBody
        /// For the storage.
        case waiting
        /// Until the client has taken enough of the reply.
        case writing
        /// The last reply is out; what comes in is dropped until the client closes.
        case draining
        case closed
    }

    enum Exchange {
        case none
        case single(ReplyShape)
        case batch(Batch)
        /// The answer decides how it goes on.
        case question(Plan.NextStep)
        /// The policy of a queue decides whether it goes on.
        case access(AccessQuestion)
    }

    let outlet: LoopOutlet
    var context: ChannelHandlerContext?
    var headCheck: HeadCheck
    var scope: ActionScope

    private(set) var phase = Phase.idle
    /// The tick when the phase began.
    private var phaseTick: UInt32
    /// The tick when the first byte of a head came.
    private var headTick: UInt32?
    var head: RequestHead?
    var body = RequestBody()
    var exchange = Exchange.none
    var access = Access.open
    /// The queue whose policy this request reads and writes.
    var policyInChange: QueueName?
    /// Of a receive that the storage has not answered.
    var receiveToken: UInt64?
    /// Bytes of the reply that is being written.
    var replyBytes = 0

    private var backlog = CircularBuffer<HTTPServerRequestPart>()
    /// The input stopped making sense while an earlier request was being answered; its refusal comes after that.
    private var lateRefusal: HeadRefusal?
    /// No room for more of the body: it is read on when there is.
    private(set) var isBodyPaused = false
    private var bodyPausedTicks = 0
    private var isReadHeld = false
    private var isPumping = false

    package init(_ outlet: LoopOutlet) {
        self.outlet = outlet
        headCheck = HeadCheck(limits: outlet.configuration.limits, crossSite: outlet.configuration.crossSite)
        scope = ActionScope(account: outlet.configuration.account, region: outlet.configuration.region)
        phaseTick = outlet.tick
    }

    func enter(_ phase: Phase) {
        self.phase = phase
        phaseTick = outlet.tick
        if phase == .draining || phase == .closed { backlog.removeAll() }
    }

    // MARK: Channel events

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        outlet.add(self)
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        self.context = nil
    }

    package func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    /// The client is gone. A receive that waits for it must not get a message.
    private func leave() {
        guard phase != .closed else { return }
        // What the storage holds stays counted until it answers. Otherwise a client that sends and closes, again and
        // again, would fill the memory while the disk stalls.
        if phase != .waiting { clearBody() }
        enter(.closed)
        if let receiveToken { outlet.cancel(receiveToken) }
        outlet.remove(self)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = Self.unwrapInboundIn(data)
        if backlog.isEmpty, canTake {
            take(part)
        } else if phase != .draining, phase != .closed {
            backlog.append(part)
        }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        if phase == .readingBody { settleBody() }
        context.fireChannelReadComplete()
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if phase == .writing, replyBytes == 0, context.channel.isWritable {
            enter(.idle)
            pump()
        }
        context.fireChannelWritabilityChanged()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else {
            close()
            return
        }
        let refusal =
            error == .headerOverflow
            ? HeadRefusal(.headerFieldsTooLarge, "The request head is too large.")
            : HeadRefusal(.badRequest, "The request is not HTTP/1.1 (\(error)).")
        if phase == .idle || phase == .readingBody, backlog.isEmpty {
            refuse(refusal)
        } else {
            lateRefusal = refusal
        }
    }

    // MARK: Reading

    /// Whether bytes from the socket should still reach the decoder.
    func takesBytes() -> Bool {
        if phase == .idle, headTick == nil { headTick = outlet.tick }
        switch phase {
        case .idle, .readingBody: return true
        case .waiting, .writing: return head?.keepsAlive ?? false
        case .draining, .closed: return false
        }
    }

    package func read(context: ChannelHandlerContext) {
        if isInputHeld {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    private var isInputHeld: Bool { !backlog.isEmpty || isBodyPaused }

    private var canTake: Bool {
        switch phase {
        case .idle, .readingBody: true
        case .waiting, .writing, .draining, .closed: false
        }
    }

    /// Goes on with what waits, as far as it can.
    func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while canTake, let part = backlog.popFirst() { take(part) }
        if backlog.isEmpty, phase == .idle || phase == .readingBody, let refusal = lateRefusal {
            lateRefusal = nil
            refuse(refusal)
        }
        if isBodyPaused, phase != .readingBody || !outlet.load.isBodyRoomShort { isBodyPaused = false }
        if isReadHeld, !isInputHeld {
            isReadHeld = false
            context?.read()
        }
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): begin(head)
        case .body(let bytes): add(bytes)
        case .end:
            headTick = nil
            if phase == .readingBody { finish() }
        }
    }

    private func begin(_ requestHead: HTTPRequestHead) {
        headTick = nil
        do throws(HeadRefusal) {
            let head = try headCheck.check(requestHead)
            self.head = head
            beginSignature(requestHead)
            body = RequestBody(isLarge: (head.bodyBytes ?? .max) > outlet.load.smallBodyBytesMax)
            enter(.readingBody)
            if head.expectsContinue { writeContinue() }
        } catch {
            refuse(error)
        }
    }

    // MARK: Body

    private func add(_ bytes: ByteBuffer) {
        guard phase == .readingBody else { return }
        let limit = outlet.configuration.limits.bodyBytesMax
        guard body.count &+ bytes.readableBytes <= limit else {
            refuse(HeadRefusal(.contentTooLarge, "The body has more than \(limit) bytes."))
            return
        }
        if !body.append(bytes, outlet.load) { refuse(.noRoomForBody) }
    }

    /// The read is over and the body is not: lets go of the read buffer, and stops reading when room is short.
    private func settleBody() {
        if body.isBorrowed, !body.copy(outlet.load) {
            refuse(.noRoomForBody)
        } else if outlet.load.isBodyRoomShort, !isBodySmall {
            isBodyPaused = true
        }
    }

    /// Whether what was declared, or else what has come, needs no room.
    private var isBodySmall: Bool { (head?.bodyBytes ?? body.count) <= outlet.load.smallBodyBytesMax }

    func clearBody() { endBody { $0.clear(outlet.load) } }

    /// The request goes to the storage. False when there is no room for what it holds.
    func handOverBody() -> Bool { endBody { $0.handOver(outlet.load) } }

    private func endBody<Result>(_ end: (inout RequestBody) -> Result) -> Result {
        let hadRoomShort = outlet.load.isBodyRoomShort
        let result = end(&body)
        isBodyPaused = false
        bodyPausedTicks = 0
        if hadRoomShort, !outlet.load.isBodyRoomShort { outlet.bodyRoomCameFree() }
        return result
    }

    // MARK: Deadlines

    /// Once a second.
    func checkDeadlines() {
        let limits = outlet.configuration.limits
        let seconds = Int(outlet.tick &- phaseTick)
        switch phase {
        case .idle:
            if let headTick, Int(outlet.tick &- headTick) > limits.headSecondsMax {
                refuse(HeadRefusal(.requestTimeout, "The request head took more than \(limits.headSecondsMax) s."))
            } else if headTick == nil, seconds > limits.idleSecondsMax {
                close()
            }
        case .readingBody: checkBodyDeadline(seconds, limits)
        case .writing: checkReplyDeadline(seconds, limits)
        case .draining: if seconds > 1 { close() }
        case .waiting, .closed: break
        }
    }

    private func checkBodyDeadline(_ seconds: Int, _ limits: SQSLimits) {
        if isBodyPaused {
            // That it does not move on is not the client's doing.
            phaseTick &+= 1
            bodyPausedTicks &+= 1
            pump()
            if isBodyPaused, bodyPausedTicks > limits.bodyRoomWaitSeconds { refuse(.noRoomForBody) }
        } else if seconds > limits.bodyGraceSeconds, body.count < seconds * limits.bodyBytesPerSecondMin {
            refuse(
                HeadRefusal(
                    .requestTimeout, "The body comes with less than \(limits.bodyBytesPerSecondMin) bytes a second."))
        }
    }

    private func checkReplyDeadline(_ seconds: Int, _ limits: SQSLimits) {
        guard seconds > limits.replyGraceSeconds else { return }
        let left = (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? replyBytes
        if replyBytes &- left < seconds * limits.replyBytesPerSecondMin { close() }
    }

    // MARK: End

    func shutDown() {
        switch phase {
        case .idle where backlog.isEmpty: close()
        case .waiting: if let receiveToken { outlet.cancel(receiveToken) }
        default: break
        }
    }

    func close() { context?.close(promise: nil) }
}

extension HeadRefusal {
    static let noRoomForBody = HeadRefusal(
        .serviceUnavailable, "Too many large requests are being read or wait for the disk. Please try again.")
}

/// Stands before the HTTP decoder: tells the connection that bytes came, and drops those that nobody will read.
final class ByteGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: SQSConnection

    init(_ connection: SQSConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if connection.takesBytes() { context.fireChannelRead(data) }
    }
}
