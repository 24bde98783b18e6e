import NIOCore
import NIOHTTP1

/// Reads a request with its body and answers what SQS answers to SendMessage, at once or after the log has it.
final class ReplyHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let log: TurnLog?
    private var bodyBytes = 0

    init(log: TurnLog?) {
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: bodyBytes = 0
        case .body(let bytes): bodyBytes += bytes.readableBytes
        case .end:
            if let log {
                log.append(for: context)
            } else {
                Self.reply(on: context)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    static func reply(on context: ChannelHandlerContext) {
        context.write(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
        context.write(NIOAny(HTTPServerResponsePart.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(NIOAny(HTTPServerResponsePart.end(nil)), promise: nil)
    }

    private static let body = ByteBuffer(
        string: #"{"MD5OfMessageBody":"ca35ff2d2e4bc5d6dd5e2a39c4c5ab8d","#
            + #""MessageId":"7d3b9c1e-52c5-4a1e-9d6e-3c2f1b0a9e87"}"#)

    private static let head = HTTPResponseHead(
        version: .http1_1, status: .ok,
        headers: [
            "Content-Type": "application/x-amz-json-1.0",
            "Content-Length": "\(body.readableBytes)",
        ])
}
