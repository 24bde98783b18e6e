import CAllocationCounter
import Foundation
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import RoostLocalStorage
import SQSFrontend
import Testing

/// Counts what a SendMessage costs in heap allocations, from the bytes of the request to the bytes of the reply, over
/// the whole way: HTTP, JSON, engine, log on a real disk. The figure in docs/benchmarks.md comes from here.
@Suite(.enabled(if: allocation_counter_counts(), "nothing counts allocations under the thread sanitizer"))
struct AllocationTests {
    /// Raise it only with a reason in the commit. Most of it is NIO's: the head and its fields, the parts of a request.
    static let allocationsPerSendMax = 19

    @Test func aSendAllocatesNoMoreThanBefore() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("roost-\(UUID())")
        defer { try? FileManager.default.removeItem(at: directory) }
        let server = try EmbeddedServer(directory.path)
        try server.exchange("CreateQueue", #"{"QueueName":"q"}"#)
        let text = String(repeating: "x", count: 100)
        let body = #"{"QueueUrl":"http://localhost/000000000000/q","MessageBody":"\#(text)"}"#
        let request = server.request("SendMessage", body)
        for _ in 0..<200 { try server.exchange(request) }

        let rounds: UInt64 = 1000
        let before = allocation_counter_count()
        for _ in 0..<rounds { try server.exchange(request) }
        let perSend = (allocation_counter_count() - before) / rounds
        print("allocations per SendMessage: \(perSend)")
        #expect(perSend <= Self.allocationsPerSendMax)
    }

    @Test func theCounterCounts() {
        let before = allocation_counter_count()
        let array = [UInt8](repeating: 1, count: 10_000)
        #expect(array.count == 10_000)
        #expect(allocation_counter_count() > before)
    }
}

/// The SQS port without a socket: one connection on an event loop that this thread runs.
private final class EmbeddedServer {
    private let channel: EmbeddedChannel
    private let storage: LocalStorage
    private let driver = ManualDriver()

    init(_ directory: String) throws {
        storage = try LocalStorage.open(
            directory: DataDirectory(path: directory), configuration: LocalStorageConfiguration(), progress: { _ in }
        ) { Issue.record("the log failed: \($0)") }
        let loop = EmbeddedEventLoop()
        storage.attach(driver)
        let configuration = SQSConfiguration()
        let outlet = LoopOutlet(
            eventLoop: loop, storage: storage, configuration: configuration, load: SharedLoad(configuration.limits),
            logger: Logger(label: "test"))
        channel = EmbeddedChannel(loop: loop)
        try SQSPipeline.add(to: channel.pipeline.syncOperations, outlet)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    func request(_ action: String, _ body: String) -> ByteBuffer {
        ByteBuffer(
            string: """
                POST / HTTP/1.1\r
                Host: localhost:9324\r
                Content-Type: application/x-amz-json-1.0\r
                X-Amz-Target: AmazonSQS.\(action)\r
                X-Amz-Date: 20261121T000000Z\r
                User-Agent: Boto3/1.43.11\r
                Content-Length: \(body.utf8.count)\r
                \r
                \(body)
                """)
    }

    func exchange(_ action: String, _ body: String) throws {
        try exchange(request(action, body))
    }

    func exchange(_ request: ByteBuffer) throws {
        try channel.writeInbound(request)
        // The turn of the loop ends with the hand-over to the storage, which answers on this thread.
        channel.embeddedEventLoop.run()
        _ = storage.runTurn()
        storage.commit()
        guard let reply = try channel.readOutbound(as: IOData.self), case .byteBuffer(let bytes) = reply else {
            throw UnexpectedReply(text: "none")
        }
        // "HTTP/1.1 2.."
        guard bytes.getInteger(at: bytes.readerIndex + 9, as: UInt8.self) == UInt8(ascii: "2") else {
            throw UnexpectedReply(text: String(buffer: bytes))
        }
    }
}

/// The test runs the engine itself: an embedded event loop may not be used from the thread that makes segments.
private final class ManualDriver: EngineDriver {
    func wake() {}
}

private struct UnexpectedReply: Error {
    var text: String
}
