import Foundation
import HTTPGuard
import Logging
import NIOCore
import NIOEmbedded
import RoostModel
import RoostStorage
import SQSFrontend
import Synchronization
import Testing

/// One connection to the front end without a socket: bytes in, bytes out, and a clock that moves when told to.
final class TestClient {
    struct Response {
        var status: Int
        var headers: [String: String]
        var body: String

        /// The body as JSON object; empty for anything else.
        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:]
        }

        var type: String? { json["__type"] as? String }
        var message: String? { json["message"] as? String }
    }

    let loop: EmbeddedEventLoop
    let storage: FakeStorage
    let load: SharedLoad
    let outlet: LoopOutlet
    let channel: EmbeddedChannel
    /// Bytes that the server has written and no test has looked at.
    private var output = ""

    /// A further connection to the server of `other`.
    convenience init(beside other: TestClient) throws {
        try self.init(loop: other.loop, storage: other.storage, load: other.load, outlet: other.outlet)
    }

    convenience init(
        limits: SQSLimits = SQSLimits(), queue: String? = "q1", logger: Logger = Logger(label: "test"),
        accessKeys: AccessKeys? = nil, now: @escaping @Sendable () -> Int64 = { 0 },
        uptime: (@Sendable () -> Int64)? = nil
    ) throws {
        let loop = EmbeddedEventLoop()
        let storage = FakeStorage()
        let load = SharedLoad(limits)
        var configuration = SQSConfiguration(limits: limits, accessKeys: accessKeys)
        configuration.wallSeconds = now
        configuration.isStrictTiming = uptime != nil
        if let uptime { configuration.uptimeSeconds = uptime }
        let outlet = LoopOutlet(
            eventLoop: loop, storage: storage, configuration: configuration, load: load, logger: logger)
        outlet.start()
        try self.init(loop: loop, storage: storage, load: load, outlet: outlet)
        if let queue {
            let name = try QueueName(queue)
            storage.state.withLock { $0.queues[name] = FakeStorage.Queue(settings: QueueSettings()) }
        }
    }

    private init(loop: EmbeddedEventLoop, storage: FakeStorage, load: SharedLoad, outlet: LoopOutlet) throws {
        self.loop = loop
        self.storage = storage
        self.load = load
        self.outlet = outlet
        channel = EmbeddedChannel(loop: loop)
        try SQSPipeline.add(to: channel.pipeline.syncOperations, outlet)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    }

    // MARK: Bytes

    /// The client sends `text`, as one read of the server.
    func write(_ text: String) throws { try write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) throws {
        guard channel.isActive else { return }
        try channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    /// Ends the turn of the loop and lets the storage answer what it has.
    func settle() {
        loop.run()
        storage.answer()
        loop.run()
    }

    /// The next whole response, after as many turns as the questions of an action and its policy take.
    func settledResponse() throws -> Response? {
        for _ in 0..<4 {
            settle()
            if let response = try response() { return response }
        }
        return nil
    }

    func advance(seconds: Int64) { loop.advanceTime(by: .seconds(seconds)) }

    /// The next whole response, or nil.
    func response() throws -> Response? {
        while let part = try channel.readOutbound(as: ByteBuffer.self) { output += String(buffer: part) }
        guard let headEnd = output.firstRange(of: "\r\n\r\n") else { return nil }
        let lines = output[..<headEnd.lowerBound].components(separatedBy: "\r\n")
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        let count = Int(headers["content-length"] ?? "0") ?? 0
        let rest = output[headEnd.upperBound...].utf8
        guard rest.count >= count else { return nil }
        let body = String(decoding: rest.prefix(count), as: UTF8.self)
        output = String(decoding: rest.dropFirst(count), as: UTF8.self)
        return Response(status: status, headers: headers, body: body)
    }

    // MARK: Requests

    static func request(_ action: String, _ body: String, headers: String = "", path: String = "/") -> String {
        "POST \(path) HTTP/1.1\r\nHost: localhost:9324\r\nX-Amz-Target: AmazonSQS.\(action)\r\n"
            + "Content-Type: application/x-amz-json-1.0\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Sends a request, lets the storage answer, and returns the response.
    func call(_ action: String, _ body: String) throws -> Response {
        try write(Self.request(action, body))
        return try #require(try settledResponse())
    }

    /// The error code and HTTP status of a call that fails.
    func fault(_ action: String, _ body: String) throws -> String {
        let response = try call(action, body)
        let type = response.type?.split(separator: "#").last ?? "none"
        return "\(response.status) \(type) \(response.headers["x-amzn-query-error"] ?? "none")"
    }

    func send(_ text: String, to queue: String = "q1") throws {
        _ = try call("SendMessage", #"{"QueueUrl":"\#(queue)","MessageBody":"\#(text)"}"#)
    }

    func seen() -> [StorageRequest] { storage.state.withLock { $0.seen } }

    /// Messages that were given back.
    func returned() -> Int {
        seen().count { if case .giveBack = $0 { true } else { false } }
    }
}
