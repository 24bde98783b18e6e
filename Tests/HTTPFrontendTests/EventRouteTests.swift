import HTTPFrontend
import HTTPTypes
import HummingbirdTesting
import NIOCore
import RoostModel
import RoostStorage
import Testing

@Suite("The stream of events of the JSON API", .timeLimit(.minutes(1)))
struct EventRouteTests {
    private static let names = (0...100).map { "q\($0)" }.joined(separator: ",")

    @Test(
        "What cannot be watched is refused",
        arguments: [
            ("queues=a%20b", "invalid_queue_name"), ("queues=\(names)", "invalid_field"),
            ("channels=\(names)", "invalid_field"), ("stats=2", "invalid_field"), ("stats=true", "invalid_field"),
            ("queue=aweq", "unknown_field"), ("stats=1&stats=1", "invalid_field"),
        ])
    func refusals(query: String, code: String) async throws {
        let server = try TestServer()
        try await server.test { client in
            let problem = try await client.call(.get, "/api/v1/events?\(query)").problem()
            #expect(problem.code == code && problem.status == 400, "\(problem.detail)")
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test("Without the token there is no stream")
    func token() async throws {
        let server = try TestServer { $0.access = AccessConfiguration(token: AdminToken("correct-horse-battery")) }
        try await server.test { client in
            let problem = try await client.call(.get, "/api/v1/events?queues=aweq").problem()
            #expect(problem.code == "unauthorized")
        }
        #expect(server.storage.read { $0.tailed.isEmpty })
    }

    /// Nobody may change anything, and who may look may watch.
    @Test("What is sent to a queue comes until the page goes")
    func messages() async throws {
        let server = try TestServer {
            $0.access = AccessConfiguration(console: .readOnly)
            $0.eventReturnTime = .zero
        }
        let name = try QueueName("aweq")
        try await server.testLive { client in
            let stream = try await EventStream.open("/api/v1/events?queues=aweq", port: client.port)
            try await stream.channel.executeThenClose { inbound, outbound in
                try await outbound.write(stream.request)
                let text = try await Self.read(inbound) {
                    await server.storage.wait { $0.tailed == [name] }
                    try #require(server.storage.read { $0.receivers.lazy.compactMap { $0 as? EventHub }.first })
                        .receive([Completion(token: 0, result: .success(.tailed(Self.tailed(name))))])
                }
                #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n") && text.contains("text/event-stream"))
                #expect(text.contains("event: message\nid: ") && text.contains(#"data: {"queue":"aweq","id":"#))
                #expect(text.contains(#""body":"hello","body_bytes":5"#))
            }
            await server.storage.wait { $0.tailed.isEmpty }
        }
    }

    /// Reads up to the end of the first event.
    ///
    /// - Parameter whenOpen: called once, when the stream is there.
    private static func read(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, whenOpen: () async throws -> Void
    ) async throws -> String {
        var (text, isOpen) = ("", false)
        for try await part in inbound {
            text += String(buffer: part)
            if !isOpen, text.contains("retry: 2000\n\n") {
                isOpen = true
                try await whenOpen()
            }
            if text.contains("}\n\n") { break }
        }
        return text
    }

    private static func tailed(_ name: QueueName) -> TailedMessage {
        TailedMessage(
            queue: name, id: MessageID(high: 1, low: 2), sentAt: BrokerTime(milliseconds: 3), sequence: 4,
            body: Array("hello".utf8), bodyBytes: 5, attributes: [], group: nil, leftOut: 0)
    }
}

/// A connection, and the request that asks for a stream.
private struct EventStream {
    let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    let request: ByteBuffer

    static func open(_ path: String, port: Int?) async throws -> EventStream {
        EventStream(
            channel: try await RawClient.connect(port: port).channel,
            request: ByteBuffer(string: "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    }
}
