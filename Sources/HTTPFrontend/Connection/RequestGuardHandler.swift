package import NIOCore
package import NIOHTTP1

/// Stands between the HTTP decoder and Hummingbird, and guards a connection: slow requests, large bodies, unread
/// bodies, clients that do not read, clients that went away.
package final class RequestGuardHandler: ChannelDuplexHandler {
    package typealias InboundIn = HTTPServerRequestPart
    package typealias InboundOut = HTTPServerRequestPart
    package typealias OutboundIn = HTTPServerResponsePart
    package typealias OutboundOut = HTTPServerResponsePart

    /// What happened to the share of the body budget that the request being read needs.
    private enum Share {
        case none
        case waiting(UInt64)
        case taken
    }

    private let limits: ConnectionLimits
    private let bodyBytesMax: Int
    private let load: HTTPLoad
    private let connection: Connection

    private var pace: RequestPace
    private var paceCheck: Scheduled<Void>?
    private var partArrived = false

    private var share = Share.none
    /// Of the budget, for the request with the number `shareOwner`; given back when its reply is written.
    private var shareBytes = 0
    private var shareOwner = 0
    private var holdsRead = false

    private var requestsBegun = 0
    private var requestsRead = 0
    private var repliesEnded = 0
    private var closesAfterReply = false
    /// The last reply is written; what still comes in is thrown away.
    private var isLingering = false
    private var lingerEnd: Scheduled<Void>?

    private var stallCheck: Scheduled<Void>?
    private var unwrittenBytes = 0
    /// Of the reply that is being handed over.
    private var replyBytes = 0
    private var lastProgress = NIODeadline.distantPast

    package init(limits: ConnectionLimits, bodyBytesMax: Int, load: HTTPLoad, connection: Connection) {
        self.limits = limits
        self.bodyBytesMax = bodyBytesMax
        self.load = load
        self.connection = connection
        pace = RequestPace(limits: limits)
    }

    package func handlerRemoved(context: ChannelHandlerContext) { end() }

    package func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        paceCheck?.cancel()
        paceCheck = nil
        stallCheck?.cancel()
        stallCheck = nil
        lingerEnd?.cancel()
        lingerEnd = nil
        giveBackShare()
        connection.clientWentAway()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: connection.clientWentAway()
        case is ChannelShouldQuiesceEvent: connection.endWaits()
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }
}

// MARK: Requests

extension RequestGuardHandler {
    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isLingering else { return }
        partArrived = true
        let now = context.eventLoop.now
        switch unwrapInboundIn(data) {
        case .head(let head):
            requestsBegun += 1
            // HTTP/1.0 needs a negotiation to keep a connection, which nobody should need.
            // Without exactly one Host the request is refused, and what follows on the connection cannot be trusted.
            if head.version != .http1_1 || head.headers["host"].count != 1 { closesAfterReply = true }
            pace.headEnded(at: now)
            beginBody(head, context: context)
        case .body(let buffer): pace.bodyArrived(buffer.readableBytes, at: now)
        case .end:
            requestsRead += 1
            pace.requestEnded()
        }
        context.fireChannelRead(data)
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        let now = context.eventLoop.now
        if !partArrived { pace.bytesWithoutPart(at: now) }
        partArrived = false
        pace.paused(at: now)
        schedulePaceCheck(context)
        context.fireChannelReadComplete()
    }

    package func read(context: ChannelHandlerContext) {
        if case .waiting = share, !isLingering {
            holdsRead = true
            return
        }
        pace.resumed(at: context.eventLoop.now)
        schedulePaceCheck(context)
        context.read()
    }

    private func beginBody(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let length = head.headers.first(name: "content-length").flatMap { Int($0) }
        guard length != nil || head.headers.contains(name: "transfer-encoding") else { return }
        let bytes = length ?? bodyBytesMax
        // Too large: the route refuses it by its declared length, and nobody reads it.
        guard bytes <= bodyBytesMax else { return }
        takeShare(bytes, context: context)
        if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
            // curl waits a second for this before it sends a large body.
            let reply = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(reply)), promise: nil)
        }
    }

    private func takeShare(_ bytes: Int, context: ChannelHandlerContext) {
        guard bytes > limits.smallBodyBytesMax, case .none = share else { return }
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let answer = load.bodies.take(bytes, on: context.eventLoop) {
            let (handler, context) = handler.value
            handler.shareGranted(context)
        }
        shareBytes = bytes
        shareOwner = requestsBegun
        switch answer {
        case .granted: share = .taken
        case .waiting(let id): share = .waiting(id)
        }
    }

    private func shareGranted(_ context: ChannelHandlerContext) {
        // Closed meanwhile: `giveBackShare` found the bytes granted and gave them back.
        guard case .waiting = share else { return }
        share = .taken
        guard holdsRead else { return }
        holdsRead = false
        read(context: context)
    }

    private func giveBackShare() {
        switch share {
        case .none: return
        case .taken: load.bodies.giveBack(shareBytes)
        case .waiting(let id): if !load.bodies.leave(id) { load.bodies.giveBack(shareBytes) }
        }
        share = .none
    }

    private func schedulePaceCheck(_ context: ChannelHandlerContext) {
        guard paceCheck == nil, let deadline = pace.deadline else { return }
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        paceCheck = context.eventLoop.scheduleTask(deadline: deadline) {
            let (handler, context) = handler.value
            handler.checkPace(context)
        }
    }

    private func checkPace(_ context: ChannelHandlerContext) {
        paceCheck = nil
        if pace.isTooSlow(at: context.eventLoop.now) {
            context.close(promise: nil)
        } else if !pace.isPaused {
            schedulePaceCheck(context)
        }
    }
}

// MARK: Replies

extension RequestGuardHandler {
    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            // A body that is not read to its end leaves no place to look for the next request.
            if requestsRead <= repliesEnded { closesAfterReply = true }
            if closesAfterReply { head.headers.replaceOrAdd(name: "connection", value: "close") }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body(let part):
            if case .byteBuffer(let bytes) = part { replyBytes += bytes.readableBytes }
            context.write(data, promise: promise)
        case .end: writeEnd(context: context, data: data, promise: promise)
        }
    }

    private func writeEnd(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        repliesEnded += 1
        if repliesEnded >= shareOwner { giveBackShare() }
        connection.replyHandedOver()
        let promise = promise ?? context.eventLoop.makePromise()
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        load.addUnsent(replyBytes)
        promise.futureResult.whenComplete { [connection, closesAfterReply, load, replyBytes] result in
            load.removeUnsent(replyBytes)
            let isWritten = (try? result.get()) != nil
            connection.replySettled(isWritten: isWritten)
            guard closesAfterReply, isWritten else { return }
            let (handler, context) = handler.value
            handler.linger(context)
        }
        replyBytes = 0
        context.write(data, promise: promise)
        if closesAfterReply { context.flush() }
    }

    /// Closes our side, and the connection a little later: see `ConnectionLimits.lingerTime`.
    private func linger(_ context: ChannelHandlerContext) {
        guard !isLingering else { return }
        isLingering = true
        pace.requestEnded()
        if holdsRead {
            holdsRead = false
            context.read()
        }
        context.close(mode: .output, promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        lingerEnd = context.eventLoop.scheduleTask(in: limits.lingerTime) { bound.value.close(promise: nil) }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            stallCheck?.cancel()
            stallCheck = nil
        } else if stallCheck == nil {
            unwrittenBytes = Self.unwrittenBytes(context)
            lastProgress = context.eventLoop.now
            scheduleStallCheck(context)
        }
        context.fireChannelWritabilityChanged()
    }

    private func scheduleStallCheck(_ context: ChannelHandlerContext) {
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        // Asked more often than the limit, so that the time is counted from the last byte.
        let interval = TimeAmount.nanoseconds(limits.replyStallTime.nanoseconds / 6)
        stallCheck = context.eventLoop.scheduleTask(in: interval) {
            let (handler, context) = handler.value
            handler.checkStall(context)
        }
    }

    private func checkStall(_ context: ChannelHandlerContext) {
        let bytes = Self.unwrittenBytes(context)
        let now = context.eventLoop.now
        if bytes < unwrittenBytes { lastProgress = now }
        unwrittenBytes = bytes
        guard now - lastProgress < limits.replyStallTime else { return context.close(promise: nil) }
        scheduleStallCheck(context)
    }

    private static func unwrittenBytes(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}
