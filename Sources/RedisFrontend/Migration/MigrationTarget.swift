import NIOCore
import RESP
import RoostModel

/// The connection to the server that keys are sent to: one request after the other, each answered before the next.
///
/// First it says the password and the database. Only when these are accepted a key follows: otherwise it could end up
/// in another database.
final class MigrationTarget: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Event {
        case stored
        /// The key was not taken; others may be.
        case refused(String)
        /// The connection is of no use any more.
        case failed(String)
    }

    private enum Phase {
        case connecting
        case idle
        case writing
        case reading
        case closed
    }

    /// So much is written before the clock of the timeout starts again.
    private static let partBytesMax = 256 * 1024

    private let eventLoop: any EventLoop
    private var timeout: TimeAmount
    /// Nil when nobody listens any more.
    private var report: ((Event) -> Void)?
    private var phase = Phase.connecting
    private var isConnecting = false
    private var whenConnected: (() -> Void)?
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    /// Not begun. What comes before the first key is counted.
    private var requests: [ByteBuffer]
    private var greetingsLeft: Int
    private var unsent = ByteBuffer()
    private var input = ByteBuffer()
    private var reader: ReplyReader
    private var fault: String?

    /// - Parameter greeting: requests that come before all keys.
    init(
        _ eventLoop: any EventLoop, timeout: TimeAmount, greeting: [ByteBuffer], report: @escaping (Event) -> Void
    ) {
        self.eventLoop = eventLoop
        self.timeout = timeout
        self.report = report
        requests = greeting
        greetingsLeft = greeting.count
        reader = ReplyReader(limits: Self.limits)
    }

    /// Nothing but a line is expected.
    private static var limits: ReplyLimits {
        var limits = ReplyLimits()
        limits.bulkBytesMax = 1024
        limits.elementsMax = 16
        limits.replyBytesMax = ReplyLimits.lineBytesMax
        return limits
    }

    // MARK: Opening and closing

    func connect(_ channel: EventLoopFuture<any Channel>) {
        startClock()
        isConnecting = true
        channel.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel): self.begin(channel)
            case .failure: self.fail(MigrationText.notConnected)
            }
            self.endConnecting()
        }
    }

    private func endConnecting() {
        isConnecting = false
        whenConnected?()
        whenConnected = nil
    }

    private func begin(_ channel: any Channel) {
        // Nobody waits for it any more.
        guard phase == .connecting else { return channel.close(promise: nil) }
        do {
            try channel.pipeline.syncOperations.addHandler(self)
            try channel.syncOptions?.setOption(.autoRead, value: true)
        } catch {
            channel.close(promise: nil)
            return fail(MigrationText.notConnected)
        }
        phase = .idle
        sendNext()
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }
    func channelInactive(context: ChannelHandlerContext) { failInPhase() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { failInPhase() }

    /// Says nothing from here on.
    ///
    /// - Parameter done: called when nothing is left of it: an attempt to connect cannot be taken back.
    func close(_ done: @escaping () -> Void) {
        report = nil
        shut()
        if isConnecting { whenConnected = done } else { done() }
    }

    private func shut() {
        phase = .closed
        fault = fault ?? MigrationText.notRead
        stopClock()
        unsent = ByteBuffer()
        input = ByteBuffer()
        requests = []
        context?.close(promise: nil)
    }

    private func fail(_ text: String) {
        guard phase != .closed else { return }
        let isAwaited = phase != .idle
        fault = text
        shut()
        // Otherwise the next request is told.
        if isAwaited { report?(.failed(text)) }
    }

    private func failInPhase() {
        switch phase {
        case .connecting: fail(MigrationText.notConnected)
        case .writing: fail(MigrationText.notWritten)
        case .idle, .reading, .closed: fail(MigrationText.notRead)
        }
    }

    // MARK: The clock

    private func startClock() {
        stopClock()
        timer = eventLoop.assumeIsolated().scheduleTask(in: timeout) { self.failInPhase() }
    }

    /// From now on, and for the step that is under way.
    func shorten(_ timeout: TimeAmount) {
        self.timeout = timeout
        if timer != nil { startClock() }
    }

    private func stopClock() {
        timer?.cancel()
        timer = nil
    }

    // MARK: Writing

    func send(_ request: ByteBuffer) {
        if let fault {
            report?(.failed(fault))
            return
        }
        requests.append(request)
        sendNext()
    }

    private func sendNext() {
        guard phase == .idle, !requests.isEmpty else { return }
        unsent = requests.removeFirst()
        phase = .writing
        writeNext()
    }

    /// Part by part: a large value may take as long as it makes progress.
    private func writeNext() {
        guard phase == .writing, let context else { return }
        startClock()
        let count = min(unsent.readableBytes, Self.partBytesMax)
        guard count > 0, let part = unsent.readSlice(length: count) else {
            unsent = ByteBuffer()
            phase = .reading
            return
        }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { result in
            guard case .success = result else { return self.failInPhase() }
            guard self.unsent.readableBytes > 0 else { return self.writeNext() }
            // Others of the loop have their turn between two parts.
            self.eventLoop.assumeIsolated().execute { self.writeNext() }
        }
        context.writeAndFlush(Self.wrapOutboundOut(part), promise: promise)
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase != .closed else { return }
        var bytes = Self.unwrapInboundIn(data)
        input.writeBuffer(&bytes)
        do throws(ReplyError) {
            while phase != .closed, let reply = try nextReply() { take(reply) }
        } catch {
            fail(MigrationText.noReply)
        }
        // Otherwise it would hold all that the target ever said.
        input.discardReadBytes()
    }

    private func nextReply() throws(ReplyError) -> RESPValue? {
        let result = input.withUnsafeReadableBytes { bytes in
            Result { () throws(ReplyError) in try reader.next(in: bytes) }
        }
        input.moveReaderIndex(forwardBy: min(reader.dropConsumed(), input.readableBytes))
        return try result.get()
    }

    private func take(_ reply: RESPValue) {
        switch (phase, reply) {
        case (.reading, .simpleString(let text)) where text.elementsEqual("OK".utf8): accept()
        case (.reading, .error(let text)): refuse(MigrationText.refusal(text))
        // It does not want the rest of the request.
        case (.writing, .error(let text)): fail(MigrationText.refusal(text))
        default: fail(MigrationText.noReply)
        }
    }

    private func accept() {
        stopClock()
        phase = .idle
        guard greetingsLeft > 0 else {
            report?(.stored)
            return
        }
        greetingsLeft -= 1
        startClock()
        sendNext()
    }

    private func refuse(_ text: String) {
        guard greetingsLeft == 0 else { return fail(text) }
        stopClock()
        phase = .idle
        report?(.refused(text))
    }
}

extension ByteBuffer {
    /// A request of RESP.
    static func request(_ arguments: [Bytes]) -> ByteBuffer {
        let size = arguments.reduce(16) { $0 + $1.count + 16 }
        var buffer = ByteBufferAllocator().buffer(capacity: size)
        buffer.writeString("*\(arguments.count)\r\n")
        for argument in arguments {
            buffer.writeString("$\(argument.count)\r\n")
            buffer.writeBytes(argument)
            buffer.writeString("\r\n")
        }
        return buffer
    }
}
