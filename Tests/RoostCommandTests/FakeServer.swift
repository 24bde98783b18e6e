import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import RoostCommand
import Synchronization

/// A request as the fake server saw it.
struct FakeRequest: Sendable {
    var method: HTTPMethod
    /// Path and query as they stood in the head.
    var uri: String
    var body: Data

    var json: JSONValue? { try? JSONValue(body) }
}

struct FakeReply: Sendable {
    var status = HTTPResponseStatus.ok
    var contentType = "application/json"
    var body: String

    static func json(_ body: String) -> FakeReply { FakeReply(body: body) }

    static func problem(_ status: HTTPResponseStatus, _ code: String) -> FakeReply {
        let body = #"{"title":"t","status":\#(status.code),"detail":"because of \#(code)","code":"\#(code)"}"#
        return FakeReply(status: status, contentType: "application/problem+json", body: body)
    }
}

/// Runs `body` with the URL of a server on a free loopback port that answers with `reply`.
func withFakeServer<Result>(
    _ reply: @escaping @Sendable (FakeRequest) -> FakeReply, _ body: (_ url: String) async throws -> Result
) async throws -> Result {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                try channel.pipeline.syncOperations.addHandler(FakeHandler(reply))
            }
        }
        .bind(host: "127.0.0.1", port: 0).get()
    do {
        let result = try await body("http://127.0.0.1:\(channel.localAddress?.port ?? 0)")
        try await channel.close()
        return result
    } catch {
        try? await channel.close()
        throw error
    }
}

private final class FakeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let reply: @Sendable (FakeRequest) -> FakeReply
    private var request = FakeRequest(method: .GET, uri: "", body: Data())

    init(_ reply: @escaping @Sendable (FakeRequest) -> FakeReply) {
        self.reply = reply
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): request = FakeRequest(method: head.method, uri: head.uri, body: Data())
        case .body(let part): request.body.append(contentsOf: part.readableBytesView)
        case .end: answer(reply(request), context)
        }
    }

    private func answer(_ reply: FakeReply, _ context: ChannelHandlerContext) {
        let headers: HTTPHeaders = [
            "content-type": reply.contentType, "content-length": "\(reply.body.utf8.count)",
        ]
        let head = HTTPResponseHead(version: .http1_1, status: reply.status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: reply.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}

/// What a command wrote, and how it ended.
struct Outcome: Sendable {
    var out: String
    var error: String
    /// Nil: it ended well.
    var failure: CommandError?
}

/// Stands for the terminal, or for pipes.
struct FakeTerminal: Sendable {
    var input = Data()
    var answer: String?
    var inputIsTerminal = false
    var outIsTerminal = false
    var environment: [String: String] = [:]
}

/// Runs a command in this process.
func roost(_ arguments: [String], url: String? = nil, _ terminal: FakeTerminal = FakeTerminal()) async throws -> Outcome
{
    let written = Written()
    var environment = terminal.environment
    environment["ROOST_URL"] = url
    let console = Console(
        writeOut: { written.add($0, isError: false) },
        writeError: { written.add($0, isError: true) },
        readLine: { terminal.answer },
        readInput: { terminal.input.prefix($0) },
        inputIsTerminal: terminal.inputIsTerminal, outIsTerminal: terminal.outIsTerminal,
        errorIsTerminal: terminal.outIsTerminal, environment: environment)
    var failure: CommandError?
    try await Console.$current.withValue(console) {
        do {
            try await Roost.run(arguments)
        } catch let error as CommandError {
            failure = error
        }
    }
    return Outcome(out: written.text(isError: false), error: written.text(isError: true), failure: failure)
}

private final class Written: Sendable {
    private let bytes = Mutex<(out: [UInt8], error: [UInt8])>(([], []))

    func add(_ more: [UInt8], isError: Bool) {
        bytes.withLock { isError ? $0.error.append(contentsOf: more) : $0.out.append(contentsOf: more) }
    }

    func text(isError: Bool) -> String {
        bytes.withLock { String(decoding: isError ? $0.error : $0.out, as: UTF8.self) }
    }
}

/// Collects what arrives at a fake server.
final class Recorder: Sendable {
    private let kept = Mutex<[FakeRequest]>([])

    func add(_ request: FakeRequest) { kept.withLock { $0.append(request) } }
    var requests: [FakeRequest] { kept.withLock { $0 } }
}

let queueJSON = """
    {"name":"jobs","created_at_ms":1732150000000,"modified_at_ms":1732150000000,"settings":\
    {"visibility_timeout_seconds":30,"delay_seconds":0,"retention_seconds":null,"maximum_message_bytes":1048576,\
    "receive_wait_seconds":0,"redelivery":"front"},"counts":{"ready":1234567,"in_flight":1,"delayed":0},\
    "totals":{"sent":10,"received":8,"deleted":7,"returned":0,"expired":0},"oldest_message_age_seconds":3725.5,\
    "pause":{"reason":"the disk","since_ms":1732150000000},"waiters":0,"later_field":true}
    """
