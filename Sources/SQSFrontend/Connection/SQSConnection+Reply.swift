import Logging
import NIOCore
import RoostModel
import RoostStorage

// Writes replies. Everything a connection says goes through `send`.
extension SQSConnection {
    /// Messages on their way to a client, to be given back if they do not get there.
    private struct Delivery {
        let messages: ArraySlice<ReceivedMessage>
        let queue: QueueName
    }

    /// Replies above this size are watched until the socket has taken them, and count in `SharedLoad`.
    private static var unwatchedBytesMax: Int { 16 * 1024 }

    // MARK: Answers

    func answer(_ shape: ReplyShape, _ result: Result<StorageReply, Rejection>) {
        switch (result, shape) {
        case (.failure(.tooManyInFlight), .received(let queue, let selection)) where queue.isFIFO:
            // A FIFO queue gives nothing more then, and no error (SQS).
            answer([], of: queue, selection)
        case (.failure(let rejection), _): answer(shape.fault(for: rejection))
        case (.success(.received(let messages)), .received(let queue, let selection)):
            answer(messages, of: queue, selection)
        case (.success(let reply), _):
            if let content = shape.content(of: reply) { return answer(content) }
            outlet.logger.error("The storage gave an answer of another kind than was asked for.")
            answer(.wrongReply)
        }
    }

    func answer(_ batch: Batch) {
        if let fault = batch.faultOfWholeCall { return answer(fault) }
        answer(.batch(batch))
    }

    private func answer(_ content: ReplyContent, _ delivery: Delivery? = nil) {
        let place = ReplyPlace(
            isSecure: outlet.configuration.secure != nil, host: head?.host ?? "", arns: scope.arns)
        if let action = head?.query?.action {
            answer(ResponseHead(content: .xml), delivery) { bytes, id in
                bytes.writeXMLReply(content, of: ActionTable.rows[action].name, place, id: id)
            }
        } else {
            answer(ResponseHead(), delivery) { bytes, _ in bytes.writeJSONReply(content, place) }
        }
    }

    func answer(_ fault: SQSFault) {
        answer(fault, status: fault.code.row.status, isQuery: head?.query != nil)
    }

    private func answer(_ fault: SQSFault, status: HTTPStatus, isQuery: Bool, closes: Bool = false) {
        if isQuery {
            let fault = fault.inQuery
            answer(ResponseHead(status: status, content: .xml, closes: closes)) { $0.writeXMLFault(fault, id: $1) }
        } else {
            answer(ResponseHead(status: status, error: fault.code, closes: closes)) { bytes, _ in
                bytes.writeJSONFault(fault)
            }
        }
    }

    func answerHealth() {
        answer(ResponseHead()) { bytes, _ in bytes.writeStaticString("{\"status\":\"ok\"}") }
    }

    func answerNotFound() {
        answer(ResponseHead(status: .notFound, content: .xml)) { bytes, _ in
            bytes.writeStaticString("<UnknownOperationException/>\n")
        }
    }

    /// Answers a request that broke the rules of HTTP, or came from where it may not, and ends the connection: what
    /// follows on it cannot be trusted.
    func refuse(_ refusal: HeadRefusal) {
        clearBody()
        head?.keepsAlive = false
        let isQuery = refusal.isQuery || head?.query != nil
        answer(SQSFault(refusal.code, refusal.message), status: refusal.status, isQuery: isQuery, closes: true)
    }

    private func answer(_ messages: [ReceivedMessage], of queue: QueueName, _ selection: MessageSelection) {
        if !messages.isEmpty, outlet.load.isUnsentFull {
            outlet.giveBack(messages, to: queue)
            return answer(.tooManyUnsent)
        }
        let messages = BodyEncoding.shown(messages)
        let fitting = messages.prefix(Self.countOfFitting(messages, outlet.configuration.limits.replyBodyBytesMax))
        if fitting.count < messages.count { outlet.giveBack(messages[fitting.count...], to: queue) }
        let delivery = fitting.isEmpty ? nil : Delivery(messages: fitting, queue: queue)
        answer(.received(fitting, selection), delivery)
    }

    /// How many messages fit into one reply: at least one.
    private static func countOfFitting(_ messages: [ReceivedMessage], _ bytesMax: Int) -> Int {
        var bytes = 0
        for (index, message) in messages.enumerated() {
            bytes &+= message.body.count
            if bytes > bytesMax, index > 0 { return index }
        }
        return messages.count
    }

    // MARK: Sending

    /// - Parameter write: gets the id of the request too, which stands in some bodies.
    private func answer(
        _ responseHead: ResponseHead, _ delivery: Delivery? = nil, _ write: (inout ByteBuffer, MessageID) -> Void
    ) {
        var responseHead = responseHead
        if outlet.isShuttingDown || !(head?.keepsAlive ?? false) { responseHead.closes = true }
        let id = outlet.requestIDs.next()
        var response = ResponseBuffer(responseHead, id: id, in: outlet.takeBuffer())
        write(&response.bytes, id)
        let bytes = response.finished(omitsBody: head?.isHEAD ?? false)
        outlet.keepBuffer(bytes)
        clearBody()
        endPolicyChange()
        if responseHead.closes || delivery != nil || bytes.readableBytes > Self.unwatchedBytesMax {
            sendWatched(bytes, delivery, closes: responseHead.closes)
        } else {
            send(bytes)
        }
    }

    /// Without a promise, which would cost allocations: while the channel is writable no more than its low watermark
    /// can be unsent.
    private func send(_ bytes: ByteBuffer) {
        guard let context else { return }
        head = nil
        enter(.writing)
        replyBytes = 0
        context.writeAndFlush(Self.wrapOutboundOut(.byteBuffer(bytes)), promise: nil)
        if phase == .writing, context.channel.isWritable { enter(.idle) }
    }

    private func sendWatched(_ bytes: ByteBuffer, _ delivery: Delivery?, closes: Bool) {
        guard let context else {
            if let delivery { outlet.giveBackUndelivered(delivery.messages, to: delivery.queue) }
            return
        }
        head?.keepsAlive = !closes
        enter(.writing)
        replyBytes = bytes.readableBytes
        let count = bytes.capacity
        outlet.load.addUnsent(count)
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { result in
            self.wasSent(count, result, delivery, closes: closes)
        }
        context.writeAndFlush(Self.wrapOutboundOut(.byteBuffer(bytes)), promise: promise)
    }

    private func wasSent(_ count: Int, _ result: Result<Void, any Error>, _ delivery: Delivery?, closes: Bool) {
        outlet.load.removeUnsent(count)
        if case .failure = result, let delivery { outlet.giveBackUndelivered(delivery.messages, to: delivery.queue) }
        if phase == .writing {
            replyBytes = 0
            head = nil
            if closes {
                enter(.draining)
                context?.close(mode: .output, promise: nil)
            } else {
                enter(.idle)
            }
            pump()
        }
    }

    /// The client waits for leave to send its body (RFC 9110 section 10.1.1).
    func writeContinue() {
        guard let context else { return }
        var bytes = context.channel.allocator.buffer(capacity: 32)
        bytes.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        context.writeAndFlush(Self.wrapOutboundOut(.byteBuffer(bytes)), promise: nil)
    }
}

extension SQSFault {
    static let tooManyUnsent = SQSFault(
        .serviceUnavailable, "Too many replies wait for clients that do not read them. Please try again.")

    static let noRoomForBody = SQSFault(
        .serviceUnavailable, "Too many large requests are being read or wait for the disk. Please try again.")
}
