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
        case (.failure(let rejection), .empty(let handle)):
            answer(RejectionMapping.fault(for: rejection, handle: handle))
        case (.failure(let rejection), _):
            answer(RejectionMapping.fault(for: rejection))
        case (.success(.sent(let sent)), .sent(let body, let attributes)):
            answer { $0.writeSentReply(sent.id, body: body, attributes: attributes) }
        case (.success(.received(let messages)), .received(let queue, let selection)):
            answer(messages, of: queue, selection)
        case (.success(.done), .empty):
            answer { $0.writeStaticString("{}") }
        case (.success(.queue(let queue)), .queueURL):
            answer { [place] in $0.writeQueueURLReply(queue.name, place) }
        case (.success(.queue(let queue)), .queueAttributes(let names)):
            answer { [place] in $0.writeQueueAttributesReply(queue, names, place) }
        case (.success(.queues(let queues, let more)), .queueURLs(let isPaged)):
            let next = more && isPaged ? queues.last?.name : nil
            answer { [place] in $0.writeQueueURLsReply(queues, nextAfter: next, place) }
        default:
            outlet.logger.error("The storage gave an answer of another kind than was asked for.")
            answer(SQSFault(.internalFailure, "Internal error."))
        }
    }

    func answer(_ batch: Batch) {
        if let fault = batch.faultOfWholeCall { return answer(fault) }
        answer { $0.writeBatchReply(batch) }
    }

    func answer(_ fault: SQSFault) {
        let head = ResponseHead(status: fault.code.row.status, error: fault.code)
        answer(head) { $0.writeFault(fault) }
    }

    func answerHealth() {
        answer { $0.writeStaticString("{\"status\":\"ok\"}") }
    }

    func answerNotFound() {
        answer(ResponseHead(status: .notFound, content: .xml)) {
            $0.writeStaticString("<UnknownOperationException/>\n")
        }
    }

    func answerQuery() {
        let code = SQSErrorCode.unsupportedOperation
        let head = ResponseHead(status: code.row.status, content: .xml, error: code)
        answer(head) { QueryRefusal.write(into: &$0) }
    }

    /// Answers a request that broke the rules of HTTP, or came from where it may not, and ends the connection: what
    /// follows on it cannot be trusted.
    func refuse(_ refusal: HeadRefusal) {
        clearBody()
        head?.keepsAlive = false
        let fault = SQSFault(refusal.code, refusal.message)
        let response = ResponseHead(status: refusal.status, error: refusal.code, closes: true)
        answer(response) { $0.writeFault(fault) }
    }

    private func answer(_ messages: [ReceivedMessage], of queue: QueueName, _ selection: MessageSelection) {
        if !messages.isEmpty, outlet.load.isUnsentFull {
            outlet.giveBack(messages, to: queue)
            return answer(.tooManyUnsent)
        }
        let fitting = messages.prefix(Self.countOfFitting(messages, outlet.configuration.limits.replyBodyBytesMax))
        if fitting.count < messages.count { outlet.giveBack(messages[fitting.count...], to: queue) }
        let delivery = fitting.isEmpty ? nil : Delivery(messages: fitting, queue: queue)
        answer(ResponseHead(), delivery) { [place] in $0.writeReceivedReply(fitting, selection, place) }
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

    private var place: ReplyPlace {
        ReplyPlace(
            host: head?.host ?? "", account: outlet.configuration.account, region: outlet.configuration.region)
    }

    // MARK: Sending

    private func answer(
        _ responseHead: ResponseHead = ResponseHead(), _ delivery: Delivery? = nil,
        _ write: (inout ByteBuffer) -> Void
    ) {
        var responseHead = responseHead
        if outlet.isShuttingDown || !(head?.keepsAlive ?? false) { responseHead.closes = true }
        var response = ResponseBuffer(responseHead, id: outlet.requestIDs.next(), in: outlet.takeBuffer())
        write(&response.bytes)
        let bytes = response.finished(omitsBody: head?.isHEAD ?? false)
        outlet.keepBuffer(bytes)
        clearBody()
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
